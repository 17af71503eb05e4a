#!/bin/bash
# A blob that is too large for one copy on the server is copied part by part: nothing is sent, a
# crash loses at most what was under way, and the ETag is the one that sending it would have given.
. "$(dirname "$0")/lib.sh"

to_bucket() { drydock --root root sync "s3://$BUCKET" --endpoint-url "$U" --provider aws --json "$@"; }
rules() { must curl -sS -X POST "$U/_fake/rules" --data-binary "$1"; }
requests() { curl -sS "$U/_fake/log"; }
asked() { requests | jq -r --arg b "$BUCKET" 'select(.bucket == $b) | .op' | grep -c "^$1\$"; }
object() { curl -sS "$U/_fake/state" | jq -r --arg b "$BUCKET" --arg k "$1" ".[\$b].objects[\$k].$2"; }
uploads_left() { curl -sS "$U/$BUCKET?uploads" | grep -c '<UploadId>'; }

# This server copies no more than 6 MB at once.
serve small --copy-limit 6000000
must "$HELPERS/mkarchive.py" noise --size 13000000 --layers 1 app.tar
must drydock --root staged stage -q -t base:1 app.tar
must drydock --root staged stage -q -t team/app:1 app.tar
blob=$(cd staged && find v2/base/blobs -size +4M)
blob=${blob#v2/base/}
number=0
half() { # a fresh bucket that has base, and then RULE
  number=$((number + 1))
  BUCKET=bucket-$number
  rm -rf root
  must cp -r staged root
  must to_bucket --include base
  rules "${1-}"
}
# arrived: the copy is whole, like its source, and nothing is left to do.
arrived() {
  is "$(object "v2/team/app/$blob" etag)" "$(object "v2/base/$blob" etag)" "$1: its ETag is its source's"
  curl -sS "$U/$BUCKET/v2/team/app/$blob" | cmp -s - "staged/v2/base/$blob"
  is "$?" 0 "$1: and so are its bytes"
  is "$(uploads_left)" 0 "$1: no upload is left"
  run to_bucket
  is "$STATUS,$(summary 'uploaded + .copied + .bytes_sent')" 0,0 "$1: the next sync finds it the same"
}

half
cp -r root other
ok "a copy that the server refuses as too large" to_bucket
is "$(asked UploadPartCopy),$(asked UploadPart)" 3,3 "is made in three parts; the source was sent in as many"
at_most "$(summary bytes_sent)" 5000 "and nothing of it is sent"
is "$(summary copied),$(jq -r 'select(.event == "object" and .action == "copy") | .why' stdout | wc -l)" 2,2 "it is told as a copy"
isnt "$(object "v2/team/app/$blob" 'headers."x-amz-meta-drydock-sha256"')" null "its metadata are there"
arrived copied
mv other root
run to_bucket
is "$STATUS,$(summary uploaded)" 0,0 "a root without a record of it knows it by its ETag"

while IFS=' ' read -r most rule; do
  half "$rule"
  ok "$rule" to_bucket
  at_most "$(summary bytes_sent)" "$most" "sends no more than it must"
  arrived "then"
done <<'RULES'
5000 {"op":"UploadPartCopy","do":"lost","nth":2}
5000 {"op":"UploadPartCopy","do":"drop"}
5000 {"op":"UploadPartCopy","do":"status","status":500,"code":"InternalError","effect":true}
5000 {"op":"UploadPartCopy","do":"ok-error","code":"SlowDown"}
5000 {"op":"CreateMultipartUpload","do":"lost"}
5000 {"op":"CompleteMultipartUpload","do":"lost"}
13010000 {"op":"UploadPartCopy","do":"status","status":403,"code":"AccessDenied","times":0}
13010000 {"op":"UploadPartCopy","do":"status","status":404,"code":"NoSuchKey","times":0}
13010000 {"op":"UploadPartCopy","do":"status","status":501,"code":"NotImplemented","times":0}
13010000 {"op":"UploadPartCopy","do":"etag","etag":"00000000000000000000000000000000","nth":2}
RULES

# The server says that the upload is gone (it is not, and stays there): it is begun anew.
half '{"op":"UploadPartCopy","do":"status","status":404,"code":"NoSuchUpload","nth":2}'
ok "an upload that is gone" to_bucket
at_most "$(summary bytes_sent)" 5000 "is copied anew"
is "$(object "v2/team/app/$blob" etag)" "$(object "v2/base/$blob" etag)" "whole"

# The source has rotted under its ETag: the part that is not ours is sent.
half
etag=$(object "v2/base/$blob" etag)
must "$HELPERS/mkarchive.py" flip "staged/v2/base/$blob" rotten 7000000
rules '{"op":"PutObject","do":"etag","etag":"'"$etag"'","effect":true}'
must curl -sSf -X PUT "$U/$BUCKET/v2/base/$blob" --data-binary @rotten -H 'Expect:' -H 'Content-Type: application/octet-stream'
ok "a source that is rotten" to_bucket
at_least "$(summary bytes_sent)" 5242880 "is made up for by sending"
arrived "then"

# Killed while the third part is copied.
half '{"op":"UploadPartCopy","nth":3,"do":"drop","times":0}'
"$DRYDOCK" --root root sync "s3://$BUCKET" --endpoint-url "$U" --provider aws -q >/dev/null 2>&1 &
victim=$!
disown "$victim"
for _ in $(seq 100); do
  [ "$(asked UploadPartCopy)" -lt 4 ] || break
  sleep 0.1
done
kill -9 "$victim"
while kill -0 "$victim" 2>/dev/null; do sleep 0.1; done
rules ''
is "$(uploads_left)" 1 "a run was killed in the middle"
before=$(asked UploadPartCopy)
ok "a dry run" to_bucket -n
is "$(jq -r 'select(.action == "resume") | "\(.parts_there)/\(.parts)"' stdout)" 2/3 "knows the parts that are there"
is "$(summary requests.COPY)" 1 "that one must be copied"
at_most "$(summary bytes_total)" 5000 "and that none must be sent"
ok "the next run" to_bucket
is "$(summary resumed)" 1 "goes on"
at_most "$(summary bytes_sent)" 5000 "sends nothing of it"
is "$(asked UploadPartCopy)" $((before + 1)) "and copies only what is missing"
arrived resumed

# Above S3's own limit: a state made by hand says that the layer has 5 GiB and some, all zeros (no
# byte of it is read), and so does a server that holds it already.
BUCKET=b
rm -rf root
must "$HELPERS/mkarchive.py" noise --size 200000 --layers 2 small.tar
must drydock --root root stage -q -t base:1 small.tar
must drydock --root root stage -q -t team/app:1 small.tar
must to_bucket --include base
curl -sS "$U/_fake/state" >state.json
size=$((5 * 1024 * 1024 * 1024 + 3 * 1024 * 1024 + 5))
etag=$(python3 - "$size" <<'PY'
import glob, hashlib, json, os, sqlite3, sys
size, part = int(sys.argv[1]), 5 << 20
parts = [hashlib.md5(bytes(part)).digest()] * (size // part) + [hashlib.md5(bytes(size % part)).digest()]
composite = hashlib.md5(b"".join(parts))
etag = f"{composite.hexdigest()}-{len(parts)}"
layer = max(glob.glob("root/v2/base/blobs/*"), key=os.path.getsize)
digest = b"\1" + bytes.fromhex(layer.rpartition(":")[2])
with sqlite3.connect("root/.drydock/state.db") as db:
    db.execute("update blob set size = ?, md5 = zeroblob(16) where digest = ?", (size, digest))
    db.execute("update object set size = ?, md5 = zeroblob(16) where digest = ?", (size, digest))
    db.execute("insert or replace into blob_parts values (?, ?, ?, ?)",
               (digest, part, b"".join(parts), composite.digest()))
db.close()
for path in glob.glob("root/v2/*/blobs/" + os.path.basename(layer)) + \
        glob.glob("root/v2/*/*/blobs/" + os.path.basename(layer)):
    os.truncate(path, 0)
    os.truncate(path, size)
with open("load", "w") as out:
    for key, o in json.load(open("state.json"))["b"]["objects"].items():
        if key == "v2/_catalog":
            continue  # it is read before it is written, and the server holds no bytes of these
        line = {"bucket": "b", "key": key, "size": o["size"], "etag": o["etag"], "headers": o["headers"]}
        if key == layer.removeprefix("root/"):
            line.update(size=size, etag=etag, zeros=True)
        print(json.dumps(line), file=out)
print(etag)
PY
)
blob=$(cd root && find v2/base/blobs -size +1G)
blob=${blob#v2/base/}
serve large --load load
ok "a dry run of a copy above 5 GiB" to_bucket -n
is "$(jq -r 'select(.action == "copy" and .bytes > 5e9) | "\(.from) \(.parts)"' stdout)" 'base 1025' "names its parts"
planned=$(summary requests)
ok "the sync" to_bucket
is "$(summary requests)" "$planned" "makes the requests that it said"
is "$(object "v2/team/app/$blob" size),$(object "v2/team/app/$blob" etag)" "$size,$etag" "the object is whole"
is "$(asked CopyObject),$(asked UploadPartCopy)" "$(($(find root/v2/team/app/blobs -type f | wc -l) - 1)),1025" "small blobs are copied at once, the large one in parts"
is "$(requests | jq -r 'select(.op == "UploadPartCopy" and .query.partNumber == "1025").headers."x-amz-copy-source-range"')" \
  "bytes=5368709120-$((size - 1))" "the last part is the rest"
ok "once more" to_bucket
is "$(summary 'uploaded + .copied + .resumed')" 0 "it is the same"

# The file that would be sent instead is cut: that is this object's misfortune.
truncate -s 1 "root/v2/team/app/$blob"
must curl -sSf -X DELETE "$U/b/v2/team/app/$blob"
exits 6 "a copy whose file is cut" to_bucket
like "$ERR" 'the file has 1 bytes, the state says' "is told"
done_testing
