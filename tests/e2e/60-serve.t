#!/bin/bash
# drydock serve: every read-only assertion of the OCI distribution conformance suite, by curl; what a
# client may not do to it; and what skopeo gets from it, which is what was staged. Needs no bucket.
S3_ENDPOINT=${S3_ENDPOINT-none}
. "$(dirname "$0")/lib.sh"
. "$E2E/serving.sh"

mkdir made
archive() { # archive CASE NAME: a hand-made archive, staged under NAME
  must "$HELPERS/mkarchive.py" "$1" "made/$1.tar"
  must drydock --root root stage -q --name "$2" "made/$1.tar"
}
must drydock --root root stage -q "$FIXTURES/tiny.docker-save.tar" "$FIXTURES/multi.ctr-export-all.tar"
archive oci-untyped untyped:1
archive oci-nested-8 nested:1
archive oci-zstd zstd:1
archive oci-sha512 long:1
must "$HELPERS/mkarchive.py" oci-referrer made/signed.tar
must drydock --root root stage -q made/signed.tar
SIGNED=$(drydock --root root ls --json | jq -r 'select(.name | IN("example/tiny", "multi", "untyped", "nested", "zstd", "long") | not) | .name' | head -n 1)
must drydock --root root stage -q --name many:a "$FIXTURES/tiny.ctr-export.tar"
for tag in B b.1 b-2 _c; do must drydock --root root stage -q --name "many:$tag" "$FIXTURES/tiny.ctr-export.tar"; done

serving_start
exits 2 "an address that is none" drydock --root root serve --listen 5000
exits 4 "a root that is none" drydock --root nowhere serve --listen 127.0.0.1:0
exits 1 "an address that is taken" drydock --root root serve --listen "$WEB"
one_line "$ERR" "is told in a line"

# ---- Is it a registry?
for path in /v2/ /v2; do
  ask GET $path
  is "$CODE $(header content-type) $(cat body)" "200 application/json {}" "GET $path"
done
ask GET /
like "$CODE $(cat body)" '^200 .*registry' "GET / says what this is"
like "$(cat body)" 'drydock page' "and how pages are made"
ask GET /index.html
is "$CODE" 404 "there are none yet"
mkdir -p root/page/app aside && echo page | tee aside/_index.html >root/page/app/_index.html && ln -s ../../aside root/page/linked
ask GET /page/app/_index.html
is "$CODE $(header content-type)" "200 text/html; charset=utf-8" "a page"
ask GET /page/linked/_index.html
is "$CODE" 404 "none below a folder that is a link"
rm -r root/page aside

# ---- Pull: blobs
R=v2/example/tiny
MANIFEST=$(sha256_of root/$R/manifests/1)
LAYER=$(jq -r '.layers | max_by(.size).digest' root/$R/manifests/1)
CONFIG=$(jq -r .config.digest root/$R/manifests/1)
NONE=sha256:$(printf '0%.0s' {1..64})
for blob in "$LAYER" "$CONFIG"; do
  ask HEAD "/$R/blobs/$blob"
  is "$CODE $(header docker-content-digest) $(header content-length)" "200 $blob $(stat -c %s "root/$R/blobs/$blob")" \
    "HEAD of a blob has its digest and size"
  is "$(header content-type) $(header etag)" "application/octet-stream \"$blob\"" "and its type and ETag"
  ask GET "/$R/blobs/$blob"
  is "$CODE $(header docker-content-digest)" "200 $blob" "GET of a blob"
  same_file body "root/$R/blobs/$blob" "its bytes"
  is "$(header cache-control)" "public, max-age=31536000, immutable, no-transform" "for good"
  ask GET "/$R/blobs/$blob" -H "If-None-Match: W/\"x\", \"$blob\""
  is "$CODE $(header etag) $(wc -c body 2>&1 | grep -c '^[1-9]')" "304 \"$blob\" 0" "304 for those who have it"
done
for method in GET HEAD; do
  ask $method "/$R/blobs/$NONE"
  is "$CODE" 404 "$method of a blob that is not there"
done
ask GET "/$R/blobs/$NONE"
is "$(header content-type) $(error)" "application/json BLOB_UNKNOWN" "with OCI's error"
ask GET "/v2/zstd/blobs/$LAYER"
is "$CODE $(error)" "404 BLOB_UNKNOWN" "a blob of another repository is not there"

# ---- Pull: ranges
SIZE=$(stat -c %s "root/$R/blobs/$LAYER")
part() { # part FIRST COUNT
  tail -c "+$(($1 + 1))" "root/$R/blobs/$LAYER" | head -c "$2"
}
for range in "0-0 0 1" "100- 100 $((SIZE - 100))" "-7 $((SIZE - 7)) 7" "5-$((SIZE * 2)) 5 $((SIZE - 5))"; do
  read -r spec first count <<<"$range"
  ask GET "/$R/blobs/$LAYER" -H "Range: bytes=$spec"
  is "$CODE $(header content-range) $(header content-length)" "206 bytes $first-$((first + count - 1))/$SIZE $count" "bytes=$spec"
  part "$first" "$count" >wanted
  same_file body wanted "its bytes"
done
ask GET "/$R/blobs/$LAYER" -H "Range: bytes=10-19,0-4"
like "$CODE $(header content-type)" '^206 multipart/byteranges; boundary=[0-9a-f]{32}$' "two ranges"
is "$(header content-length)" "$(wc -c <body)" "are as long as they say"
python3 - head body >parts <<'PY'
import email, email.policy, sys
head = open(sys.argv[1], "rb").read().split(b"\r\n", 1)[1].split(b"\r\n\r\n")[0]
message = email.message_from_bytes(head + b"\r\n\r\n" + open(sys.argv[2], "rb").read(), policy=email.policy.HTTP)
for part in message.iter_parts():
    print(part["Content-Range"], part["Content-Type"], part.get_payload(decode=True).hex())
PY
for range in "10 10" "0 5"; do
  read -r first count <<<"$range"
  echo "bytes $first-$((first + count - 1))/$SIZE application/octet-stream $(part "$first" "$count" | od -An -v -tx1 | tr -d ' \n')"
done >wanted
same_file parts wanted "and are those that were asked for, in that order"
ask GET "/$R/blobs/$LAYER" -H "Range: bytes=$SIZE-"
is "$CODE $(header content-range)" "416 bytes */$SIZE" "a range behind the end"
ask GET "/$R/blobs/$LAYER" -H "Range: bytes=0-9" -H 'If-Range: "other"'
is "$CODE" 200 "a range of something else is the whole"
ask GET "/$R/blobs/$CONFIG" -H "Range: bytes=0-9" -H "If-Range: \"$CONFIG\""
is "$CODE $(wc -c <body)" "206 10" "and of this is the range, also of a small blob"
ask GET "/$R/blobs/$LAYER" -H "Range: bytes=$(seq -s, 1 40 | sed 's/[0-9]*/&-&/g')"
is "$CODE" 416 "forty ranges are refused"
ask GET "/$R/blobs/$LAYER" -H "Range: bytes=0-,0-,1-"
is "$CODE" 416 "ranges that are more than the blob are refused"

# ---- Pull: manifests
for reference in 1 "$MANIFEST"; do
  for method in HEAD GET; do
    ask $method "/$R/manifests/$reference"
    is "$CODE $(header docker-content-digest) $(header content-length)" \
      "200 $MANIFEST $(stat -c %s root/$R/manifests/1)" "$method of a manifest"
    is "$(header content-type)" "$(jq -r .mediaType root/$R/manifests/1)" "its type"
  done
  same_file body root/$R/manifests/1 "its bytes"
done
ask GET "/$R/manifests/$MANIFEST" -H "If-None-Match: \"$MANIFEST\""
is "$CODE" 304 "304 for those who have it"
ask GET "/$R/manifests/1" -H "If-None-Match: \"$NONE\""
is "$CODE $(header cache-control)" "200 public, max-age=60, no-transform" "not for those who have another"
for reference in nothing .INVALID_MANIFEST_NAME "$NONE" sha512:"${NONE#*:}${NONE#*:}" blake3:abc; do
  ask HEAD "/$R/manifests/$reference"
  is "$CODE" 404 "HEAD of $reference, which is not there"
  ask GET "/$R/manifests/$reference"
  is "$CODE $(error)" "404 MANIFEST_UNKNOWN" "and GET"
done
ask GET /v2/nothing/manifests/1
is "$CODE" 404 "a repository that is not there"
ask GET "/v2/untyped/manifests/1"
is "$(header content-type)" application/vnd.oci.image.manifest.v1+json "a manifest that does not say its type has it"
ask GET "/v2/multi/manifests/1"
is "$(header content-type)" "$(jq -r .mediaType root/v2/multi/manifests/1)" "an index has its type"
ask GET "/v2/long/manifests/1"
is "$(header docker-content-digest)" "sha512:$(sha512sum <root/v2/long/manifests/1 | cut -d' ' -f1)" "sha512"
ask HEAD "/v2/long/manifests/$(header docker-content-digest)"
is "$CODE" 200 "is there under that name"
for path in blobs manifests referrers; do
  for digest in sha256:abc "sha256:${NONE#*:}0" "sha256:"; do
    ask GET "/$R/$path/$digest"
    is "$CODE $(error)" "400 DIGEST_INVALID" "$path/$digest is no digest"
  done
done

# ---- Content discovery: tags and the catalogue
ask GET /v2/many/tags/list
is "$CODE $(header content-type) $(cat body)" \
  '200 application/json {"name":"many","tags":["B","_c","a","b-2","b.1"]}' "the tags"
ask GET "/v2/many/tags/list?n=2"
is "$(jq -c .tags body) $(header link)" '["B","_c"] </v2/many/tags/list?n=2&last=_c>; rel="next"' "the first two"
ask GET "/v2/many/tags/list?n=2&last=_c"
is "$(jq -c .tags body)" '["a","b-2"]' "the next two"
LINK=$(header link | sed 's/^<\(.*\)>.*/\1/')
ask GET "$LINK"
is "$(jq -c .tags body) $(header link)" '["b.1"] ' "the last one, by the link"
ask GET "/v2/many/tags/list?n=0"
is "$CODE $(jq -c .tags body) $(header link)" '200 [] ' "none"
ask GET "/v2/many/tags/list?last=a"
is "$(jq -c .tags body)" '["b-2","b.1"]' "those behind one"
ask GET "/v2/many/tags/list?n=-1"
is "$CODE $(error)" "400 PAGINATION_NUMBER_INVALID" "less than none"
ask GET /v2/nothing/tags/list
is "$CODE $(error)" "404 NAME_UNKNOWN" "the tags of a repository that is not there"
ask GET "/v2/_catalog"
same_file body root/v2/_catalog "the catalogue"
ETAG=$(header etag)
ask GET "/v2/_catalog" -H "If-None-Match: $ETAG"
is "$CODE" 304 "304 for those who have it"
ask GET "/v2/_catalog?n=1&last=many"
is "$(jq -c .repositories body) $(header link)" '["multi"] </v2/_catalog?n=1&last=multi>; rel="next"' "a page of it"

# ---- Content discovery: referrers
SUBJECT=$(cd "root/v2/$SIGNED/referrers" && grep -l artifactType -- * | head -n 1)
ask GET "/v2/$SIGNED/referrers/$SUBJECT"
is "$CODE $(header content-type) $(jq '.manifests | length' body)" "200 application/vnd.oci.image.index.v1+json 1" "referrers"
TYPE=$(jq -r '.manifests[0].artifactType' body)
ask GET "/v2/$SIGNED/referrers/$SUBJECT" -G --data-urlencode "artifactType=$TYPE"
is "$CODE $(header oci-filters-applied) $(jq '.manifests | length' body)" "200 artifactType 1" "of that type"
ask GET "/v2/$SIGNED/referrers/$SUBJECT?artifactType=application/other"
is "$CODE $(header oci-filters-applied) $(jq '.manifests | length' body)" "200 artifactType 0" "of another"
is "$(header content-type) $(jq -r .schemaVersion body)" "application/vnd.oci.image.index.v1+json 2" "which is an index, too"
for digest in "$NONE" blake3:abc; do
  ask GET "/$R/referrers/$digest"
  is "$CODE $(header content-type) $(jq -c .manifests body)" "200 application/vnd.oci.image.index.v1+json []" \
    "nothing refers to what is not there"
done

# ---- What it does not do
for method in PUT POST PATCH DELETE OPTIONS; do
  ask $method "/$R/manifests/1" -d '{}'
  is "$CODE $(error) $(header allow)" "405 UNSUPPORTED GET, HEAD" "$method"
done
ask POST "/$R/blobs/uploads/"
is "$CODE $(error)" "405 UNSUPPORTED" "an upload"
for path in /.drydock/state.db /v2/../.drydock/state.db /v2/%2e%2e/.drydock/state.db /v2/x/blobs/../../../.drydock/lock \
  "/$R/manifests/..%2f..%2f..%2f..%2f.drydock%2fstate.db" "/$R/manifests/1%00" /v2/App/manifests/1 "/$R//manifests/1" /%; do
  ask GET "$path"
  like "$CODE" '^40[04]$' "$path"
done
ask GET "/v2/" -H "X: $(head -c 20000 /dev/zero | tr '\0' x)"
like "$CODE" '^4(13|31|00)$' "a giant header is refused"
ask GET "/v2/$(head -c 30000 /dev/zero | tr '\0' x)"
like "$CODE" '^414$' "and a giant path"
for _ in 1 2 3; do head -c 3000 /dev/urandom >"/dev/tcp/${WEB%:*}/${WEB#*:}"; done 2>/dev/null
ask GET /v2/
is "$CODE" 200 "garbage changes nothing"

# ---- Beside stage: nothing waits, and what moves shows at once
ask GET "/v2/many/manifests/B"
OLD=$(header docker-content-digest)
must drydock --root root stage -q --name many:B made/oci-zstd.tar
must drydock --root root untag many:a
ask HEAD "/v2/many/manifests/B"
isnt "$(header docker-content-digest)" "$OLD" "a tag that moves points elsewhere at once"
is "$(header docker-content-digest)" "$(sha256_of root/v2/many/manifests/B)" "to where it points now"
ask HEAD "/v2/many/manifests/a"
is "$CODE" 404 "a tag that is taken away is gone"
ask GET /v2/many/tags/list
is "$(jq -c .tags body)" '["B","_c","b-2","b.1"]' "also from the list"
must drydock --root root rescan -q
ask HEAD "/v2/many/manifests/B"
is "$CODE $(header content-type)" "200 application/vnd.oci.image.manifest.v1+json" "rescan changes nothing"
LONG=$(basename "$(find root/v2/long/manifests -name 'sha512:*' | head -n 1)")
printf x >>"root/v2/long/manifests/$LONG"
ask GET "/v2/long/manifests/$LONG"
is "$CODE" 500 "a manifest that has rotted is not served"

# ---- What skopeo gets is what was staged
for ref in example/tiny:1 multi:1 untyped:1 zstd:1 "$SIGNED@$SUBJECT"; do
  ok "skopeo copies $ref" pull_skopeo "$ref" "got-${ref//[:\/@]/-}"
  path=root/v2/${ref%%[:@]*}/manifests/${ref#*[:@]}
  same_file "got-${ref//[:\/@]/-}/manifest.json" "$path" "the same manifest"
done
is "$(cd got-multi-1 && for file in [0-9a-f]*; do [ "$(sha256sum <"$file")" = "${file%.manifest.json}  -" ] || echo "$file"; done)" '' \
  "each blob and manifest of an index hashes to its name"
# An index in an index skopeo does not copy: level by level, and then the image.
level=1 levels=0
while run skopeo inspect --raw --tls-verify=false "docker://$WEB/nested${level/#1/:1}" && jq -e .manifests "$T/stdout" >/dev/null; do
  [ "$level" = 1 ] || [ "$(sha256_of "$T/stdout")" = "${level#@}" ] || break
  level=@$(jq -r '.manifests[0].digest' "$T/stdout") levels=$((levels + 1))
done
is "$STATUS $levels" "0 8" "skopeo sees all levels of an index in an index"
ok "and copies what is below them" pull_skopeo "nested$level" got-nested
is "$(sha256_of got-nested/manifest.json)" "${level#@}" "which is what it asked for"

# ---- Its log, and its end
ask GET "/v2/%22%1b%5b/x"
exec {slow}<>"/dev/tcp/${WEB%:*}/${WEB#*:}" # says nothing, and does not keep it
PID=$(cat serving/serve.pid)
FDS=$(find "/proc/$PID/fd" | wc -l)
for _ in {1..20}; do curl -s -o /dev/null "$U/$R/blobs/$LAYER" -r 0-9 & done
wait
sleep 0.2
at_most "$(find "/proc/$PID/fd" | wc -l)" "$((FDS + 1))" "no descriptor is left open"
kill "$PID"
for _ in {1..100}; do kill -0 "$PID" 2>/dev/null || break; sleep 0.05; done
ok "it ends when it is told to" test ! -d "/proc/$PID"
is "$(grep '^drydock' serving/serve.log | cut -d: -f-3 | paste -sd' ')" \
  "drydock: serve: serving at http drydock: serve: warning" "what went wrong was told, and nothing else did"
like "$(cat serving/serve.log)" '^drydock: .* does not hash to its name$' "which is the manifest that has rotted"
like "$(cat serving/serve.log)" '"GET /v2/%22%1b%5b/x HTTP/1.1" 404 ' "what clients send is a line as well"
like "$(cat serving/serve.log)" '^127\.0\.0\.1 - - \[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:]{8} \+0000\] "GET /v2/ HTTP/1\.1" 200 2$' \
  "each request is a line of the log"
like "$(cat serving/serve.log)" "\"HEAD /$R/blobs/$LAYER HTTP/1.1\" 200 -\$" "also a HEAD"
exec {slow}>&-
"$DRYDOCK" --root root serve --listen 127.0.0.1:0 --json >json.log 2>&1 &
PID=$!
for _ in {1..600}; do grep -q '"serving"' json.log && break; sleep 0.05; done
kill "$PID"
wait "$PID"
is $? 0 "status 0 when a signal ends it"
like "$(jq -r 'select(.event == "serving").url' json.log)" '^http://127\.0\.0\.1:[1-9][0-9]*$' "--json tells the port"
done_testing
