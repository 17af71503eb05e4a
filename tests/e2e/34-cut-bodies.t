#!/bin/bash
# What a thin link cannot carry in one piece between two cuts goes in parts, although it is below the
# threshold for that: then each that arrives stays, in this run and for the next (F5).
. "$(dirname "$0")/lib.sh"

serve fake
must "$HELPERS/mkarchive.py" noise --size 14000000 --layers 2 --name app:1 app.tar
must drydock --root staged stage -q app.tar

rules() { must curl -sS -X POST "$U/_fake/rules" --data-binary "$1"; }
fresh() {
  BUCKET=$1
  rm -rf root
  must cp -r staged root
}
# sync OPTION...: what it asked about blobs is in `asked`
sync() {
  local mark
  mark=$(curl -sS "$U/_fake/log" | wc -l)
  run drydock --root root sync "s3://$BUCKET" --endpoint-url "$U" --json -v "$@"
  curl -sS "$U/_fake/log" | tail -n "+$((mark + 1))" | jq -r 'select(.key | test("blobs|^$")) | .op' >asked
}
asked() { grep -cx "$1" asked; }
whole() { # every blob is there, and is what its name says
  local blob
  for blob in root/v2/app/blobs/*; do
    [ "sha256:$(curl -sS "$U/$BUCKET/${blob#root/}" | sha256sum | cut -d' ' -f1)" = "${blob##*/}" ] || return 1
  done
}
layers=$(find staged/v2/app/blobs -type f -size +1M -printf '%f\n' | paste -sd'|')
large="\"op\":\"PutObject\",\"key\":\"$layers\",\"do\":\"drop\",\"after\":4000000"

fresh good
sync
is "$STATUS $(asked CreateMultipartUpload)" "0 0" "what the link carries goes in one piece"

fresh cut
rules "{$large}"
sync -j 1
is "$STATUS" 0 "a body that is cut once"
is "$(asked CreateMultipartUpload) $(asked UploadPart) $(asked CompleteMultipartUpload)" "2 4 2" "goes in parts, and so does the next"
like "$ERR$OUT" 'too large for this link in one piece' "which is said with -v"
ok "both are whole" whole
sync
is "$STATUS $(summary uploaded)" "0 0" "the next sync finds them the same"

# The run ends in the middle of it: the next goes on with the parts.
fresh between
rules "$(printf '%s\n' "{$large}" '{"op":"UploadPart","do":"drop","nth":2,"times":0}')"
sync --give-up-after 1s --retry-max-delay 50ms
is "$STATUS" 5 "nothing moves after the first part"
rules ''
sync
is "$STATUS" 0 "the next run ends it"
ok "both are whole" whole
is "$(curl -sS "$U/$BUCKET?uploads" | grep -c '<UploadId>')" 0 "no upload is left"
ids=$(curl -sS "$U/_fake/log" | jq -r --arg b "$BUCKET" 'select(.bucket == $b and .op == "CreateMultipartUpload") | .key' | sort | uniq -c | awk '$1 > 1')
is "$ids" '' "none was begun twice"

# --max-transfer counts a body once, however it goes.
fresh limited
rules "{$large}"
sync --max-transfer 17M
is "$STATUS" 8 "--max-transfer"
at_least "$(curl -sS "$U/_fake/state" | jq --arg b "$BUCKET" '[.[$b].objects[] | .size] | add')" 7000000 "has one of them sent whole"

fresh again
rules "$(printf '%s\n' "{$large,\"times\":1}" '{"op":"CreateMultipartUpload","do":"lost"}')"
sync
is "$STATUS" 0 "the answer to Create is lost, too"
ok "both are whole" whole
done_testing
