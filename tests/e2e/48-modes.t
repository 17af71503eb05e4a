#!/bin/bash
# A root that was copied under another umask holds files that a web server cannot read: verify says
# so, and stage and rescan mend it.
. "$(dirname "$0")/lib.sh"

closed() { find root/v2 \( -type f ! -perm 0644 \) -o \( -type d ! -perm 0755 \); }
copied() { # the root as a copy under umask 077 has it
  rm -rf root
  (umask 077 && cp -r made root)
  chmod 0755 root
  isnt "$(closed)" '' "a copy is closed"
}
opened() { # opened WHAT
  is "$(closed)" '' "FT6: $1: everyone may read it"
  ok "$1: verify" drydock --root root verify
  unlike "$ERR" 'read by everyone' "$1: verify is content"
}

must "$HELPERS/mkarchive.py" oci-attestations a.tar
must "$HELPERS/mkarchive.py" oci-minimal b.tar
must "$HELPERS/mkarchive.py" oci-referrer c.tar
must "$HELPERS/mkarchive.py" docker-pre25 d.tar
must drydock --root made -q stage -t app:1 a.tar

copied
ok "verify" drydock --root root verify
like "$ERR" 'warning: [0-9]+ files of the tree cannot be read by everyone' "FT6: verify tells it"
ok "rescan" drydock --root root rescan
like "$ERR" 'read by everyone.*mended' "tells what it has mended"
opened "rescan"

for recheck in '' --recheck; do
  copied
  ok "stage $recheck" drydock --root root stage $recheck -t app:1 a.tar
  like "$ERR" 'not everyone could read v2/app/blobs' "tells what it has mended"
  opened "stage $recheck"
done

rm -rf made
must drydock --root made -q stage -t app:1 c.tar
copied
must drydock --root root -q stage -t app:1 c.tar
opened "an image with referrers"

# What a step puts in place has the mode of the file that it is linked to, and of the folder that it
# comes into.
cp -r made root2
find root2/v2 -type f -exec chmod 0600 {} +
ok "an image that the root has, in a new repository" drydock --root root2 stage -t new/app:1 c.tar
like "$ERR" 'not everyone could read v2/new/app/blobs' "tells what it has mended"
is "$(find root2/v2/new ! -perm 0644 ! -perm 0755)" '' "a link to a file of mode 0600: everyone may read it"
ok "its verify" drydock --root root2 verify

rm -rf root
cp -r made root
find root/v2 -type d -exec chmod 0700 {} +
must drydock --root root -q stage -t app:2 d.tar
opened "new files in folders of mode 0700"
chmod 0700 root/v2/app/tags
must drydock --root root -q untag app:2
opened "a list that an untag has written"

# Another user's file that may not be read can be neither linked nor copied: the image's own is taken.
if [ "$(id -u)" -eq 0 ]; then
  as_user() { run setpriv --bounding-set=-dac_override,-dac_read_search,-fowner "$DRYDOCK" "$@"; }
  for what in blobs manifests; do
    rm -rf root
    cp -r made root
    foreign=$(find root/v2/app/$what -name 'sha256:*' | head -1)
    chmod 0600 "$foreign"
    chown 65534 "$foreign"
    as_user --root root -q stage -t new/app:1 c.tar
    is "$STATUS" 0 "an image of which another user has one of the $what"
    like "$ERR" "${foreign#root/} was damaged or gone, and is repaired" "is given a file of this user's"
    opened "with foreign $what"
  done
else
  skip 8 "only the superuser can give files away"
fi

copied
ok "another image" drydock --root root -q stage -t app:2 b.tar
exits 0 "verify" drydock --root root verify
like "$ERR" 'read by everyone' "of the others verify still tells"
ok "no mode is no damage" drydock --root root rescan
opened "after another image"
done_testing
