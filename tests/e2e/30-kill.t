#!/bin/bash
# kill -9 in the middle of 200 MB, three times over: whatever had arrived in the bucket is
# never sent again, and no upload is left behind.
. "$(dirname "$0")/lib.sh"

size=200000000
must "$HELPERS/mkarchive.py" noise --size $size --layers 3 --name noise:1 noise.tar
must drydock --root root stage noise.tar
rm noise.tar
new_bucket
proxy --rate 40M

arrived() { # bytes that the bucket has, in whole objects and in parts
  {
    "$S3PY" ls "$BUCKET" | cut -f2
    "$S3PY" list-uploads "$BUCKET" | while IFS=$'\t' read -r key id _; do
      "$S3PY" list-parts "$BUCKET" "$key" "$id" | cut -f2
    done
  } | awk '{s += $1} END {printf "%d\n", s}'
}

total=0
for round in 1 2 3; do
  sent_before=$(proxy_stat up)
  "$DRYDOCK" --root root sync "s3://$BUCKET" --endpoint-url "$S3_VIA" -q >"$T/log.$round" 2>&1 &
  pid=$!
  for _ in $(seq 600); do
    [ "$(proxy_stat up)" -lt $((sent_before + 45000000)) ] || break
    kill -0 $pid 2>/dev/null || break
    sleep 0.05
  done
  kill -9 $pid 2>/dev/null
  wait $pid 2>/dev/null
  sleep 1.5
  have=$(arrived)
  at_least "$have" $((total + 15000000)) "round $round: the bucket holds more than before"
  # 45 MB went over the link. What is not in the bucket was in flight: eight parts at most.
  at_least "$have" $(($(proxy_stat up) - round * (8 * 5242880 + 1000000))) "round $round: only parts in flight were lost"
  total=$have
done

sleep 0.3
up=$(proxy_stat up)
must "$S3PY" list-uploads "$BUCKET"
isnt "$OUT" '' "uploads are open after the kill"
ok "sync once more" sync_to "$BUCKET" --json
sleep 0.5
# What the bucket holds in the end, less what it held before; Complete's bodies besides.
rest=$(($(arrived) - total))
at_most "$(summary bytes_sent)" $((rest + 20000)) "it sends only what was missing"
at_most $(($(proxy_stat up) - up)) $((rest + rest / 100 + 200000)) "the link agrees"
at_least "$(summary resumed)" 1 "it says that it resumed"
is "$("$S3PY" list-uploads "$BUCKET")" '' "no upload is left behind"
ok "the bucket is whole" bucket_whole "$BUCKET"
ok "the state is at peace: nothing to do" sync_to "$BUCKET" --json
is "$(summary bytes_sent)" 0 "nothing is sent"
proxy_stop

# Killed while staging: the tree stays whole, the next run cleans up.
must "$HELPERS/mkarchive.py" noise --size 60000000 --layers 3 --name app:1 --seed 9 app.tar
for delay in 0.02 0.05 0.1 0.2 0.4 0.8; do
  "$DRYDOCK" --root r2 stage app.tar >/dev/null 2>&1 &
  pid=$!
  sleep $delay
  kill -9 $pid 2>/dev/null
  wait $pid 2>/dev/null
  run tree_whole r2 # also where the kill came before there was one
  is "$ERR$(grep -v 'not there\|no tag at all\|_catalog: missing\|tags/list: missing' <<<"$OUT")" '' "staging killed after $delay s: nothing is broken"
done
ok "staging once more" drydock --root r2 stage app.tar
ok "the tree is whole" tree_whole r2
is "$(ls -A r2/.drydock/tmp)" '' "no temporary file is left"
ok "verify agrees" drydock --root r2 verify
done_testing
