#!/bin/bash
# Lists that several roots share, where the bucket's cannot be read or is no list at all: nobody's
# signatures are lost, and nothing but that list fails.
. "$(dirname "$0")/lib.sh"

# Tags whose list would have more than 20 MiB.
python3 -c 'for i in range(170000):
  print("{\"bucket\":\"many\",\"key\":\"v2/app/manifests/%0128d\",\"size\":9,\"etag\":\"%032x\"}" % (i, i))' >many
serve fake --load "$T/many"
rules() { must curl -sS -X POST "$U/_fake/rules" --data-binary "$1"; }
get() { curl -sSf "$U/$BUCKET/$1"; }
put() { must curl -sSf -X PUT "$U/$BUCKET/$1" --data-binary @-; }
sync_of() { drydock --root "$1" sync "s3://$BUCKET" --endpoint-url "$U" --provider "${PROVIDER:-minio}" "${@:2}"; }
signers() { get "$list" | jq -r '.manifests[].annotations."org.example.by"' | sort | xargs; }

for who in alice bob; do
  must "$HELPERS/mkarchive.py" signed $who $who.tar
  must drydock --root $who stage -q -t signed:1 $who.tar
done
must "$HELPERS/mkarchive.py" noise --size 100000 --layers 1 --name app:1 app.tar
must drydock --root bob stage -q app.tar
BUCKET=b
must sync_of alice
list=$(cd alice && find v2/signed/referrers -type f -size +200c)
is "$(signers)" alice "one root has published its signature"
get "$list" >before

# A list that may not be read.
rules "{\"op\":\"GetObject\",\"key\":\"referrers/\",\"do\":\"status\",\"status\":403,\"code\":\"AccessDenied\",\"times\":0}"
exits 3 "a list that may not be read: partial" sync_of bob --check-metadata
like "$ERR" "^drydock: sync: GET $list: 403" "it is named"
rules ''
same_file <(get "$list") before "it stays as it was"
is "$(get v2/app/tags/list | jq -c .tags)" '["1"]' "everything else is published"
ok "when it can be read again" sync_of bob
is "$(signers)" "alice bob" "both have signed"

# A list that is beyond our limits may hold more signatures than ours.
must drydock --root carol stage -q -t signed:1 alice.tar
printf '[%.0s' $(seq 100) >deep
put "$list" <deep
exits 3 "a list beyond the limits: partial" sync_of carol
same_file <(get "$list") deep "it is not overwritten"
echo 'no JSON' | put "$list"
ok "a list that is no JSON" sync_of carol
like "$ERR" 'warning: .* is no list of referrers .*; it is replaced' "is said"
is "$(signers)" alice "and replaced"

# One bad entry among the others.
jq -c '.manifests |= [{"digest":"sha256:../x"}] + .' before | put "$list"
ok "a list with one bad entry" sync_of bob
like "$ERR" 'warning: .*: 1 of its entries are no descriptors' "is said"
is "$(signers)" "alice bob" "and costs the others nothing"

# A catalogue that is none, written by somebody else while we work.
must drydock --root bob stage -q -t more:1 app.tar
rules '{"op":"PutObject","key":"more/tags/list","do":"delay","seconds":2}'
sync_of bob >stdout 2>warned &
syncing=$!
sleep 1
echo 'no JSON' | put v2/_catalog
wait $syncing
is $? 0 "a catalogue that is no JSON"
like "$(cat warned)" 'warning: v2/_catalog in the bucket is no catalogue' "is said"
is "$(get v2/_catalog | jq -c .repositories)" '["app","more","signed"]' "and replaced"
# More names than a list may hold.
BUCKET=many
exits 3 "a repository of too many tags: partial" sync_of bob
like "$ERR" 'tags of app: the bucket has more names than a list of 20971520 bytes can hold' "is said"
is "$(signers)" bob "everything else is published"

# Somebody publishes a repository between our listing and our catalogue, whose ETag is new already.
BUCKET=late
for n in 1 2; do must drydock --root one stage -q -t "one$n:1" app.tar; done
must drydock --root two stage -q -t two:1 app.tar
must sync_of one
must drydock --root one stage -q -t one3:1 app.tar
printf '{"repositories":["one1","one2","two","vanished"]}' >newer
rules '{"op":"PutObject","key":"one3/tags/list","do":"delay","seconds":3}'
sync_of one -q &
syncing=$!
sleep 1
must sync_of two -q
put v2/_catalog <newer
wait $syncing
is $? 0 "a repository that was published meanwhile"
is "$(get v2/_catalog | jq -c .repositories)" '["one1","one2","one3","two"]' \
  "is in the catalogue, and none that is not there"

# The same at the first sync to a server without conditions.
BUCKET=first PROVIDER=wasabi
rules '{"op":"PutObject","key":"one3/tags/list","do":"delay","seconds":3}'
sync_of one -q &
syncing=$!
sleep 1
must sync_of two -q
wait $syncing
is $? 0 "two roots publish their first repositories"
is "$(get v2/_catalog | jq -c .repositories)" '["one1","one2","one3","two"]' \
  "without conditions: all are in the catalogue"
done_testing
