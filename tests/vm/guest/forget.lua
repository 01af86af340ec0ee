-- SPDX-License-Identifier: GPL-2.0
-- forget NAME COUNT: delete what fill.lua has stored, and give the memory back
-- to the guest's kernel.
for i = 1, ARGV[1] do
	redis.call("DEL", KEYS[1] .. ":" .. i)
end
return redis.call("MEMORY", "PURGE")
