#!/bin/bash
# Answers that are lost, cut or wrong at every step of an upload, by a scripted server: the
# sync ends well, sends no part twice that had arrived, and leaves no upload behind.
. "$(dirname "$0")/lib.sh"

serve fake
must "$HELPERS/mkarchive.py" noise --size 13000000 --layers 1 --name app:1 app.tar
must drydock --root staged stage -q app.tar
size=$(find staged/v2 -type f -printf '%s\n' | awk '{s += $1} END {print s + 2}')

number=0
# faulty RULE: a fresh root and bucket; then a sync under this rule
faulty() {
  number=$((number + 1))
  BUCKET=bucket-$number
  must curl -sS -X POST "$U/_fake/rules" --data-binary "$1"
  rm -rf root
  must cp -r staged root
  run drydock --root root sync "s3://$BUCKET" --endpoint-url "$U" --json
}

uploads_left() {
  curl -sS "$U/$BUCKET?uploads" | grep -c '<UploadId>'
}

# ends_well MOST-BYTES RULE
ends_well() {
  faulty "$2"
  is "$STATUS" 0 "$2: the sync ends well"
  at_most "$(summary bytes_sent)" "$1" "it sends no more than it must"
  is "$(uploads_left)" 0 "no upload is left"
  run drydock --root root sync "s3://$BUCKET" --endpoint-url "$U" --json
  is "$(summary bytes_sent),$(summary unchanged)" 0,8 "everything is there"
}

part=$((5 * 1024 * 1024))
while IFS=' ' read -r parts rule; do
  ends_well $((size + parts * part + 2000)) "$rule"
done <<'RULES'
0 {"op":"CreateMultipartUpload","do":"lost"}
0 {"op":"CreateMultipartUpload","do":"drop"}
0 {"op":"CreateMultipartUpload","do":"status","status":500,"code":"InternalError","effect":true}
1 {"op":"UploadPart","do":"lost","nth":2}
1 {"op":"UploadPart","do":"drop","after":1000000}
1 {"op":"UploadPart","do":"status","status":503,"code":"SlowDown"}
1 {"op":"UploadPart","do":"status","status":400,"code":"BadDigest"}
0 {"op":"CompleteMultipartUpload","do":"lost"}
0 {"op":"CompleteMultipartUpload","do":"drop"}
0 {"op":"CompleteMultipartUpload","do":"ok-error","code":"InternalError"}
0 {"op":"CompleteMultipartUpload","do":"ok-error","code":"InternalError","effect":true}
0 {"op":"CompleteMultipartUpload","do":"status","status":500,"code":"InternalError","times":2}
0 {"op":"CompleteMultipartUpload","do":"cut","fraction":0.5,"effect":true}
0 {"op":"CompleteMultipartUpload","do":"etag","etag":""}
0 {"op":"PutObject","do":"lost","key":"manifests"}
0 {"op":"PutObject","do":"status","status":500,"code":"InternalError","times":3}
0 {"op":"PutObject","do":"etag","etag":"wrong"}
0 {"op":"ListObjects.*","do":"cut-xml","fraction":0.5}
0 {"op":"ListObjects.*","do":"half"}
0 {"op":"PutObject","do":"etag","etag":"","key":"manifests/sha"}
0 {"op":"PutObject","do":"lost","key":"tags/list"}
0 {"op":"PutObject","do":"status","status":412,"code":"PreconditionFailed","key":"tags/list"}
0 {"op":"PutObject","do":"status","status":501,"code":"NotImplemented","key":"tags/list"}
0 {"op":"PutObject","do":"status","status":409,"code":"ConditionalRequestConflict","key":"tags/list"}
RULES

# What a lost connection took with it was sent as well, and is told so.
faulty '{"op":"UploadPart","do":"drop","after":4000000,"times":3}'
is "$STATUS" 0 "three lost parts are sent again"
at_least "$(summary bytes_sent)" $((size + 12000000)) "the bytes that were lost are counted"

# The server says that the upload is gone: everything is sent anew, once.
faulty '{"op":"UploadPart","do":"status","status":404,"code":"NoSuchUpload","nth":3}'
is "$STATUS" 0 "an upload that is gone is begun anew"
at_most "$(summary bytes_sent)" $((2 * size + 2000)) "and sent once more"

# A server that takes a few bytes and never says a word makes no progress.
number=$((number + 1))
must curl -sS -X POST "$U/_fake/rules" --data-binary '{"op":"PutObject|CreateM.*|ListM.*","do":"drop","times":0}'
rm -rf root
must cp -r staged root
exits 5 "only bytes that are lost, time after time: the run gives up" timeout 60 "$DRYDOCK" --root root \
  sync "s3://bucket-$number" --endpoint-url "$U" --give-up-after 1s --retry-max-delay 10ms
like "$ERR" 'no progress for 1' "and says so"

# One object is refused for good: it holds back what needs it, and nothing else.
faulty '{"op":"PutObject","do":"status","status":403,"code":"AccessDenied","key":"blobs"}'
is "$STATUS" 3 "a refused object is a partial failure"
is "$(summary failed),$(summary held)" 1,3 "its manifest, its tag and the list of tags are held back"
like "$ERR" '403 AccessDenied' "the line says what came back"
unlike "$(curl -sS "$U/$BUCKET?list-type=2")" 'manifests/1<' "the tag is not there"
ok "the next sync does the rest" drydock --root root sync "s3://$BUCKET" --endpoint-url "$U"
done_testing
