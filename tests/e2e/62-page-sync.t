#!/bin/bash
# sync --page: pages go last, only what differs, and the index of a bucket that two roots share names both.
. "$(dirname "$0")/lib.sh"

new_bucket
sync() { # sync ROOT [OPTION...]
  local root=$1
  shift
  drydock --root "$root" sync "s3://$BUCKET" --endpoint-url "$S3_ENDPOINT" --addressing-style path --page "$@"
}
index() { must "$S3PY" get "$BUCKET" index.html index.html; }
for root in one two; do
  must "$HELPERS/page_images.py" gallery "made.$root"
done
must drydock --root one stage -q made.one
must drydock --root two stage -q -t zoo/tiny:1 "$FIXTURES/tiny.ctr-export.tar"
must drydock --root two stage -q -t apes:2 "$FIXTURES/tiny.ctr-export.tar"
exits 4 "without pages" sync one
like "$ERR" 'drydock page' "it is said how they are made"
exits 2 "of a part of the root" sync one --include shop/web
must drydock --root one page -q
must drydock --root two page -q

ok "a dry run" sync one -n --json
is "$(jq -r 'select(.event == "plan" and (.key | test("html$"))) | "\(.action) \(.key)"' <<<"$OUT" | sort | head -n 2 | paste -sd' ')" \
  "upload index.html upload page/base/debian/_index.html" "tells what would go"
ok "a sync" sync one --json
is "$(jq -r 'select(.event == "object").key' <<<"$OUT" | tail -n 1)" index.html "sends the index last of all"
is "$(jq -r 'select(.event == "object").key' <<<"$OUT" | tail -n 6 | grep -c '^page/')" 5 "and before it the other pages"
index
same_file index.html one/index.html "which is the root's"
run "$S3PY" head "$BUCKET" page/shop/web/_index.html
like "$OUT" 'text/html; charset=utf-8' "pages have their type"
like "$OUT" 'public, max-age=60, no-transform' "and how long they may be kept"
mkdir one/page/handbook && echo '<h1>Mine</h1>' >one/page/handbook/_index.html
ok "again, with a page that is called like one of drydock's" sync one --json
is "$(jq -c 'select(.event == "summary") | [.uploaded, .requests.PUT // 0]' <<<"$OUT")" "[0,0]" "sends nothing"

# ---- Another root
ok "another root" sync two
index
is "$(grep -o '^<li><a href="page/[^"]*' index.html | sed 's,.*"page/,,; s,/_index.html,,' | paste -sd' ')" \
  "apes base/debian charts/shop shop/web shop/worker tools/plain zoo/tiny" "the index names the repositories of both"
like "$(cat index.html)" '<p id="counts">7 repositories, 13 tags\.</p>' "and counts them"
ok "the first again" sync one --json
is "$(jq -c 'select(.event == "summary") | .uploaded' <<<"$OUT")" 0 "has nothing to add"
must drydock --root one untag tools/plain:1
must drydock --root one gc -q
must drydock --root one page -q
ok "a repository that goes" sync one --delete --grace 0s
index
unlike "$(cat index.html)" 'tools/plain' "is no more in the index"
like "$(cat index.html)" 'zoo/tiny' "and the other root's stay"

# ---- What is not drydock's
echo '<h1>Mine</h1>' >mine.html
must "$S3PY" put "$BUCKET" index.html mine.html
exits 3 "an index of somebody else's" sync two
like "$ERR" "index.html in the bucket is none of drydock's" "is told"
index
same_file index.html mine.html "and stays"

# ---- What a server makes of the condition that the index goes under
serve fake
there() { drydock --root two sync s3://b --endpoint-url "$U" --page --json "$@"; }
titled() { must drydock --root two page -q --title "$1"; }
puts() { must curl -sS "$U/_fake/log" -o log && jq -r 'select(.op == "PutObject" and .key == "index.html") | .status' log | paste -sd' '; }
must there
titled "Read with quotes"
ok "If-Match is read with quotes alone" there
is "$(puts)" "200 412 200" "which one refusal tells"
titled "Not known"
must curl -sS -X POST "$U/_fake/rules" --data-binary \
  '{"op":"PutObject","key":"^index","do":"status","status":501,"code":"NotImplemented"}'
ok "it is not known at all" there
is "$(puts)" "200 412 200 501 200" "which is told and not tried again"
must curl -sS -X POST "$U/_fake/rules" --data-binary ''
titled "Kept"
ok "the next time" there
is "$(puts)" "200 412 200 501 200 200" "nor in the next run (FS3)"
done_testing
