#!/bin/bash
# --link=hard shares the files of a layout that are the caller's own, and copies all others.
. "$(dirname "$0")/lib.sh"

must "$HELPERS/mkarchive.py" oci-minimal "$T/layout.tar"
inode() { stat -c %i "$1"; }
fresh() { # a layout and no root
  rm -rf layout root
  mkdir layout && tar -xf layout.tar -C layout
  chmod -R u=rwX,go=rX layout
  manifest=$(jq -r '.manifests[0].digest' layout/index.json)
  layer=$(jq -r '.layers[0].digest' "layout/blobs/${manifest/://}")
  from=layout/blobs/${layer/://} to=root/v2/app/blobs/$layer
}
fresh
must drydock --root root -q stage -t app:1 oci:layout
isnt "$(inode "$from")" "$(inode "$to")" "without --link a layer is copied"
fresh
must drydock --root root -q stage -t app:1 --link hard layout
is "$(inode "$from")" "$(inode "$to")" "with --link=hard it is the same file"
ok "the state knows it as any other" drydock --root root -q verify
ok "so does another judge" tree_whole root
is "$(ls -A root/.drydock/tmp)" '' "nothing is left in tmp"
fresh
chmod g+w "$from"
must drydock --root root -q stage -t app:1 --link hard layout
isnt "$(inode "$from")" "$(inode "$to")" "a layer that others may write is copied"
is "$(stat -c %a "$to")" 644 "with the mode of the tree"
fresh
chown 12345 "$from"
must drydock --root root -q stage -t app:1 --link hard layout
isnt "$(inode "$from")" "$(inode "$to")" "so is somebody else's"
fresh
mkdir other && mount -t tmpfs none other
must drydock --root other/root -q stage -t app:1 --link hard layout
ok "and what lies on another file system" tree_whole other/root
fresh
printf x >>"$from"
exits 6 "a layer that is not what it should be is refused" \
  drydock --root root -q stage -t app:1 --link hard layout
is "$(stat -c %h "$from")" 1 "and not linked"
done_testing
