#!/bin/bash
# A server that goes on refusing a step of a multipart upload: the sync asks it again later and
# later, eight times at most, sends no object a third time, and leaves no upload that nobody knows
# of.
. "$(dirname "$0")/lib.sh"

mkdir fake
daemon_run fake fake "$HELPERS/fake_s3.py" --port-file "$T/fake/port"
daemon_wait fake fake 10 test -s "$T/fake/port" || bail "no scripted server"
U=http://127.0.0.1:$(cat fake/port)
must "$HELPERS/mkarchive.py" noise --size 13000000 --layers 1 --name app:1 app.tar
must drydock --root staged stage -q app.tar

number=0
rules() { must curl -sS -X POST "$U/_fake/rules" --data-binary "$(printf '%s\n' "$@")"; }
fresh() { # a fresh root and bucket
  number=$((number + 1))
  BUCKET=bucket-$number
  rm -rf root
  must cp -r staged root
}
sync() { # sync [RULE...]: under these rules; what it asked is in $T/asked, how long it took in TOOK
  local mark began
  rules "$@"
  mark=$(curl -sS "$U/_fake/log" | wc -l)
  began=$(date +%s%3N)
  run timeout 120 "$DRYDOCK" --root root sync "s3://$BUCKET" --endpoint-url "$U" --json
  TOOK=$(($(date +%s%3N) - began))
  curl -sS "$U/_fake/log" | tail -n "+$((mark + 1))" | jq -r '.op + " " + .key' >asked
}
asked() { grep -cE "^$1" asked; } # of which requests, by a regular expression
in_bucket() { curl -sS "$U/$BUCKET?uploads" | grep -o '<UploadId>' | wc -l; }
recorded() { drydock --root root uploads list "s3://$BUCKET" --endpoint-url "$U" | wc -l; }

# ---- F1, F3, M3: later each time, eight times, and as M3 says in between.
fresh
sync '{"op":"CompleteMultipartUpload","do":"status","status":500,"code":"InternalError","times":0}'
is "$STATUS" 3 "a Complete that always fails: a partial failure"
like "$ERR" 'blobs/sha256:.*500 InternalError' "that says so"
is "$(asked CompleteMultipartUpload)" 8 "after eight"
is "$(asked ListParts),$(asked 'HeadObject .*/blobs/.*')" 3,4 "looking at the parts after each second one, else at the key"
at_least "$TOOK" 100 "and longer and longer pauses, in ms"
is "$(asked CreateMultipartUpload),$(asked UploadPart)" 1,3 "all with one upload"
is "$(in_bucket),$(recorded)" 1,1 "which is not forgotten"
sync
is "$STATUS,$(asked UploadPart),$(in_bucket),$(recorded)" 0,0,0,0 "the next sync only completes it"

fresh
sync '{"op":"CompleteMultipartUpload","do":"status","status":503,"code":"SlowDown","headers":{"Retry-After":"1"},"times":3}'
is "$STATUS,$(asked CompleteMultipartUpload)" 0,4 "a throttled Complete goes through at last"
at_least "$TOOK" 3000 "when the server wants it"

fresh
sync '{"op":"CreateMultipartUpload","do":"status","status":500,"code":"InternalError","times":0}'
is "$STATUS" 3 "a Create that always fails: a partial failure"
is "$(asked CreateMultipartUpload),$(asked ListMultipartUploads)" 8,7 "after eight, each looked for"
at_least "$TOOK" 100 "and longer and longer pauses, in ms"

fresh
sync '{"op":"CompleteMultipartUpload","do":"drop","times":10}'
is "$STATUS,$(asked UploadPart)" 0,3 "ten Completes that are lost are no refusals"

# ---- Parts that Complete refuses: everything is sent once more, after the first is aborted.
fresh
sync '{"op":"CompleteMultipartUpload","do":"status","status":400,"code":"InvalidPart"}'
is "$STATUS" 0 "parts that are refused once are sent again"
is "$(asked CreateMultipartUpload),$(asked UploadPart),$(asked AbortMultipartUpload)" 2,6,1 "in a new upload"
is "$(in_bucket),$(recorded)" 0,0 "and none is left"

fresh
sync '{"op":"CompleteMultipartUpload","do":"status","status":400,"code":"InvalidPart","times":0}'
is "$STATUS" 3 "parts that are always refused: a partial failure"
like "$ERR" 'blobs/sha256:.*400 InvalidPart' "that says so"
is "$(asked CreateMultipartUpload),$(asked UploadPart),$(asked AbortMultipartUpload)" 2,6,2 "after the second time"
is "$(in_bucket),$(recorded)" 0,0 "and none is left"

fresh
sync '{"op":"UploadPart","do":"status","status":404,"code":"NoSuchUpload","times":0}'
is "$STATUS" 3 "a server that drops each upload: a partial failure"
is "$(asked CreateMultipartUpload)" 2 "after the second"
like "$ERR" 'blobs/sha256:[0-9a-f]*: the server dropped' "that says so"
is "$(recorded)" 0 "of which nothing is kept"

for size in 1M 5242879 6G 0; do
  exits 2 "--part-size $size: S3 takes no such parts" drydock --root root sync s3://b --endpoint-url "$U" \
    --part-size "$size"
done

# ---- M2, M4: an upload of an earlier run that cannot be gone on with is aborted, not forgotten.
started() { # two of three parts are there
  fresh
  sync '{"op":"UploadPart","do":"status","status":403,"code":"AccessDenied","nth":3}'
  is "$STATUS,$(in_bucket),$(recorded)" 3,1,1 "an upload of which a part was refused"
}
aborted_elsewhere() {
  must curl -sS -X DELETE "$U/$BUCKET/$(curl -sS "$U/_fake/state" | jq -r --arg b "$BUCKET" \
    '.[$b].uploads | to_entries[] | .value.key + "?uploadId=" + .key')"
}
started
sync '{"op":"ListParts","do":"again","times":0}'
is "$STATUS" 0 "parts that are listed again and again"
at_most "$(asked ListParts)" 16 "are not asked for on and on"
at_most "$(asked UploadPart)" 2 "FY4: those that are recorded count"
is "$(asked AbortMultipartUpload)" 0 "FY4: and the upload goes on"
is "$(in_bucket),$(recorded)" 0,0 "and none is left"

started
sync '{"op":"ListParts","do":"status","status":403,"code":"AccessDenied","times":0}'
is "$STATUS,$(asked UploadPart),$(in_bucket),$(recorded)" 0,3,0,0 "who may not list parts sends them anew"

started
sync '{"op":"ListParts|AbortMultipartUpload","do":"status","status":403,"code":"AccessDenied","times":0}'
is "$STATUS,$(asked UploadPart),$(in_bucket),$(recorded)" 0,3,1,0 "who may not abort either sends as well"
like "$ERR" 'an upload of v2/app/blobs/sha256:[0-9a-f]* stays in the bucket.*403 AccessDenied' "and is told what stays"

started
sync '{"op":"ListParts","do":"status","status":403,"code":"AccessDenied","times":0}' \
  '{"op":"AbortMultipartUpload","do":"status","status":500,"code":"InternalError","times":0}'
is "$STATUS,$(asked UploadPart),$(in_bucket),$(recorded)" 3,0,1,1 "while an abort fails, nothing is sent"
sync
is "$STATUS,$(asked UploadPart),$(in_bucket),$(recorded)" 0,3,0,0 "the next sync does both"

started
aborted_elsewhere
sync
is "$STATUS,$(asked UploadPart),$(asked AbortMultipartUpload)" 0,3,0 "an upload that somebody else aborted is begun anew"

# ---- M4: uploads abort says what it could not do.
abort() {
  rules "$1"
  run drydock --root root uploads abort "s3://$BUCKET" --endpoint-url "$U" "${@:2}"
}
started
abort '{"op":"AbortMultipartUpload","do":"status","status":403,"code":"AccessDenied","times":0}'
is "$STATUS,$OUT" 7, "an abort that is refused is no success"
like "$ERR" 'uploads: 1 of 1 uploads were not aborted' "and says so"
is "$(in_bucket),$(recorded)" 1,1 "the upload is still recorded"
abort '{"op":"AbortMultipartUpload","do":"status","status":500,"code":"InternalError","times":8}'
is "$STATUS" 5 "nor is one that fails"
abort '{"op":"AbortMultipartUpload","do":"status","status":503,"code":"SlowDown","headers":{"Retry-After":"5"},"times":0}' \
  --give-up-after 500ms
is "$STATUS" 5 "nor one that is given up"
like "$ERR" 'uploads: no progress for ' "as sync's own options say"
abort ''
is "$STATUS,$OUT,$(in_bucket),$(recorded)" '0,1 upload aborted,0,0' "one that goes through is"

must "$HELPERS/mkarchive.py" noise --size 26000000 --layers 2 --seed 3 --name app:2 app2.tar
must drydock --root staged stage -q app2.tar
fresh
sync '{"op":"CompleteMultipartUpload","do":"status","status":403,"code":"AccessDenied","times":0}'
is "$(in_bucket),$(recorded)" 3,3 "three uploads"
abort '{"op":"AbortMultipartUpload","do":"status","status":403,"code":"AccessDenied","nth":2}' --json
is "$STATUS,$(jq -r 'select(.event == "uploads_aborted") | .count' <<<"$OUT")" 3,2 "of which one is not aborted: partial"
is "$(in_bucket),$(recorded)" 1,1 "and is left"
done_testing
