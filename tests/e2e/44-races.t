#!/bin/bash
# Two roots and one bucket at the same moment: what one publishes between the other's listing and
# its PUT or DELETE is neither overwritten nor removed.
. "$(dirname "$0")/lib.sh"

serve fake
rules() { must curl -sS -X POST "$U/_fake/rules" --data-binary "$1"; }
get() { curl -sSf "$U/$BUCKET/$1"; }
put() { must curl -sSf -X PUT "$U/$BUCKET/$1" --data-binary @-; }
stage() { must drydock --root "$1" stage -q -t "$2" "$3"; }
sync_of() { drydock --root "$1" sync "s3://$BUCKET" --endpoint-url "$U" --provider "${PROVIDER:-aws}" "${@:2}"; }
there() { get "v2/small/manifests/$1" | sha256sum | cut -d' ' -f1; }
ours() { sha256sum <"$1/v2/small/manifests/$2" | cut -d' ' -f1; }
tags() { get v2/small/tags/list | jq -c .tags; }
requests() { # requests OPERATION KEY: how many there were since the last rules
  curl -sS "$U/_fake/log" | tail -n "+$((at + 1))" |
    jq -r "select(.op == \"$1\" and (.key | test(\"$2\"))) | .key" | wc -l
}
mark() { at=$(curl -sS "$U/_fake/log" | wc -l); }

for n in 1 2 3; do
  must "$HELPERS/mkarchive.py" noise --size 100000 --layers 1 --seed $n --name small:1 v$n.tar
done

# meanwhile RULE ROOT [ARGUMENT...] -- COMMAND...: the command while the sync of the root, which
# the rule holds up, is under way. STATUS, OUT and ERR are the sync's, THEIRS the command's status.
meanwhile() {
  local root=$2 args=() syncing
  rules "$1"
  shift 2
  while [ "$1" != -- ]; do
    args+=("$1")
    shift
  done
  shift
  mark
  sync_of "$root" ${args[@]+"${args[@]}"} >"$T/slow.out" 2>"$T/slow.err" &
  syncing=$!
  sleep 1
  run "$@"
  THEIRS=$STATUS
  wait $syncing
  STATUS=$?
  OUT=$(cat "$T/slow.out") ERR=$(cat "$T/slow.err") _last="sync of $root"
}
slow_blob='{"op":"PutObject","key":"small/blobs","do":"delay","seconds":3}'
is_held() { # is_held ROOT WHAT
  is "$THEIRS,$STATUS" 0,3 "$2: the other is done, we have held something back"
  like "$OUT" '^held +v2/small/manifests/1 .* moved in the bucket meanwhile' "and it is said"
  is "$(there 1)" "$(ours "$1" 1)" "the tag is the other's"
  is "$(tags)" '["1"]' "the list names it"
}

# Both know the tag, and each moves it.
for PROVIDER in aws minio ceph other; do
  BUCKET=moved-$PROVIDER
  rm -rf ra rb
  stage ra small:1 v1.tar
  must sync_of ra
  must cp -r ra rb
  stage ra small:1 v2.tar
  stage rb small:1 v3.tar
  meanwhile "$slow_blob" ra -- sync_of rb
  is_held rb "$PROVIDER: moved by both"
  exits 3 "the next sync holds it as well" sync_of ra
  ok "until it is forced" sync_of ra --force-tag small:1
  is "$(there 1)" "$(ours ra 1)" "then it moves"
done
PROVIDER=aws

# Also where everything else would be sent in parts.
BUCKET=in-parts
rm -rf ra rb
stage ra small:1 v1.tar
must sync_of ra
must cp -r ra rb
stage ra small:1 v2.tar
stage rb small:1 v3.tar
meanwhile '{"op":"UploadPart","do":"delay","seconds":3}' ra --multipart-threshold 100 -- sync_of rb
is_held rb "moved by both, in parts"

# Neither has synced before.
BUCKET=new
rm -rf ra rb
stage ra small:1 v1.tar
stage rb small:1 v2.tar
meanwhile "$slow_blob" ra -- sync_of rb
is_held rb "new to both"

BUCKET=forced
meanwhile "$slow_blob" ra --force-tag small:1 -- sync_of rb
is "$THEIRS,$STATUS" 0,0 "forced from the beginning"
is "$(there 1)" "$(ours ra 1)" "it moves"

# The same bytes from both are no conflict.
BUCKET=same
rm -rf rb
must cp -r ra rb
meanwhile "$slow_blob" ra -- sync_of rb
is "$THEIRS,$STATUS" 0,0 "both publish the same"

# Removed in the bucket while we move it: it is sent as if it had not been listed.
BUCKET=gone
must sync_of ra
stage ra small:1 v3.tar
meanwhile "$slow_blob" ra -- curl -sSf -X DELETE "$U/$BUCKET/v2/small/manifests/1"
is "$THEIRS,$STATUS" 0,0 "removed meanwhile"
is "$(there 1)" "$(ours ra 1)" "it is there again"

# One untags, the other publishes.
BUCKET=untag
rm -rf ra rb
stage ra small:1 v1.tar
must sync_of ra
sleep 1.1
stage rb small:1 v2.tar
must drydock --root ra untag small:1
stage ra another:1 v3.tar
meanwhile '{"op":"HeadObject","key":"small/manifests/1","do":"delay","seconds":3}' ra -j1 -- sync_of rb
is "$THEIRS,$STATUS" 0,0 "untagged by one, published by the other"
like "$OUT" ', 1 kept' "it is kept"
is "$(there 1)" "$(ours rb 1)" "the tag is the other's"
is "$(tags)" '["1"]' "the list names it"
ok "the next sync leaves it" sync_of ra
is "$(there 1)" "$(ours rb 1)" "still the other's"

# A failure of the server is no word about its conditions: the next PUT is conditional again.
for n in 500,InternalError 409,ConditionalRequestConflict; do
  BUCKET=signed-${n%,*}
  rm -rf alice bob carol
  for who in alice bob carol; do
    must "$HELPERS/mkarchive.py" signed $who $who.tar
    must drydock --root $who stage -q -t signed:1 $who.tar
  done
  rules ''
  must sync_of alice
  list=$(cd alice && find v2/signed/referrers -type f -size +200c)
  meanwhile "{\"op\":\"PutObject\",\"key\":\"$list\",\"do\":\"status\",\"status\":${n%,*},\"code\":\"${n#*,}\"}
{\"op\":\"PutObject\",\"key\":\"$list\",\"do\":\"delay\",\"seconds\":3}" bob -- sync_of carol
  is "$THEIRS,$STATUS" 0,0 "a list, ${n%,*}, and then a race: both end well"
  is "$(get "$list" | jq -r '.manifests[].annotations."org.example.by"' | sort | xargs)" \
    "alice bob carol" "no signature is lost"
done
BUCKET=failing
rules '{"op":"PutObject","key":"small/manifests/1$","do":"status","status":500,"code":"InternalError","times":0}'
rm -rf ra
stage ra small:1 v1.tar
mark
exits 3 "a tag that always answers 500" sync_of ra
is "$(requests PutObject manifests/1$)" 8 "is tried eight times"
rules ''
ok "the next run" sync_of ra

# What nobody else touches costs no request more than it must.
BUCKET=alone
rm -rf ra
rules ''
stage ra small:1 v1.tar
stage ra small:2 v1.tar
mark
must sync_of ra
is "$(requests HeadObject .)" 0 "new tags: no look"
stage ra small:1 v2.tar
mark
must sync_of ra
is "$(requests HeadObject manifests)" 0 "a tag that moves: no look"
must drydock --root ra untag small:2
mark
must sync_of ra
is "$(requests HeadObject manifests),$(requests DeleteObject manifests)" 1,1 "an untagged one: one look"
is "$(tags)" '["1"]' "it is gone"
done_testing
