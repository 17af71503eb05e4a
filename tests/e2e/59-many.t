#!/bin/bash
# Many images: a list is rendered once for a batch of them, and not at all when nothing is new.
. "$(dirname "$0")/lib.sh"

N=300
calls() { # what the command does to names, in trace
  traced -s 300 -o "$T/trace" -e trace=rename,renameat,renameat2,link,linkat,unlinkat "$DRYDOCK" --root root -q "$@"
}
written() { grep -E 'rename' trace | grep -cE "\"v2/$1\"[,)]"; }
changed() { grep -cE '"v2/' trace; }

# shape, key of the list that all images change
while read -r shape key; do
  rm -rf root many
  must "$HELPERS/many_images.py" "$shape" "$N" many
  ok "$shape: stage" calls stage oci:many
  at_least "$(written "$key")" 1 "$shape: the list is written"
  at_most "$(written "$key")" $((N / 10)) "FT5: $shape: once for many images"
  ok "$shape: stage it again" calls stage oci:many
  is "$(changed)" 0 "FT5: $shape: and the tree is left alone"
  ok "$shape: verify" drydock --root root -q verify
  must cp -a root/v2 before
  ok "$shape: rescan" calls rescan
  at_most "$(changed)" 1 "FT5: $shape: rescan finds the same, and records the fallback tag anew"
  ok "$shape: tree unchanged" diff -r before root/v2
  rm -rf before
done <<'END'
repos _catalog
tags many/app/tags/list
names _catalog
referrers many/app/manifests/sha256-[^"]*
END

# Beside the list of the subject each referrer has an empty one.
subject=$(sql root "SELECT lower(substr(hex(digest), 3)) FROM tag")
rm -rf root
ok "referrers" calls stage oci:many
at_most "$(written "many/app/referrers/sha256:$subject")" $((N / 10)) "FT5: the subject's referrers"
is "$(jq '.manifests | length' "root/v2/many/app/referrers/sha256:$subject")" "$N" "all of them are listed"

# What is there costs few questions to the file system and to the state, whose locks are calls of fcntl.
rm -rf root many
must "$HELPERS/many_images.py" tags "$N" many
must drydock --root root -q stage oci:many
must traced -o trace -e trace=newfstatat,fcntl "$DRYDOCK" --root root -q stage oci:many
at_most "$(grep -cE 'newfstatat|fcntl' trace)" $((N * 30)) "FT5: an image with nothing new costs few calls"

# Tags are taken out together.
rm -rf root many
must "$HELPERS/many_images.py" tags "$N" many
must drydock --root root -q stage oci:many
run calls untag many/app:none $(seq -f 'many/app:%g' 1 $((N - 1))) many/app:1
is "$STATUS" 3 "untag of nearly all, of one that is not there, and of one twice"
is "$(written many/app/tags/list)" 1 "FT5: writes the list once"
is "$(jq -c .tags root/v2/many/app/tags/list)" '["0"]' "with the tag that is left"
is "$(drydock --root root ls | wc -l)" 1 "which is all that is there"
ok "verify" drydock --root root -q verify

# What cannot be published with the others is told, and those before it stay (V4).
rm -rf root many
must "$HELPERS/many_images.py" refused 3 many
run drydock --root root -q stage oci:many
is "$STATUS" 6 "an image that is refused when it is published"
like "$ERR" 'manifests\[1\].*has the form that is kept' "is named"
is "$(drydock --root root ls --json | jq -r 'select(.tag).tag')" 1 "FT5: what came before it stays, what came behind it does not"
ok "verify" drydock --root root -q verify
done_testing
