#!/bin/bash
# --delete takes only what this root sent and has not needed for --grace, keeps all that anything
# which stays refers to, and refuses whole where it cannot be sure.
. "$(dirname "$0")/lib.sh"

serve fake
for n in 1 2 3; do
  must "$HELPERS/mkarchive.py" noise --size 100000 --layers 1 --seed $n --name app:v$n v$n.tar
done
stage() { must drydock --root "$1" stage -q -t "$2" "$3"; }
to_bucket() { drydock --root "$1" sync s3://b --endpoint-url "$U" --json "${@:2}"; }
keys() { curl -sS "$U/b?list-type=2" | grep -o '<Key>[^<]*' | sed 's/<Key>//' | sort; }
rules() { must curl -sS -X POST "$U/_fake/rules" --data-binary "$1"; }
drop() { must drydock --root "$1" untag -q "$2" && must drydock --root "$1" gc -q; }
# Every tag's manifest is there, and all that it needs.
whole() {
  local key digest
  for key in $(keys | grep '/manifests/'); do
    curl -sS "$U/b/$key" >document
    digest=sha256:$(sha256sum <document | cut -d' ' -f1)
    keys | grep -qx "${key%/*}/$digest" || echo "$key: no $digest"
    for digest in $(jq -r '(.config, .layers[]?, .manifests[]?) | .digest // empty' document); do
      keys | grep -qE "^${key%/manifests/*}/(blobs|manifests)/$digest$" || echo "$key: no $digest"
    done
  done
}

stage a app:v1 v1.tar
stage a app:v2 v2.tar
stage a gone:v3 v3.tar
must to_bucket a
keys >before
drop a app:v2
drop a gone:v3

exits 0 "gone from the root: a sync with --delete" to_bucket a --delete
is "$(summary deleted)" 2 "removes the tags that were untagged, and nothing before --grace"
is "$(keys | wc -l)" $(($(wc -l <before) - 2)) "the rest is there still"
waits=$(jq -r 'select(.event == "note").message' <<<"$OUT")
like "$waits" '^--delete: [1-9][0-9]* objects of what nothing needs any more stay until --grace ' "FN15: and how much waits is told"

keys >before
exits 2 "more than --max-delete" to_bucket a --delete --grace 0s --max-delete 3
like "$ERR" 'more than --max-delete 3' "is refused"
is "$(keys)" "$(cat before)" "whole"
rules '{"op":"ListObjects.*","do":"half","times":0}'
run to_bucket a --delete --grace 0s --give-up-after 2s --retry-max-delay 10ms
isnt "$STATUS" 0 "a listing that is cut in the middle ends the run"
rules ''
is "$(keys)" "$(cat before)" "and deletes nothing"
cp -r a copy
run drydock --root copy sync s3://b --endpoint-url "$U" --json -n --delete --grace 0s
planned=$(summary deleted)
is "$(keys)" "$(cat before)" "a dry run deletes nothing"

# Another root's tag needs what the first one sent and needs no more.
stage b app:other v2.tar
must to_bucket b
is "$(summary uploaded)" 2 "the second root finds the image there, and adds its tag"
exits 0 "the first removes what it no longer needs" to_bucket a --delete --grace 0s
like "$planned" '^[1-9]' "a dry run said so"
is "$(whole)" '' "the second's image is whole"
is "$(keys | grep -c '^v2/gone/')" 0 "the repository that nobody needs is gone"
unlike "$(curl -sS "$U/b/v2/_catalog")" gone "also from the catalogue"
exits 0 "once more" to_bucket a --delete --grace 0s
is "$(summary deleted)" 0 "there is nothing left to delete"

# What is staged again is needed again: its time begins anew.
stage a app:v3 v3.tar
must to_bucket a
drop a app:v3
must to_bucket a
stage a app:v3 v3.tar
must to_bucket a
is "$(sql a 'select count(*) from remote_object where unreachable_at > 0
  and key in (select key from object)')" 0 "what is staged again is no longer counted out"

# Order: references first. When one cannot be removed, what it refers to stays.
drop a app:v3
must to_bucket a
rules '{"op":"DeleteObject","do":"status","status":403,"code":"AccessDenied","key":"manifests/sha256"}'
exits 3 "a manifest cannot be removed" to_bucket a --delete --grace 0s
is "$(whole)" '' "its blobs stay"
exits 0 "the next run removes them" to_bucket a --delete --grace 0s
is "$(whole)" '' "and leaves nothing half"

# =foreign takes the second root's image as well, never what the first one has.
exits 0 "--delete=foreign" to_bucket a --delete=foreign --grace 0s
is "$(keys | grep -c manifests/other)" 0 "removes what the root does not have"
is "$(whole)" '' "and leaves everything whole"
is "$(curl -sS "$U/b/v2/app/tags/list")" '{"name":"app","tags":["v1"]}' "the list names no tag of it"
(cd a && find v2 -type f | sort) >ours
is "$(keys | grep -vx v2/)" "$(cat ours)" "the bucket is what the root is"

# What cannot be read may refer to anything. What to do about it is told, and helps.
to_junk() { drydock --root junk sync s3://junk --endpoint-url "$U" --json "$@"; }
junk_keys() { curl -sS "$U/junk?list-type=2" | grep -o '<Key>[^<]*' | sort; }
junk() { must curl -sS -X PUT "$U/junk/$1" --data-binary "$2" -H 'Expect:'; }
stops() { # stops KEY WAY-OUT
  local key=$1 way_out=$2 there
  there=$(junk_keys)
  exits 6 "FY10: junk under $key" to_junk --delete --grace 0s
  like "$ERR" "--delete: what must stay is not known, and nothing was deleted: $key in the bucket: .*: $way_out" \
    "FY10: is named, with the way out"
  is "$(junk_keys)" "$there" "FY10: and nothing goes"
}
stage junk app:v1 v1.tar
stage junk app:v2 v2.tar
must to_junk
drop junk app:v2
must to_junk
foreign=v2/app/manifests/sha256:$(printf '%064d' 7)
junk "$foreign" '<html>'
stops "$foreign" 'remove it from the bucket, or give --delete=foreign, which removes whatever'
junk v2/app/manifests/theirs '{"fsLayers":[]}'
exits 6 "FY10: junk that is left out" to_junk --delete=foreign --grace 0s --exclude app:theirs
like "$ERR" 'v2/app/manifests/theirs in the bucket: .*: remove it from the bucket$' "FY10: is to be removed by hand"
ok "FY10: --delete=foreign" to_junk --delete=foreign --grace 0s
is "$(junk_keys | grep -c -e "$foreign" -e theirs)" 0 "FY10: removes it"
stage junk app:v2 v2.tar
must to_junk
drop junk app:v2
must to_junk
junk v2/app/manifests/v1 '<html>'
stops v2/app/manifests/v1 'remove it from the bucket, or sync once without --delete and with --force-tag app:v1, which'
ok "FY10: --force-tag" to_junk --force-tag app:v1
list=$(cd junk && find v2/app/referrers -type f)
junk "$list" '<html>'
stops "$list" 'sync once without --delete, which replaces it'
ok "FY10: a sync without --delete" to_junk
ok "FY10: and then with it" to_junk --delete --grace 0s
is "$(junk_keys | grep -c blobs/)" 2 "FY10: nothing stands in its way"

mv a/.drydock/state.db* .
must drydock --root a rescan -q
# Whose clock was ahead then does not matter.
sql a "update meta set value = value + 99999999 where name = 'rescanned_at'"
exits 2 "after rescan" to_bucket a --delete=foreign --grace 0s
like "$ERR" 'sync once without --delete' "--delete is refused"
ok "a sync of some tags" to_bucket a --include app
exits 2 "is not enough" to_bucket a --delete=foreign --grace 0s
ok "until a whole sync" to_bucket a
ok "has followed" to_bucket a --delete=foreign --grace 0s

# Ages are by the server's clock, and one answer with a wrong Date changes nothing.
clock() { must curl -sS -X POST "$U/_fake/clock" --data-binary "$1"; }
aged() { drydock --root d sync s3://aged --endpoint-url "$U" --json "$@"; }
aged_keys() { curl -sS "$U/aged?list-type=2" | grep -o '<Key>[^<]*' | grep -c blobs/; }
must "$HELPERS/mkarchive.py" noise --size 100000 --layers 1 --seed 5 --name other:v5 v5.tar
stage d app:v1 v1.tar
stage d other:v5 v5.tar
must aged
must curl -sS -X PUT "$U/aged/v2/app/blobs/sha256:$(printf '%064d' 7)" --data-binary x -H 'Expect:'
rules '{"op":"ListObjects.*","do":"status","status":503,"headers":{"Date":"Fri, 01 Jan 2038 00:00:00 GMT"}}'
ok "a server whose clock is wrong once" aged --delete=foreign
is "$(aged_keys)" 5 "makes nothing old"
clock 90000
ok "a day and an hour later" aged --delete=foreign
is "$(aged_keys)" 4 "it is old"

# The repository is gone from the root, its list in the bucket is not.
drop d other:v5
ok "a repository of which nothing is left" aged
is "$(curl -sS "$U/aged/v2/other/tags/list")" '{"name":"other","tags":[]}' "leaves no tag in its list"
is "$(summary deleted),$(summary uploaded)" 1,1 "by two writes"
ok "and the next sync" aged
is "$(summary uploaded)" 0 "finds nothing to do"
clock $((90000 + 82800))
ok "23 hours later" aged --delete
is "$(aged_keys)" 4 "is within --grace"
clock $((90000 + 90000))
ok "25 hours later" aged --delete
is "$(aged_keys)" 2 "it goes"
is "$(aged_keys)$(curl -sS "$U/aged?list-type=2" | grep -c v2/other/)" 20 "all of it"
clock 0

must drydock --root a untag -q app:v1
must drydock --root a gc -q
sql a 'delete from object'
keys >before
exits 2 "an empty root" to_bucket a --delete=foreign --grace 0s
is "$(keys)" "$(cat before)" "deletes nothing"
done_testing
