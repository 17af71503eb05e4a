#!/bin/bash
# Under an ETag that says nothing an equal size is enough for a blob, unless --paranoid.
. "$(dirname "$0")/lib.sh"

serve fake
must "$HELPERS/mkarchive.py" noise --size 13000000 --layers 1 --name app:1 app.tar
must drydock --root a stage -q app.tar
cp -r a b
# This provider's ETags of multipart uploads are no MD5s.
to_bucket() { drydock --root "$1" sync s3://b --endpoint-url "$U" --provider gcs --json "${@:2}"; }
# Of objects: the catalogue is read whenever it is written.
gets() { curl -sS "$U/_fake/log" | jq -r 'select(.op == "GetObject" and .key != "v2/_catalog") | .op' | wc -l; }
blob=$(cd a && find v2 -path '*/blobs/*' -size +4M)
put_blob() { # put_blob FILE: without the metadata
  must curl -sSf -X PUT "$U/b/$blob" --data-binary "@$1" -H 'Expect:' \
    -H 'Content-Type: application/octet-stream'
}

must curl -sS -X POST "$U/_fake/rules" --data-binary \
  '{"op":"CompleteMultipartUpload","do":"etag","etag":"0123456789abcdef0123456789abcdef-7","effect":true}'
ok "sent under an ETag that says nothing" to_bucket a
cp -r b c
ok "another root finds it by its size" to_bucket b
is "$(summary uploaded)" 0 "and sends nothing"
rm -rf b
cp -r c b
ok "with --paranoid by its metadata" to_bucket b --paranoid
is "$(summary uploaded),$(gets)" 0,0 "without reading it"

etag='"etag":"0123456789abcdef0123456789abcdef-7","effect":true'
cp "a/$blob" right
cp "a/$blob" wrong
printf x | dd of=wrong bs=1 seek=9000000 conv=notrunc status=none
must curl -sS -X POST "$U/_fake/rules" --data-binary '{"op":"PutObject","do":"etag",'"$etag"'}'
put_blob right
rm -rf b
cp -r c b
ok "without metadata it is read" to_bucket b --paranoid
is "$(summary uploaded)" 0 "and not sent, as its bytes are right"
at_least "$(gets)" 3 "in steps"

must curl -sS -X POST "$U/_fake/rules" --data-binary '{"op":"PutObject","do":"etag",'"$etag"'}'
put_blob wrong
rm -rf b
cp -r c b
ok "other bytes of the same size" to_bucket b
is "$(summary uploaded)" 0 "are not noticed by the size"
rm -rf b
cp -r c b
ok "with --paranoid" to_bucket b --paranoid
is "$(summary uploaded)" 1 "they are sent again"
curl -sS -o there "$U/b/$blob"
same_file there right "and right"
done_testing
