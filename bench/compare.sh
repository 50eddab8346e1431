#!/usr/bin/env bash
# Compares `POST /track` of two builds of the service: bench/compare.sh OLD NEW [ROUNDS]
# Both serve empty SQLite databases at the same time; wrk loads one after the other, round by round, so that what
# else the machine does meets both. Prints medians, and NEW as a part of OLD. Needs wrk and python3.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
old=$1 new=$2 rounds=${3:-5}
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT
python3 - "$work/bodies.ndjson" <<'PYTHON'
import sys
with open(sys.argv[1], "w") as bodies:
    for n in range(20_000):
        bodies.write('{"created_at":"2025-08-%02dT%02d:%02d:%02dZ","method":"GET","endpoint":"/users/%d","ip":"192.0.2.%d",'
                     '"process_time":%d.5,"status_code":200}\n' % (n % 28 + 1, n % 24, n % 60, n % 59, n % 120, n % 250, n % 90))
PYTHON
start() { # name program
    "$2" serve --data-dir "$work/$1" --port 0 >"$work/$1.out" 2>"$work/$1.log" &
    until grep -q listening "$work/$1.out"; do sleep 0.1; done
    local url token
    url=$(sed 's/listening on //' "$work/$1.out")
    curl -sf "$url/register" -d '{"username":"bench","password":"benchmarks only"}' >/dev/null
    token=$(curl -sf "$url/token" -d 'username=bench&password=benchmarks+only' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
    echo "$url" >"$work/$1.url"
    curl -sf -X POST "$url/generate_key" -H "Authorization: Bearer $token" | tr -d '"' >"$work/$1.key"
}
load() { # name connections
    API_KEY=$(cat "$work/$1.key") BODIES=$work/bodies.ndjson wrk -t1 "-c$2" -d5s -s "$here/track.lua" "$(cat "$work/$1.url")/track" |
        sed -n "s/^figures/$1 $2/p" >>"$work/figures"
}
start old "$old"
start new "$new"
for _ in $(seq "$rounds"); do
    for connections in 1 32; do
        load old $connections
        load new $connections
    done
done
python3 - "$work/figures" <<'PYTHON'
import sys
from statistics import median
rows = [line.split() for line in open(sys.argv[1])]
for connections in ("1", "32"):
    figures = {}
    for name in ("old", "new"):
        runs = [[float(x) for x in row[2:]] for row in rows if row[:2] == [name, connections]]
        rate, p50, p99 = (median(run[i] for run in runs) for i in range(3))
        failed = sum(run[3] for run in runs)
        figures[name] = rate, p99
        print(f"{connections:>2} connections, {name}: {rate:8.0f}/s  p50 {p50/1000:.2f} ms  p99 {p99/1000:.2f} ms  failed {failed:.0f}")
    print(f"{connections:>2} connections, new/old: rate {figures['new'][0]/figures['old'][0]:.3f}, p99 {figures['new'][1]/figures['old'][1]:.3f}")
PYTHON
