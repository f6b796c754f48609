-- Holds new requests of a frontend while it is being cut over: they wait, they are not refused.
--
-- The map file has one line per frontend: `<frontend> open`, or `<frontend> hold <deadline>`, the
-- deadline in unix seconds. A hold ends when the map says `open` (runtime command `set map`), and
-- by itself when its deadline has passed, so that a dead cutover program cannot stop a city.
-- Each request is held by itself, so connections kept alive need no closing.

local WAIT_MS = 5
local states = Map.new("/etc/haproxy/hold.map", Map._str)

local function held(frontend)
  local state = states:lookup(frontend)
  local deadline = state and tonumber(state:match("^hold%s+(%d+%.?%d*)$"))
  return deadline ~= nil and core.now().sec < deadline
end

core.register_action("hold", { "http-req" }, function(txn)
  local frontend = txn.f:fe_name()
  while held(frontend) do
    core.msleep(WAIT_MS)
  end
end, 0)
