-- Takes from several sliding windows, all or none, as domain/windows.py reckons. By Redis's clock, which all share.
-- KEYS are the windows; ARGV the length of one in milliseconds, then for each key how much it has and how much is wanted.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local length = tonumber(ARGV[1])
local fits = 1
local windows = {}

for i, key in ipairs(KEYS) do
    local kept = redis.call('HMGET', key, 'began', 'previous', 'current')
    local began, previous, current = tonumber(kept[1]) or now, tonumber(kept[2]) or 0, tonumber(kept[3]) or 0
    if now >= began + 2 * length then
        began, previous, current = now, 0, 0
    elseif now >= began + length then
        began, previous, current = began + length, current, 0
    end
    local elapsed = math.max(0, now - began)
    local used = previous * (1 - elapsed / length) + current
    if used + tonumber(ARGV[2 * i + 1]) > tonumber(ARGV[2 * i]) + 1e-6 then
        fits = 0
    end
    windows[i] = { now - elapsed, elapsed, previous, current }
end

local answer = { fits }
for i, key in ipairs(KEYS) do
    local began, elapsed, previous, current = unpack(windows[i])
    if fits == 1 then
        current = current + tonumber(ARGV[2 * i + 1])
        redis.call('HSET', key, 'began', string.format('%d', began), 'previous', previous, 'current', current)
        redis.call('PEXPIRE', key, 2 * length)
    end
    answer[#answer + 1] = elapsed
    answer[#answer + 1] = previous
    answer[#answer + 1] = current
end
return table.concat(answer, ' ') -- one word of the protocol is read faster than seven
