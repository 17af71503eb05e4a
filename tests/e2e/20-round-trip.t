#!/bin/bash
# A real image of over 200 MB, from three kinds of archive, through a bucket, into three
# container engines: manifest, config and every layer are what was staged.
. "$(dirname "$0")/lib.sh"

new_bucket
web "$BUCKET"
for kind in docker-save podman-oci-archive ctr-export; do
  ok "$kind is staged" drydock --root "$T/root" stage -t "big/$kind:1" "$FIXTURES/big.$kind.tar"
done
# OCI layouts keep their manifest; containerd's export is of the image that podman saved.
oci=$(tar -xOf "$FIXTURES/big.podman-oci-archive.tar" index.json | jq -r '.manifests[0].digest')
for kind in podman-oci-archive ctr-export; do
  is "$(sha256_of "root/v2/big/$kind/manifests/1")" "$oci" "$kind: the archive's own digest"
done
is "$(jq -r .mediaType root/v2/big/docker-save/manifests/1)" \
  "$(saved_type "$FIXTURES/big.docker-save.tar")" "docker save becomes what it is"
at_least "$(jq '.layers | length' root/v2/big/docker-save/manifests/1)" 3 "at least three layers"

ok "sync" sync_to "$BUCKET" --json
is "$(summary failed)" 0 "nothing failed"
is "$(summary 'uploaded + .copied')" "$(bucket_keys | wc -l)" "as many objects sent or copied as the bucket has"
# A blob of several repositories goes over the link once.
once=$("$S3PY" ls "$BUCKET" | awk -F'\t' '{key = $1; sub(".*/blobs/", "blobs/", key); if (!seen[key]++) s += $2} END {printf "%d\n", s}')
at_least "$(summary bytes_sent)" "$once" "every byte is sent"
at_most "$(summary bytes_sent)" $((once + 20000)) "and sent once"
is "$("$S3PY" list-uploads "$BUCKET")" '' "no upload is left open"
is "$(cd root && find v2 -type f | sort)" "$(bucket_keys | grep -vx 'v2/' | sort)" "the bucket's keys are the tree's"
ok "the bucket is whole, with the right headers" bucket_whole "$BUCKET"

log_mark
ok "sync again" sync_to "$BUCKET" --json
is "$(summary uploaded),$(summary bytes_sent),$(summary copied)" 0,0,0 "sends nothing"
is "$(summary 'requests | del(.LIST) | add // 0')" 0 "it counted only LIST"
is "$(log_since | grep -v 'GET /[^/?]*/*?.*list-type=2')" '' "the server saw only LIST"
at_least "$(log_since | wc -l)" 1 "and did see it"

for kind in docker-save podman-oci-archive ctr-export; do
  ref=big/$kind:1 repo=root/v2/big/$kind
  manifest=$repo/manifests/1
  want=$(sha256_of "$manifest")
  config=$(jq -r .config.digest "$manifest")

  ok "skopeo pulls $kind" pull_skopeo "$ref" "$T/s"
  same_file s/manifest.json "$manifest" "skopeo: the manifest is the same"
  while read -r digest; do
    same_file "s/${digest#sha256:}" "$repo/blobs/$digest" "skopeo: ${digest:0:19} is the same"
  done < <(manifest_blobs "$manifest")
  rm -rf "$T/s"

  # One image with two manifests would show the first one's digest.
  _podman rmi -af >"$T/stdout" 2>&1
  ok "podman pulls $kind" pull_podman "$ref"
  is "sha256:$OUT" "$config" "podman: the config is the same"
  is "$(podman_digest "$ref")" "$want" "podman: the manifest is the same"
  is "$(_podman image inspect --format '{{range .RootFS.Layers}}{{println .}}{{end}}' "$WEB/$ref" | grep sha256)" \
    "$(jq -r '.rootfs.diff_ids[]' "$repo/blobs/$config")" "podman: the layers are the same"

  ok "containerd pulls $kind" pull_containerd "$ref"
  is "$(containerd_digest "$ref")" "$want" "containerd: the manifest is the same"
  while read -r digest; do
    containerd_blob "$digest" >"$T/blob"
    same_file "$T/blob" "$repo/blobs/$digest" "containerd: ${digest:0:19} is the same"
  done < <(manifest_blobs "$manifest")
  rm -f "$T/blob"
done
done_testing
