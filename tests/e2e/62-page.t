#!/bin/bash
# drydock page: what the pages of a root say, that they are well made and self-contained, that nothing
# from an archive becomes markup, and that only what changes is written. Needs no bucket.
S3_ENDPOINT=${S3_ENDPOINT-none}
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/serving.sh
. "$E2E/serving.sh"

page() { drydock --root root page "$@"; }
made() { # made SHAPE: staged, unless it was
  must "$HELPERS/page_images.py" "$1" "made.$1"
  must drydock --root root stage -q "made.$1"
}
whole() { ok "$1" "$HELPERS/check_pages.py" root; }
shows() { # shows PAGE TEXT DESC: the page holds it, as it stands there
  if grep -qF -- "$2" "root/$1"; then pass "$3"; else fail "$3" || diag "$(grep -c . "root/$1") lines without $2"; fi
}

# ---- An empty root
must drydock init root
ok "pages of an empty root" page
shows index.html "0 repositories, 0 tags" "say so"
whole "and are well made"

# ---- A small catalogue
made gallery
ok "pages of a catalogue" page --pull-host images.example.org --title 'Our <images> & more'
is "$OUT" "5 repositories, 11 tags: 6 pages written, 0 unchanged, 0 removed" "are told"
whole "are well made, load nothing, and their links lead somewhere"
is "$(find root -newer made.gallery -name '*.html' | sort | sed 's,^root/,,')" \
  "$(sort <<<$'index.html\npage/base/debian/_index.html\npage/charts/shop/_index.html\npage/shop/web/_index.html\npage/shop/worker/_index.html\npage/tools/plain/_index.html')" \
  "the files"
is "$(stat -c %a root/index.html root/page root/page/shop/web/_index.html | paste -sd' ')" "644 755 644" "their modes"
is "$(ls root/.drydock/tmp)" "" "nothing is left in tmp"
shows index.html '<h1>Our &lt;images&gt; &amp; more</h1>' "the title is text"
shows index.html '<li><a href="page/shop/web/_index.html">shop/web</a>' "the index names a repository"
shows index.html '<span class="n">4 tags</span>' "how many tags it has"
shows index.html '1.4.1, 1.4.0, 1.3.9 – linux/amd64, linux/arm64' "the newest of them, and its platforms"
shows index.html '0.3.0 – Helm chart' "and what is no image"
SHOP=page/shop/web/_index.html
BYTES=$(drydock --root root ls --json | jq 'select(.name == "shop/web" and .tag == "1.4.1").bytes')
DIGEST=$(drydock --root root ls --json | jq -r 'select(.name == "shop/web" and .tag == "1.4.1").digest')
for tool in docker podman nerdctl; do
  shows $SHOP "<p class=\"cmd\"><code>$tool pull images.example.org/shop/web:1.4.1</code></p>" "a command for $tool"
done
shows page/charts/shop/_index.html "helm pull oci://images.example.org/charts/shop --version 0.3.0" "one for helm"
shows $SHOP "manifests/$DIGEST\"><code>$DIGEST</code>" "the digest"
shows $SHOP "<dd>$(awk -v b="$BYTES" 'BEGIN {printf "%.1f MiB", b / 1048576}') compressed" "the size"
shows $SHOP '<time datetime="2026-05-14T09:26:53Z">2026-05-14</time>' "when it was created, by its config"
shows $SHOP '<h3 id="hi-'"${DIGEST:7:20}"'"><span class="tag">1.4.1</span> <span class="tag">latest</span></h3>' "all tags of an image"
shows $SHOP '<details><summary>linux/arm64, ' "a platform"
shows $SHOP 'RUN apt-get update &amp;&amp; apt-get install' "what made a layer"
shows $SHOP 'Also in base/debian, shop/worker.' "other repositories that have it"
like "$(cat root/$SHOP)" 'Shared with <a href="#i-[0-9a-f]{20}">1\.4\.[01]</a>, <a href="#i-[0-9a-f]{20}">1\.[34]\.[019]</a>\. ' \
  "other images that do"
shows $SHOP '>https://git.example.org/shop/web</a>' "a link that a label holds"
shows $SHOP '<dd>What the shop shows.' "a label"
shows $SHOP '<summary>Annotations (1)</summary>' "annotations"
shows $SHOP '>SLSA provenance</a> <code>https://slsa.dev/provenance/v1</code>' "provenance"
shows $SHOP '>Notation signature</a> <code>application/vnd.cncf.notary.signature</code>' "a signature"
shows $SHOP 'linux/amd64, linux/arm64 – 6 attached' "how many of both, beside the tag"
shows page/tools/plain/_index.html "<dt>Layers, unpacked</dt><dd>200.0 KiB</dd>" "the unpacked size of what is not compressed"
unlike "$(cat root/$SHOP)" 'Layers, unpacked' "and none where nothing tells"
ok "verify has nothing against pages" drydock --root root verify -q
unlike "$(drydock --root root gc)" '[1-9][0-9]* object' "nor gc"

# ---- Only what changes is written
FIRST=$(find root -name '*.html' -printf '%p %i\n' | sort)
ok "again" page --pull-host images.example.org --title 'Our <images> & more' --json
is "$(jq -c '[.event, .repositories, .tags, .written, .unchanged, .removed]' <<<"$OUT")" '["page",5,11,0,6,0]' "nothing changes"
is "$(find root -name '*.html' -printf '%p %i\n' | sort)" "$FIRST" "no file is another one"
ok "without a host" page -q
shows $SHOP '<span class="host">REGISTRY</span>/shop/web:1.4.1' "there is a place for it, which the script fills"
ok "a title of nothing" page -q --title ''
shows index.html '<h1>Container images</h1>' "is none given"
exits 2 "a host that is none" page --pull-host https://example.org/path

# ---- Nothing from an archive becomes markup
made hostile
ok "an image whose every text is markup" page -q
whole "no element, attribute or link of its making is in the pages"
HOSTILE=page/hostile/page/_index.html
shows $HOSTILE '&lt;/title&gt;&lt;/style&gt;&lt;/script&gt;&lt;svg onload=window.hostile=3&gt;' "it is shown as text"
shows $HOSTILE '<dd>javascript:window.hostile=4</dd>' "a script's address is no link"
shows $HOSTILE '<dd>https://user@example.org/</dd>' "nor is one with a user's name"
shows $HOSTILE 'href="https://example.org/a?b=c&amp;d=e#f"' "that of a web page is"
shows $HOSTILE '\xe2\x80\xaegnp.exe' "nothing runs backwards"
at_most "$(wc -c <root/$HOSTILE)" 60000 "what is long is cut"

# ---- Repositories that are called like files
must drydock --root root stage -q -t index.html:1 "$FIXTURES/tiny.ctr-export.tar"
must drydock --root root stage -q -t a/index.html/b.html:index.html "$FIXTURES/tiny.ctr-export.tar"
must drydock --root root stage -q -t a:index.html "$FIXTURES/tiny.ctr-export.tar"
ok "repositories that are called like files" page -q
whole "are not in each other's way"

# ---- Repositories that go
echo mine >root/page/a/mine.txt
mkdir root/page/handbook && echo '<h1>Mine</h1>' >root/page/handbook/_index.html
must drydock --root root untag a:index.html index.html:1
must drydock --root root gc -q
ok "what is gone" page
like "$OUT" ' 2 removed$' "has its page removed"
is "$(find root/page root/page/a -mindepth 1 -maxdepth 1 -printf '%P\n' | sort | paste -sd' ')" "a base charts handbook hostile index.html mine.txt shop tools" \
  "and its folder; what is not drydock's stays"
is "$(cat root/page/handbook/_index.html)" '<h1>Mine</h1>' "even where it is called like a page"
rm -r root/page/a/mine.txt root/page/handbook
whole "no link is left to it"

# ---- What is not drydock's is left alone
echo '<h1>Mine</h1>' >root/index.html
exits 6 "an index of somebody else's" page
one_line "$ERR" "is told of in a line"
is "$(cat root/index.html)" '<h1>Mine</h1>' "and is as it was"
ln -sf "$T/elsewhere" root/index.html
exits 6 "a link" page
ok "is not followed" test ! -e elsewhere
rm root/index.html
mkdir other && mv root/page other/ && ln -s ../other/page root/page
exits 9 "a folder that is a link" page
is "$(readlink root/page)" ../other/page "neither"
rm root/page
: >root/index.html
ok "a file that a power cut has left empty is drydock's" page -q

# ---- What is damaged, or locked
CONFIG=$(jq -r .config.digest "root/v2/tools/plain/manifests/1")
printf x >config && cat config >"root/v2/tools/plain/blobs/$CONFIG"
ok "a config that is damaged" page
like "$ERR" "warning.*tools/plain/blobs/$CONFIG" "is a warning"
shows page/tools/plain/_index.html "This document cannot be read" "and its page says so"
whole "the pages are whole"
exec 9<root/.drydock/lock
flock -x 9
exits 11 "while another run writes" page
exec 9<&-

# ---- drydock serve shows them
serving_start
ask GET /
is "$CODE $(header content-type) $(header cache-control)" "200 text/html; charset=utf-8 public, max-age=60, no-transform" "serve shows the index at /"
same_file body root/index.html "as it is"
ask HEAD /$SHOP
is "$CODE $(header content-length)" "200 $(wc -c <root/$SHOP)" "and the page of a repository"
is "$(header docker-content-digest)" "" "which is no part of the registry"
ask GET /$SHOP -H "If-None-Match: $(header etag)"
is "$CODE" 304 "304 for those who have it"
ask GET /page/no/such/_index.html
is "$CODE" 404 "404 where there is none"
ask GET /page/..%2f.drydock/_index.html
is "$CODE" 404 "nor is anything else of the root"
must drydock --root root stage -q -t a/new:1 "$FIXTURES/tiny.ctr-export.tar"
must page -q
ask GET /page/a/new/_index.html
is "$CODE" 200 "what is made meanwhile shows at once"
serving_stop

# ---- Many tags: pages of images, and a cost that grows as they do
many() { # many COUNT: CALLS of reading for so many tags, of an image each
  must "$HELPERS/many_images.py" tags "$1" "many$1"
  must drydock --root "root$1" stage -q "many$1"
  must traced -qq -o calls -e trace=openat,pread64 "$DRYDOCK" --root "root$1" page -q
  CALLS=$(grep -c 'openat\|pread64' calls)
}
many 300
FEW=$CALLS
many 1200
at_most "$CALLS" $((FEW * 9 / 2)) "four times the tags cost four times as much"
at_least "$(find root1200/page -name '_images-*.html' | wc -l)" 230 "their images are on pages of their own"
ok "which are well made" "$HELPERS/check_pages.py" root1200
at_most "$(wc -c <root1200/page/many/app/_index.html)" 360000 "a tag takes some 200 bytes"
must drydock --root root1200 stage -q -t many/app:new "$FIXTURES/tiny.ctr-export.tar"
ok "one more" drydock --root root1200 page --json
is "$(jq .written <<<"$OUT")" 3 "changes the index, the list of tags and one page of images"
done_testing
