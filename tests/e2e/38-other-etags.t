#!/bin/bash
# ETags of answers that are not what they must be (U3): nothing is recorded as ours that the server
# names otherwise, unless its ETags are known to say nothing.
. "$(dirname "$0")/lib.sh"

serve fake
rules() { must curl -sS -X POST "$U/_fake/rules" --data-binary "$1"; }
sync_of() { drydock --root root sync "s3://$BUCKET" --endpoint-url "$U" --provider "$PROVIDER" --json "$@"; }
recorded() { sql root "SELECT etag FROM remote_object WHERE key = '$1'"; }
object() { curl -sS "$U/_fake/state" | jq -r --arg b "$BUCKET" --arg k "$1" '.[$b].objects[$k].etag'; }
asked() { curl -sS "$U/_fake/log" | jq -r --arg b "$BUCKET" 'select(.bucket == $b) | .op' | grep -c "^$1\$"; }

must "$HELPERS/mkarchive.py" noise --size 13000000 --layers 1 --seed 1 --name large:1 large.tar
must "$HELPERS/mkarchive.py" noise --size 100000 --layers 1 --seed 2 --name small:1 small.tar
for n in large small; do must drydock --root staged stage -q $n.tar; done
large=$(cd staged && find v2/large/blobs -size +4M)
small=$(cd staged && find v2/small/blobs -size +90k)
fresh() {
  BUCKET=$1
  rm -rf root
  must cp -r staged root
}
other=0123456789abcdef0123456789abcdef

# An upload in parts.
PROVIDER=aws
fresh parts
rules "{\"op\":\"CompleteMultipartUpload\",\"do\":\"etag\",\"etag\":\"$other-3\",\"effect\":true,\"times\":0}"
exits 6 "parts that became something else" sync_of
like "$ERR" "$large: the server gave it ETag $other-3" "it is said"
is "$(recorded "$large")" "" "it is not recorded"
is "$(asked UploadPart)" 3 "it is sent once"
is "$(asked ListMultipartUploads),$(curl -sS "$U/$BUCKET?uploads" | grep -c '<UploadId>')" 0,0 "no upload is left"
ok "the other image is there" curl -sSf -o /dev/null "$U/$BUCKET/v2/small/manifests/1"
rules ''
ok "the next sync" sync_of
is "$(summary uploaded)" 5 "sends it again, what needs it, and its list of tags"

# The answer is wrong, the object is right.
fresh answer
rules "{\"op\":\"CompleteMultipartUpload\",\"do\":\"etag\",\"etag\":\"$other-3\"}"
ok "an answer that names another ETag" sync_of
is "$(recorded "$large")" "$(object "$large")" "what is there is recorded"

# A single PUT whose answer has no ETag is looked at.
fresh single
rules "{\"op\":\"PutObject\",\"key\":\"$small\",\"do\":\"etag\",\"etag\":\"\",\"times\":0}
{\"op\":\"HeadObject\",\"key\":\"$small\",\"do\":\"etag\",\"etag\":\"$other\",\"times\":0}"
exits 6 "a PUT that became something else" sync_of
is "$(recorded "$small")" "" "is not recorded"
rules "{\"op\":\"PutObject\",\"key\":\"$small\",\"do\":\"etag\",\"etag\":\"\"}"
fresh single-right
ok "one that did not" sync_of
is "$(recorded "$small")" "$(object "$small")" "is"

# A server of which it is known that these ETags say nothing.
PROVIDER=gcs
fresh opaque
rules "{\"op\":\"CompleteMultipartUpload\",\"do\":\"etag\",\"etag\":\"$other-3\",\"effect\":true}"
ok "an opaque ETag" sync_of
is "$(recorded "$large")" "$other-3" "is recorded"
run sync_of
is "$STATUS,$(summary 'uploaded')" 0,0 "and found the same"
PROVIDER=aws

# Copies.
copying() { # copying BUCKET RULE
  rules ''
  fresh "$1"
  must sync_of
  must drydock --root root stage -q -t copy:1 small.tar
  rules "$2"
  ok "$3" sync_of
}
copy=${small/small/copy}
copying no-etag '{"op":"CopyObject","do":"etag","etag":"","times":0}' "a copy without an ETag"
is "$(summary 'copied'),$(recorded "$copy")" "2,$(object "$copy")" "is looked at"
copying lying "{\"op\":\"CopyObject\",\"do\":\"etag\",\"etag\":\"$other\",\"times\":0}" "a copy that is told with another ETag"
is "$(summary 'copied'),$(recorded "$copy")" "2,$(object "$copy")" "is looked at"
copying wrong "{\"op\":\"CopyObject\",\"do\":\"etag\",\"etag\":\"$other\",\"effect\":true,\"times\":0}" "a copy of other bytes"
is "$(summary 'copied'),$(recorded "$copy")" "0,$(object "$small")" "is sent instead"
is "$(object "$copy")" "$(object "$small")" "and right then"
copying right '' "a copy that is right"
is "$(summary 'copied'),$(asked HeadObject)" 2,0 "costs no look"
done_testing
