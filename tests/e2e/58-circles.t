#!/bin/bash
# Referrers that go in a circle: an index refers, by its subject, to one of its own manifests. Lists of
# referrers are sent before what they belong to, save there; everything is sent.
. "$(dirname "$0")/lib.sh"

serve fake
to() { drydock --root "$1" sync "s3://$BUCKET" --endpoint-url "$U" --json --grace 0s "${@:2}"; }
keys() { curl -sS "$U/$BUCKET?list-type=2" | grep -o '<Key>[^<]*' | sed 's/<Key>//' | sort; }
rules() { must curl -sS -X POST "$U/_fake/rules" --data-binary "$1"; }
sent() { curl -sS "$U/_fake/log" | jq -r "select(.bucket == \"$BUCKET\" and .op == \"PutObject\" and .status == 200) | .key"; }

for case in oci-subject-within oci-subject-around; do
  BUCKET=$case
  must "$HELPERS/mkarchive.py" "$case" "$case.tar"
  must drydock --root "$case" stage -q "$case.tar"
  exits 0 "$case" to "$case" -j 1
  is "$(keys)" "$(cd "$case" && { find v2 -type f && echo v2/; } | sort)" "$case: all of it is sent"
  # A list of referrers comes after the manifests that it lists.
  sent | sort | uniq -d >twice
  is "$(cat twice)" '' "$case: once"
  for list in "$case"/v2/app/referrers/*; do
    jq -r '.manifests[].digest' "$list" | while read -r digest; do
      sent | grep -nE "/manifests/$digest|${list##*/v2/}$" | sed -E 's/.*(manifests|referrers).*/\1/' | xargs
    done
  done | sort | uniq -c >orders
  unlike "$(cat orders)" 'referrers manifests' "$case: no list before what it lists"
  sent | sed -nE 's!.*/(manifests/1|tags/list|_catalog|referrers)!\1!p' | grep -v sha256 | xargs >ends
  sent >"$case.sent"
  is "$(cat ends)" 'manifests/1 tags/list _catalog' "$case: the tag comes before the lists that name it"
  exits 0 "$case: and again" to "$case"
  is "$(summary uploaded)" 0 "$case: nothing is left"
done

# One of its manifests fails: all that needs it is held, and told.
BUCKET=fails
index=$(sha256_of oci-subject-within/v2/app/manifests/1)
rules "{\"op\":\"PutObject\",\"do\":\"status\",\"status\":403,\"code\":\"AccessDenied\",\"key\":\"manifests/$index\",\"times\":0}"
exits 3 "a manifest of the circle is refused" to oci-subject-within
is "$(summary failed),$(summary held)" 1,4 "what needs it is held: its lists, the tag and the list of that"
rules ''
exits 0 "the next run" to oci-subject-within
is "$(keys)" "$(cd oci-subject-within && { find v2 -type f && echo v2/; } | sort)" "sends them"

# Manifests in the bucket that refer to one another: their names are not those of their bytes.
BUCKET=garbage
must to oci-subject-within
one=sha256:$(printf '%064d' 1) two=sha256:$(printf '%064d' 2)
put() { # put DIGEST OTHER
  printf '{"schemaVersion":2,"manifests":[{"digest":"%s","size":1,"mediaType":"x"}]}' "$2" >body
  must curl -sS -X PUT "$U/$BUCKET/v2/other/manifests/$1" --data-binary @body
}
put "$one" "$two"
put "$two" "$one"
exits 0 "they are removed all the same" to oci-subject-within --delete=foreign
is "$(keys | grep -c other)" 0 "both"
done_testing
