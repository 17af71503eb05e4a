#!/bin/bash
# Images for several platforms, attestations, signatures and artifacts, as clients see them.
. "$(dirname "$0")/lib.sh"

hand_made
root() { drydock --root root "$@"; }
must root stage -t multi:1 "$FIXTURES/multi.buildah-oci-archive.tar"
must root stage -t sparse:1 "$FIXTURES/multi.ctr-export-one.tar"
must root stage -t proven:1 "$T/cases/oci-attestations.tar"
must root stage -t signed:1 "$T/cases/oci-referrer.tar"
must root stage -t chart:1 "$T/cases/oci-artifact.tar"
must root stage -t zstd:1 "$T/cases/oci-zstd.tar"
must root stage -t docker25:1 "$T/cases/docker-25.tar"
new_bucket
must sync_to "$BUCKET"
ok "the bucket is whole" bucket_whole "$BUCKET"
web "$BUCKET"

for name in multi proven chart zstd docker25; do
  ok "skopeo pulls all of $name" pull_skopeo "$name:1" "$T/s.$name"
  same_file "s.$name/manifest.json" "root/v2/$name/manifests/1" "$name: the same bytes"
done
ok "containerd pulls all platforms of multi" pull_containerd multi:1 --all-platforms
is "$(containerd_digest multi:1)" "$(sha256_of root/v2/multi/manifests/1)" "the index is the same"
for name in sparse proven docker25; do
  ok "containerd pulls its own platform of $name" pull_containerd "$name:1"
  is "$(containerd_digest "$name:1")" "$(sha256_of "root/v2/$name/manifests/1")" "$name: the digest is the same"
done
ok "podman pulls its own platform of sparse" pull_podman sparse:1
ok "docker pulls its own platform of multi" pull_docker multi:1
is "$(docker_digest multi:1)" "$(sha256_of root/v2/multi/manifests/1)" "the index is the same"

# Platforms left out: the index is written anew, and that is told.
run root stage --platform linux/amd64 -t amd:1 "$FIXTURES/multi.buildah-oci-archive.tar"
is "$STATUS" 0 "--platform keeps a subset" || _show
is "$(jq '.manifests | length' root/v2/amd/manifests/1)" 1 "of one platform"
like "$OUT$ERR" "$(sha256_of root/v2/amd/manifests/1 | cut -c1-19)" "the new digest is told"

# Referrers: a list for every manifest, the signature in its subject's.
subject=$(sha256_of root/v2/signed/manifests/1)
referrers() { curl -s -H 'Accept: application/vnd.oci.image.index.v1+json' "http://$WEB/v2/$1/referrers/$2"; }
is "$(referrers signed "$subject" | jq -r '.manifests[].artifactType')" application/vnd.example.signature "the signature refers to the image"
signature=$(referrers signed "$subject" | jq -r '.manifests[].digest')
is "$(referrers signed "$subject" | jq -r '.manifests[].annotations["org.example.by"]')" tests "with its annotations"
ok "skopeo pulls it by digest" pull_skopeo "signed@$signature" "$T/s.signature"
is "$(curl -s "http://$WEB/v2/signed/manifests/sha256-${subject#sha256:}" | jq -r '.manifests[].digest')" "$signature" "the fallback tag has it too"
is "$(curl -s "http://$WEB/v2/signed/tags/list" | jq -c .)" '{"name":"signed","tags":["1"]}' "tags/list leaves it out"
is "$(referrers multi "$(sha256_of root/v2/multi/manifests/1)" | jq -c .manifests)" '[]' "an empty list where nothing refers"

# Referrers go with their subjects, also those of referrers, wherever the archive lists them.
narrowed() { # ARGUMENT...: into a root of its own
  rm -rf few
  drydock --root few -q stage "$@"
}
referring() { find few/v2 -path '*/manifests/sha256:*' -exec jq -r '.layers[]? | select(.mediaType | test("signature")).size' {} + | sort | paste -sd' '; }
ok "an index and its signatures" narrowed "$T/cases/oci-nested-signed.tar"
is "$(referring)" "5 5 5" "all are published"
for name in one two three; do
  must drydock --root names -q stage -t "$name:1" "$T/cases/oci-nested-signed.tar"
  is "$(cd "names/v2/$name" && find . -type f | sort)" "$(cd names/v2/one && find . -type f | sort)" \
    "and again under each other name ($name), also what signs a signature"
done
ok "of one platform" narrowed --platform linux/amd64 "$T/cases/oci-nested-signed.tar"
is "$(referring)" 5 "only its own signature is published"
is "$(find few/v2 -path '*/manifests/sha256-*' | wc -l)" 1 "and one fallback tag"
like "$ERR" 'skipped' "what is left out is told"
find few/v2 -type f | sort >published
must drydock --root few -q gc
is "$(find few/v2 -type f | sort)" "$(cat published)" "gc finds nothing to remove"
ok "of the other platform" narrowed --platform linux/arm64 "$T/cases/oci-nested-signed.tar"
is "$(referring)" "5 5" "its signature, and that one's"
exits 4 "of no platform in it" narrowed --platform linux/s390x "$T/cases/oci-nested-signed.tar"
is "$(find few/v2 -mindepth 1 2>/dev/null | grep -v _catalog)" '' "nothing is published"
for name in oci-cosign oci-cosign-named; do
  ok "$name of its platform" narrowed -t app:1 --platform linux/amd64 "$T/cases/$name.tar"
  is "$(jq '.tags | length' few/v2/app/tags/list)" 3 "with its signatures and attestations"
  exits 4 "$name of no platform in it" narrowed -t app:1 --platform linux/s390x "$T/cases/$name.tar"
  is "$(find few/v2 -mindepth 1 2>/dev/null | grep -v _catalog)" '' "nothing is published"
done
# Signatures alone, of what the root has: no platform is asked for.
mkdir signatures && tar -xf "$T/cases/oci-nested-signed.tar" -C signatures
jq '.manifests |= map(select(.annotations | not))' signatures/index.json >only && mv only signatures/index.json
must narrowed --platform linux/amd64 "$T/cases/oci-nested-signed.tar"
ok "signatures without their image" drydock --root few -q stage signatures
is "$(referring)" "5" "of those whose subject is there"

# What the conformance suite reads: HEAD and GET, 404 for what is not there, ranges.
blob=$(jq -r '.layers[0].digest' root/v2/docker25/manifests/1)
code() { curl -s -o /dev/null -w '%{http_code} %{content_type} %{size_download}' "$@"; }
is "$(code "http://$WEB/v2/")" '200 application/json 0' "v2/ is 200"
is "$(code -I "http://$WEB/v2/docker25/manifests/1" | cut -d' ' -f1,2)" "200 $(jq -r .mediaType root/v2/docker25/manifests/1)" "HEAD of a manifest"
is "$(code "http://$WEB/v2/docker25/blobs/$blob" | cut -d' ' -f1,2)" "200 application/octet-stream" "GET of a blob"
is "$(code -r 0-9 "http://$WEB/v2/docker25/blobs/$blob" | cut -d' ' -f1,3)" "206 10" "a range of a blob"
is "$(code "http://$WEB/v2/docker25/manifests/nothing" | cut -d' ' -f1)" 404 "an unknown tag is 404"
is "$(code "http://$WEB/v2/docker25/blobs/sha256:$(printf '0%.0s' $(seq 64))" | cut -d' ' -f1)" 404 "an unknown blob is 404"
is "$(curl -s "http://$WEB/v2/_catalog" | jq -c .repositories)" \
  '["chart","docker25","multi","proven","signed","sparse","zstd"]' "_catalog"
done_testing
