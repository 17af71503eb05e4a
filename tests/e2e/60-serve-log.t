#!/bin/bash
# The logs of drydock serve can be moved away: on SIGHUP it opens them anew.
S3_ENDPOINT=none
. "$(dirname "$0")/lib.sh"
. "$E2E/serving.sh"

must "$HELPERS/mkarchive.py" oci-minimal app.tar
must drydock --root root stage -q -t app:1 app.tar
mkdir logs
serving_start --access-log "$T/logs/access" --log-file "$T/logs/messages"
PID=$(cat serving/serve.pid)
ask GET /v2/
is "$CODE" 200 "it serves"
for _ in {1..100}; do [ -s logs/access ] && break; sleep 0.05; done
like "$(<logs/access)" '"GET /v2/ HTTP/1.1" 200 2$' "a request is in the access log"
is "$(grep -c '"GET' serving/serve.log)" 0 "and not on standard output"
must mv logs/access logs/access.1
must mv logs/messages logs/messages.1
ask GET /v2/before
kill -HUP "$PID"
for _ in {1..100}; do [ -e logs/access ] && [ -e logs/messages ] && break; sleep 0.05; done
ask GET /v2/after
for _ in {1..100}; do [ -s logs/access ] && break; sleep 0.05; done
is "$(sed 's/.*"GET \([^ ]*\) .*/\1/' logs/access.1 | paste -sd' ')" '/v2/ /v2/before' "the old log has what came before"
is "$(sed 's/.*"GET \([^ ]*\) .*/\1/' logs/access)" '/v2/after' "the new one what comes after"
serving_stop
like "$(<logs/messages)" 'ends: status 0' "and so has the log file"
unlike "$(<logs/messages.1)" 'ends:' "each line once"

# A folder that is gone, and a disk that is full, end nothing.
serving_start --access-log "$T/logs/access"
PID=$(cat serving/serve.pid)
must mv logs gone
kill -HUP "$PID"
for _ in {1..100}; do grep -q warning serving/serve.log && break; sleep 0.05; done
like "$(<serving/serve.log)" "warning: open access log $T/logs/access: No such file or directory: requests go on to the file that was there" \
  "a log that cannot be opened anew is told of"
ask GET /v2/on
for _ in {1..100}; do grep -q /v2/on gone/access && break; sleep 0.05; done
like "$(<gone/access)" '/v2/on' "and goes on"
serving_stop
exits 4 "one that cannot be opened at all" drydock --root root serve --listen 127.0.0.1:0 --access-log "$T/logs/access"
done_testing
