#!/bin/bash
# With --delete, whatever fails: no list leaves out what stays, and none names what is gone. The dry
# run tells what the run does.
. "$(dirname "$0")/lib.sh"

serve fake
for n in 1 2 3 4; do
  must "$HELPERS/mkarchive.py" noise --size 20000 --layers 1 --seed $n --name x:$n $n.tar
done
stage() { must drydock --root "$1" stage -q -t "$2" "$3.tar"; }
to() { drydock --root "$1" sync "s3://$BUCKET" --endpoint-url "$U" --json --grace 0s "${@:2}"; }
keys() { curl -sS "$U/$BUCKET?list-type=2" | grep -o '<Key>[^<]*' | sed 's/<Key>//' | sort; }
get() { curl -sSf "$U/$BUCKET/$1"; }
rules() { must curl -sS -X POST "$U/_fake/rules" --data-binary "$1"; }
refuse() { rules "{\"op\":\"$1\",\"do\":\"status\",\"status\":403,\"code\":\"AccessDenied\",\"key\":\"$2\",\"times\":${3:-0}}"; }
# What is wrong with the lists: tags by their keys, and repositories by their manifests.
wrong() {
  local repo
  for repo in $(keys | sed -nE 's|^v2/(.*)/manifests/.*|\1|p' | sort -u); do
    diff <(keys | sed -nE "s|^v2/$repo/manifests/([^:]*)$|\1|p") \
      <(get "v2/$repo/tags/list" 2>/dev/null | jq -r '.tags[]') >d || echo "$repo: $(xargs <d)"
  done
  diff <(keys | sed -nE 's|^v2/(.*)/manifests/.*|\1|p' | sort -u) <(get v2/_catalog | jq -r '.repositories[]') >d ||
    echo "catalogue: $(xargs <d)"
}
# Root a has app:1 and app:held; b has published app:b, other:1, app/zoo:1 beside it.
begin() {
  BUCKET=$1
  rm -rf a b
  stage a app:1 1
  must to a
  stage b app:b 2
  stage b other:1 2
  stage b app/zoo:1 3
  must to b
  is "$(wrong)" '' "$1: lists are right at first"
}
deletes() { jq -r 'select(.verb == "delete") | .key' <<<"$OUT" | sort -u; }

# Something is held.
begin held
stage a app:held 1
must to a
sleep 1.1
stage b app:held 2
must to b --force-tag app:held
stage a app:held 3
exits 3 "FY3: diff with a held tag" drydock --root a diff "s3://$BUCKET" --endpoint-url "$U" --json
exits 3 "FY3: diff --exit-code with a held tag" drydock --root a diff "s3://$BUCKET" --endpoint-url "$U" --json --exit-code
exits 3 "FY3: a dry run with a held tag" to a -n --delete=foreign
is "$(deletes)" '' "FY3: tells no delete, since none is made"
planned=$(summary uploaded)
exits 3 "a tag is held, with --delete=foreign" to a --delete=foreign
is "$(summary deleted)" 0 "nothing is removed"
is "$(summary uploaded)" "$planned" "FY3: the rest is what the dry run said"
is "$(wrong)" '' "FY2: the lists name what stays"
exits 0 "forced" to a --delete=foreign --force-tag app:held
is "$(wrong)" '' "FY2: what is gone is not named"
is "$(keys | grep -cE 'other|zoo|/b$')" 0 "and all of it is gone"

# An object fails.
begin failed
stage a app:4 4
refuse PutObject app/blobs
exits 3 "an upload fails, with --delete=foreign" to a --delete=foreign
rules ''
is "$(wrong)" '' "FY2: the lists name what stays"

# All of a new repository fails, or but what no tag has.
for key in new/blobs new/manifests/sha256 new/manifests/1 new/tags; do
  begin "new-${key//\//-}"
  stage a new:1 4
  refuse PutObject "$key"
  exits 3 "$key is refused" to a
  rules ''
  is "$(get v2/new/tags/list 2>/dev/null | jq -c .tags)" '' "$key: no list of tags is there"
  is "$(get v2/_catalog | jq -c .repositories)" '["app","app/zoo","other"]' "$key: the catalogue does not name it"
  exits 0 "$key: the next run" to a
  is "$(wrong)" '' "$key: names it"
done
# Also where the bucket had none.
BUCKET=bare
rm -rf a
stage a new:1 4
stage a app:1 1
refuse PutObject new/blobs
exits 3 "a first sync of two repositories" to a
rules ''
is "$(get v2/_catalog | jq -c .repositories)" '["app"]' "names the one whose blobs are there"
exits 0 "the next run" to a
is "$(wrong)" '' "both"

# A DELETE fails, of every kind. Another one of its class succeeds.
for key in app/manifests/b other/manifests/1 other/manifests/sha256 other/tags/list app/zoo/manifests blobs; do
  begin "refuse-${key//\//-}"
  refuse DeleteObject "$key"
  exits 3 "a DELETE of $key is refused" to a --delete=foreign
  is "$(wrong)" '' "FY2: $key: the lists name what stays, and nothing else"
  rules ''
  exits 0 "$key: the next run" to a --delete=foreign
  is "$(wrong)$(keys | grep -cE 'other|zoo|/b$')" 0 "removes the rest"
done

# A tombstone's DELETE fails.
begin tombstone
stage a gone:1 4
must to a
must drydock --root a untag -q gone:1
refuse DeleteObject gone/
exits 3 "the DELETE of an untagged tag is refused" to a
is "$(wrong)" '' "FY2: the lists name it still"
rules ''
exits 0 "when it is not" to a
is "$(get v2/gone/tags/list | jq -c .tags)" '[]' "they do not"

# A repository of others of which a part stays: what is young.
begin young
must curl -sS -X POST "$U/_fake/clock" --data-binary 90000
stage b other:young 4
must to b
exits 0 "one of two tags is old enough" drydock --root a sync "s3://$BUCKET" --endpoint-url "$U" --json --delete=foreign
must curl -sS -X POST "$U/_fake/clock" --data-binary 0
is "$(keys | grep 'other/manifests/[^s]')" v2/other/manifests/young "it goes"
is "$(wrong)" '' "FY2: the list of others loses it too"
is "$(keys | grep -c zoo/)" 0 "a nested repository goes whole"

# An untagged tag of a repository that has left this root, with --delete, while others have tags there.
leave() { # BUCKET: root a publishes, and leaves, a repository that b has a tag in
  begin "$1"
  stage a other:a 3
  must to a
  must drydock --root a untag -q other:a
  must drydock --root a gc -q
}
leave left
exits 0 "FY2: --delete takes the last tag of ours" to a -n --delete
cp stdout dry
exits 0 "FY2: as the dry run says" to a --delete
is "$(jq -c 'select(.event == "plan") | [.action, .key]' stdout | sort)" \
  "$(jq -c 'select(.event == "plan") | [.action, .key]' dry | sort)" "FY2: by the same actions"
is "$(keys | grep 'other/manifests/[^s]')" v2/other/manifests/1 "FY2: the tag goes"
is "$(wrong)" '' "FY2: and out of the list, which this root has no more"
leave refused-left
refuse DeleteObject other/manifests/a
exits 3 "FY2: that is refused" to a --delete
is "$(wrong)" '' "FY2: the list names it still"
rules ''

# A tag that got lost, and cannot be sent at first: the list that this root writes then tells nothing.
begin lost
must curl -sS -X DELETE "$U/$BUCKET/v2/app/manifests/b"
refuse PutObject app/manifests/b
exits 3 "FY9: a tag that was lost, and is refused" to b
rules ''
exits 0 "FY9: the next sync" to b
is "$(keys | grep 'app/manifests/b$')" v2/app/manifests/b "FY9: sends it"
is "$(wrong)" '' "FY9: and its list names it"

# A run that was cut off has removed the tags of a repository. One of that repository alone finds only its list to go.
begin cut
must curl -sS -X DELETE "$U/$BUCKET/v2/other/manifests/1"
exits 0 "FY2: a repository without tags, that another root has" to a --delete=foreign --include other
is "$(keys | grep -c other)" 0 "FY2: goes"
is "$(wrong)" '' "FY2: and no catalogue names it"

# In the order: the tags of a repository, then the list that loses them; the catalogue; then the rest.
begin order
stage b app:c 2
must to b
curl -sS "$U/_fake/log" | wc -l >before
exits 0 "one request at a time" to a --delete=foreign -j 1
curl -sS "$U/_fake/log" | tail -n +$(($(cat before) + 1)) >log
# Sent twice where the server learns to be asked otherwise: only what it did counts.
like "$(jq -r 'select((.method == "DELETE" or .method == "PUT") and .status < 300) | .key' log |
  sed -E 's|.*/(manifests/)[^/:]*$|tag|; s|.*/tags/list$|list|; s|.*/_catalog|catalogue|; s|.*sha256:.*|rest|' | uniq | xargs)" \
  '^(tag list )+catalogue rest$' "FY2: tags go, then their list, at last the catalogue, then the rest"
is "$(wrong)" '' "and all are right"
done_testing
