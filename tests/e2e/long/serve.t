#!/bin/bash
# drydock serve under those who mean harm or have a bad link: clients that send or read a byte at a time,
# range bombs; and that nothing is left of 100,000 requests. Needs no bucket, and a minute and a half.
S3_ENDPOINT=${S3_ENDPOINT-none}
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/e2e/serving.sh
. "$E2E/serving.sh"

serving_tree
head -c 30000000 /dev/urandom >noise
LARGE=sha256:$(sha256sum <noise | cut -d' ' -f1)
mkdir -p root/v2/example/tiny/blobs
cp noise "root/v2/example/tiny/blobs/$LARGE"
serving_start --max-connections 300
PID=$(cat serving/serve.pid)
ask GET "/v2/example/tiny/blobs/$LARGE" -o /dev/null
descriptors() { find "/proc/$PID/fd" | wc -l; }
memory_kib() { sed -n 's/^VmRSS:\s*\([0-9]*\) kB/\1/p' "/proc/$PID/status"; }
FDS=$(($(descriptors) + 1)) MEMORY=$(memory_kib)

# ---- 100 clients of each kind, all at once; and each tells when it was ended
python3 - "${WEB%:*}" "${WEB#*:}" "$PID" "$FDS" >slow.out <<'PY' &
import os, socket, sys, time
host, port, pid, descriptors = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
began, ends = time.monotonic(), {"header": [], "body": []}
clients = {}
def connect(kind, first):
    s = socket.socket()
    if kind == "reader":
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect((host, port))
    s.sendall(first)
    clients[s] = kind
for _ in range(80):
    connect("header", b"GET /v2/ HTTP/1.1\r\nHost: x\r\nX: ")
    connect("body", b"POST /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n")
# Small documents one behind the other, of which nothing is read. Their end is behind what was not read: only
# the server's descriptors show that it has come.
for _ in range(20):
    connect("reader", b"GET /v2/_catalog HTTP/1.1\r\nHost: x\r\n\r\n" * 2000)
def is_gone(s):
    try:
        s.send(b"x")
        s.setblocking(False)
        return s.recv(100) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
while time.monotonic() - began < 120:
    for s in [s for s, kind in clients.items() if kind != "reader" and is_gone(s)]:
        ends[clients.pop(s)].append(time.monotonic() - began)
        s.close()
    if len(clients) == 20 and len(os.listdir(f"/proc/{pid}/fd")) < descriptors:
        print("readers ended", int(time.monotonic() - began))
        break
    time.sleep(1)
for kind, times in ends.items():
    print(kind, len(times), int(min(times, default=-1)), int(max(times, default=-1)))
PY
SLOW=$!
sleep 3
for _ in {1..5}; do
  ask GET /v2/example/tiny/manifests/1
  is "$CODE" 200 "180 slow clients keep nobody waiting"
done

# ---- Range bombs: as many ranges as a header can hold, overlapping, of a large blob
for ranges in "$(seq -s, 1 2000 | sed 's/[0-9]*/0-/g')" "$(seq -s, 1 900 | sed 's/[0-9]*/-&/g')" "0-$(printf ',0-%.0s' {1..1300})" \
  "$(printf '%s,' {0..15}-)" 0-29999999,0-29999999; do
  ask GET "/v2/example/tiny/blobs/$LARGE" -H "Range: bytes=${ranges%,}"
  like "$CODE" '^4(16|31)$' "a bomb of ${#ranges} bytes is refused"
  at_most "$(wc -c <body)" 1000 "… in few bytes"
done
at_most "$(($(memory_kib) - MEMORY))" 40000 "memory (KiB more) is bounded under all of them"

# ---- 100,000 requests of all kinds
cat >mix.lua <<LUA
local paths = {"/v2/", "/v2/_catalog", "/v2/example/tiny/manifests/1", "/v2/example/tiny/manifests/none", "/v2/multi/tags/list?n=1",
  "/v2/example/tiny/blobs/$LARGE", "/v2/example/tiny/referrers/$LARGE", "/nowhere", "/v2/example/tiny/blobs/sha256:x"}
local n = 0
request = function()
  n = n + 1
  return wrk.format("GET", paths[n % #paths + 1], {Range = n % 2 == 0 and "bytes=1000000-1000100" or "bytes=5-9,20-29"})
end
done = function(summary, latency, requests) print(string.format("served %d", summary.requests)) end
LUA
SERVED=0
for _ in {1..20}; do
  [ "$SERVED" -lt 100000 ] || break
  must wrk -t 2 -c 100 -d 5s -s mix.lua "$U"
  SERVED=$((SERVED + $(sed -n 's/^served //p' <<<"$OUT")))
done
at_least "$SERVED" 100000 "so many were served"
wait $SLOW
cat slow.out >&2
for kind in header body; do
  read -r _ count least most <<<"$(grep "^$kind " slow.out)"
  is "$count" 80 "all clients with an endless $kind are ended"
  at_least "$least" 50 "… when their minute is over"
  at_most "$most" 75 "… and no later"
done
like "$(cat slow.out)" '^readers ended [0-9]+$' "clients that read nothing are ended, too"
for _ in {1..100}; do [ "$(descriptors)" -gt "$FDS" ] || break; sleep 0.1; done
at_most "$(descriptors)" "$FDS" "no descriptor is left open"
at_most "$(($(memory_kib) - MEMORY))" 40000 "and no memory (KiB more)"
ask GET /v2/example/tiny/manifests/1
is "$CODE" 200 "it serves on"
serving_stop
done_testing
