#!/bin/bash
# --bwlimit holds for all transfers together, from the first second on, and starves none of them.
. "$(dirname "$0")/lib.sh"

serve fake
must "$HELPERS/mkarchive.py" noise --size 12000000 --layers 4 --name app:1 app.tar
must drydock --root root stage -q app.tar

run drydock --root root sync s3://limited --endpoint-url "$U" --bwlimit 4M --json
is "$STATUS" 0 "a sync at 4 MiB/s ends well"
sent=$(summary bytes_sent)
took=$(summary duration_ms)
at_most $((sent * 1000 / took)) $((4 * 1024 * 1024)) "it keeps below the limit"
at_least $((sent * 1000 / took)) $((7 * 512 * 1024)) "it uses what it may"
is "$(summary retries)" 0 "nothing is taken for a stall"

run drydock --root root sync s3://slow --endpoint-url "$U" --bwlimit 300k --timeout 2s \
  --max-duration 6s --json
is "$STATUS" 10 "a slower one does not end in time"
is "$(summary retries)" 0 "and drops no connection, though each waits longer than --timeout allows"
done_testing
