#!/bin/bash
# The test bench itself, without drydock: a tree laid out by hand in a bucket is pulled
# by every client. When this fails, do not look for the fault in drydock.
. "$(dirname "$0")/lib.sh"

layout() { # layout SKOPEO_DIR ROOT NAME TAG: a registry tree from a skopeo dir
  local file digest
  mkdir -p "$2/v2/$3"/{manifests,blobs,tags}
  for file in "$1"/*; do
    digest=$(sha256_of "$file")
    case ${file##*/} in
      version) ;;
      manifest.json)
        cp "$file" "$2/v2/$3/manifests/$digest"
        cp "$file" "$2/v2/$3/manifests/$4"
        ;;
      *.manifest.json) cp "$file" "$2/v2/$3/manifests/$digest" ;;
      *) cp "$file" "$2/v2/$3/blobs/$digest" ;;
    esac
  done
  echo "{\"name\":\"$3\",\"tags\":[\"$4\"]}" >"$2/v2/$3/tags/list"
}

must skopeo --insecure-policy copy -q --all "oci-archive:$FIXTURES/multi.buildah-oci-archive.tar" dir:image
layout image "$T/root" app 1
echo '{"repositories":["app"]}' >"$T/root/v2/_catalog"
want=$(sha256_of image/manifest.json)
amd64=$(jq -r '.manifests[] | select(.platform.architecture == "amd64") | .digest' image/manifest.json)
config=$(jq -r .config.digest "root/v2/app/manifests/$amd64")

ok "the tree is whole" tree_whole "$T/root"
new_bucket
must "$S3PY" put-tree "$BUCKET" "$T/root"
web "$BUCKET"
run bucket_whole "$BUCKET"
unlike "$OUT" 'digest|missing|there' "the bucket is whole"
like "$OUT" 'Cache-Control' "and the oracle sees what put-tree leaves out"

for where in bucket disk; do
  [ $where = bucket ] || web_dir "$T/root"
  ok "skopeo pulls from $where" pull_skopeo app:1 "$T/skopeo.$where"
  is "$(sha256_of "skopeo.$where/manifest.json")" "$want" "the same bytes"
  is "$(find "skopeo.$where" | wc -l)" "$(find image | wc -l)" "and everything"
  ok "podman pulls from $where" pull_podman app:1
  is "sha256:$OUT" "$config" "the config is the same"
  ok "containerd pulls from $where" pull_containerd app:1
  is "$(containerd_digest app:1)" "$want" "the digest is the same"
  ok "docker pulls from $where" pull_docker app:1
  is "$(docker_digest app:1)" "$want" "the digest is the same"
done

# The oracle must be able to say no.
rm "root/v2/app/blobs/$config"
exits 1 "a missing config is found" tree_whole "$T/root"
like "$OUT" "blob $config is missing" "and named"
"$S3PY" rm "$BUCKET" "v2/app/blobs/$config"
exits 1 "in the bucket too" bucket_whole "$BUCKET"

# The access log and the proxy count.
log_mark
"$S3PY" ls "$BUCKET" >"$T/list"
is "$(log_since | cut -d' ' -f1,3)" "GET 200" "the server's log shows one request"
proxy --rate 20M --rtt 20
head -c 3000000 /dev/urandom >"$T/noise"
S3_ENDPOINT=$S3_VIA must "$S3PY" put "$BUCKET" noise "$T/noise"
proxy_stop
at_least "$(proxy_stat up)" 3000000 "the proxy counts what went up"
at_most "$(proxy_stat up)" 3002000 "and nothing twice"
done_testing
