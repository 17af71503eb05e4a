#!/bin/bash
# The state file is rebuilt from the tree: it says again what it said, and what does not verify is
# told and left out.
. "$(dirname "$0")/lib.sh"

# Everything but times.
state() { # ROOT
  python3 - "$1/.drydock/state.db" <<'PY'
import sqlite3, sys
db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
for query in (
    "SELECT 'blob', hex(digest), size, hex(sha256), hex(md5) FROM blob",
    "SELECT 'parts', hex(digest), part_size, hex(md5s), hex(composite) FROM blob_parts",
    "SELECT 'object', key, class, hex(digest), size, hex(md5), content_type FROM object",
    "SELECT 'manifest', hex(digest), media_type, artifact_type, annotations, hex(subject), platform"
    " FROM manifest",
    "SELECT 'edge', hex(parent), position, hex(child), role, present, size, platform FROM edge",
    "SELECT 'tag', repo, name, hex(digest), removed_at FROM tag",
    "SELECT 'cache', hex(diff_id), recipe, hex(digest) FROM layer_cache",
    "SELECT 'publication', id FROM publication",
):
    for row in sorted(map(repr, db.execute(query))):
        print(row)
PY
}
tree() { (cd "$1/v2" && find . -type f -exec sha256sum {} + | sort -k2); }

for name in docker-gzip-layers docker-estargz docker-pre25 docker-symlink-first oci-minimal oci-untyped oci-attestations \
  oci-sparse-layer oci-nested-8 oci-sha512 oci-artifact oci-docker-types oci-referrer; do
  must "$HELPERS/mkarchive.py" "$name" "$T/$name.tar"
  [ "$name" = oci-referrer ] || must drydock --root root -q stage -t "cases/$name:1" "$T/$name.tar"
done
must "$HELPERS/mkarchive.py" noise --size 20000000 --layers 2 --name noise:1 "$T/noise.tar"
must drydock --root root -q stage "$T/oci-referrer.tar"
must drydock --root root -q stage "$T/noise.tar"
must drydock --root root -q stage -t zstd:1 --format oci --compress zstd:7 "$T/docker-pre25.tar"
must drydock --root root -q stage -t small:1 --no-referrers "$T/oci-minimal.tar"
must drydock --root root -q verify
state root >before
tree root >tree.before
at_least "$(grep -c "^('tag'" before)" 15 "many images are staged"
at_least "$(grep "^('cache'" before | grep -vc "'kept'")" 4 "among them layers that were compressed here"
is "$(grep "^('cache'" before | grep -c "'kept'")" 3 "and some that came compressed"
isnt "$(grep -c "^('parts'" before)" 0 "and blobs of several parts"

again() { # WHAT: rescan, and compare
  ok "$1: rescan works" drydock --root root rescan
  like "$ERR" "${2-.*}" "$1: what became of the old file is told"
  state root >after
  same_file before after "$1: the state says what it said"
  tree root >tree.after
  same_file tree.before tree.after "$1: the tree is as it was"
  is "$(ls -A root/.drydock/tmp)" '' "$1: nothing is left in tmp"
  ok "$1: verify agrees" drydock --root root -q verify
}
rm -rf root/.drydock
exits 4 "without a state nothing else works" drydock --root root ls
again "no .drydock"
is "$(find root/.drydock -name '*broken*')" '' "there was no old file to keep"
head -c 5000 /dev/urandom >root/.drydock/state.db
again "an unreadable state" 'kept as .drydock/state.db.broken-' 
is "$(find root/.drydock -name 'state.db.broken-*Z' | wc -l)" 1 "the old file is kept"
python3 -c 'import sqlite3; sqlite3.connect("root/.drydock/state.db").execute("PRAGMA user_version = 99")'
exits 4 "a newer state is refused" drydock --root root ls
again "a newer state"
again "a good state"

# What a config only claims of an image's layers is in no cache: a manifest that looks as if it was
# made here, of an OCI layout whose config has another layer's diff_id.
python3 - "$HELPERS" <<'PY'
import sys
sys.path.insert(0, sys.argv[1])
import mkarchive as mk
layout, plain, other = mk.Layout(), mk.layer("what it says\n"), mk.layer("what it holds\n")
config, packed = layout.add(mk.config_of([plain])), layout.add(mk.gz(other))
def described(kind, data):
    return {"mediaType": kind, "size": len(data), "digest": mk.sha(data)}
manifest = layout.add(mk.compact({
    "schemaVersion": 2, "mediaType": mk.DOCKER_MANIFEST, "config": described(mk.DOCKER_CONFIG, config),
    "layers": [described(mk.DOCKER_LAYER, packed)]}))
with open("lying.tar", "wb") as file:
    file.write(layout.top(manifest, "lying:1").tar())
PY
must drydock --root lying -q stage lying.tar
must drydock --root lying -q rescan
is "$(state lying | grep -c "^('cache'")" 0 "what a manifest only claims of its layers is not believed"

# Nor does it keep the truth about the same layer from being found in a manifest that comes later.
for tar in honest.tar lying.tar; do
  python3 - "$HELPERS" "$(sha256_of mixed/v2/honest/manifests/1 2>/dev/null)" "$tar" <<'PY'
import sys
sys.path.insert(0, sys.argv[1])
import mkarchive as mk
after, name = sys.argv[2:]
plain, other = mk.layer("what it says\n"), mk.layer("what it holds\n")
packed = mk.gz(other)
def described(kind, data):
    return {"mediaType": kind, "size": len(data), "digest": mk.sha(data)}
def lying(number):
    layout = mk.Layout()
    config = layout.add(mk.config_of([plain], author=str(number)))
    layout.add(packed)
    manifest = layout.add(mk.compact({
        "schemaVersion": 2, "mediaType": mk.DOCKER_MANIFEST, "config": described(mk.DOCKER_CONFIG, config),
        "layers": [described(mk.DOCKER_LAYER, packed)]}))
    return mk.sha(manifest), layout.top(manifest, "lying:1").tar()
if name == "honest.tar":
    config = mk.config_of([other])
    data = mk.tar_of({"l.tar.gz": packed, "c.json": config, "manifest.json": mk.compact(
        [{"Config": "c.json", "RepoTags": ["honest:1"], "Layers": ["l.tar.gz"]}])})
else:
    data = next(data for digest, data in map(lying, range(10**6)) if digest < after)
with open(name, "wb") as file:
    file.write(data)
PY
  must drydock --root mixed -q stage "$tar"
done
is "$(state mixed | grep -c "^('cache'.*'kept'")" 1 "a layer is kept"
must drydock --root mixed -q rescan
is "$(state mixed | grep -c "^('cache'.*'kept'")" 1 "and known as that after a rescan, whoever lies about it"

# Trees that were put together by hand: what a sparse index lacks is in a repository beside it.
python3 - "$HELPERS" <<'PY'
import sys
sys.path.insert(0, sys.argv[1])
import mkarchive as mk
def write(name, data):
    with open(name + ".tar", "wb") as file:
        file.write(data)
layout = mk.Layout()
write("arm", layout.top(layout.manifest("arm64"), "arm:1").tar())
layout = mk.Layout()
index = layout.index([(layout.manifest("amd64"), "amd64"),
                      (layout.manifest("arm64", drop=("manifest", "layer", "config")), "arm64")])
write("sparse", layout.top(index, "sparse:1").tar())
PY
must drydock --root joined -q stage sparse.tar
must drydock --root beside -q stage arm.tar
arm=$(sha256_of beside/v2/arm/manifests/1)
cp -r beside/v2/arm joined/v2/
ok "an index, and beside it what it lacks" drydock --root joined rescan
like "$ERR" "v2/sparse/manifests/$arm .*v2/arm" "what was linked is told"
is "$(drydock --root joined ls | wc -l)" 2 "both images are kept"
ok "the index has it now" test "joined/v2/sparse/manifests/$arm" -ef "joined/v2/arm/manifests/$arm"
ok "the tree is whole" tree_whole joined
ok "verify agrees" drydock --root joined -q verify
must drydock --root staged -q stage sparse.tar
must drydock --root staged -q stage arm.tar
objects() { state "$1" | grep "^('object'"; }
is "$(objects joined)" "$(objects staged)" "stage makes the same of the two"
state joined >linked
must drydock --root joined -q rescan
is "$(state joined)" "$(cat linked)" "a second time nothing changes"
must drydock --root joined -q gc
is "$(find joined/v2 -name "$arm" -path '*/manifests/*' | wc -l)" 2 "gc removes nothing of it"

# Nothing to send to a bucket that was in step.
new_bucket
must sync_to "$BUCKET" -q
rm -rf root/.drydock
must drydock --root root -q rescan
must sync_to "$BUCKET" --json
is "$(summary uploaded) $(summary deleted) $(summary tags_moved)" "0 0 0" "sync has nothing to do"

# Lists and referrers that are lost, wrong or stray.
rm root/v2/_catalog
echo '{"name":"noise","tags":["nothing"]}' >root/v2/noise/tags/list
stray=root/v2/noise/referrers/sha256:$(printf %064d 1)
cp root/v2/noise/tags/list "$stray"
mkdir -p root/v2/lost/tags && cp root/v2/noise/tags/list root/v2/lost/tags/list
again "lists that lie"

# Damage: named, left out, and its images with it; the others stay.
own() { cp "$1" "$1.new" && mv "$1.new" "$1"; } # no link to it is touched
layer=$(manifest_blobs "$(tree_manifest root noise 1)" | tail -n 1)
printf x | dd of="root/v2/noise/blobs/$layer" bs=1 seek=1000 conv=notrunc status=none
own root/v2/small/manifests/1
printf x >>root/v2/small/manifests/1
echo hello >root/v2/readme.txt
exits 6 "damage is told" drydock --root root rescan
like "$ERR" "$layer: expected .*, found" "the blob is named"
like "$ERR" "v2/noise/manifests/sha256:.*: is not complete: layers" "so is the image that needs it"
like "$ERR" "v2/noise/manifests/1 holds no manifest" "and its tag"
like "$ERR" "v2/readme.txt is no part of a registry" "a foreign file is told"
run drydock --root root ls
unlike "$OUT" "noise" "what is not whole is not listed"
like "$OUT" "cases/docker-symlink-first" "what is whole is"
must drydock --root root -q stage "$T/noise.tar"
must drydock --root root -q stage -t small:1 --no-referrers "$T/oci-minimal.tar"
rm root/v2/readme.txt
ok "staged again, it is whole" tree_whole root
state root >after
same_file before after "and recorded as before"
done_testing
