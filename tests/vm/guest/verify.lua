-- SPDX-License-Identifier: GPL-2.0
-- verify NAME COUNT: is every value what fill.lua has stored?
for i = 1, ARGV[1] do
	local key = KEYS[1] .. ":" .. i
	local value = string.rep(redis.sha1hex(key), 62)

	if redis.call("GET", key) ~= value then
		return "wrong value of " .. key
	end
end
return "ok"
