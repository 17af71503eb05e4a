#!/bin/bash
# --check-metadata: wrong headers of manifests, tags and lists are mended on the server, without a
# byte sent, without overwriting what somebody else wrote, and the next diff still says "same".
. "$(dirname "$0")/lib.sh"

must "$HELPERS/mkarchive.py" oci-referrer signed.tar
must "$HELPERS/mkarchive.py" noise --size 100000 --layers 1 --name app:1 app.tar
must "$HELPERS/mkarchive.py" noise --size 100000 --layers 1 --seed 2 --name app:1 other.tar
must drydock --root a stage -q -t signed:1 signed.tar
must drydock --root a stage -q app.tar
BUCKET=b PROVIDER=aws _asked=0
to_bucket() { drydock --root a sync "s3://$BUCKET" --endpoint-url "$U" --provider "$PROVIDER" --json "$@"; }
counts() { jq -r 'select(.event == "summary") | "\(.repaired),\(.uploaded),\(.kept),\(.bytes_sent)"' stdout; }
rules() { must curl -sS -X POST "$U/_fake/rules" --data-binary "$1"; }
headers() { # of all objects of a bucket, less what each upload has of its own
  curl -sS "$U/_fake/state" |
    jq -S --arg b "$1" '.[$b].objects | map_values(.headers | del(."x-amz-meta-drydock-token"))'
}
header() { curl -sSI "$U/b/$1" | tr -d '\r' | sed -n "s/^$2: //p"; }
requests() { curl -sS "$U/_fake/log"; }
asked() { # asked OP: how often since the last `reset`
  requests | jq -r .op | tail -n "+$((_asked + 1))" | grep -cE "^($1)\$"
}
reset() { _asked=$(requests | wc -l); }
put() { # put KEY TYPE: the bytes that are there, by another tool: no metadata
  must curl -sSf -o body "$U/b/$1"
  must curl -sSf -X PUT "$U/b/$1" --data-binary @body -H "Content-Type: $2"
}

serve aws
must to_bucket
must cp -r a before
headers b >right
manifest=$(cd a && echo v2/app/manifests/sha256:*)
blob=$(cd a && find v2/app/blobs -type f | head -1)
referrers=$(cd a && find v2/signed/referrers -type f -size +100c)
ok "all is right" to_bucket --check-metadata
is "$(summary repaired)" 0 "nothing is repaired"
is "$(asked CopyObject),$(asked PutObject)" "0,$(wc -l < <(jq -r 'keys[]' right))" "nor written"

for key in "$manifest" v2/app/manifests/1 v2/app/tags/list v2/_catalog v2/ "$referrers" "$blob"; do
  put "$key" application/x-www-form-urlencoded
done
ok "without the option" to_bucket
is "$(summary 'uploaded + .repaired')" 0 "it is the same for the diff"
reset
exits 12 "diff --exit-code tells" drydock --root a diff s3://b --endpoint-url "$U" --provider aws --check-metadata --exit-code -v
is "$(grep -c '^repair ' stdout)" 6 "each wrong object"
like "$OUT" "^repair +v2/app/manifests/1 .* Content-Type is 'application/x-www" "and what is wrong"
unlike "$OUT" "$blob" "blobs are not looked at"
is "$(asked '.*Put.*|Copy.*|.*Upload.*')" 0 "and changes nothing"
ok "a dry run" to_bucket --check-metadata -n
planned=$(summary requests)
reset
token=$(header v2/signed/manifests/1 x-amz-meta-drydock-token)
ok "the repair" to_bucket --check-metadata
is "$(summary requests)" "$planned" "makes the requests that the dry run said"
is "$(counts)" 6,0,0,0 "six objects, no byte"
is "$(asked PutObject)" 0 "nothing is sent again"
put "$blob" application/octet-stream
headers b | jq --arg k "$blob" 'del(.[$k])' >found
is "$(cat found)" "$(jq --arg k "$blob" 'del(.[$k])' right)" "every header is as an upload makes it"
is "$(header v2/signed/manifests/1 x-amz-meta-drydock-token)" "$token" "what was right was not touched"
like "$(header "$manifest" x-amz-meta-drydock-sha256)" '^[0-9a-f]{64}$' "the checksum is there again"
ok "once more" to_bucket --check-metadata
is "$(counts)" 0,0,0,0 "there is nothing left to repair"

# Of an object that is wrong in one header only, the token stays: it tells which upload made it.
token=$(header v2/app/manifests/1 x-amz-meta-drydock-token)
ok "another Cache-Control" to_bucket --check-metadata --cache-control-tag 'public, max-age=5'
is "$(header v2/app/manifests/1 cache-control)" 'public, max-age=5' "is written"
is "$(header v2/app/manifests/1 x-amz-meta-drydock-token)" "$token" "and the token kept"
ok "and back, by pattern" to_bucket --check-metadata --include app
is "$(header v2/app/manifests/1 cache-control)" 'public, max-age=60, no-transform' "where it was asked for"
is "$(header v2/signed/manifests/1 cache-control)" 'public, max-age=5' "and nowhere else"
must to_bucket --check-metadata

# Somebody writes the tag between our look and our copy: theirs stays, also where only the source
# of a copy can have a condition.
must drydock --root b stage -q other.tar
for PROVIDER in wasabi aws; do
  must to_bucket --force-tag app:1
  put v2/app/manifests/1 text/plain
  rules '{"op":"CopyObject","key":"manifests/1","do":"delay","seconds":1.5}'
  to_bucket --check-metadata >late 2>&1 &
  late=$!
  disown "$late"
  sleep 0.7 # by now it has looked, and the server holds back its copy
  must curl -sSf -X PUT "$U/b/v2/app/manifests/1" --data-binary @b/v2/app/manifests/1 -H 'Content-Type: theirs/now'
  while kill -0 "$late" 2>/dev/null; do sleep 0.1; done
  is "$(header v2/app/manifests/1 content-type)" theirs/now "$PROVIDER: a tag that was written meanwhile is not overwritten"
  is "$(curl -sS "$U/b/v2/app/manifests/1" | sha256sum)" "$(sha256sum <b/v2/app/manifests/1)" "nor moved back"
  like "$(grep '"object"' late)" '"action":"kept".*changed in the bucket meanwhile' "and that is said"
done
ok "a tag that the bucket has newer" to_bucket --check-metadata
is "$(summary kept)" 1 "is kept"
is "$(header v2/app/manifests/1 content-type)" theirs/now "and not looked at: its bytes are not ours"
must to_bucket --force-tag app:1 --check-metadata
put v2/app/manifests/1 text/plain
must to_bucket --force-tag app:1

# Answers that are lost or refused.
while read -r rule; do
  put v2/app/manifests/1 text/plain
  rules "$rule"
  ok "$rule" to_bucket --check-metadata
  is "$(header v2/app/manifests/1 content-type)" application/vnd.docker.distribution.manifest.v2+json "it is repaired"
  ok "and the diff" to_bucket
  is "$(counts)" 0,0,0,0 "finds it the same"
done <<'RULES'
{"op":"CopyObject","do":"lost"}
{"op":"CopyObject","do":"drop"}
{"op":"CopyObject","do":"status","status":500,"code":"InternalError"}
{"op":"CopyObject","do":"status","status":500,"code":"InternalError","effect":true}
{"op":"CopyObject","do":"ok-error","code":"SlowDown"}
{"op":"CopyObject","do":"status","status":412,"code":"PreconditionFailed"}
{"op":"CopyObject","do":"status","status":501,"code":"NotImplemented"}
{"op":"CopyObject","do":"etag","etag":""}
RULES
put v2/app/manifests/1 text/plain
rules '{"op":"CopyObject","do":"status","status":403,"code":"AccessDenied"}'
exits 3 "a copy that is refused for good" to_bucket --check-metadata
like "$ERR" '403 AccessDenied' "says why"
rules '{"op":"HeadObject","key":"app/manifests/1","do":"status","status":403,"code":"AccessDenied"}'
exits 3 "an object that cannot be looked at" to_bucket --check-metadata
is "$(summary failed)" 1 "is a failure of that object"
ok "then it is repaired" to_bucket --check-metadata

# A manifest in parts gets another ETag by the copy, and so does everything where ETags are no
# MD5s; each is the same for the next diff.
BUCKET=parts
ok "a manifest in parts" to_bucket --multipart-threshold 100
like "$(curl -sS "$U/parts?list-type=2")" '&quot;[0-9a-f]{32}-1&quot;' "there are some"
ok "repaired" to_bucket --multipart-threshold 100 --check-metadata --cache-control-tag x --cache-control-digest x
at_least "$(summary repaired)" 5 "by copies"
ok "the next sync" to_bucket --multipart-threshold 100 --cache-control-tag x --cache-control-digest x
is "$(counts)" 0,0,0,0 "finds all the same"
serve kms --opaque-etags
BUCKET=b
rm -rf a
must cp -r before a
mv a/.drydock/state.db* . # what another server's bucket of that name holds is not known
must drydock --root a rescan -q
kms=(--sse aws:kms)
sent() { jq -r 'select(.event == "object") | .key' stdout; }
ok "with a key of one's own" to_bucket "${kms[@]}"
ok "the next sync" to_bucket "${kms[@]}"
is "$(sent),$(summary kept)" ,0 "finds all the same"
rules '{"op":"CopyObject","key":"manifests/1","do":"lost"}'
ok "repaired" to_bucket "${kms[@]}" --check-metadata --cache-control-tag x
at_least "$(summary repaired)" 5 "by copies with other ETags, one of them unheard"
ok "the next sync" to_bucket "${kms[@]}" --check-metadata --cache-control-tag x
is "$(sent),$(summary 'kept + .repaired')" ,0 "finds all the same and right"

# Killed after the copy of a tag, before its new ETag was written down: the next run knows it for
# ours, and so can move the tag.
rules '{"op":"(Put|Copy)Object","key":"_catalog","do":"delay","seconds":5}'
etag=$(header v2/app/manifests/1 ETag)
"$DRYDOCK" --root a sync s3://b --endpoint-url "$U" --provider aws -q "${kms[@]}" --check-metadata --cache-control-tag y >/dev/null 2>&1 &
victim=$!
disown "$victim"
for _ in $(seq 100); do
  [ "$(header v2/app/manifests/1 ETag)" = "$etag" ] || break
  sleep 0.05
done
ok "a run is killed" kill -9 "$victim"
while kill -0 "$victim" 2>/dev/null; do sleep 0.1; done
isnt "$(header v2/app/manifests/1 ETag)" "$etag" "after its copy"
rules ''
must drydock --root a stage -q -t app:1 other.tar
ok "after a run was killed the tag is moved" to_bucket "${kms[@]}"
is "$(summary kept)" 0 "and not taken for somebody else's"
is "$(curl -sS "$U/b/v2/app/manifests/1" | sha256sum)" "$(sha256sum <a/v2/app/manifests/1)" "it is there"

# A real server.
new_bucket
must sync_to "$BUCKET" --root a
must "$S3PY" get "$BUCKET" v2/app/manifests/1 body
must "$S3PY" put "$BUCKET" v2/app/manifests/1 body content-type=text/plain
must "$S3PY" put "$BUCKET" v2/app/tags/list a/v2/app/tags/list content-type=text/plain
ok "at a real server" sync_to "$BUCKET" --root a --check-metadata
like "$OUT" '2 repaired' "both are repaired"
is "$("$S3PY" head "$BUCKET" v2/app/manifests/1 | jq -r '."content-type", ."x-amz-meta-docker-content-digest"')" \
  "application/vnd.docker.distribution.manifest.v2+json
$(sha256_of a/v2/app/manifests/1)" "with what clients need"
ok "once more" sync_to "$BUCKET" --root a --check-metadata
like "$OUT" '^0 uploaded, [0-9]+ unchanged' "there is nothing to do"
done_testing
