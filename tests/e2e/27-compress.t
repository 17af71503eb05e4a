#!/bin/bash
# --compress on OCI images: plain layers become compressed ones, and every digest above them is told.
. "$(dirname "$0")/lib.sh"

must "$HELPERS/mkarchive.py" docker-25 "$T/docker.tar"
must "$HELPERS/mkarchive.py" oci-attestations "$T/gzipped.tar"
mkdir layout && tar -xf docker.tar -C layout && rm layout/manifest.json
plain=$(jq -r '.manifests[0].digest' layout/index.json)

# An index of the image with plain layers and of something that attests it.
python3 - layout "$plain" <<'PY'
import hashlib, json, os, sys
layout, image = sys.argv[1:]
def put(document):
    data = json.dumps(document).encode()
    digest = hashlib.sha256(data).hexdigest()
    with open(f"{layout}/blobs/sha256/{digest}", "wb") as file:
        file.write(data)
    return {"mediaType": document.get("mediaType", ""), "digest": "sha256:" + digest, "size": len(data)}
config = put({}) | {"mediaType": "application/vnd.oci.empty.v1+json"}
attestation = put({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                   "config": config, "layers": []})
attestation["platform"] = {"os": "unknown", "architecture": "unknown"}
attestation["annotations"] = {"vnd.docker.reference.type": "attestation-manifest",
                              "vnd.docker.reference.digest": image}
size = os.path.getsize(f"{layout}/blobs/{image.replace(':', '/')}")
index = put({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [
    {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": image, "size": size,
     "platform": {"os": "linux", "architecture": "amd64"}}, attestation]})
with open(f"{layout}/index.json", "w") as file:
    json.dump({"schemaVersion": 2, "manifests": [index]}, file)
PY
tar -cf layout.tar -C layout .
index=$(jq -r '.manifests[0].digest' layout/index.json)
digest() { sha256_of "root/v2/app/manifests/$1"; }

must drydock --root root stage -t app:plain layout.tar
is "$(digest plain)" "$index" "without --compress an OCI image stays byte for byte"
for how in gzip zstd; do
  must drydock --root root stage -t "app:$how" --compress "$how" layout.tar
  notes=$ERR
  new=$(jq -r '.manifests[0].digest' "root/v2/app/manifests/$how")
  manifest=root/v2/app/manifests/$new
  like "$notes" "$plain -> $new" "$how: the manifest's new digest is told"
  like "$notes" "$index -> $(digest "$how")" "$how: so is the index's"
  is "$(jq -r '.manifests[1].annotations["vnd.docker.reference.digest"]' "root/v2/app/manifests/$how")" \
    "$new" "$how: the attestation follows"
  is "$(jq -c .config "$manifest")" "$(jq -c .config "root/v2/app/manifests/$plain")" "$how: the config stays"
  is "$(jq -r '.layers[].mediaType' "$manifest" | sort -u)" \
    "application/vnd.oci.image.layer.v1.tar+$how" "$how: the layers say what they are"
  is "$(jq -r '.layers[].digest' "$manifest" | while read -r d; do
    "${how/gzip/gunzip}" -qdc <"root/v2/app/blobs/$d" | sha256sum | cut -d' ' -f1; done)" \
    "$(jq -r '.layers[].digest' "root/v2/app/manifests/$plain" | cut -d: -f2)" "$how: and hold what they held"
  must piped layout.tar "$DRYDOCK" --root "other.$how" stage -t app:1 --compress "$how" -
  is "$(sha256_of "other.$how/v2/app/manifests/1")" "$(digest "$how")" "$how: a stream gives the same"
  ok "$how: and its tree is whole" tree_whole "other.$how"
  must drydock --root root stage -t "app:$how" --compress "$how" layout.tar
  like "$OUT" "nothing new" "$how: staged again, nothing is made twice"
done
must drydock --root root stage -t app:kept --compress zstd gzipped.tar
unlike "$ERR" "->" "layers that are compressed already are kept"
ok "the tree is whole" tree_whole root
ok "the state agrees" drydock --root root -q verify

# A layer that came compressed is kept, also where the root has compressed the same one itself: the
# digest of an image does not depend on what was staged before.
for name in docker-pre25 docker-gzip-layers; do must "$HELPERS/mkarchive.py" "$name" "$name.tar"; done
must drydock --root fresh -q stage -t app:1 docker-gzip-layers.tar
want=$(sha256_of fresh/v2/app/manifests/1)
must drydock --root used -q stage -t app:0 docker-pre25.tar
for how in stage 'stage --recheck' piped stage; do
  case $how in
    piped) must piped docker-gzip-layers.tar "$DRYDOCK" --root used stage -t app:1 - ;;
    stage) must drydock --root used stage -t app:1 docker-gzip-layers.tar ;;
    *) must drydock --root used stage -t app:1 --recheck docker-gzip-layers.tar ;;
  esac
  is "$(sha256_of used/v2/app/manifests/1)" "$want" "$how: the same digest as in a fresh root"
done
like "$OUT" 'nothing new' "and the second time nothing is read"
must drydock --root used -q stage -t app:1 docker-pre25.tar
is "$(sha256_of used/v2/app/manifests/1)" "$(sha256_of used/v2/app/manifests/0)" "nor does a plain one's"
ok "all of it is whole" tree_whole used

# Two gzips of one tar that differ in their header alone are two layers: each image names its own.
python3 - "$HELPERS" <<'PY'
import sys
sys.path.insert(0, sys.argv[1])
import mkarchive as mk
plain = mk.layer("one\n")
packed = mk.gz(plain)
for name, data in (("first", packed), ("second", packed[:4] + b"\1" + packed[5:])):
    for style, path in (("plain", "layer.tar.gz"), ("named", mk.hexed(data) + ".tar.gz")):
        config = mk.config_of([plain])
        with open(f"{name}.{style}.tar", "wb") as file:
            file.write(mk.tar_of({path: data, "c.json": config, "manifest.json": mk.compact(
                [{"Config": "c.json", "RepoTags": ["app:1"], "Layers": [path]}])}))
PY
packed_in() { # DIGEST of the layer of an archive
  echo "sha256:$(tar -xOf "$1" --wildcards '*.tar.gz' | sha256sum | cut -d' ' -f1)"
}
for style in plain named; do
  for name in first second first second; do
    for how in stage piped; do
      case $how in
        piped) must piped "$name.$style.tar" "$DRYDOCK" --root twins stage - ;;
        *) must drydock --root twins stage "$name.$style.tar" ;;
      esac
      is "$(jq -r '.layers[0].digest' twins/v2/app/manifests/1)" "$(packed_in "$name.$style.tar")" \
        "$style names, $name, $how: the layer is the archive's"
    done
  done
done
ok "and all of it is whole" tree_whole twins

# What was kept and has its digest for a name is not read again (P2); under another name it is.
for style in named plain; do
  must drydock --root "again.$style" -q stage "first.$style.tar"
  at=$(($(grep -abo layer.tar.gz first.plain.tar | head -n 1 | cut -d: -f1) + 512 + 40))
  must "$HELPERS/mkarchive.py" flip "first.$style.tar" flipped.tar "$at"
  cp flipped.tar "flipped.$style.tar"
done
ok "an entry named by its digest is not read again" drydock --root again.named -q stage flipped.named.tar
exits 6 "an entry with another name is" drydock --root again.plain -q stage flipped.plain.tar

# Docker 25's own manifest survives when nothing is converted and it is right.
own() { tar -xOf "$1" index.json | jq -r '.manifests[0].digest'; }
must drydock --root own stage -t app:1 --compress none docker.tar
is "$(sha256_of own/v2/app/manifests/1)" "$(own docker.tar)" "docker save's own manifest is published"
must piped docker.tar "$DRYDOCK" --root own stage -t app:2 --compress none -
is "$(sha256_of own/v2/app/manifests/2)" "$(own docker.tar)" "from a stream as well"
must drydock --root own stage -t app:3 docker.tar
isnt "$(sha256_of own/v2/app/manifests/3)" "$(own docker.tar)" "but not when its layers are compressed"
must "$HELPERS/mkarchive.py" docker-25-wrong-manifest "$T/wrong.tar"
must drydock --root wrong stage -t app:1 --compress none wrong.tar
isnt "$(sha256_of wrong/v2/app/manifests/1)" "$(own wrong.tar)" "a wrong one is not"
ok "then it is made anew" tree_whole wrong
done_testing
