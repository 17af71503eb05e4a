#!/bin/bash
# Two roots and one bucket: nobody shortens the other's lists, and no stale root moves a
# tag back.
. "$(dirname "$0")/lib.sh"

new_bucket
for n in 1 2 3; do
  must "$HELPERS/mkarchive.py" noise --size 100000 --layers 1 --seed $n --name app:v$n v$n.tar
done
stage() { must drydock --root "$1" stage -q -t "app:$2" "$3"; }
sync_of() { ROOT=$1 sync_to "$BUCKET" --provider "${PROVIDER:-ceph}" "${@:2}"; }
tags() { "$S3PY" get "$BUCKET" v2/app/tags/list | jq -c .tags; }
there() { "$S3PY" get "$BUCKET" "v2/app/manifests/$1" | sha256sum | cut -d' ' -f1; }
ours() { sha256sum <"$1/v2/app/manifests/$2" | cut -d' ' -f1; }

stage ra latest v1.tar
stage ra a v1.tar
ok "the first root publishes" sync_of ra
stage rb b v2.tar
ok "the second adds a tag" sync_of rb
is "$(tags)" '["a","b","latest"]' "its list holds the first one's tags"
ok "the first syncs again" sync_of ra --json
is "$(summary uploaded)" 0 "and sends nothing, though its own list is shorter"
is "$(tags)" '["a","b","latest"]' "the list stays"

sleep 1.1
stage rb latest v2.tar
ok "the second moves latest" sync_of rb
is "$(there latest)" "$(ours rb latest)" "it moved"
ok "the first, now stale, syncs" sync_of ra --json
is "$(summary kept)" 1 "it keeps the bucket's tag"
is "$(there latest)" "$(ours rb latest)" "which did not move back"

stage ra latest v3.tar
exits 3 "moved on both sides: held" sync_of ra
like "$OUT" '^held +v2/app/manifests/latest' "and said"
is "$(there latest)" "$(ours rb latest)" "it still did not move"
ok "forced" sync_of ra --force-tag app:latest
is "$(there latest)" "$(ours ra latest)" "it moves"

for provider in ceph other; do
  PROVIDER=$provider
  new_bucket
  wrong=0
  rm -rf ra rb
  for round in $(seq 10); do
    stage ra "a$round" v1.tar
    stage rb "b$round" v2.tar
    sync_of ra -q &
    first=$!
    sync_of rb -q &
    second=$!
    wait $first || wrong=$((wrong + 1))
    wait $second || wrong=$((wrong + 1))
    [ "$(tags | jq length)" = $((2 * round)) ] || wrong=$((wrong + 1))
  done
  is $wrong 0 "$provider: ten rounds at the same time, and every list is complete"
done

# A server that takes a second to answer what becomes of a list: eight lists, one second.
serve fake
for n in 1 2 3 4 5 6 7 8; do
  must drydock --root many stage -q -t "repo$n:1" v1.tar
done
must curl -sS -X POST "$U/_fake/rules" \
  --data-binary '{"op":"HeadObject","key":"tags/list$","do":"delay","seconds":1,"times":0}'
ok "eight repositories at once" \
  drydock --root many sync s3://many --endpoint-url "$U" --addressing-style path --json
is "$(summary requests.HEAD)" 8 "every list is looked at once it was sent"
at_most "$(summary duration_ms)" 5000 "and none waits for the look at another"
done_testing
