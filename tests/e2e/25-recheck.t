#!/bin/bash
# --recheck reads everything again, and puts good bytes where the root has rotten ones.
. "$(dirname "$0")/lib.sh"

own() { cp "$1" "$1.new" && mv "$1.new" "$1"; } # no link to it is touched
rot() { printf x | dd of="$1" bs=1 seek=20 conv=notrunc status=none; }
blob() { echo "root/v2/$1/blobs/$(manifest_blobs "$(tree_manifest root "$1" 1)" | sed -n "$2p")"; }

for name in docker-pre25 oci-attestations; do
  must "$HELPERS/mkarchive.py" "$name" "$T/$name.tar"
done
must drydock --root root -q stage -t app:1 docker-pre25.tar
must drydock --root root -q stage -t again:1 docker-pre25.tar
must drydock --root root -q stage -t index:1 oci-attestations.tar
must drydock --root root stage -t app:1 --recheck docker-pre25.tar
unlike "$ERR" repaired "what is well is not repaired"

# A layer, with all its links; a config that is gone; manifest and tag.
rot "$(blob app 2)"
rm "$(blob app 1)"
manifest=root/v2/app/manifests/$(sha256_of root/v2/app/manifests/1)
rot "$manifest"
own "$manifest"
exits 6 "verify finds the damage" drydock --root root verify
like "$ERR" "$(basename "$(blob again 2)"): expected .* stage its image again with --recheck" \
  "it says what helps"
like "$ERR" "$(basename "$(blob again 1)") is recorded, but not in the tree: .*--recheck" \
  "also for what is gone"
exits 6 "staging without --recheck does not hide it" drydock --root root stage -t app:1 docker-pre25.tar
like "$ERR" "the root is damaged, --recheck repairs it" "and says what helps"
ok "--recheck works on a damaged root" drydock --root root stage -t app:1 --recheck docker-pre25.tar
like "$ERR" "v2/again/blobs/.* repaired" "it tells what it repairs, wherever that is"
ok "verify is content" drydock --root root verify
ok "so is another judge" tree_whole root
is "$(ls -A root/.drydock/tmp)" '' "nothing is left in tmp"

# A stream, and a manifest below an index.
child=root/v2/index/manifests/$(jq -r '.manifests[0].digest' root/v2/index/manifests/1)
rot "$child"
rot root/v2/index/manifests/1
ok "a stream repairs as well" piped oci-attestations.tar "$DRYDOCK" --root root stage -t index:1 --recheck -
ok "the index is whole again" drydock --root root verify

# What is derived: the catalogue, a list of tags, referrers and a fallback tag.
must "$HELPERS/mkarchive.py" oci-referrer signed.tar
must drydock --root root -q stage -t signed:1 signed.tar
subject=$(sha256_of root/v2/signed/manifests/1)
for document in _catalog signed/tags/list "signed/referrers/$subject" "signed/manifests/${subject/:/-}"; do
  rot "root/v2/$document"
  exits 6 "$document is damaged" drydock --root root verify
  ok "--recheck makes it again" drydock --root root stage -t signed:1 --recheck signed.tar
  like "$ERR" "v2/$document was damaged or gone, and is repaired" "and tells"
  ok "verify is content" drydock --root root verify
  rm "root/v2/$document"
  ok "gone: --recheck makes it again" drydock --root root stage -t signed:1 --recheck signed.tar
  ok "verify is content again" drydock --root root verify
done
must drydock --root root stage -t signed:1 --recheck signed.tar
unlike "$ERR" repaired "what is well is not repaired"

# Whatever the source is: all that is rotten is found, and mended.
for name in docker-gzip-layers docker-25 oci-minimal oci-zstd; do
  must "$HELPERS/mkarchive.py" "$name" "$name.tar"
done
cp docker-25.tar oci-plain.tar
must tar --delete -f oci-plain.tar manifest.json
for name in docker-pre25 docker-gzip-layers docker-25 oci-plain oci-minimal oci-zstd; do
  mkdir "$name"
  must tar -xf "$name.tar" -C "$name"
  must gzip -kf "$name.tar"
  must zstd -qf "$name.tar" -o "$name.tar.zst"
  for source in "$name.tar" "$name.tar.gz" "$name.tar.zst" "$name"; do
    for how in '' '--compress none' '--compress gzip' '--compress zstd'; do
      rm -rf table
      # shellcheck disable=SC2086 # an option and its value
      must drydock --root table -q stage $how -t app:1 "$source"
      for file in table/v2/app/blobs/* table/v2/app/manifests/*; do
        rot "$file"
      done
      # shellcheck disable=SC2086 # likewise
      ok "stage $how --recheck $source" drydock --root table -q stage $how --recheck -t app:1 "$source"
      ok "mends it all" drydock --root table verify
    done
  done
done
done_testing
