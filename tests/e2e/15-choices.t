#!/usr/bin/env bash
# docker://: which tags a pattern means, tags that are not there, what is no image of today, layers that are kept
# elsewhere, and what a run leaves behind that was cut.
. "$(dirname "$0")/lib.sh"
. "$E2E/registry.sh"

stage() { drydock --root "$T/r" stage "$@"; }
layouts=()
for tag in v1.9 v1.10 v2.0; do
  must "$HELPERS/mkarchive.py" noise --size 300000 --layers 1 --seed "$(tr -dc 0-9 <<<"$tag")" --name "app:$tag" "$tag.tar" ||
    bail "no image"
  layout_of "$tag.tar" "$T/$tag"
  layouts+=("app=$T/$tag")
done
serve_fake tags "${layouts[@]}"
ok "the newest version that a pattern means" stage --tags-limit 1 "docker://$REG/app:v1.*"
is "$(jq -c .tags r/v2/app/tags/list)" '["v1.10"]' "is told apart by numbers"
ok "all of them" stage "docker://$REG/app:v*"
is "$(jq -c .tags r/v2/app/tags/list)" '["v1.10","v1.9","v2.0"]' "are there"
exits 4 "a tag that is not there" stage "docker://$REG/app:v3"
like "$ERR" 'app:v3.*v2\.0' "is told with some that are"
exits 4 "a pattern that means none" stage "docker://$REG/app:w*"

# ---- not of today

mkdir -p old/blobs/sha256
printf '{"schemaVersion":1,"name":"app","tag":"1","architecture":"amd64","fsLayers":[],"history":[]}' >old/manifest
sum=$(sha256sum <old/manifest | cut -d' ' -f1)
mv old/manifest "old/blobs/sha256/$sum"
printf '{"imageLayoutVersion":"1.0.0"}' >old/oci-layout
printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.docker.distribution.manifest.v1+prettyjws","digest":"sha256:%s","size":%d,"annotations":{"org.opencontainers.image.ref.name":"1"}}]}' \
  "$sum" "$(stat -c %s "old/blobs/sha256/$sum")" >old/index.json
serve_fake old app="$T/old"
exits 6 "schema 1" stage "docker://$REG/app:1"
like "$ERR" 'schema 1' "is refused by name"

# ---- a layer that is kept elsewhere

mkdir -p away elsewhere
head -c 50000 /dev/urandom | gzip >elsewhere/layer
daemon_run "$T/away" files python3 -m http.server --bind 127.0.0.1 --directory "$T/elsewhere" "$(free_port | tee away/port)"
daemon_wait "$T/away" files 10 port_answers "$(cat away/port)" || bail "no server of files"
python3 - "$(cat away/port)" <<'PY'
import gzip, hashlib, json, os, sys
os.makedirs("foreign/blobs/sha256")
def add(data):
    digest = hashlib.sha256(data).hexdigest()
    with open("foreign/blobs/sha256/" + digest, "wb") as file:
        file.write(data)
    return {"digest": "sha256:" + digest, "size": len(data)}
with open("elsewhere/layer", "rb") as file:
    layer = file.read()
plain = "sha256:" + hashlib.sha256(gzip.decompress(layer)).hexdigest()
config = add(json.dumps({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": [plain]}}).encode())
manifest = add(json.dumps({
    "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **config},
    "layers": [{"mediaType": "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
                "digest": "sha256:" + hashlib.sha256(layer).hexdigest(), "size": len(layer),
                "urls": [f"http://127.0.0.1:{sys.argv[1]}/layer"]}]}).encode())
with open("foreign/index.json", "w") as file:
    json.dump({"schemaVersion": 2, "manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json", **manifest,
               "annotations": {"org.opencontainers.image.ref.name": "1"}}]}, file)
with open("foreign/oci-layout", "w") as file:
    file.write('{"imageLayoutVersion":"1.0.0"}')
PY
serve_fake foreign app="$T/foreign"
layer=$(sha256sum <elsewhere/layer | cut -d' ' -f1)
ok "an image with a layer that is kept elsewhere" drydock --root without stage "docker://$REG/app:1"
ok "leaves it there" test ! -e "without/v2/app/blobs/sha256:$layer"
ok "--foreign-layers" drydock --root with stage --foreign-layers "docker://$REG/app:1"
same_file "with/v2/app/blobs/sha256:$layer" elsewhere/layer "fetches it from its url"

# ---- what was cut

serve_fake slow app="$T/v2.0"
fake_rules '{"op": "GetBlob", "times": 0, "rate": 100000}'
exits 10 "a run that ends before the blob" drydock --root cut stage --max-duration 1s "docker://$REG/app:v2.0"
run drydock --root cut status --json
at_least "$(jq -s 'map(select(.event == "root").partial_bytes) | add' <<<"$OUT")" 1000 "status tells what there is of it"
ok "gc" drydock --root cut gc
is "$(find cut/.drydock/tmp -name 'partial-*' | wc -l)" 0 "removes it"
done_testing
