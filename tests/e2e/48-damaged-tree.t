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

# On a full disk what frees space undoes what a run had begun, wherever it had stopped.
must "$HELPERS/mkarchive.py" oci-attestations index.tar
must "$HELPERS/mkarchive.py" oci-referrer signed.tar
mkdir small
open=0
for free in {2..40..2}; do
  must mount -t tmpfs -o size=20m,nr_inodes=200 tmpfs small
  must drydock --root small/root -q stage -t app:1 a.tar
  must drydock --root small/root -q stage -t app:2 index.tar
  for ((n = $(df --output=iavail small | tail -n 1); n > free; n--)); do : >"small/$n"; done
  run drydock --root small/root stage -t new/app:1 signed.tar
  if [ "$(sql small/root 'SELECT count(*) FROM publication')" = 1 ]; then
    open=$((open + 1))
    is "$STATUS" 9 "full with $free inodes: what is open waits for space"
    ok "untag works" drydock --root small/root untag app:1
    like "$ERR" 'undone' "it tells that something was undone"
    ok "gc works" drydock --root small/root gc
    ok "verify is content" drydock --root small/root verify
    ok "so is another judge" tree_whole small/root
    # Only when its tag was there already the image stays.
    [ -e small/root/v2/new/app/manifests/1 ] ||
      is "$(find small/root/v2 -path '*new*')" '' "nothing is left of it"
    is "$(ls -A small/root/.drydock/tmp)" '' "nor in tmp"
    find small -maxdepth 1 -type f -delete
    ok "with space it is staged" drydock --root small/root stage -t new/app:1 signed.tar
    ok "whole" drydock --root small/root verify
  fi
  must umount small
done
at_least "$open" 3 "some runs had stopped halfway"

# The same when a file is gone that what was begun needs.
must mount -t tmpfs -o size=20m,nr_inodes=200 tmpfs small
must drydock --root small/root -q stage -t app:1 a.tar
for ((n = $(df --output=iavail small | tail -n 1); n > 7; n--)); do : >"small/$n"; done
run drydock --root small/root stage -t other:1 a.tar
is "$(sql small/root 'SELECT count(*) FROM publication')" 1 "a run that stops halfway"
find small -maxdepth 1 -type f -delete
rm -r small/root/v2/app/blobs
ok "another is not blocked by it" drydock --root small/root stage -t third:1 signed.tar
like "$ERR" "undone.*/blobs/.*No such file" "it tells what is missing"
unlike "$(drydock --root small/root ls)" other "the image that cannot be published is not"
ok "the damage is repaired as any other" drydock --root small/root stage -t app:1 a.tar
ok "and all is whole" drydock --root small/root verify
must umount small
done_testing
