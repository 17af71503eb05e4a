#!/bin/bash
# What docker, podman, buildah, containerd, skopeo and umoci write is staged, by content
# alone; OCI manifests keep their bytes.
. "$(dirname "$0")/lib.sh"

stage() { drydock --root "$ROOT" stage "$@"; }

for file in tiny.docker-save.tar tiny.docker-save.tar.gz tiny.docker-save.tar.zst tiny.docker-save.tar.xz \
  tiny.docker-save.tar.bz2 tiny.podman-docker-archive.tar tiny.podman-oci-archive.tar \
  tiny-both.podman-docker-archive.tar tiny.ctr-export.tar multi.buildah-oci-archive.tar \
  multi.ctr-export-all.tar multi.ctr-export-one.tar tiny.podman-docker-dir tiny.podman-oci-dir \
  tiny.skopeo-dir tiny.umoci; do
  ROOT=$T/root.$file
  name=()
  case $file in
    # Neither format can hold a name; podman's oci-dir holds none.
    *.skopeo-dir | *.podman-docker-dir | *.umoci | *.podman-oci-dir) name=(-t app:1) ;;
  esac
  ok "$file is staged" stage "${name[@]}" "$FIXTURES/$file" || continue
  ok "$file: the tree is whole" tree_whole "$ROOT"
done

# docker save: two tags, three formats of the outer tar, one result.
want=$(cd "$T/root.tiny.docker-save.tar/v2" && find . -type f | sort)
for pack in gz zst xz bz2; do
  is "$(cd "$T/root.tiny.docker-save.tar.$pack/v2" && find . -type f | sort)" "$want" "$pack: the same tree"
done
for tag in 1 2; do
  manifest=$T/root.tiny.docker-save.tar/v2/example/tiny/manifests/$tag
  ok "docker save: example/tiny:$tag is there" test -f "$manifest"
  config=$(jq -r .config.digest "$manifest")
  saved=$(tar -xOf "$FIXTURES/tiny.docker-save.tar" manifest.json |
    jq -r --arg name "example/tiny:$tag" '.[] | select(.RepoTags | index($name)) | .Config')
  like "$saved" "${config#sha256:}" "the manifest names its config"
  tar -xOf "$FIXTURES/tiny.docker-save.tar" "$saved" >"$T/config"
  same_file "$T/config" "$T/root.tiny.docker-save.tar/v2/example/tiny/blobs/$config" "the config keeps its bytes"
  n=0
  while read -r layer; do
    diff_id=$(jq -r ".rootfs.diff_ids[$n]" "$T/config")
    gunzip -c "$T/root.tiny.docker-save.tar/v2/example/tiny/blobs/$layer" >"$T/layer"
    is "$(sha256_of "$T/layer")" "$diff_id" "layer $n inflates to its diff_id"
    n=$((n + 1))
  done < <(jq -r '.layers[].digest' "$manifest")
  is "$n" "$(jq '.rootfs.diff_ids | length' "$T/config")" "as many layers as the config says"
done

# OCI: byte for byte what the archive's index.json names. podman names localhost/tiny:1.
for file in tiny.podman-oci-archive tiny.ctr-export multi.buildah-oci-archive multi.ctr-export-all multi.ctr-export-one; do
  want=$(tar -xOf "$FIXTURES/$file.tar" index.json | jq -r '.manifests[0].digest')
  is "$(sha256_of "$T/root.$file.tar/v2/${file%%.*}/manifests/1")" "$want" "$file: the digest that the archive says"
done
ROOT=$T/one
run stage "$FIXTURES/multi.ctr-export-one.tar"
like "$ERR" 'linux/arm64' "a platform that is missing is named"
run stage --sparse=error "$FIXTURES/multi.ctr-export-one.tar"
is "$STATUS" 6 "--sparse=error refuses it"

# Again: nothing is new.
ROOT=$T/again
must stage --json "$FIXTURES/tiny.docker-save.tar"
like "$OUT" '"new_blobs": *[1-9]' "the first time there are new blobs"
find "$ROOT/v2" -type f -printf '%P %T@ %s\n' | sort >"$T/before"
ok "staging again" stage --json "$FIXTURES/tiny.docker-save.tar"
is "$(jq -r 'select(.event == "staged") | .new_blobs' "$T/stdout" | sort -u)" 0 "the second time there is none"
find "$ROOT/v2" -type f -printf '%P %T@ %s\n' | sort >"$T/after"
is "$(grep blobs "$T/after")" "$(grep blobs "$T/before")" "and no blob was written"

# tags and catalogue of a root with several images
ok "a second image" stage "$FIXTURES/multi.buildah-oci-archive.tar"
is "$(jq -c . "$ROOT/v2/example/tiny/tags/list")" '{"name":"example/tiny","tags":["1","2"]}' "tags/list"
is "$(jq -c . "$ROOT/v2/_catalog")" '{"repositories":["example/tiny","multi"]}' "_catalog"
ok "verify is content" drydock --root "$ROOT" verify
blob=$(find "$ROOT/v2/multi/blobs" -size +10k | head -n 1)
cp "$blob" "$T/good"
python3 - "$blob" <<'PY'
import os, sys
data = bytearray(open(sys.argv[1], "rb").read())
data[5000] ^= 1
os.unlink(sys.argv[1])
open(sys.argv[1], "wb").write(data)
PY
exits 6 "verify finds a flipped bit" drydock --root "$ROOT" verify
like "$OUT$ERR" "$(basename "$blob")" "and names the blob"
done_testing
