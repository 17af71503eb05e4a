#!/bin/bash
# A publication that failed in its middle is finished by the next command, whatever came between:
# what lies under a key counts as moved there only if it holds the bytes that were to be.
. "$(dirname "$0")/lib.sh"

# A superuser whom the modes of folders bind.
bound() { setpriv --bounding-set=-dac_override,-dac_read_search "$DRYDOCK" --root root "$@"; }
stage() { drydock --root root stage "$@"; }
anew() { # a root with app:1, and app:2 of it published but for its list
  rm -rf root && must drydock --root root -q stage -t app:1 a.tar
  chmod 0555 root/v2/app/tags
  exits 9 "a publication that fails in its middle" bound -q stage -t app:2 a.tar
  is "$(sql root 'SELECT count(*) FROM publication')" 1 "the publication is open"
}
whole() { # whole WHAT TAGS
  is "$(jq -c .tags root/v2/app/tags/list)" "$2" "FT1: $1: the list names the tags"
  ok "FT1: $1: verify agrees" drydock --root root -q verify
  is "$(sql root 'SELECT count(*) FROM publication')" 0 "$1: nothing is left open"
  is "$(ls -A root/.drydock/tmp)" '' "$1: tmp is empty"
}

must "$HELPERS/mkarchive.py" oci-minimal a.tar
must "$HELPERS/mkarchive.py" docker-pre25 d.tar

anew
exits 9 "a rescan that fails itself" bound rescan
chmod 0755 root/v2/app/tags
ok "the next stage" stage -t other:1 d.tar
whole "after a rescan that failed" '["1","2"]'

anew
exits 9 "a rescan fails" bound rescan
exits 9 "and once more" bound rescan
chmod 0755 root/v2/app/tags
ok "and one that does not" drydock --root root rescan
whole "after rescans" '["1","2"]'

anew
rm root/.drydock/tmp/*
chmod 0755 root/v2/app/tags
ok "temporary files that are gone for another reason" stage -t other:1 d.tar
like "$ERR" "undone.*v2/app/tags/list" "what cannot be finished is undone, and it says so"
whole "without temporary files" '["1","2"]'

# A rotten layer: a repair that was not done is not taken for done.
rm -rf root
must drydock --root root -q stage -t app:1 a.tar
layer=root/v2/app/blobs/$(manifest_blobs "$(tree_manifest root app 1)" | sed -n 2p)
size=$(stat -c %s "$layer")
rm "$layer"
head -c "$size" /dev/urandom >"$layer"
sleep 1.1 # what a repair restores is older than the repair
chmod 0555 root/v2/app/blobs
exits 9 "a publication that fails in its middle" bound -q stage --recheck -t app:1 a.tar
rm -f root/.drydock/tmp/*
chmod 0755 root/v2/app/blobs
ok "a repair that was lost" stage --recheck -t app:1 a.tar
like "$ERR" "v2/app/blobs/.* is repaired" "is made again"
whole "a rotten layer" '["1"]'

done_testing
