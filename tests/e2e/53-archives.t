#!/bin/bash
# Layers in every compression, layers that images of one archive share, and artifact manifests: what
# becomes of them (10-hand-made.t has what is refused, and how that is told).
. "$(dirname "$0")/lib.sh"

hand_made
types() { # ROOT NAME TAG: media types of its layers
  jq -r '[.layers[].mediaType] | unique | join(" ")' "$1/v2/$2/manifests/$3"
}
digest_of() { sha256sum <"$1/v2/app/manifests/1" | cut -d' ' -f1; }

# One image, whatever its layers came in: xz and bzip2 are unpacked and compressed as plain ones.
must drydock --root plain -q stage -t app:1 cases/docker-pre25.tar
for how in xz bzip2; do
  ok "FP9: $how layers" drydock --root "$how" -q stage -t app:1 "cases/docker-$how-layers.tar"
  is "$(digest_of "$how")" "$(digest_of plain)" "FP9: $how layers become what plain ones do"
  ok "FP9: $how layers, again" drydock --root "$how" stage -t app:1 "cases/docker-$how-layers.tar"
  like "$OUT" "nothing new" "FP9: are known"
  ok "FP9: $how layers, --compress=none" drydock --root "$how.none" -q stage --compress none -t app:1 \
    "cases/docker-$how-layers.tar"
  unlike "$(types "$how.none" app 1)" "gzip" "FP9: they are stored plain then"
  ok "FP9: $how layers, --recheck" drydock --root "$how" -q stage --recheck -t app:1 "cases/docker-$how-layers.tar"
  ok "FP9: the root of $how layers is whole" drydock --root "$how" -q verify
done
exits 6 "FP9: --max-uncompressed-size bounds what xz unpacks to" drydock --root bounded stage -t app:1 \
  --max-uncompressed-size 1000 cases/docker-xz-layers.tar

# Two images of one stream that share a layer that is gzip already.
for options in "" --recheck; do
  for round in 1 2; do
    # shellcheck disable=SC2086 # an option or none
    ok "FP9: a shared gzip layer from a stream, $options $round" piped cases/docker-shared-gzip.tar \
      "$DRYDOCK" --root "shared$options" -q stage $options -
    is "$(types "shared$options" app 1) $(types "shared$options" app 2)" \
      "application/vnd.docker.image.rootfs.diff.tar.gzip application/vnd.docker.image.rootfs.diff.tar.gzip" \
      "FP9: both images say that it is, $options $round"
  done
  ok "FP9: and the root is whole, $options" drydock --root "shared$options" -q verify
done

# An OCI image without the layer that the root has in its compressed form alone.
must python3 - "$HELPERS" whole.tar absent.tar <<'PY'
import sys
sys.path.insert(0, sys.argv[1])
import mkarchive
for out, drop in ((sys.argv[2], ()), (sys.argv[3], ("layer",))):
    layout = mkarchive.Layout()
    manifest = layout.manifest(pack=lambda data: data, kind=mkarchive.OCI_LAYER, drop=drop)
    with open(out, "wb") as file:
        file.write(layout.top(manifest).tar())
PY
must drydock --root absent -q stage --compress gzip -t app:1 whole.tar
before=$(digest_of absent)
ok "--recheck --compress of an image whose plain layer the root has compressed" \
  drydock --root absent -q stage --recheck --compress gzip -t app:1 absent.tar
is "$(digest_of absent)" "$before" "finds it"

# A signature of notation 1.0.
ok "FP14: an artifact manifest" drydock --root artifact stage cases/oci-artifact-manifest.tar
is "$ERR" "drydock: stage: made a new registry root: artifact" "FP14: nothing is skipped"
referrers=$(find artifact/v2/app/referrers -name "sha256:$(digest_of artifact)")
is "$(jq -r '.manifests[] | .mediaType + " " + .artifactType' "$referrers")" \
  "application/vnd.oci.artifact.manifest.v1+json application/vnd.cncf.notary.signature" \
  "FP14: is a referrer of its image"
must drydock --root artifact -q rescan
ok "FP14: rescan knows it" drydock --root artifact -q verify
is "$(jq '.manifests | length' "$referrers")" 1 "FP14: as a referrer"
ok "FP14: gc keeps it" drydock --root artifact -q gc
is "$(jq '.manifests | length' "$referrers")" 1 "FP14: with its image"
ok "FP14: it is of no platform" drydock --root artifact.amd64 -q stage --platform linux/amd64 \
  cases/oci-artifact-manifest.tar
is "$(find artifact.amd64/v2/app/referrers -type f -exec jq '.manifests | length' {} + | sort -n | tail -1)" 1 \
  "FP14: and goes with its image"

# A folder of layouts.
mkdir -p layouts/one
tar -xf cases/oci-minimal.tar -C layouts/one
exits 6 "FP10: a folder above a layout" drydock --root folder stage layouts
like "$ERR" "in its folder 'one': name that" "FP10: names the layout"
done_testing
