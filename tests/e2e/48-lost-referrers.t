#!/bin/bash
# rescan finds lists of referrers missing: it says so, brings back what was certainly lost, and adds
# nothing that was left out with --no-referrers.
. "$(dirname "$0")/lib.sh"

lists() { (cd root/v2 && find . -path '*/referrers/*' -type f -o -path '*/manifests/sha256-*' -type f) | sort; }
rescan() { rm -rf root/.drydock && run drydock --root root rescan; }

must "$HELPERS/mkarchive.py" oci-referrer signed.tar
must "$HELPERS/mkarchive.py" docker-pre25 plain.tar
must drydock --root root -q stage -t app:1 signed.tar
rescan
unlike "$ERR" 'lists of referrers' "nothing is missing, and nothing told"
lists >all
isnt "$(grep -c sha256- all)" 0 "an image has referrers"

must drydock --root root -q stage -t app:plain --no-referrers plain.tar
lists >before
same_file all before "an image beside it was staged without"
rescan
is "$STATUS" 0 "rescan"
lists >after
same_file before after "FT6: what --no-referrers left out is not added"
like "$ERR" 'warning: app: lists of referrers that are not there: 1;' "FT6: it is told"

rm -r root/v2/app/referrers
rescan
like "$(lists)" "$(grep -o 'referrers/.*' <<<"$(grep "$(grep -o 'sha256-[0-9a-f]*' all | cut -c8-47)" all)")" \
  "a list whose fallback tag is there was lost, and comes back"
like "$ERR" 'lists of referrers that are not there' "the others are told"

rm -rf root/v2/app/referrers root/v2/app/manifests/sha256-*
rescan
is "$STATUS" 0 "rescan when all are gone"
like "$ERR" 'warning: app: lists of referrers that are not there: [0-9]+;' "FT6: all gone is told"
ok "stage" drydock --root root stage -t app:1 signed.tar
lists >after
same_file all after "makes them anew"
ok "verify" drydock --root root -q verify

# With the state at hand no rescan is needed: the image's next stage sees which of its lists are gone.
while read -r lost <&9; do
  rm "root/v2/$lost"
  ok "stage without ${lost/sha256?*/digest}" drydock --root root -q stage -t app:1 signed.tar
  like "$ERR" "v2/$lost was damaged or gone, and is repaired" "tells it"
  lists >after
  same_file all after "and has put it back"
done 9< <(sed 's,^\./,,' all)
rm root/v2/app/referrers/*
ok "also with --no-referrers" drydock --root root -q stage --no-referrers -t app:1 signed.tar
ok "what the state has is put back" drydock --root root -q verify
done_testing
