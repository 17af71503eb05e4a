#!/bin/bash
# What a person is told while bytes are read: how much there is to read, and, when a layer is
# wrong, which archive, descriptor and entry it is.
. "$(dirname "$0")/lib.sh"

total() { jq -r 'select(.event == "progress") | .total_bytes' "$T/stdout" | head -n 1; }
must "$HELPERS/mkarchive.py" docker-pre25 "$T/docker.tar"
must "$HELPERS/mkarchive.py" oci-attestations "$T/oci.tar"
mkdir layout && tar -xf oci.tar -C layout
blobs=$(find layout/blobs -type f -printf '%s\n' | awk '{n += $1} END {print n}')

must drydock --root docker --json stage -t app:1 docker.tar
is "$(total)" "$(tar -tvf docker.tar | awk '/layer.tar/ {n += $3} END {print n}')" \
  "a docker-archive: the layers are what there is to read"
must drydock --root docker --json stage -t app:1 docker.tar
is "$(total)" '' "and nothing the second time"
for source in oci.tar layout; do
  must drydock --root "oci.$source" --json stage -t app:1 "$source"
  is "$(total)" "$blobs" "$source: all its blobs are"
done
must drydock --root docker --json verify
is "$(total)" "$(find docker/v2 -type f -printf '%s\n' | awk '{n += $1} END {print n}')" "verify: the whole root is"

manifest=$(find layout/blobs/sha256 -type f -exec grep -l 'tar+gzip' {} + | head -n 1)
layer=$(jq -r '.layers[0].digest' "$manifest")
entry=blobs/${layer/://}
printf X | dd of="layout/$entry" bs=1 seek=12 conv=notrunc status=none
tar -cf broken.tar -C layout .
path="manifests\[0\]: sha256:${manifest##*/}: layers\[0\]: $entry: expected $layer, found sha256:"
for source in broken.tar layout; do
  exits 6 "$source: a broken layer is refused" drydock --root no stage -t app:1 "$source"
  like "$ERR" "$source: index.json: $path" "$source: archive, descriptor, entry and digests are told"
done

# What is published without its attestations is told, as an absent platform is.
rm -rf layout && mkdir layout && tar -xf oci.tar -C layout
jq -r '.manifests[0].digest' layout/index.json | sed 's,sha256:,layout/blobs/sha256/,' >index.path
is "$(jq '.manifests | length' "$(cat index.path)")" 4 "two platforms, two attestations"
for digest in $(jq -r '.manifests[] | select(.annotations) | .digest' "$(cat index.path)"); do
  rm "layout/blobs/${digest/://}"
done
ok "without attestations" drydock --root absent stage -t app:1 layout
like "$ERR" 'without what the archive does not hold: 2 attestations' "FT6: absent attestations are told"
# A bucket cannot say that a tag names sha512, and docker then takes the bytes for sha256's.
serve fake
must "$HELPERS/mkarchive.py" oci-sha512 sha512.tar
must drydock --root sha512 stage -q -t long:1 sha512.tar
for sync in first second; do
  must drydock --root sha512 sync s3://b --endpoint-url "$U"
  cat "$T/stdout" "$T/stderr" >"$sync.told"
done
is "$(grep -c 'long:1 is named by sha512' first.told)" 1 "that a bucket serves no tag by sha512 is said once"
is "$(grep -c 'named by sha512' second.told)" 0 "and not of a tag that is there"
done_testing
