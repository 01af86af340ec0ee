-- SPDX-License-Identifier: GPL-2.0
-- fill NAME COUNT: value number i is the hash of its key, 62 times.
for i = 1, ARGV[1] do
	local key = KEYS[1] .. ":" .. i
	local value = string.rep(redis.sha1hex(key), 62)

	redis.call("SET", key, value)
end
return "ok"
