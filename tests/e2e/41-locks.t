#!/bin/bash
# Two runs at a time: a sync does not block staging, a second sync is told, a dead one
# blocks nobody, and an interrupted one says so and is resumed.
. "$(dirname "$0")/lib.sh"

new_bucket
proxy --rate 4M
must "$HELPERS/mkarchive.py" noise --size 24000000 --layers 2 --name noise:1 noise.tar
must drydock --root root stage noise.tar
"$DRYDOCK" --root root sync "s3://$BUCKET" --endpoint-url "$S3_VIA" -q >one.log 2>&1 &
first=$!
for _ in $(seq 100); do
  [ "$(proxy_stat up)" -lt 1000000 ] || break
  sleep 0.1
done
exits 11 "a second sync to the same remote" sync_to "$BUCKET" -v
ok "staging meanwhile" drydock --root root stage "$FIXTURES/tiny.ctr-export.tar"
ok "status meanwhile" drydock --root root status
ok "ls meanwhile" drydock --root root ls
kill -TERM $first
start=$SECONDS
wait $first
is $? 143 "SIGTERM is 143"
at_most $((SECONDS - start)) 6 "within five seconds"
before=$(proxy_stat up)
ok "the next run takes over" sync_to "$BUCKET" --json
at_most "$(summary bytes_sent)" 26500000 "and resumes"
is "$("$S3PY" list-uploads "$BUCKET")" '' "no upload is left"
ok "the bucket is whole, with what was staged meanwhile" bucket_whole "$BUCKET"
like "$(bucket_keys)" 'v2/tiny/manifests/1' "which is there"
isnt "$before" 0 "something had been sent before"
proxy_stop
done_testing
