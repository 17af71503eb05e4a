#!/bin/bash
# --include and --exclude: a sync of some tags sends these whole and nothing else, its lists name
# what the bucket has, and what it leaves out is neither removed nor aborted nor forgotten.
. "$(dirname "$0")/lib.sh"

serve fake
for n in 1 2 3 4; do
  must "$HELPERS/mkarchive.py" noise --size 100000 --layers 1 --seed $n --name app:v$n v$n.tar
done
must "$HELPERS/mkarchive.py" oci-referrer signed.tar
stage() { must drydock --root "$1" stage -q -t "$2" "$3"; }
digest_of() { echo "sha256:$(sha256sum <"a/v2/$1" | cut -d' ' -f1)"; }
BUCKET=b
to_bucket() { drydock --root "${ROOT:-a}" sync "s3://$BUCKET" --endpoint-url "$U" --json "$@"; }
keys() { curl -sS "$U/$BUCKET?list-type=2" | grep -o '<Key>[^<]*' | sed 's/<Key>//' | sort; }
tags() { keys | sed -n 's|^v2/\(.*\)/manifests/\([^:]*\)$|\1:\2|p' | grep -vE ':sha256-[0-9a-f]{64}$' | paste -sd' '; }
list() { curl -sS "$U/$BUCKET/v2/$1" | jq -c '.tags // .repositories'; }
rules() { must curl -sS -X POST "$U/_fake/rules" --data-binary "$1"; }
wrote() { curl -sS "$U/_fake/log" | jq -r 'select(.method | . == "PUT" or . == "POST" or . == "DELETE") | .n' | wc -l; }
# truth: each list of the bucket names what the bucket holds, and each manifest has all it needs.
truth() {
  curl -sS "$U/_fake/state" >state.json
  U=$U python3 - "$BUCKET" <<'PY'
import json, os, re, sys, urllib.request
bucket = sys.argv[1]
objects = json.load(open("state.json"))[bucket]["objects"]
def get(key):
    return json.load(urllib.request.urlopen(f"{os.environ['U']}/{bucket}/{key}"))
repos = {}
for key in objects:
    if found := re.fullmatch(r"v2/(.*)/manifests/([^:/]+)(:.*)?", key):
        tags = repos.setdefault(found[1], [])
        if not found[3] and not re.fullmatch(r"sha256-[0-9a-f]{64}", found[2]):
            tags.append(found[2])
for repo, tags in repos.items():
    key = f"v2/{repo}/tags/list"
    named = get(key)["tags"] if key in objects else None
    if named != sorted(tags):
        print(f"{key}: {named}, there: {sorted(tags)}")
if "v2/_catalog" in objects and get("v2/_catalog")["repositories"] != sorted(repos):
    print("_catalog", get("v2/_catalog"), sorted(repos))
for key in objects:
    found = re.fullmatch(r"v2/(.*)/(manifests|referrers)/(.*)", key)
    if not found:
        continue
    document = get(key)
    for part in [document.get("config")] + document.get("layers", []) + document.get("manifests", []):
        if part and not {f"v2/{found[1]}/{k}/{part['digest']}" for k in ("blobs", "manifests")} & set(objects):
            print(f"{key}: no {part['digest']}")
PY
}

stage a app:v1 v1.tar
stage a app:v2 v2.tar
stage a app:dev v3.tar
stage a team/copy:v1 v1.tar
stage a team/base:1 v4.tar
stage a signed:1 signed.tar

# What it sends.
exits 2 "a digest" to_bucket --include 'app@sha256:00'
like "$ERR" '--include.*digest' "is refused, and said to be none"
exits 0 "a dry run" to_bucket --include app:v1 -n
planned=$(grep -c '"event":"plan"' stdout)
bytes=$(summary bytes_total)
is "$(wrote)" 0 "writes nothing"
exits 0 "one tag" to_bucket --include app:v1
is "$(summary uploaded),$(summary bytes_sent)" "$planned,$bytes" "does what the dry run said"
is "$(tags)" app:v1 "is the only one there"
is "$(keys | grep -c /blobs/)" 2 "with its own blobs alone"
is "$(truth)" '' "and the lists say so"
exits 0 "the same once more" to_bucket --include app:v1
is "$(summary 'uploaded + .deleted')" 0 "has nothing to do"
exits 0 "diff --exit-code with the filter" drydock --root a diff s3://b --endpoint-url "$U" --exit-code --include app:v1
exits 12 "and without" drydock --root a diff s3://b --endpoint-url "$U" --exit-code

exits 0 "a pattern less another" to_bucket --include 'app' --include 'team/*' --exclude '*:dev' --exclude team/base:1
is "$(tags)" 'app:v1 app:v2 team/copy:v1' "the exclude wins"
is "$(truth)" '' "the lists name what is there"
at_least "$(summary copied)" 2 "a blob that was there is copied"
exits 0 "the rest" to_bucket --include signed
is "$(keys | grep -c v2/signed/manifests/sha256:)" 2 "an image goes with what refers to it"
is "$(truth)" '' "and their lists are right"
digest=$(digest_of signed/manifests/1)
is "$(curl -sS "$U/b/v2/signed/referrers/$digest" | jq '.manifests | length')" 1 "the referrers list names it"

# What is left out: told nowhere, nothing removed.
like "$(list app/tags/list)" '^\["v1","v2"\]$' "a tag that was never sent is in no list"
stage a app:v1 v4.tar
exits 0 "a tag that moved here, left out" to_bucket --exclude app:v1
is "$(curl -sS "$U/b/v2/app/manifests/v1")" "$(curl -sS "$U/b/v2/team/copy/manifests/v1")" "does not move there"
like "$(list app/tags/list)" '^\["dev","v1","v2"\]$' "and stays in the list"
must drydock --root a gc -q
exits 0 "--delete with it left out" to_bucket --exclude app:v1 --delete=foreign --grace 0s
is "$(truth)" '' "keeps what the bucket's tag needs, though the root has dropped it"
exits 4 "--force-tag of what is not there" to_bucket --force-tag app:1v
like "$ERR" 'did you mean app:v1\?' "names what is near"
exits 2 "--force-tag of what is left out" to_bucket --exclude app --force-tag app:v1
exits 0 "without the filter" to_bucket
is "$(truth)" '' "all is there"
is "$(list app/tags/list)" '["dev","v1","v2"]' "the whole list"
must curl -sS -X DELETE "$U/b/v2/app/manifests/dev"
exits 0 "a tag that somebody removed from the bucket, left out" to_bucket --exclude app:dev
is "$(list app/tags/list)" '["v1","v2"]' "is not named by the list, though the root's own does"
exits 0 "and chosen" to_bucket --include app
is "$(list app/tags/list)" '["dev","v1","v2"]' "is sent and named"

# Tombstones.
must drydock --root a untag -q app:v2
exits 0 "an untagged tag that is left out" to_bucket --exclude app:v2
is "$(list app/tags/list)" '["dev","v1","v2"]' "stays"
ok "and one that is chosen" drydock --root a diff "s3://$BUCKET" --endpoint-url "$U" --include app:v2
like "$OUT" '^app:v2 goes: untagged here$' "is told by the image's name"
unlike "$OUT" 'v2/app' "and by no key"
exits 0 "is sent" to_bucket --include app:v2 --log-file log
is "$(summary deleted)" 1 "goes"
like "$(cat log)" 'app:v2 is removed: untagged here$' "and is told as gone"
is "$(list app/tags/list)" '["dev","v1"]' "also from the list, though nothing else is chosen"
is "$(truth)" '' "and nothing else has changed"

# --delete removes nothing of what is left out, and keeps what that refers to.
must drydock --root a untag -q team/base:1
must drydock --root a untag -q app:dev
must drydock --root a gc -q
keys >before
exits 0 "--delete with a filter" to_bucket --delete --grace 0s --exclude 'team/*' --exclude app:dev
is "$(comm -23 before <(keys) | grep -vE '^v2/app/')" '' "touches no repository that is left out"
is "$(tags | grep -c 'app:dev')" 1 "nor the tag that is"
is "$(truth)" '' "which keeps what it refers to"
exits 0 "--delete of one tag" to_bucket --delete=foreign --grace 0s --include app:dev
is "$(summary deleted)" 1 "takes the tag alone"
exits 0 "--delete of the rest" to_bucket --delete --grace 0s
is "$(truth)" '' "leaves all whole"
(cd a && find v2 -type f | sort) >ours
is "$(keys | grep -vx v2/)" "$(cat ours)" "and the bucket is what the root is"

# A signature named by its image's digest goes with it, unless it is named itself.
BUCKET=c
digest=$(digest_of app/manifests/v1)
stage a "app:${digest/:/-}.sig" v2.tar
exits 0 "an image by its tag" to_bucket --include app:v1
is "$(tags)" "app:${digest/:/-}.sig app:v1" "brings its signature"
BUCKET=d
exits 0 "without signatures" to_bucket --include app:v1 --exclude '*:sha256-*.sig'
is "$(tags)" app:v1 "it does not"
exits 0 "all but an image" to_bucket --exclude app:v1 --exclude signed --exclude 'team/*'
is "$(tags)" app:v1 "leaves its signature out too"

# An untagged image of a chosen repository goes too, whole, though a tag that is left out shares
# its layers.
BUCKET=f
rm -rf a
stage a app:v1 v1.tar
must drydock --root a stage -q --format oci -t app:same v1.tar
isnt "$(digest_of app/manifests/v1)" "$(digest_of app/manifests/same)" "two manifests share their layers"
must drydock --root a untag -q app:v1
stage a app:other v2.tar
exits 0 "untagged images" to_bucket --exclude app:other --exclude app:same
is "$(tags)" '' "no tag goes"
is "$(keys | grep -c 'v2/app/manifests/sha256:')" 1 "but the manifest does, by the repository's name"
is "$(truth)" '' "whole"

# An upload of what is left out waits for its turn.
BUCKET=g
must "$HELPERS/mkarchive.py" noise --size 13000000 --layers 1 --name big:1 big.tar
must drydock --root a stage -q big.tar
rules '{"op":"UploadPart","nth":2,"do":"status","status":403,"code":"AccessDenied","times":0}'
exits 3 "an upload that fails half-way" to_bucket --include big -j 1
rules ''
exits 0 "a sync of something else" to_bucket --include app
is "$(curl -sS "$U/g?uploads" | grep -c '<UploadId>')" 1 "leaves it"
exits 0 "its own" to_bucket --include big
is "$(summary resumed)" 1 "goes on with it"
is "$(curl -sS "$U/g?uploads" | grep -c '<UploadId>')" 0 "and ends it"

# Patterns that choose nothing are told; those of a configuration count too.
BUCKET=h
exits 0 "a pattern that matches nothing" to_bucket --include ap
like "$ERR" '--include ap matches no tag' "is told"
exits 0 "all excluded" to_bucket --include 'app' --exclude '*'
like "$ERR" 'an --exclude beats every --include' "is told too"
is "$(keys)" v2/ "and nothing was sent"
printf '[sync]\nexclude = app:other, app:same\n' >>a/.drydock/config
exits 0 "an exclude of the configuration" to_bucket --include 'app:*' --include big
is "$(tags)" big:1 "holds beside the command line"
done_testing
