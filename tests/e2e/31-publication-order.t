#!/bin/bash
# Readers in a loop, while a tag moves and while a first sync is under way, never see a tag
# of which something is missing. Another root's tag is not moved back.
. "$(dirname "$0")/lib.sh"

cat >reader.py <<'PY'
"""Read every tag of a bucket as an anonymous client does, until told to stop."""
import hashlib, json, os, sys, time
sys.path.insert(0, os.environ["HELPERS"])
from s3 import S3
bucket, repo, tag, stop, out = sys.argv[1:]
s3 = S3(anonymous=True)
seen, reads, bad = [], 0, []
while not os.path.exists(stop):
    status, _, data = s3.request("GET", bucket, f"v2/{repo}/manifests/{tag}")
    if status == 404:
        time.sleep(0.02)
        continue
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    if not seen or seen[-1] != digest:
        seen.append(digest)
    document = json.loads(data)
    wanted = [f"v2/{repo}/manifests/{digest}"]
    if "manifests" in document:
        wanted += [f"v2/{repo}/manifests/{m['digest']}" for m in document["manifests"]]
    else:
        wanted += [f"v2/{repo}/blobs/{d['digest']}" for d in [document["config"]] + document["layers"]]
    for key in wanted:
        if s3.head(bucket, key)[0] != 200:
            bad.append(f"{tag} is {digest[:19]}, but {key} is missing")
    reads += 1
with open(out, "w") as file:
    json.dump({"seen": seen, "reads": reads, "bad": bad}, file)
PY
export HELPERS
new_bucket
proxy --rate 10M
must "$HELPERS/mkarchive.py" noise --size 15000000 --layers 5 --name app:latest --seed 1 one.tar
must "$HELPERS/mkarchive.py" noise --size 15000000 --layers 5 --name app:latest --seed 2 two.tar
must drydock --root root stage one.tar
one=$(sha256_of root/v2/app/manifests/latest)
cp -r root old

python3 reader.py "$BUCKET" app latest "$T/stop" "$T/seen" &
reader=$!
ok "first sync" sync_to "$BUCKET"
must drydock --root root stage two.tar
two=$(sha256_of root/v2/app/manifests/latest)
isnt "$one" "$two" "the tag has moved in the root"
ok "second sync" sync_to "$BUCKET"
sleep 0.2
touch "$T/stop"
wait $reader
is "$(jq -c .seen seen)" "[\"$one\",\"$two\"]" "readers saw the one, then the other"
is "$(jq -r '.bad[]' seen)" '' "and never a tag with something missing"
at_least "$(jq .reads seen)" 5 "they read often"
like "$(bucket_keys)" "manifests/$one" "the old manifest is still there"
ok "the bucket is whole" bucket_whole "$BUCKET"

# A root that has never heard of the move (a copy from before it).
must drydock --root old stage -t app:other "$FIXTURES/tiny.podman-oci-archive.tar"
ROOT=$T/old sync_to "$BUCKET" >"$T/stdout" 2>"$T/stderr"
"$S3PY" get "$BUCKET" v2/app/manifests/latest latest
is "$(sha256_of latest)" "$two" "a stale root does not move the tag back"
is "$("$S3PY" get "$BUCKET" v2/app/tags/list | jq -c .tags)" '["latest","other"]' "but its own new tag is listed beside"
done_testing
