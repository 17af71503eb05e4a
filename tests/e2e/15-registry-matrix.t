#!/usr/bin/env bash
# docker:// of every kind of image, out of the distribution's registry and out of a bucket that drydock itself made:
# the tree is that of the archive, byte by byte, and what skopeo copies from there is in it.
. "$(dirname "$0")/lib.sh"
. "$E2E/registry.sh"

files_of() { (cd "$1/v2" && find . -type f -print0 | sort -z | xargs -0 sha256sum); }

kinds='oci-attestations oci-nested-8 oci-nested-signed oci-zstd oci-artifact oci-referrer oci-cosign oci-oras
  oci-docker-types oci-untyped'
for kind in $kinds; do
  must "$HELPERS/mkarchive.py" "$kind" "$kind.tar"
done
cp "$FIXTURES/multi.buildah-oci-archive.tar" multi.tar
cp "$FIXTURES/tiny.podman-oci-archive.tar" tiny.tar
kinds="$kinds multi tiny"
for kind in $kinds; do
  must drydock --root archive stage -q -t "$kind:1" "$kind.tar"
done
new_bucket
must drydock --root archive sync -q "s3://$BUCKET" --endpoint-url "$S3_ENDPOINT" --addressing-style path
web "$BUCKET"

# skopeo_has KIND FROM: what skopeo copies is in the tree that was staged
skopeo_has() {
  local file wrong=0
  skopeo --insecure-policy --tmpdir "$T/tmp" copy -q --all --preserve-digests --src-tls-verify=false \
    "docker://$2/$1:1" "dir:skopeo" >skopeo.log 2>&1 || {
    cat skopeo.log
    return 1
  }
  cmp skopeo/manifest.json "fetched/v2/$1/manifests/1" || wrong=1
  for file in skopeo/*; do
    case ${file##*/} in
      version | manifest.json) ;;
      *.manifest.json) cmp "$file" "fetched/v2/$1/manifests/sha256:$(basename "$file" .manifest.json)" || wrong=1 ;;
      *) cmp "$file" "fetched/v2/$1/blobs/sha256:${file##*/}" || wrong=1 ;;
    esac
  done
  rm -r skopeo
  return "$wrong"
}

for kind in $kinds; do
  ok "$kind: staged from the bucket" drydock --root fetched stage -q --referrers -t "$kind:1" "docker://$WEB/$kind:1"
  case $kind in
    oci-nested-*) ;; # skopeo copies no index within an index
    *) ok "$kind: has what skopeo copies" skopeo_has "$kind" "$WEB" ;;
  esac
done
ok "all bytes" drydock --root fetched verify -q
files_of archive >wanted
files_of fetched >found
ok "the tree is that of the archives" diff wanted found

# The distribution's registry has no tags for what cosign saves without names: 15-referrers.t does.
serve_registry
for kind in ${kinds/oci-cosign/}; do
  must push "$kind" "$kind.tar"
  from=$(grep -v '^sha256-' <<<"$OUT" | head -n 1 | cut -d' ' -f1)
  ok "$kind: staged from the distribution's registry" \
    drydock --root again stage -q --referrers -t "$kind:1" "docker://$REG/$kind:$from"
done
others() { grep -v ' ./oci-cosign/\| ./_catalog$' "$1"; }
files_of again >found
ok "the same trees" diff <(others wanted) <(others found)
done_testing
