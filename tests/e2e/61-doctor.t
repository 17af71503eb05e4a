#!/bin/bash
# drydock doctor against Ceph radosgw and nginx: a good bucket, a private one, no right to list, a type that is
# wrong, a type with a charset, pages for missing keys. Nothing stays in the bucket.
. "$(dirname "$0")/lib.sh"

doctor() { # doctor [ARGUMENT...]: of $BUCKET; V has "side check verdict" a line. 61-doctor-pull.t pulls
  run drydock --root "${ROOT:-$T/root}" doctor "s3://$BUCKET" --endpoint-url "$S3_ENDPOINT" \
    --addressing-style path --json --no-pull "$@"
  V=$(jq -r 'select(.event == "check") | [.side, .check, .verdict] | join(" ")' <<<"$OUT")
}
said() { # said CHECK FIELD
  jq -r --arg c "$1" --arg f "$2" 'select(.event == "check" and .check == $c) | .[$f] // ""' <<<"$OUT"
}
verdict() { jq -r 'select(.event == "diagnosis") | .message' <<<"$OUT"; }
bad() { grep -vE ' (pass|skip)$' <<<"$V" | tr '\n' ','; }

new_bucket
must drydock --root root stage "$FIXTURES/tiny.docker-save.tar"

# ---- empty, then good
front() { # front NAME: nginx before the bucket, whose location has what standard input says; WEB is its host
  local port
  port=$(free_port)
  mkdir "$1"
  {
    echo "location /v2/ {
  proxy_pass http://127.0.0.1:$S3_PORT/$BUCKET/v2/;
  proxy_set_header Host 127.0.0.1;
  proxy_http_version 1.1;"
    cat
  } >"$1/server.conf"
  nginx_start "$T/$1" "$port" || bail "nginx did not start"
  WEB=localhost:$port
}
front plain <<<"}"
mkdir none
ROOT=$T/none doctor --pull-host "$WEB"
is "$STATUS $(bad)" "4 client v2/ fail," "a bucket that is empty, and no root: only v2/ is missing"
like "$(said v2/ remedy)" '^drydock sync s3://' "with what makes it"
like "$(verdict)" '^docker and containerd could pull from localhost:[0-9]+; podman cannot, once' "which is said"
is "$(bucket_keys)$("$S3PY" list-uploads "$BUCKET")" '' "nothing is left in it"

must sync_to "$BUCKET"
keys=$(bucket_keys)
doctor --pull-host "$WEB"
is "$STATUS $(bad)" "0 client ranges warn," "FS4: of two ranges radosgw sends the first"
front remedied < <(said ranges remedy | grep -E '^(set|if|proxy)' && echo "}")
log_mark
doctor --pull-host "$WEB"
is "$STATUS $(bad)" "0 " "a good bucket"
is "$(verdict)" "docker, podman and containerd can pull from $WEB" "can be pulled from"
for check in credentials clock region list put get conditions multipart abort delete v2/ missing types bytes range; do
  grep -q " $check pass$" <<<"$V" || fail "$check was looked at"
done
is "$(bucket_keys)" "$keys" "the bucket is as it was"
is "$("$S3PY" list-uploads "$BUCKET")" '' "no upload is left"
unlike "$(log_since | grep -E '^(PUT|POST|DELETE)')" '/v2/' "nothing is written below v2/"
unlike "$OUT$ERR" "$AWS_SECRET_ACCESS_KEY" "no secret is told"

log_mark
doctor --pull-host "$WEB" --read-only
is "$STATUS $(bad)" "0 " "--read-only"
is "$(log_since | grep -cE '^(PUT|POST|DELETE)')" 0 "writes nothing"

doctor
is "$STATUS $(bad)" "2 client address fail,client ranges warn," "without a host that shows it no client can pull"
like "$(said address remedy | tr '\n' ' ')" 'location /v2/ \{.*proxy_pass .*/v2/;' "with a location to paste for nginx"

# ---- text
run drydock --root root doctor "s3://$BUCKET" --endpoint-url "$S3_ENDPOINT" --pull-host "$WEB" -q
is "$STATUS,$OUT,$ERR" '0,,' "-q says nothing where nothing is wrong"

# ---- one manifest of a wrong type
tag=v2/example/tiny/manifests/1
grep -qx "$tag" <<<"$keys" || tag=$(grep -E '/manifests/[^:]*$' <<<"$keys" | head -n 1)
must "$S3PY" get "$BUCKET" "$tag" one
must "$S3PY" put "$BUCKET" "$tag" one Content-Type=application/octet-stream
doctor --pull-host "$WEB"
is "$STATUS $(bad)" "6 client types fail,client cache warn," "one manifest has a wrong type"
like "$(said types message)" "^$tag has Content-Type 'application/octet-stream', expected 'application/vnd" "which is named"
like "$(said types remedy)" '^drydock sync s3://.* --check-metadata' "with its remedy"
# The test's drydock is a function of this shell.
must eval "$(said types remedy | head -n 1)"
doctor --pull-host "$WEB"
is "$STATUS $(bad)" "0 " "and after that all is well"

# ---- proxies that meddle
good=$WEB
front meddling <<'CONF'
  proxy_hide_header Content-Type;
  add_header Content-Type "$upstream_http_content_type; charset=utf-8";
  proxy_intercept_errors on;
  error_page 404 =200 /home;
}
location = /home { default_type text/html; return 200 "<html>hello</html>"; }
CONF
doctor --pull-host "$WEB"
WEB=$good
is "$STATUS $(bad)" "1 client missing fail,client types warn,client ranges warn," "a proxy that adds a charset, and has a page for what is missing"
like "$(said types remedy)" 'charset off;' "a remedy for the one"
like "$(said missing remedy)" 'error page' "and for the other"

# ---- who may read
policy() { # policy ACTION...: everybody may do that, and no more
  local statements
  statements=$(printf '{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":["%s"],"Resource":["arn:aws:s3:::'"$BUCKET"'/*","arn:aws:s3:::'"$BUCKET"'"]}\n' "$@" | paste -sd,)
  PYTHONPATH=$HELPERS python3 -c 'import sys, s3
s3.S3().ok("PUT", sys.argv[1], query=[("policy", "")], body=sys.argv[2].encode())' \
    "$BUCKET" "{\"Version\":\"2012-10-17\",\"Statement\":[$statements]}"
}
must policy s3:GetObject
doctor --pull-host "$WEB"
is "$STATUS $(bad)" "0 client missing warn," "nobody may list: a missing key is 403"
like "$(said missing remedy)" 's3:ListBucket' "with the statement that helps"
must policy s3:GetObjectAcl
doctor --pull-host "$WEB"
is "$STATUS $(bad)" "7 client v2/ fail,client manifests fail," "a private bucket"
like "$(said v2/ remedy)" 'put-bucket-policy --bucket '"$BUCKET"' .*s3:GetObject' "with the policy that opens it"
like "$(verdict)" '^docker, podman and containerd cannot pull from localhost' "which is said"
is "$(bucket_keys)" "$keys" "the bucket is as it was"
must bash -c "$(said v2/ remedy | head -n 1)"
doctor --pull-host "$WEB"
is "$STATUS $(bad)" "0 " "what is pasted opens this bucket, at this server"
must policy s3:GetObjectAcl

run drydock --root root doctor "s3://$BUCKET" --endpoint-url "$S3_ENDPOINT" --pull-host "$WEB"
like "$(tr '\n' ' ' <<<"$OUT")" \
  'fail  v2/ +403: nobody may read it without a key +why: podman, [^:]* +do:  aws s3api put-bucket-policy' "as text"
like "$ERR" '^drydock: doctor: 2 of [0-9]+ checks failed' "and the error"

# ---- no bucket
BUCKET=$BUCKET-new
doctor --pull-host "$WEB"
like "$STATUS $(bad)" '^[47] writer list fail,' "a bucket that is not there"
_buckets+=("$BUCKET")
must bash -c "$(said list remedy | tail -n 1)"
doctor --pull-host "$WEB"
is "$(said list verdict)" pass "what is pasted makes it"

done_testing
