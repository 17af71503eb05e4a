#!/bin/bash
# drydock headers: what nginx answers with it, which is what a registry must; what tests/e2e/long/headers.t
# asks of the other servers. Needs no bucket.
S3_ENDPOINT=${S3_ENDPOINT-none}
. "$(dirname "$0")/lib.sh"
. "$E2E/serving.sh"

serving_tree
exits 2 "a server that is unknown" drydock --root root headers iis
like "$ERR" "'iis' is none of nginx\|apache\|" "… is told"
exits 2 "one that is misspelt" drydock --root root headers ngnix
like "$ERR" "; did you mean nginx\?" "… also what was meant"
exits 2 "no server" drydock --root root headers
exits 2 "an address that is none" drydock --root root headers nginx --listen nowhere
exits 4 "a root that is none" drydock --root nowhere headers nginx
# shellcheck disable=SC2016  # a dollar sign is meant
mkdir 'a$path' && must drydock --root 'a$path' stage -q "$FIXTURES/tiny.ctr-export.tar"
# shellcheck disable=SC2016
exits 2 "a path that nginx would take for a variable" drydock --root 'a$path' headers nginx

start_nginx() {
  mkdir -p web/conf web/tmp web/conf/drydock.d
  echo 'server_name mine;' >web/conf/drydock.d/mine.conf
  must drydock --root root headers nginx --listen "127.0.0.1:$PORT" --output web/conf/drydock.conf
  is "$OUT$ERR" "" "it says nothing when it writes a file"
  cat >web/conf/nginx.conf <<CONF
user $(id -un);
daemon off;
pid $T/web/own.pid;
error_log $T/web/error.log warn;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path $T/web/tmp/body;
  proxy_temp_path $T/web/tmp/proxy;
  fastcgi_temp_path $T/web/tmp/fastcgi;
  uwsgi_temp_path $T/web/tmp/uwsgi;
  scgi_temp_path $T/web/tmp/scgi;
  include drydock.conf;
}
CONF
  daemon_run "$T/web" nginx nginx -e "$T/web/error.log" -p "$T/web" -c "$T/web/conf/nginx.conf"
  daemon_wait "$T/web" nginx 10 port_answers "$PORT" || bail "nginx did not start: $(cat web/error.log)"
}
must drydock --root root headers nginx
TAGS=$(find root/v2 -path '*/manifests/*' -type f ! -name '*:*' ! -name 'sha256-*' | wc -l)
like "$OUT" "^# drydock headers nginx --listen 127.0.0.1:5000" "it tells how it was made"
at_most "$(grep -cE 'sha(256|512):' <<<"$OUT")" "$((TAGS + $(find root/v2 -path '*/manifests/*:*' | wc -l) / 2))" \
  "a line for each tag, and for manifests of other types than most have"
PORT=$(free_port)
WEB=127.0.0.1:$PORT U=http://$WEB
start_nginx
serving_conforms nginx
serving_pages nginx
is "$(grep -c . web/error.log)" 0 "nginx has nothing to complain of" || diag "$(cat web/error.log)"

# ---- What changes meanwhile: a tag is never answered with the digest of another manifest
OLD=$(sha256_of root/v2/multi/manifests/1)
must drydock --root root stage -q --name multi:1 "$FIXTURES/tiny.ctr-export.tar"
isnt "$(sha256_of root/v2/multi/manifests/1)" "$OLD" "a tag moves"
ask GET /v2/multi/manifests/1
is "$CODE $(header docker-content-digest) $(sha256_of body)" "200 $OLD $OLD" "before it is made again the old manifest is whole"
must drydock --root root headers nginx --listen "127.0.0.1:$PORT" --output web/conf/drydock.conf
kill -HUP "$(cat web/own.pid)"
for _ in {1..50}; do
  ask GET /v2/multi/manifests/1
  [ "$(sha256_of body)" = "$OLD" ] || break
  sleep 0.1
done
is "$CODE $(header docker-content-digest)" "200 $(sha256_of root/v2/multi/manifests/1)" "and then the new one"
run drydock --root root headers nginx --listen "127.0.0.1:$PORT"
is "$OUT" "$(cat web/conf/drydock.conf)" "standard output gets the same, and the same root gives the same text"

# ---- Made again by what changes tags: [serve] headers
for value in iis:/x nginx:x nginx netlify:/x; do
  exits 2 "$value is no file to be made again" drydock --root root stage -q --headers "$value" "$FIXTURES/tiny.ctr-export.tar"
done
must drydock --root root config set serve.headers "nginx:$T/web/conf/drydock.conf"
NEW=$(sha256_of root/v2/multi/manifests/1)
must drydock --root root stage --name multi:1 "$FIXTURES/multi.ctr-export-all.tar"
like "$ERR" "web/conf/drydock.conf is made again, and counts after nginx -s reload" "stage tells that it has made it again"
run drydock --root root headers nginx --listen "127.0.0.1:$PORT"
is "$OUT" "$(cat web/conf/drydock.conf)" "as it was made, with its address"
kill -HUP "$(cat web/own.pid)"
for _ in {1..50}; do
  ask GET /v2/multi/manifests/1
  [ "$(sha256_of body)" = "$NEW" ] || break
  sleep 0.1
done
is "$CODE $(header docker-content-digest)" "200 $(sha256_of root/v2/multi/manifests/1)" "nginx has the tag where it is now"
touch -d 2001-01-01 web/conf/drydock.conf
must drydock --root root stage -q --name multi:1 "$FIXTURES/multi.ctr-export-all.tar"
is "$(stat -c %y web/conf/drydock.conf | cut -c-4)" 2001 "when no tag has changed it stays as it is"
must drydock --root root untag files:index.html
is "$(grep -c manifests/index.html web/conf/drydock.conf)" 0 "untag makes it again"
must drydock --root root headers apache --output apache.conf
cp apache.conf apache.was
run drydock --root root stage --headers "apache:$T/apache.conf" --name files:new "$FIXTURES/tiny.ctr-export.tar"
like "$STATUS $ERR" "^0 .*apache.conf.map is made again" "of Apache's the map alone, which it reads by itself"
is "$(grep -c files/manifests/new apache.conf.map) $(cmp apache.conf apache.was)" "1 " "and the rest stays"
is "$(grep -c files/manifests/new web/conf/drydock.conf)" 0 "an option beats the configuration"
must drydock --root root rescan -q
is "$(grep -c files/manifests/new web/conf/drydock.conf)" 1 "rescan makes it again"
echo 'server { }' >mine.conf
for file in mine.conf nothing.conf; do
  run drydock --root root stage -q --headers "nginx:$T/$file" --name files:other "$FIXTURES/tiny.ctr-export.tar"
  like "$STATUS $ERR" "^0 .*warning: the web server is not told of it: .*$file: this was not made by drydock headers nginx" \
    "$file is told in a warning, and what was staged is"
done
is "$(cat mine.conf)" 'server { }' "and left alone"
is "$(ls web/conf)" "drydock.conf
drydock.d
nginx.conf" "nothing is left beside the file"

exits 4 "a file in a folder that is not there" drydock --root root headers nginx --output nowhere/x

# ---- What stands before a bucket
must drydock --root root headers s3-website
is "$(jq -c . "$T/stdout")" '{"IndexDocument":{"Suffix":"_catalog"}}' "s3-website: /v2/ is answered with the catalogue, which is there"
exits 2 "a host has an address of its own" drydock --root root headers cloudfront --listen :80
must drydock --root root headers cloudfront
cp "$T/stdout" cloudfront.json
is "$(jq -r '[.Resources | to_entries[] | .value.Type | sub("AWS::"; "")] | sort | join(" ")' cloudfront.json)" \
  "CloudFront::Distribution CloudFront::Function CloudFront::Function CloudFront::OriginAccessControl S3::BucketPolicy" \
  "cloudfront: all that it needs"
# Each Ref and Fn::GetAtt is of something that the template has.
is "$(jq -r '[.. | objects | .Ref // empty, (."Fn::GetAtt" // empty)[0]] - ([.Resources, .Parameters] | map(keys) | add) |
  map(select(startswith("AWS::") | not)) | join(" ")' cloudfront.json)" "" "cloudfront: it names nothing that is not there"
at_most "$(jq '[.Resources[].Properties.FunctionCode // "" | length] | max' cloudfront.json)" 10240 "cloudfront: functions of the size that it takes"
if command -v node >/dev/null; then
  cat >functions.js <<'JS'
const all = JSON.parse(require('fs').readFileSync('cloudfront.json')).Resources;
const of = name => new Function(all[name].Properties.FunctionCode + '; return handler;')();
const request = of('Request'), response = of('Response');
const line = (method, uri) => {
  const r = request({ request: { method, uri, headers: {}, querystring: {} } });
  return r.statusCode ? r.statusCode + ' ' + r.headers['content-type'].value + ' ' + r.body.slice(0, 30) : 'on' + r.uri.slice(uri.length);
};
for (const [method, uri] of [['GET', '/v2/'], ['HEAD', '/v2'], ['GET', '/v2/a/b/manifests/1'], ['GET', '/v2/_catalog'],
  ['GET', '/v2/a/tags/list'], ['PUT', '/v2/a/manifests/1'], ['GET', '/'], ['GET', '/page/a/b/_index.html'], ['GET', '/page/a.html'], ['GET', '/state.db'], ['GET', '/v2/a'], ['GET', '/v2/a/blobs/']])
  console.log(method, uri, line(method, uri));
const sent = (uri, headers) => {
  const r = response({ request: { uri }, response: { statusCode: 200, headers } });
  return Object.entries(r.headers).filter(([n]) => n.startsWith('docker')).map(([, v]) => v.value).join(' ');
};
console.log(sent('/v2/a/manifests/1', { 'x-amz-meta-docker-content-digest': { value: 'sha256:ab' } }));
console.log(sent('/v2/a/blobs/sha256:cd', {}));
console.log(sent('/v2/a/tags/list', {}));
JS
  run node functions.js
  is "$OUT" 'GET /v2/ 200 application/json {}
HEAD /v2 200 application/json {}
GET /v2/a/b/manifests/1 on
GET /v2/_catalog on
GET /v2/a/tags/list on
PUT /v2/a/manifests/1 405 application/json {"errors":[{"code":"UNSUPPORTE
GET / onindex.html
GET /page/a/b/_index.html on
GET /page/a.html 404 application/json {"errors":[{"code":"NAME_UNKNO
GET /state.db 404 application/json {"errors":[{"code":"NAME_UNKNO
GET /v2/a 404 application/json {"errors":[{"code":"NAME_UNKNO
GET /v2/a/blobs/ 404 application/json {"errors":[{"code":"NAME_UNKNO
sha256:ab registry/2.0
sha256:cd registry/2.0
registry/2.0' "cloudfront: what its functions answer, and pass on" || diag "$ERR"
else
  skip 1 "there is no node"
fi
done_testing
