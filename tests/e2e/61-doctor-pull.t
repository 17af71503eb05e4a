#!/bin/bash
# drydock doctor as a container client, before a scripted bucket: a real pull, referrers, CDNs and web servers that
# meddle, each with the remedy that fits what answers. Needs no S3 server.
S3_ENDPOINT=${S3_ENDPOINT-none}
. "$(dirname "$0")/lib.sh"

export AWS_ACCESS_KEY_ID=AKIAEXAMPLE123456 AWS_SECRET_ACCESS_KEY=secretsecret
unset AWS_REGION AWS_DEFAULT_REGION
must drydock --root root stage "$FIXTURES/tiny.docker-save.tar"
must "$HELPERS/mkarchive.py" oci-referrer signed.tar
must drydock --root root stage -q --name signed signed.tar
serve bucket
must drydock --root root sync s3://b --endpoint-url "$U"
keys() { curl -sS "$U/_fake/state" | jq -c '.b | [(.objects | keys[]), (.uploads | keys[])]'; }
KEYS=$(keys)

front() { # front NAME: nginx before the bucket, whose location has what standard input says; WEB is its host
  local port
  port=$(free_port)
  mkdir "$1"
  {
    echo "location /v2/ { proxy_pass $U/b/v2/;"
    cat
    echo "}"
  } >"$1/server.conf"
  nginx_start "$T/$1" "$port" || bail "nginx did not start"
  WEB=localhost:$port
}
doctor() { # doctor [ARGUMENT...]: of bucket b as its clients see it at $WEB; V has "check verdict" a line
  TMPDIR=${D:-$T/d} run drydock --root root doctor s3://b --endpoint-url "$U" --json --read-only --pull-host "$WEB" "$@"
  V=$(jq -r 'select(.event == "check") | [.check, .verdict] | join(" ")' <<<"$OUT")
}
said() { # said CHECK FIELD
  jq -r --arg c "$1" --arg f "$2" 'select(.event == "check" and .check == $c) | .[$f] // ""' <<<"$OUT"
}
bad() { grep -E ' (warn|fail)$' <<<"$V" | tr '\n' ','; }
# Only these programs can be found.
with() { # with NAME...
  rm -rf programs
  mkdir programs
  for name in "$@"; do ln -s "$(command -v "$name")" "programs/"; done
}
mkdir d # what a pull needs is there; the servers have theirs in tmp

# ---- a pull
front plain </dev/null
mkdir -p home/.docker home/.config/containers
echo '{"auths":{"'"$WEB"'":{"auth":"bWU6c2VjcmV0"}}}' >home/.docker/config.json
printf '[[registry]]\nlocation = "%s"\nblocked = true\n' "$WEB" >home/.config/containers/registries.conf
doctor
is "$STATUS $(bad)" "0 " "a good bucket"
like "$(said pull message)" '^skopeo pulls signed:1, of 278 B' "skopeo pulls the smallest image, whatever its user's registries.conf says"
is "$(ls -A d)" '' "and nothing stays"
is "$(grep -c '"skopeo/' plain/access.log) $(grep -c ' 401 ' plain/access.log)" "4 0" "it has really asked for it"
is "$(said reach message)" "nginx answers" "what answers is named"
with podman jq
PATH=$T/programs doctor
like "$(said pull verdict) $(said pull message)" '^pass podman pulls signed:1' "without skopeo podman does"
is "$(ls -A d)" '' "and nothing stays"
mkdir -p a-folder-with-a-name-that-is-rather-long
D=$T/a-folder-with-a-name-that-is-rather-long PATH=$T/programs doctor
is "$(said pull verdict)" pass "also where TMPDIR is longer than podman's runroot may be"
with jq
PATH=$T/programs doctor
is "$STATUS $(said pull verdict) $(said pull message)" "0 skip neither skopeo nor podman is installed" "without either"
doctor --no-pull
is "$STATUS $(said pull verdict) $(said pull message)" "0 skip left out (--no-pull)" "--no-pull"
is "$(keys)" "$KEYS" "the bucket is as it was"

# shellcheck disable=SC2016 # nginx expands it
front guarded <<<'if ($http_authorization) { return 418; }'
sed -i "s/localhost:[0-9]*/$WEB/" home/.docker/config.json
doctor
is "$STATUS $(said pull verdict)" "0 pass" "the user's password for the host is not sent"

printf '#!/bin/sh\necho "time=x level=fatal msg=\\"first\\"" >&2; echo "time=x level=fatal msg=\\"no: \\033[31mbad\\"" >&2; exit 1\n' >skopeo
chmod +x skopeo
PATH=$T:$PATH doctor
is "$STATUS $(bad)" "1 pull fail," "a client that cannot"
is "$(said pull message)" "$(printf 'skopeo cannot pull signed:1: no: \033[31mbad')" "by its own words"
like "$(said pull remedy)" "skopeo --debug copy --src-no-creds docker://$WEB/signed:1 " "with what shows more"
like "$(jq -r 'select(.event == "diagnosis").message' <<<"$OUT")" 'podman cannot$' "and podman is said to be unable"
run env PATH="$T:$PATH" TMPDIR="$T/d" "$DRYDOCK" --root root doctor s3://b --endpoint-url "$U" --read-only --pull-host "$WEB"
unlike "$OUT" $'\033' "no escapes of the client's reach a terminal"

# A client that misbehaves: what it says is bounded, and nothing stays.
misbehaves() { # misbehaves SCRIPT: the verdict of the pull, its message and what is left
  printf '#!/bin/sh\n%s\n' "$1" >skopeo
  PATH=$T:$PATH doctor
  echo "$STATUS $(said pull verdict) $(said pull message | head -c 400 | tr '\n' ' ') $(ls -A d)"
}
like "$(misbehaves 'head -c 50000000 /dev/zero')" '^0 warn skopeo: printed more than [0-9]+ bytes *$' "one that prints without end"
like "$(misbehaves 'head -c 50000000 /dev/zero | tr "\0" x >&2; exit 1')" '^1 fail skopeo cannot pull signed:1: x{300} *$' "… and complains so"
like "$(misbehaves 'kill -KILL $$')" '^1 fail skopeo cannot pull signed:1: it gave no reason *$' "one that is killed"
like "$(misbehaves 'exit 126')" '^1 fail skopeo cannot pull' "one that cannot start"
# shellcheck disable=SC2016
like "$(misbehaves 'mkdir -p "$(echo "$@" | sed "s/.*dir://")/a/b"; exit 3')" '^1 fail skopeo cannot pull' "one that leaves folders"
printf '#!/bin/sh\necho "$@" >"%s/args"; touch "%s/d"/*/image; sleep 60\n' "$T" "$T" >skopeo
PATH=$T:$PATH TMPDIR=$T/d "$DRYDOCK" --root root doctor s3://b --endpoint-url "$U" --read-only --pull-host "$WEB" >out 2>&1 &
pid=$!
for _ in $(seq 200); do
  [ ! -s args ] || break
  sleep 0.02
done
kill -TERM "$pid"
wait "$pid"
is "$?,$(ls -A d)" "143," "a signal ends the pull, and nothing stays"
rm skopeo

# ---- answers that never end
endless() { # endless PATTERN: a web server whose answers to that are longer than anything is
  mkdir "$1"
  cat >"$1/server.conf" <<CONF
location /v2/ { proxy_pass $U/b/v2/; }
location ~ $2 { default_type application/vnd.oci.image.manifest.v1+json; root $T/$1; try_files /endless =404; }
CONF
  truncate -s 8G "$1/endless"
  nginx_start "$T/$1" "$3" || bail "nginx did not start"
  WEB=localhost:$3
}
endless long-manifests /manifests/ "$(free_port)"
doctor --no-pull
isnt "$STATUS" 0 "manifests that never end"
like "$(said manifests message)$(said types message)$(said bytes message)" 'v2/' "are named"
endless long-lists 'tags/list|referrers' "$(free_port)"
doctor --no-pull
isnt "$STATUS" 0 "lists that never end"
like "$(said tags/list message)" 'tags/list' "are named"
endless long-ping '/v2/\$' "$(free_port)"
doctor --no-pull
is "$(said v2/ verdict)" pass "v2/ that never ends is 200 all the same"
front plain-again </dev/null

# ---- referrers
doctor --no-pull
is "$(said referrers message)" "found by the API, and by the tag for clients without it" "referrers of an image"
front unreferred <<<'location ~ /referrers/ { return 404; }'
doctor --no-pull
is "$STATUS $(bad)" "4 referrers fail," "a proxy that knows no referrers"
like "$(said referrers message) $(said referrers remedy)" '^v2/signed/referrers/sha256:[0-9a-f]*: 404 drydock sync s3://b' "which is named, with its remedy"
# shellcheck disable=SC2016 # nginx expands it
front mistyped <<<'location ~ /manifests/sha256- { proxy_hide_header Content-Type; add_header Content-Type text/plain; proxy_pass '"$U/b"'$uri; }'
doctor --no-pull
is "$STATUS $(bad)" "6 referrers fail," "a fallback tag of a wrong type"
like "$(said referrers remedy)" 'drydock headers nginx' "with nginx's remedy"

# ---- what stands before it
is "$(said cors verdict)" pass "pages of other hosts are no matter"
like "$(said cors remedy)" 'in nginx.* add_header|add_header Access-Control-Allow-Origin \* always;' "but it is said how to allow them"
front open <<<'add_header Access-Control-Allow-Origin * always;'
doctor --no-pull
is "$(bad)$(said cors message),$(said cors remedy)" "pages of any host may read it," "and seen that they may"

front zipping <<<'gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;'
doctor --no-pull
is "$STATUS $(bad)" "1 gzip fail," "a proxy that compresses"
like "$(said gzip remedy)" '^in nginx.*gzip off' "with its remedy"

caddy_front() { # caddy_front NAME: Caddy before the bucket, with what standard input says; WEB is its host
  WEB=localhost:$(free_port)
  mkdir "$1"
  {
    printf '{\nadmin off\nauto_https off\n}\nhttp://%s {\n' "$WEB"
    cat
    echo "}"
  } >"$1/Caddyfile"
  daemon_run "$T/$1" caddy caddy run --adapter caddyfile --config "$T/$1/Caddyfile"
  daemon_wait "$T/$1" caddy 10 port_answers "${WEB#*:}" || bail "Caddy did not start"
}
mkdir page
echo '<html>' >page/index.html
caddy_front paging <<CONF
@v2 path /v2/*
rewrite @v2 /b{uri}
reverse_proxy $U {
  @missing status 404
  handle_response @missing {
    header Content-Type text/html
    respond "<html>" 200
  }
}
CONF
doctor --no-pull
is "$STATUS $(bad)" "1 missing fail," "a page for what is missing"
like "$(said missing message) $(said missing remedy | tr '\n' ' ')" "^200, with 6 bytes of 'text/html.* in Caddy: no try_files.*handle /v2" \
  "with Caddy's remedy"
caddy_front refusing <<CONF
@v2 path /v2/*
rewrite @v2 /b{uri}
reverse_proxy $U {
  @missing status 404
  handle_response @missing {
    respond 403
  }
}
CONF
doctor --no-pull
is "$STATUS $(bad)" "0 missing warn," "403 for what is missing"
like "$(said missing remedy)" 'in Caddy, in its reverse_proxy:' "with Caddy's remedy"

# ---- an image that is too large for this
printf '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"%s","size":2,"digest":"sha256:%064d"},"layers":[{"mediaType":"%s","size":90000000,"digest":"sha256:%064d"}]}' \
  application/vnd.oci.image.manifest.v1+json application/vnd.oci.image.config.v1+json 1 \
  application/vnd.oci.image.layer.v1.tar+gzip 2 >large.json
serve large
curl -sS -o /dev/null -X PUT "$U/large/" # the bucket
for key in v2/ v2/large/manifests/1; do
  curl -sS -o /dev/null --data-binary "@large.json" -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' "$U/b/$key"
done
front large-web </dev/null
doctor
like "$(said pull verdict) $(said pull message)" '^skip the smallest image has 8[0-9.]+ MiB' "an image of many megabytes is not pulled"
is "$(ls -A d)" '' "nothing stays"

done_testing
