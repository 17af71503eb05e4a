#!/bin/bash
# Files that are gone from the tree, or folders in their place: an image is published whole or
# refused, and whatever happens the root stays usable.
. "$(dirname "$0")/lib.sh"

stage() { drydock --root root stage "$@"; }
blob() { echo "root/v2/$1/blobs/$(manifest_blobs "$(tree_manifest root "$1" "$2")" | sed -n "$3p")"; }
anew() { rm -rf root && must drydock --root root -q stage -t app:1 a.tar; }
usable() { # usable WHAT: other commands work, and nothing is left open
  ok "$1: gc works" drydock --root root gc
  is "$(sql root 'SELECT count(*) FROM publication')" 0 "$1: nothing is left open"
  is "$(ls -A root/.drydock/tmp)" '' "$1: tmp is empty"
}

must "$HELPERS/mkarchive.py" oci-minimal a.tar
must "$HELPERS/mkarchive.py" docker-pre25 d.tar

# A layer that an archive brings again.
for source in a.tar -; do
  anew
  rm "$(blob app 1 2)"
  ok "another name for an image whose layer is gone ($source)" stage -t other:1 $source <a.tar
  like "$ERR" "v2/app/blobs/.* repaired" "it says what it has put back"
  ok "all is whole" tree_whole root
  ok "verify agrees" drydock --root root verify
  usable "a layer that was gone"
done

# Of another size: a link to it would be no better.
anew
: >"$(blob app 1 2)"
ok "a layer of no bytes" stage -t other:1 a.tar
ok "is not linked" tree_whole root

for position in config manifest; do
  anew
  case $position in
    config) rm "$(blob app 1 1)" ;;
    manifest) rm "root/v2/app/manifests/$(sha256_of root/v2/app/manifests/1)" ;;
  esac
  ok "another name for an image whose $position is gone" stage -t other:1 a.tar
  ok "all is whole again" drydock --root root verify
done

rm -rf root
must drydock --root root -q stage -t app:1 d.tar
rm "$(blob app 1 2)"
ok "a layer that was compressed here is made again" stage -t other:1 d.tar
ok "and put back" drydock --root root verify
rm "$(blob app 1 2)"
rm "$(blob other 1 2)"
ok "also from a stream" piped d.tar "$DRYDOCK" --root root stage -t third:1 -
ok "into all repositories" drydock --root root verify

# A folder is not taken away; the image is refused.
anew
layer=$(blob app 1 2)
rm "$layer"
mkdir "$layer"
exits 6 "a folder in a layer's place" stage -t other:1 a.tar
like "$ERR" "v2/app/blobs/.* is a folder" "it is named"
exits 6 "with --recheck as well" stage --recheck -t app:1 a.tar
usable "a folder"
rmdir "$layer"
ok "without it --recheck works" stage --recheck -t app:1 a.tar
ok "and the root is whole" drydock --root root verify

# Where only one of two repositories has lost it.
anew
must stage -t other:1 a.tar
rm "$(blob other 1 2)" "root/v2/other/manifests/$(sha256_of root/v2/other/manifests/1)"
ok "another tag where the manifest is gone" stage -t other:2 a.tar
ok "the other repository's files are taken" drydock --root root verify
rm root/v2/other/manifests/2
ok "the same tag, whose file is gone" stage -t other:2 a.tar
ok "is put back" drydock --root root verify
usable "a lost link"
done_testing
