#!/bin/bash
# drydock doctor against scripted servers: what is wrong is named, with its remedy, and nothing stays in the bucket.
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/registry.sh
. "$E2E/registry.sh"

export AWS_ACCESS_KEY_ID=AKIAEXAMPLE123456 AWS_SECRET_ACCESS_KEY=secretsecret
unset AWS_REGION AWS_DEFAULT_REGION
must drydock --root root stage "$FIXTURES/tiny.docker-save.tar"

# The client's half has its own test; here it finds that the address is below a path.
doctor() { # doctor URL [ARGUMENT...]: of bucket b; V has "check verdict" a line, of the writer's checks
  local url=$1
  shift
  run drydock --root root doctor s3://b --endpoint-url "$url" --json "$@"
  V=$(jq -r 'select(.side == "writer") | [.check, .verdict] | join(" ")' <<<"$OUT")
}
said() { # said CHECK FIELD
  jq -r --arg c "$1" --arg f "$2" 'select(.event == "check" and .check == $c) | .[$f] // ""' <<<"$OUT"
}
bad() { grep -E ' (warn|fail)$' <<<"$V" | tr '\n' ','; }
rules() { curl -sS --data-binary @- "$U/_fake/rules"; }
left() { curl -sS "$U/_fake/state" | jq -c '.b | [(.objects | keys[] | select(startswith("v2/") | not)), (.uploads | keys[])]'; }
forget() { curl -sS -X POST "$U/_fake/reset"; }

serve plain
must drydock --root root sync s3://b --endpoint-url "$U"
doctor "$U"
is "$STATUS $(bad) $(left)" "2  []" "a good writer"
is "$(said credentials message)" "from the environment, access key AKIA…3456" "where the key comes from"
is "$(jq -r 'select(.event == "check" and .verdict == "fail") | .check' <<<"$OUT")" address "and no client goes below a path"

rules <<<'{"op": "DeleteObject", "times": 0, "do": "status", "status": 403, "code": "AccessDenied"}'
doctor "$U"
is "$STATUS $(bad) $(left)" "2 delete fail, []" "no right to delete: nothing is left all the same"
like "$(said delete remedy)" 's3:DeleteObject' "with the policy"
is "$(said put verdict) $(said multipart verdict) $(said abort verdict)" "pass pass pass" "the rest is looked at"

rules <<<'{"op": "ListObjectsV2", "times": 0, "do": "status", "status": 403, "code": "AccessDenied"}'
doctor "$U"
is "$STATUS $(bad) $(left)" "2 list fail, []" "no right to list"
like "$(said list remedy)" 's3:ListBucket' "with the policy"
is "$(said manifests verdict)" pass "what to look for is taken from the root"

rules <<<'{"op": "PutObject", "times": 0, "do": "status", "status": 400, "code": "AccessControlListNotSupported"}'
doctor "$U" --acl public-read
is "$(bad) $(left)" "put fail, []" "no ACLs"
like "$(said put remedy)" 'leave --acl out' "with what to do instead"

rules <<<'{"op": "ListObjectsV2", "times": 0, "do": "status", "status": 307, "headers": {"Location": "https://x.example.org/b"}}'
doctor "$U"
is "$(bad) $(left)" "endpoint fail, []" "an endpoint that sends its clients elsewhere"
like "$(said endpoint message)" '--endpoint-url https://x.example.org$' "and where to"

rules <<<'{"op": "(Create|Initiate).*", "times": 0, "do": "status", "status": 501, "code": "NotImplemented"}'
doctor "$U"
is "$(bad) $(left)" "multipart fail, []" "no multipart uploads"

rules <<<'{"op": "PutObject", "key": "drydock-doctor", "nth": 2, "times": 1, "do": "status", "status": 200}'
doctor "$U"
is "$(bad) $(left)" "conditions warn, []" "conditions that are not honoured"

# A signal in the middle of each request that leaves something.
for op in PutObject UploadPart CompleteMultipartUpload; do
  rules <<<"{\"op\": \"$op\", \"key\": \"doctor\", \"do\": \"delay\", \"seconds\": 1}"
  "$DRYDOCK" --root root doctor s3://b --endpoint-url "$U" >out 2>&1 &
  pid=$!
  for _ in $(seq 100); do
    if [ "$op" = PutObject ] || [ "$(curl -sS "$U/_fake/state" | jq '[.b.uploads[]] | length')" != 0 ]; then break; fi
    sleep 0.02
  done
  sleep 0.4
  kill -TERM "$pid"
  wait "$pid"
  is "$? $(left)" "143 []" "a signal during $op leaves nothing"
done
rules </dev/null

doctor http://127.0.0.1:9
is "$STATUS $(bad)" "2 endpoint fail," "no server"
like "$(said endpoint remedy)" '--endpoint-url' "with where to look"
is "$(said reach verdict) $(said list verdict)" "fail skip" "clients get no answer either, the rest is not looked at"
run drydock doctor s3://b --endpoint-url http://127.0.0.1:9 --pull-host 127.0.0.1:9
is "$STATUS" 5 "a host that does not answer is status 5"

doctor "$U" --pull-host "${U#http://}/registry"
is "$STATUS" 2 "a host with a path is none"

# ---- certificates of where people pull
rules </dev/null
make_certs certs
(cd certs && openssl x509 -req -in server.csr -CA ca.crt -CAkey ca-key.pem -CAcreateserial -days 0 -extfile server.ext \
  -out old.pem) 2>log || bail "no certificate: $(cat log)"
tls_server() { # tls_server NAME CERTIFICATE: nginx with the bucket below /v2/; TLS is its port
  local port
  port=$(free_port) TLS=$(free_port)
  mkdir "$1"
  cat >"$1/server.conf" <<CONF
listen 127.0.0.1:$TLS ssl;
listen 127.0.0.2:$TLS ssl;
ssl_certificate $T/certs/$2;
ssl_certificate_key $T/certs/server-key.pem;
location /v2/ {
  proxy_pass $U/b/v2/;
  proxy_http_version 1.1;
}
CONF
  nginx_start "$T/$1" "$port" || bail "nginx did not start"
}
tls_server expired old.pem
old=$TLS
tls_server web server.pem
tls=$TLS
sleep 1 # until old.pem has expired
reach() { # reach HOST [ARGUMENT...]: the client's verdict and message
  doctor "$U" --read-only --pull-host "$@"
  echo "$STATUS $(said reach verdict) $(said reach message)"
}
is "$(reach "https://localhost:$tls" --ca-bundle certs/ca.crt)" "0 pass nginx answers, under a certificate that holds" "https"
like "$(reach "https://localhost:$tls")" '^2 fail .*certificate' "an authority that nobody knows"
like "$(reach "https://127.0.0.2:$tls" --ca-bundle certs/ca.crt)" '^2 fail .*(match|subject)' "a certificate of another name"
doctor "$U" --read-only --pull-host "https://localhost:$old" --ca-bundle certs/ca.crt
like "$STATUS $(said reach message)" '^2 .*expired' "a certificate that has expired"
like "$(said reach remedy)" 'openssl s_client -connect localhost:'"$old " "with the command that shows it"
like "$(jq -r 'select(.event == "diagnosis").message' <<<"$OUT")" "cannot pull from localhost:$old$" "nobody can pull then"

# ---- addresses that no client can be told
front_of_all=$U
serve dots
curl -sS -o /dev/null -X PUT "$U/a.b/"
dots() { # the bucket a.b; over TLS its own host would be a.b.HOST, which no certificate has
  curl -sS "$U/_fake/state" | jq -c '."a.b" | [(.objects // {} | keys[]), (.uploads // {} | keys[])]'
}
mkdir dotted
port=$(free_port) TLS=$(free_port)
cat >dotted/server.conf <<CONF
listen 127.0.0.1:$TLS ssl;
ssl_certificate $T/certs/server.pem;
ssl_certificate_key $T/certs/server-key.pem;
location / {
  proxy_pass $U;
  proxy_set_header Host \$http_host;
}
CONF
nginx_start "$T/dotted" "$port" || bail "nginx did not start"
run drydock doctor s3://a.b --endpoint-url "https://localhost:$TLS" --ca-bundle certs/ca.crt --provider aws --json
like "$STATUS $(said address verdict) $(said address message)" "^2 fail no certificate covers a\.b\..*: the bucket's name has a dot" "a dotted bucket over TLS"
like "$(said address remedy)" 'let a web server show it at a host of its own' "with its remedy"
is "$(said put verdict) $(dots)" "pass []" "it can be written to all the same, and nothing is left"
U=$front_of_all
run drydock --root root doctor s3://b/images --endpoint-url "$U" --json
is "$STATUS $(said address verdict) $(left)" "2 fail []" "a prefix that no web server maps"
like "$(said address remedy)" "proxy_pass $U/b/images/v2/;" "with the location to paste"
like "$(said address message)" '--pull-host HOST$' "and how to name the host that does"

serve late --clock 1200
doctor "$U" --pull-host "${U#http://}"
is "$(bad) $(left)" "clock warn, []" "a clock 20 minutes off"
like "$(said clock message)" "^this machine's is (20m|19m59s).* behind the server's" "by how much"
like "$(said clock remedy)" timedatectl "with its remedy"

serve far --region eu-test-7
doctor "$U" --region us-east-1
is "$(bad) $(left)" "region warn, []" "another region"
like "$(said region remedy)" 'region = eu-test-7' "with the line to write"

serve strict --access AKIAOTHER --secret other
doctor "$U"
is "$STATUS $(bad)" "2 key fail," "a key that the server does not know"
like "$(said key message)" InvalidAccessKeyId "by the server's own word"
run env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY \
  "$DRYDOCK" doctor s3://b --endpoint-url "$U" --pull-host "${U#http://}" --json
is "$STATUS $(said credentials verdict)" "7 fail" "no key at all"

doctor "$U" --pull-host bad:port:here
is "$STATUS" 2 "a host that is none"
unlike "$OUT$ERR" secretsecret "no secret is told"

done_testing
