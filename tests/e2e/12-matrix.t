#!/bin/bash
# Every source there is -> staged -> synced -> served -> skopeo: the digests and media types that
# it sees are the right ones, and a whole copy holds the bytes that were staged.
. "$(dirname "$0")/lib.sh"

docker=application/vnd.docker.distribution.manifest.v2+json
list=application/vnd.docker.distribution.manifest.list.v2+json
oci=application/vnd.oci.image.manifest.v1+json
index=application/vnd.oci.image.index.v1+json
F=$FIXTURES

stage() { must drydock --root root -q stage "$@"; }
named() { tar -xOf "$1" index.json | jq -r '.manifests[0].digest'; } # what an OCI archive says

# What is to be looked at: NAME:TAG, its type, its digest (-: the manifest was made by stage), and
# whether all of it is there, so that all of it can be copied.
cells=()
cell() {
  cells+=("$1 $2 $3 ${4:-all}")
}

# look [PREFIX]: publishes ./root and has skopeo see every cell.
look() {
  local where=$BUCKET${1:+/$1} cell name type digest extent file
  must drydock --root root sync -q "s3://$where" --endpoint-url "$S3_ENDPOINT" --addressing-style path
  web "$where"
  for cell in "${cells[@]}"; do
    read -r name type digest extent <<<"$cell"
    file=root/v2/${name%:*}/manifests/${name#*:}
    ok "$name: skopeo inspect" skopeo --insecure-policy inspect --raw --tls-verify=false "docker://$WEB/$name"
    same_file stdout "$file" "$name: the manifest is what was staged"
    [ "$digest" = - ] || is "$(sha256_of stdout)" "$digest" "$name: and what the source says"
    is "$(curl -s -o /dev/null -w '%{content_type}' "http://$WEB/v2/${name%:*}/manifests/${name#*:}")" "$type" \
      "$name: the media type"
    is "$(jq -r '.mediaType // empty' stdout | grep -vxF "$type")" '' "$name: says it itself"
    case $extent in
      walk) walked "$name" ;;
      *) copied "$name" "$extent" ;;
    esac
  done
  cells=()
}

copied() { # NAME:TAG EXTENT: skopeo copies all, or what is for this machine, byte for byte
  local name=$1 blobs=root/v2/${1%:*}/blobs manifests=root/v2/${1%:*}/manifests file wrong='' count=0
  local all=(--all --preserve-digests)
  [ "$2" = all ] || all=()
  ok "$name: skopeo copy" skopeo --insecure-policy --tmpdir "$T/tmp" --override-arch amd64 --override-os linux \
    copy -q "${all[@]}" --src-tls-verify=false "docker://$WEB/$name" "dir:copy"
  for file in copy/*; do
    case ${file##*/} in
      version | manifest.json) continue ;;
      *.manifest.json) cmp -s "$file" "$manifests/sha256:$(basename "$file" .manifest.json)" || wrong+=" $file" ;;
      *) cmp -s "$file" "$blobs/sha256:${file##*/}" || wrong+=" $file" ;;
    esac
    count=$((count + 1))
  done
  is "$wrong" '' "$name: what it copied is what was staged"
  at_least "$count" "${3:-1}" "$name: and it is something"
  rm -rf copy
}

# What this skopeo cannot copy (indexes in indexes, SHA-512) is fetched as any client would.
walked() {
  local repo=${1%:*} at=${1#*:} wrong='' count=0 digest blob
  while [ -n "$at" ]; do
    curl -s "http://$WEB/v2/$repo/manifests/$at" >document
    cmp -s document "root/v2/$repo/manifests/$at" || wrong+=" $at"
    for digest in $(jq -r '(.config, .layers[]?) | .digest // empty' document); do
      blob=$(curl -s "http://$WEB/v2/$repo/blobs/$digest" | "${digest%%:*}sum" | cut -d' ' -f1)
      [ "$blob" = "${digest#*:}" ] || wrong+=" $digest"
      count=$((count + 1))
    done
    at=$(jq -r '.manifests[0].digest // empty' document)
  done
  is "$wrong" '' "$1: what was fetched is what was staged"
  at_least "$count" 2 "$1: down to its config and layer"
}

new_bucket

# --- what tools write: files, folders, pipes ---
for kind in podman-docker-archive podman-oci-archive; do
  stage -t "$kind:1" "$F/tiny.$kind.tar"
  must piped "$F/tiny.$kind.tar" "$DRYDOCK" --root root -q stage -t "piped/$kind:1" -
done
cell podman-docker-archive:1 $docker -
cell piped/podman-docker-archive:1 $docker "$(sha256_of root/v2/podman-docker-archive/manifests/1)"
cell podman-oci-archive:1 $oci "$(named "$F/tiny.podman-oci-archive.tar")"
cell piped/podman-oci-archive:1 $oci "$(named "$F/tiny.podman-oci-archive.tar")"
for kind in podman-docker-dir skopeo-dir; do
  stage -t "$kind:1" "$F/tiny.$kind"
  type=$(jq -r .mediaType "$F/tiny.$kind/manifest.json")
  [ "$type" != null ] || type=$oci
  cell "$kind:1" "$type" "$(sha256_of "$F/tiny.$kind/manifest.json")"
done
is "$(jq -r .mediaType "$F/tiny.podman-docker-dir/manifest.json")" $docker "podman's docker-dir is schema 2"
for kind in podman-oci-dir umoci; do
  stage -t "$kind:1" "$F/tiny.$kind"
  cell "$kind:1" $oci "$(jq -r '.manifests[0].digest' "$F/tiny.$kind/index.json")"
done
stage -t ctr-export:1 "$F/tiny.ctr-export.tar"
cell ctr-export:1 $oci "$(named "$F/tiny.ctr-export.tar")"
for kind in buildah-oci-archive ctr-export-all; do
  stage -t "multi/$kind:1" "$F/multi.$kind.tar"
  must piped "$F/multi.$kind.tar" "$DRYDOCK" --root root -q stage -t "piped/$kind:1" -
  cell "multi/$kind:1" $index "$(named "$F/multi.$kind.tar")"
  cell "piped/$kind:1" $index "$(named "$F/multi.$kind.tar")"
done
drydock --root root -q stage -t multi/ctr-export-one:1 "$F/multi.ctr-export-one.tar" 2>/dev/null
cell multi/ctr-export-one:1 $index "$(named "$F/multi.ctr-export-one.tar")" own

# --- what is made by hand: all of it that is accepted ---
hand_made
hand=0
while IFS=$'\t' read -r name expect _ _ _; do
  [ "$expect" -eq 0 ] || continue
  hand=$((hand + 1))
  drydock --root root -q stage -t "hand/$name:1" "$T/cases/$name.tar" 2>/dev/null || {
    # Several images in it, which name themselves; they are served below.
    case $name in
      docker-two-images | docker-shared-gzip | docker-25-lost-entry | oci-cosign-tag | oci-referrers | \
        containerd-by-digest-too) ;;
      *) fail "$name is not staged" ;;
    esac
    continue
  }
  [ "$name" != oci-foreign-layer ] || continue # its layer is nowhere to be had
  type=$oci digest=- extent=all
  case $name in
    docker-25*) ;;
    docker-* | nix-* | duplicate-* | name-host-port | tar-* | zeros-behind*) type=$docker ;;
    oci-docker-types) type=$docker ;;
    oci-docker-list) type=$list ;;
    oci-attestations | oci-nested-* | oci-subject-* | oci-sparse-* | oci-cosign | oci-cosign-named | oci-oras*) type=$index ;;
  esac
  case $name in
    oci-sparse-*) extent=own ;;
    oci-nested-* | oci-sha512) extent=walk ;;
  esac
  [[ $name != oci-* && $name != containerd-* ]] || digest=$(named "$T/cases/$name.tar")
  [[ $digest != sha512:* ]] || digest=-
  cell "hand/$name:1" $type "$digest" "$extent"
done <"$T/cases/cases.tsv"
at_least "$hand" 40 "many hand-made archives are accepted"
look

# --- archives of several images, in all the wrappings of an outer tar, and through a pipe ---
saved=$(saved_type "$F/tiny.docker-save.tar")
for pack in '' .gz .zst .xz .bz2; do
  rm -rf root
  must piped "$F/tiny.docker-save.tar$pack" "$DRYDOCK" --root root -q stage -
  first=${first:-$(sha256_of root/v2/example/tiny/manifests/1)}
  cell example/tiny:1 "$saved" "$first"
  cell example/tiny:2 "$saved" -
  look "docker-save$pack"
done
rm -rf root
stage "$F/tiny.docker-save.tar"
cell example/tiny:1 "$saved" "$first"
cell example/tiny:2 "$saved" -
look docker-save-file
rm -rf root
stage "$F/tiny-both.podman-docker-archive.tar"
cell tiny:1 $docker -
cell tiny:2 $docker -
look podman-both
rm -rf root
stage "$T/cases/docker-two-images.tar"
for name in app:1 app:2 other:1; do cell $name $docker -; done
look two-images
rm -rf root
stage "$T/cases/docker-25-lost-entry.tar"
for name in app:1 other:1; do cell $name $oci -; done
look lost-entry
rm -rf root
stage "$T/cases/oci-cosign-tag.tar"
signature=$(cd root/v2/app/manifests && echo *.sig)
for name in app:1 "app:$signature"; do cell "$name" $oci -; done
look signature
rm -rf root
stage "$T/cases/oci-referrers.tar"
for name in app:1 app:orphan; do cell $name $oci -; done
look referrers
done_testing
