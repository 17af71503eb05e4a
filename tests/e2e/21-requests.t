#!/bin/bash
# The dry run announces as many requests of each kind as the sync then makes, when nothing goes
# wrong (FN12).
. "$(dirname "$0")/lib.sh"

serve fake
noise() { must "$HELPERS/mkarchive.py" noise --size "$1" --layers 2 --seed "$2" --name "$3" "$4"; }
noise 100000 1 app:1 app1.tar
noise 100000 2 app:2 app2.tar
noise 100000 3 other:1 other.tar
noise 26000000 4 big:1 big.tar
noise 26000000 5 big:2 big2.tar
for who in alice bob; do must "$HELPERS/mkarchive.py" signed $who $who.tar; done

staged() { must drydock --root "$1" stage -q "${@:2}"; }
untagged() { must drydock --root "$1" untag "$2" && must drydock --root "$1" gc -q; }
sync() { drydock --root "$1" sync s3://b --endpoint-url "$U" --provider minio --json "${@:2}"; }
announced() { # announced WHAT KINDS ROOT [OPTION...]: a dry run and the sync; of these kinds there are some
  local planned
  must sync "${@:3}" -n
  cp stdout plan.json
  planned=$(summary requests plan.json)
  must sync "${@:3}"
  is "$(summary requests)" "$planned" "FN12: $1"
  is "$(jq --arg kinds "$2" '[.[$kinds | split(" ")[]] > 0] | all' <<<"$planned")" true \
    "FN12: among them $2"
}

staged a app1.tar
announced "a first sync" "LIST PUT" a
announced "nothing to do" "LIST" a
staged a app2.tar other.tar
announced "new images, in a repository that is there and another" "LIST PUT HEAD GET" a
sleep 1.1
staged a -t app:1 app2.tar
announced "a tag that moved" "LIST PUT" a
staged a -t copy:1 other.tar
announced "blobs that are copied" "LIST PUT COPY" a
staged a alice.tar
announced "a signature" "LIST PUT" a
staged b bob.tar
announced "one by another root" "LIST PUT GET" b
announced "which is read again" "LIST GET" a

# An upload of two objects that stops at the third part.
unfinished() {
  must curl -sS -X POST "$U/_fake/rules" --data-binary \
    '{"op":"UploadPart","do":"status","status":403,"code":"AccessDenied","nth":3,"times":0}'
  exits 3 "uploads that are not finished" sync a
  must curl -sS -X POST "$U/_fake/rules" --data-binary ''
}
staged a big.tar
unfinished
announced "they are resumed" "LIST PUT POST" a
staged a big2.tar
unfinished
untagged a big:2
announced "they are given up" "LIST DELETE" a

untagged a app:1
announced "a tag that is removed" "LIST HEAD PUT DELETE" a
untagged a copy:1
announced "a repository that goes" "LIST HEAD GET PUT DELETE" a --delete --grace 0s
announced "all of other roots" "LIST HEAD GET PUT DELETE" b --delete=foreign --grace 0s
announced "headers that are mended" "LIST HEAD COPY" b --check-metadata --cache-control-tag max-age=7
# A repository whose tags do not fit a page, which is listed again when its list has been written.
must curl -sS --fail -o /dev/null -T stdout "$U/b/v2/many/manifests/sha256:$(printf '%060d' 0)[0001-1001]"
must curl -sS --fail -o /dev/null -T stdout "$U/b/v2/many/manifests/t[0001-1001]"
staged a -t many:1 other.tar
announced "its list is made" "LIST PUT" a
staged a -t many:2 other.tar
announced "its list is changed" "LIST PUT" a
at_least "$(summary requests | jq .LIST)" 5 "FN12: it is listed by pages"
done_testing
