-- For wrk: POST /track with the lines of the file BODIES in turn, under the key API_KEY.
-- At the end it prints: figures RATE P50_US P99_US ERRORS

local requests, last = {}, 0

function init()
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["X-API-Key"] = os.getenv("API_KEY")
  for line in io.lines(os.getenv("BODIES")) do
    requests[#requests + 1] = wrk.format(nil, nil, nil, line)
  end
end

function request()
  last = last % #requests + 1
  return requests[last]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local rate = (summary.requests - errors.status) / summary.duration * 1e6
  print(string.format("figures %f %f %f %d", rate, latency:percentile(50), latency:percentile(99), failed))
end
