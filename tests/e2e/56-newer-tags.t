#!/bin/bash
# Of two tags without a record the one that was staged later wins, whenever it was sent; and what
# stays as the bucket has it is told once (FY9, FN5).
. "$(dirname "$0")/lib.sh"

new_bucket
for n in 1 2 3; do
  must "$HELPERS/mkarchive.py" noise --size 100000 --layers 1 --seed $n --name app:v$n v$n.tar
done
stage() { must drydock --root "$1" stage -q -t "app:$2" "$3"; }
sync_of() { ROOT=$1 sync_to "$BUCKET" --provider ceph "${@:2}"; }
there() { "$S3PY" get "$BUCKET" "v2/app/manifests/$1" | sha256sum | cut -d' ' -f1; }
ours() { sha256sum <"$1/v2/app/manifests/$2" | cut -d' ' -f1; }
heads() { log_since | grep -c "^HEAD /$BUCKET/v2/app/manifests/"; }

# ra stages first and sends last: the bucket's LastModified is younger than rb's staging.
stage ra 1 v1.tar
sleep 1.1
stage rb 1 v2.tar
sleep 1.1
ok "the older root sends its tag" sync_of ra
like "$("$S3PY" head "$BUCKET" v2/app/manifests/1)" 'drydock-staged-at.*20[0-9-]+T[0-9:]+Z' \
  "FY9: a tag carries when it was staged"
log_mark
ok "FY9: the dry run of the newer root" sync_of rb -n --json
jq -c 'select(.event == "summary").requests' stdout >dry
is "$(heads)" 1 "FY9: a contested tag costs one HEAD"
ok "the newer root syncs" sync_of rb --json
is "$(there 1)" "$(ours rb 1)" "FY9: the tag that was staged later is in the bucket, though it was sent later"
is "$(summary kept)" 0 "FY9: nothing is kept"

# Without a record, and ours is older.
stage rc 1 v3.tar
python3 - rc/.drydock/state.db <<'PY'
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as db:
    db.execute("UPDATE tag SET staged_at = staged_at - 3600")
PY
log_mark
ok "FY9: a root whose tag is older syncs" sync_of rc -q
is "$(heads)" 1 "FY9: for one HEAD"
is "$(there 1)" "$(ours rb 1)" "FY9: the newer one stays"
like "$ERR" "v2/app/manifests/1 is left as the bucket has it" "FN5: with -q that is told"
ok "FN5: once more" sync_of rc -q
is "$ERR" "" "FN5: and it was told only once"
ok "FN5: without -q it is part of the plan" sync_of rc
like "$OUT" '^kept +v2/app/manifests/1' "FN5: each time"
ok "FN5: status" drydock --root rc status
like "$OUT" "1 tag kept as the bucket has it" "FN5: status tells of it"
ok "FN5: in JSON too" drydock --root rc status --json
is "$(jq -r 'select(.event == "remote").kept' stdout)" 1 "FN5: as a number"
ok "FN5: --json" sync_of rc --json
is "$(jq -c 'select(.event == "plan" and .action == "kept").news' stdout)" false "FN5: no news any more"
ok "FN5: metrics" sync_of rc -q --metrics-file metrics
like "$(cat metrics)" 'drydock_sync_kept_tags\{[^}]*\} 1' "FN5: count it"
sleep 1.1
stage rb 1 v1.tar
must sync_of rb -q
ok "FN5: the bucket's has moved again" sync_of rc -q
like "$ERR" "is left as the bucket has it" "FN5: which is news"
ok "FN5: a dry run tells, and notes nothing" sync_of rc -n -q
ok "forced" sync_of rc --force-tag app:1
is "$(there 1)" "$(ours rc 1)" "FN5: ours is there"
is "$(drydock --root rc status --json | jq -r 'select(.event == "remote").kept')" 0 "FN5: and nothing is kept any more"

# Three bytes of text under a tag of ours.
printf abc >three
must "$S3PY" put "$BUCKET" v2/app/manifests/1 three
ok "FN5: a tag that was overwritten" sync_of rc -q
like "$ERR" "is left as the bucket has it" "FN5: is told with -q"

# A tag that carries no time, as an older program sends it: LastModified.
must "$S3PY" put "$BUCKET" v2/app/manifests/2 three
sleep 1.1
stage rd 2 v2.tar
ok "FY9: without the header LastModified tells" sync_of rd
is "$(there 2)" "$(ours rd 2)" "FY9: ours was staged after it"
must "$S3PY" put "$BUCKET" v2/app/manifests/3 three
stage re 3 v2.tar
python3 - re/.drydock/state.db <<'PY'
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as db:
    db.execute("UPDATE tag SET staged_at = staged_at - 3600")
PY
ok "FY9: and ours was staged before it" sync_of re --json
is "$(summary kept)" 1 "FY9: it is kept"

# A root is rolled back, as a whole, to when it had a tag that it removed afterwards.
new_bucket
for tag in 1 2; do
  stage rf $tag v$tag.tar
done
must drydock --root rf stage -q -t alone:1 v3.tar
must sync_of rf -q
cp -a rf before
must drydock --root rf untag -q app:1
must drydock --root rf untag -q alone:1
must sync_of rf -q
is "$("$S3PY" get "$BUCKET" v2/app/tags/list | jq -c .tags)" '["2"]' "two tags are removed"
rm -rf rf
mv before rf
log_mark
ok "FY9: the root as it was syncs" sync_of rf --json
is "$(log_since | grep -c "^GET /$BUCKET/v2/a.*/tags/list ")" 2 "FY9: for a GET of each list"
is "$(bucket_keys v2/app/manifests/1)$(bucket_keys v2/alone/manifests/1)" "" "FY9: what it removed later stays removed"
is "$(summary kept)" 2 "FY9: and is told as kept"
is "$("$S3PY" get "$BUCKET" v2/app/tags/list | jq -c .tags)" '["2"]' "FY9: no list names it"
log_mark
ok "FY9: again" sync_of rf -q
is "$ERR" "" "FY9: it was told once"
is "$(log_since | grep -cvE "^(GET|HEAD) ")" 0 "FY9: and nothing is written"
ok "FY9: forced" sync_of rf -q --force-tag app:1
is "$("$S3PY" get "$BUCKET" v2/app/tags/list | jq -c .tags)" '["1","2"]' "FY9: it is back"
like "$(bucket_keys v2/app/manifests/1)" . "FY9: in the bucket, too"

# Another root removes all of a repository; the first one's own catalogue then names it again, which
# does not bring its tags back at the next sync.
new_bucket
stage rg 1 v1.tar
must drydock --root rg stage -q -t other:1 v2.tar
must sync_of rg -q
stage rh 2 v3.tar
ok "FY9: another root removes a repository" sync_of rh -q --delete=foreign --grace 0s
for round in first second third; do
  ok "FY9: the $round sync after that" sync_of rg --json
  is "$(bucket_keys v2/other/manifests/1)" "" "FY9: keeps the tag removed, the $round time"
  is "$(summary kept)" 2 "FY9: and tells it, the $round time"
done
must "$S3PY" empty "$BUCKET"
ok "FY9: into a bucket that was emptied since" sync_of rg -q
like "$(bucket_keys v2/other/manifests/1)" . "FY9: it is sent"

# The list is by chance what this root once put there, before it sent the tag.
new_bucket
for root in ri rk; do
  stage $root 1 v1.tar
done
stage rj 2 v2.tar
must sync_of ri -q
must sync_of rj -q
sleep 1.1
stage ri 2 v3.tar
must sync_of ri -q
is "$(there 2)" "$(ours ri 2)" "a tag is sent over another root's"
must sync_of rk -q --delete=foreign --grace 0s
is "$("$S3PY" get "$BUCKET" v2/app/tags/list | jq -c .tags)" '["1"]' "a third root removes it"
ok "FY9: the root that sent it syncs" sync_of ri --json
is "$(bucket_keys v2/app/manifests/2)" "" "FY9: it stays removed, though the list is one that this root wrote"
is "$(summary kept)" 1 "FY9: and that is told"

# A sync that leaves the tag out writes the lists anew.
new_bucket
for tag in 1 2; do
  stage rl $tag v$tag.tar
done
must sync_of rl -q
must drydock --root rm stage -q -t other:3 v3.tar
must sync_of rm -q --delete=foreign --grace 0s
ok "FY9: a sync without the tags that another root removed" sync_of rl -q --exclude '*:2'
ok "FY9: one with them" sync_of rl --json
is "$(bucket_keys v2/app/manifests/2)" "" "FY9: the tag stays removed"
is "$(summary kept)" 2 "FY9: and that is told of both"

# A tag that got lost is sent again: its list still names it.
new_bucket
must sync_of rf -q
must "$S3PY" rm "$BUCKET" v2/app/manifests/2
ok "FY9: a tag that was lost in the bucket" sync_of rf -q
like "$(bucket_keys v2/app/manifests/2)" . "FY9: is sent again"
must "$S3PY" empty "$BUCKET"
ok "FY9: into a bucket that was emptied" sync_of rf --json
is "$(summary kept)" 0 "FY9: everything is sent again"
like "$(bucket_keys v2/alone/manifests/1)" . "FY9: every tag, too"
done_testing
