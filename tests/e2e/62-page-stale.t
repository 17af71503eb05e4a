#!/bin/bash
# sync --page: which pages go from a bucket that several roots share, that nothing is sent twice where ETags
# are no MD5s, that two roots at once lose no line of the index; and that a dry run announces all of it.
. "$(dirname "$0")/lib.sh"

serve fake
MD5=$U
serve opaque --opaque-etags
OPAQUE=$U
B=b
sync() {
  local of=(--provider minio)
  [ "$U" != "$OPAQUE" ] || of=(--provider aws --sse aws:kms)
  drydock --root "$1" sync "s3://$B" --endpoint-url "$U" --addressing-style path "${of[@]}" --page --json "${@:2}"
}
announced() { # announced WHAT ROOT [OPTION...]: a dry run and the sync, which tell of the same pages and requests
  local planned pages
  must sync "${@:2}" -n
  planned=$(summary requests) pages=$(pages_of plan)
  must sync "${@:2}"
  is "$(summary requests)" "$planned" "$1: as many requests as the dry run says"
  is "$(pages_of object)" "$pages" "$1: … and the same pages"
}
pages_of() { # pages_of plan|object
  jq -r --arg e "$1" 'select(.event == $e and (.key | test("html$"))) | "\(.action) \(.key)"' <<<"$OUT" | sort | paste -sd' '
}
there() { curl -sS "$U/_fake/state" | jq -r --arg b "$B" '.[$b].objects | keys[] | select(test("^page/.*html$"))' | paste -sd' '; }
names() { curl -sSf "$U/$B/index.html" | grep -o '^<li><a href="page/[^"]*' | sed 's,.*"page/,,; s,/_index.html,,' | paste -sd' '; }

tiny=$FIXTURES/tiny.ctr-export.tar
must drydock --root one stage -q -t app:1 "$tiny"
for n in 1 2; do must "$HELPERS/mkarchive.py" noise --size 10000 --layers 1 --seed $n --name noise:$n noise$n.tar; done
must drydock --root one stage -q -t old/thing:1 noise1.tar
must drydock --root two stage -q -t zoo:1 noise2.tar
for root in one two; do must drydock --root $root page -q; done
cp -a one one.before

for U in "$MD5" "$OPAQUE"; do
  case $U in "$MD5") kind="MD5s" ;; *) kind="no MD5s" ;; esac
  rm -rf one two.synced && cp -a one.before one && cp -a two two.synced
  announced "$kind: a first sync" one
  announced "$kind: another root's" two.synced
  is "$(names)" "app old/thing zoo" "$kind: the index names the repositories of both"
  announced "$kind: again" one
  is "$(pages_of object)" "" "$kind: no page goes twice"
  must curl -sS -X PUT "$U/$B/page/mine/_index.html" --data-binary '<h1>Mine</h1>'
  must curl -sS -X PUT "$U/$B/page/gone/notes.html" --data-binary '<h1>Notes</h1>'
  must drydock --root one untag old/thing:1
  must drydock --root one gc -q
  announced "$kind: before the pages are made anew" one --delete --grace 0s
  must drydock --root one page -q
  announced "$kind: a repository that is gone" one --delete --grace 0s
  is "$(names)" "app zoo" "$kind: it is not in the index"
  is "$(there)" "page/app/_index.html page/gone/notes.html page/mine/_index.html page/zoo/_index.html" \
    "$kind: its page is gone, and those of others stay"
  announced "$kind: once more" one --delete --grace 0s
  is "$(summary uploaded) $(summary deleted)" "0 0" "$kind: there is nothing left to do"
done

# ---- Pages of images, in a repository of one's own and in one that another root has tags in, too
must "$HELPERS/many_images.py" tags 60 made
U=$MD5 B=images
must drydock --root many stage -q made
NAME=$(drydock --root many ls --json | jq -r .name | head -n 1)
must drydock --root many page -q
announced "pages of images" many
at_least "$(there | tr ' ' '\n' | grep -c _images-)" 4 "they are there"
# shellcheck disable=SC2046
must drydock --root many untag $(drydock --root many ls --json | jq -r '"\(.name):\(.tag)"' | tail -n 40)
must drydock --root many gc -q
must drydock --root many page -q
announced "fewer images" many --delete --grace 0s --max-delete 1000
is "$(there)" "page/$NAME/_index.html" "they are on one page, and the others are gone"
must drydock --root other stage -q -t "$NAME:another" "$tiny"
must drydock --root many stage -q made
must drydock --root many page -q
announced "many again" many
must drydock --root other page -q
announced "another root with a tag there" other
at_least "$(there | tr ' ' '\n' | grep -c _images-)" 4 "lets the pages of the first one's images be"

# ---- A page that another root writes between the listing and the last look
U=$MD5 B=meanwhile
rm -rf one && cp -a one.before one
must sync one
must drydock --root one untag old/thing:1
must drydock --root one gc -q
must drydock --root one page -q
must curl -sS -X POST "$U/_fake/rules" --data-binary \
  '{"op":"GetObject","key":"^page/old","do":"etag","etag":"0123456789abcdef0123456789abcdef"}'
must sync one --delete --grace 0s
is "$(there)" "page/app/_index.html page/old/thing/_index.html" "a page that was written meanwhile stays"
must curl -sS -X POST "$U/_fake/rules" --data-binary ''
must sync one
is "$(there)" "page/app/_index.html" "until the next run"
must curl -sS -X POST "$U/_fake/rules" --data-binary \
  '{"op":"DeleteObject","key":"^page/","do":"status","status":403,"code":"AccessDenied","times":0}'
must drydock --root one stage -q -t new:1 "$tiny"
must drydock --root one page -q
must sync one
must drydock --root one untag new:1
must drydock --root one gc -q
must drydock --root one page -q
exits 3 "a page that may not be removed" sync one --delete --grace 0s
like "$ERR" 'DELETE page/new/_index.html: 403 AccessDenied' "is told"
must curl -sS -X POST "$U/_fake/rules" --data-binary ''

# ---- Two roots at once
for U in "$MD5" "$OPAQUE"; do
  B=at-once bad=''
  rm -rf a b
  for round in 1 2 3; do
    for root in a b; do
      must drydock --root $root stage -q -t "$root/r$round:1" "$tiny"
      must drydock --root $root page -q
    done
    sync a >a.out 2>&1 &
    first=$!
    sync b >b.out 2>&1 &
    second=$!
    wait $first || bad="$bad $round: $(tail -n 2 a.out)"
    wait $second || bad="$bad $round: $(tail -n 2 b.out)"
    [ "$(names | wc -w)" = $((2 * round)) ] || bad="$bad $round: $(names)"
  done
  is "$bad" "" "three rounds at the same time, and each index names all repositories of both"
done
done_testing
