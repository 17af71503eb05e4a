#!/bin/bash
# What lies where a file or a folder of the tree must be: a folder, a file, a link. It is never taken
# away: one error names it and says what to do, nothing is begun and nothing told as done, and when it
# is out of the way the same command mends the tree.
. "$(dirname "$0")/lib.sh"

stage() { drydock --root root -q stage "$@"; }
anew() { rm -rf root && cp -r made root; }
refused() { # refused PATH WHAT COMMAND...: because of what lies at PATH
  local path=$1 what=$2
  shift 2
  exits 6 "$what: $*" "$@"
  is "$(grep -c '^drydock' <<<"$ERR")" 1 "$what: one line"
  like "$ERR" "$path is .*: remove it" "$what: names it, and the way out"
  is "$(sql root 'SELECT count(*) FROM publication')" 0 "$what: nothing is begun"
}

must "$HELPERS/mkarchive.py" oci-referrer c.tar
must "$HELPERS/mkarchive.py" docker-pre25 d.tar
must drydock --root made -q stage -t app:1 c.tar

for path in $(cd made && find v2 -type f); do
  what=${path/sha256?*/digest}
  anew
  rm "root/$path"
  mkdir "root/$path"
  refused "$path" "a folder for $what" stage --recheck -t app:1 c.tar
  exits 6 "a folder for $what: verify" drydock --root root verify
  like "$ERR" "$path is .*: remove it" "a folder for $what: verify says the way out"
  rmdir "root/$path"
  ok "$what is put back" stage --recheck -t app:1 c.tar
  is "$ERR" "drydock: stage: warning: $path was damaged or gone, and is repaired" "$what: is told"
  ok "with $what all is whole" tree_whole root
done

for path in $(cd made && find v2 -mindepth 1 -type d); do
  for kind in file link; do
    anew
    rm -r "root/${path:?}"
    case $kind in
      file) : >"root/$path" ;;
      link) ln -s "$T" "root/$path" ;;
    esac
    refused "$path" "a $kind for $path" stage --recheck -t app:1 c.tar
    refused "$path" "a $kind for $path" stage -t app:2 d.tar
    rm "root/$path"
    ok "$path is made anew" stage --recheck -t app:1 c.tar
    ok "with $path all is whole" drydock --root root verify
  done
done

# rescan names a folder where only a file can be, and rebuilds the state but where that is a list.
for path in $(cd made && find v2 -type f); do
  what=${path/sha256?*/digest}
  anew
  rm "root/$path"
  mkdir "root/$path"
  exits 6 "a folder for $what: rescan" drydock --root root rescan
  like "$ERR" "$path is a folder, where only a file can be: remove it" "a folder for $what: rescan names it"
  if grep -q 'the root is damaged' <<<"$ERR"; then
    unlike "$OUT" 'the state is rebuilt' "a folder for $what: and says no more than it has done"
  else
    like "$OUT" 'the state is rebuilt' "a folder for $what: and the rest is recorded"
    run drydock --root root verify
    like "$ERR" "$path is in the tree, but not recorded" "a folder for $what: verify tells it afterwards"
  fi
  rmdir "root/$path"
done

# What a rescan links is told when it is there.
must "$HELPERS/mkarchive.py" oci-attestations e.tar
must drydock --root two -q stage -t app:1 e.tar
must drydock --root two -q stage -t other:1 e.tar
child=$(jq -r '.manifests[0].digest' two/v2/app/manifests/1)
rm "two/v2/app/manifests/$child" two/v2/_catalog
mkdir two/v2/_catalog
exits 6 "rescan of a repository that lacks what another has, with a folder in the way" drydock --root two rescan
unlike "$ERR" 'was missing' "what was planned is not told"
is "$(find two/v2/app -name "$child" -path '*/manifests/*')" '' "for it has not happened"
rmdir two/v2/_catalog
ok "rescan with nothing in the way" drydock --root two rescan
like "$ERR" "v2/app/manifests/$child was missing: linked to v2/other/" "tells what it has linked"
ok "with it all is whole" tree_whole two

# A publication of several images: what another of them would repair is not told either.
anew
rm root/v2/_catalog "root/v2/app/tags/list"
mkdir root/v2/_catalog
refused v2/_catalog "one of two" stage --recheck -t app:1 c.tar
rmdir root/v2/_catalog
ok "both" stage --recheck -t app:1 c.tar
is "$(grep -c 'is repaired' <<<"$ERR")" 2 "are told"
done_testing
