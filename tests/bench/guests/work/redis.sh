#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A data base: 12,000 values of 2,480 bytes, and a third of them deleted again.
set -eu

redis-server --port 0 --unixsocket /redis --save '' --appendonly no \
	--loglevel warning --always-show-logo no &
until [ "$(redis-cli -s /redis ping 2>/dev/null)" = PONG ]; do
	sleep 0.1
done
redis-cli -s /redis --eval /lib/redis/fill.lua kept , 8000
redis-cli -s /redis --eval /lib/redis/fill.lua deleted , 4000
redis-cli -s /redis --eval /lib/redis/forget.lua deleted , 4000
