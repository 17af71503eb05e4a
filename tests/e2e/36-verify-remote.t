#!/bin/bash
# verify --remote finds what is missing or wrong in a bucket; --full also what only the bytes tell.
. "$(dirname "$0")/lib.sh"

serve fake
must "$HELPERS/mkarchive.py" noise --size 13000000 --layers 2 --name app:1 app.tar
must "$HELPERS/mkarchive.py" noise --size 100000 --layers 1 --seed 2 --name app:1 other.tar
must drydock --root a stage -q app.tar
to_bucket() { drydock --root "$1" sync s3://b --endpoint-url "$U" --json "${@:2}"; }
check() { drydock --root a verify --remote "$@" s3://b --endpoint-url "$U"; }
# Since the sync, which reads the catalogue when it writes it.
log_of() { curl -sS "$U/_fake/log" | tail -n "+$((${synced:-0} + 1))" | jq -r "select(.op == \"$1\") | .op" | wc -l; }
must to_bucket a
synced=$(curl -sS "$U/_fake/log" | wc -l)
objects=$(($(find a/v2 -type f | wc -l) + 1)) # v2/ too

ok "a bucket that was just sent" check --json
is "$(jq -c 'select(.event == "verified") | [.objects, .bytes, .bad, .moved]' <<<"$OUT")" "[$objects,0,0,0]" "is whole"
is "$(log_of GetObject),$(log_of HeadObject)" "0,$objects" "and looked at, not read"
ok "in full" check --full --json
at_least "$(jq 'select(.event == "verified").bytes' <<<"$OUT")" 13000000 "it is read"
before=$(sha256sum a/.drydock/state.db)
ok "for people" check --full
like "$OUT" 'every digest matches' "in words"
is "$(sha256sum a/.drydock/state.db)" "$before" "the state does not change"

blob=$(cd a && find v2 -path '*/blobs/*' -size +4M | head -1)
curl -sS -D head -o blob "$U/b/$blob"
printf x | dd of=blob bs=1 seek=3000000 conv=notrunc status=none
put_blob() {
  must curl -sSf -X PUT "$U/b/$blob" --data-binary @blob -H 'Content-Type: application/octet-stream' \
    -H 'Expect:'
}
put_blob
exits 6 "other bytes under a blob's key" check
like "$ERR" "$blob in the bucket: " "are told by the ETag"
# An ETag as of parts tells nothing by itself: only the bytes are wrong.
must curl -sS -X POST "$U/_fake/rules" --data-binary \
  '{"op":"PutObject","do":"etag","etag":"0123456789abcdef0123456789abcdef-2","effect":true}'
put_blob
ok "the headers do not tell of bytes alone" check
exits 6 "--full does" check --full
like "$ERR" "$blob in the bucket: its bytes do not match" "and names them"

ok "sync mends it" to_bucket a
ok "and all is well" check --full
must curl -sSf -X DELETE "$U/b/$blob"
exits 6 "a missing blob" check
like "$ERR" "$blob in the bucket: missing" "is named"
one_line "$(grep missing <<<"$ERR")" "once"
must to_bucket a

must curl -sSf -X DELETE "$U/b/v2/"
exits 6 "v2/ itself is gone" check
like "$ERR" 'v2/ in the bucket: missing' "which is told"
must to_bucket a

# What cannot be looked at is not what is wrong.
rules() { must curl -sS -X POST "$U/_fake/rules" --data-binary "$1"; }
rules '{"op":"HeadObject","do":"status","status":403,"code":"AccessDenied","times":0}'
exits 7 "a key that may not look" check
like "$ERR" "verify: $objects of $objects objects in the bucket could not be looked at, 0 are" "is told so"
unlike "$ERR" 'bytes with ETag' "and nothing else"
run check --json
is "$(jq -c 'select(.event == "verified") | [.objects, .bad, .failed]' <<<"$OUT")" "[$objects,0,$objects]" "in numbers too"
rules '{"op":"HeadObject","key":"'"${blob##*:}"'","do":"status","status":500,"code":"InternalError","times":0}'
exits 5 "a server that fails to tell of one object" check
like "$ERR" "HEAD $blob: 500 InternalError" "and of which"
rules ''
must curl -sSf -X DELETE "$U/b/$blob"
rules '{"op":"HeadObject","key":"tags/list","do":"status","status":403,"code":"AccessDenied","times":0}'
exits 7 "one that may not be looked at, and one that is missing" check
like "$ERR" "$blob in the bucket: missing" "which is told as well"
rules ''
must to_bucket a

manifest=$(cd a && find v2 -path '*/manifests/sha256*' | head -1)
must curl -sSf -X PUT "$U/b/$manifest" --data-binary "@a/$manifest" -H 'Content-Type: text/plain'
exits 6 "a manifest with another Content-Type" check
like "$ERR" "Content-Type 'text/plain', expected 'application/vnd" "is told"
must drydock --root a verify

must drydock --root b stage -q other.tar
sleep 1.1
must drydock --root b stage -q -t app:1 other.tar
must drydock --root b sync s3://b --endpoint-url "$U" --force-tag app:1
run check --json
is "$(jq -c 'select(.event == "verified") | [.bad, .moved]' <<<"$OUT")" "[1,1]" \
  "a tag that another root moved is a warning"

# What was not published is not what is damaged.
elsewhere() { drydock --root a verify --remote "s3://$1" --endpoint-url "$U" "${@:2}"; }
told_nothing_else() { is "$(wc -l <<<"$ERR"),$OUT" "1," "$1"; }
exits 4 "FN7: a bucket that is not there" elsewhere missing
like "$ERR" "verify: LIST missing: 404 NoSuchBucket .bucket missing.*check its name" "FN7: is told"
told_nothing_else "FN7: once"
exits 4 "FN7: a prefix below which nothing is" elsewhere b/other
like "$ERR" "verify: there is no registry at s3://b/other, .*check the bucket's name and prefix" "FN7: is told"
told_nothing_else "FN7: once"
run elsewhere b/other --json
is "$(jq -r 'select(.event != "progress").event' <<<"$OUT")" error "FN7: in JSON, too"

must "$HELPERS/mkarchive.py" noise --size 100000 --layers 1 --seed 3 --name new:1 new.tar
before=$(($(find a/v2 -type f | wc -l) + 1))
must drydock --root a sync s3://b --endpoint-url "$U" --force-tag app:1 --check-metadata -q
must drydock --root a stage -q new.tar
after=$(($(find a/v2 -type f | wc -l) + 1))
exits 4 "FN7: an image that was not synced yet" check
is "$ERR" "drydock: verify: warning: new:1 is not published yet
drydock: verify: $((after - before)) of $after objects are not published yet: drydock sync sends them" \
  "FN7: is told by its tag"
run check --json
is "$(jq -c 'select(.event == "verified") | [.objects, .bad, .failed, .moved, .waiting]' <<<"$OUT")" \
  "[$after,0,0,0,$((after - before))]" "FN7: and counted"
sleep 1.1
must drydock --root a stage -q -t app:1 new.tar
exits 4 "FN7: a tag that was moved here" check --full
like "$ERR" 'app:1 is not published yet' "FN7: waits as well"
unlike "$ERR" 'points elsewhere' "FN7: as the bucket has what this root sent"
must curl -sSf -X DELETE "$U/b/$blob"
must curl -sSf -X DELETE "$U/b/v2/"
exits 6 "FN7: what was sent and is gone" check
like "$ERR" "v2/ in the bucket: missing" "FN7: is missing"
like "$ERR" "$blob in the bucket: missing" "FN7: all of it"
must to_bucket a
ok "FN7: once it is sent" check --full

# How long it tries is said as sync is told.
rules '{"op":"HeadObject","do":"status","status":503,"code":"SlowDown","headers":{"Retry-After":"5"},"times":0}'
exits 5 "a server that is busy without end is given up" check --give-up-after 500ms
like "$ERR" 'verify: no progress for ' "as --give-up-after says"
exits 10 "and left in time" check --max-duration 500ms
rules '{"op":"HeadObject","do":"delay","seconds":5}'
exits 5 "one that is mute" check --timeout 1s --connect-wait 500ms
like "$ERR" 'verify: no answer for ' "by --connect-wait"
rules ''
exits 2 "--full without --remote" drydock --root a verify --full
done_testing
