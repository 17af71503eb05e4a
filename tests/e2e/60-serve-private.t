#!/bin/bash
# drydock serve --tls-cert, --tls-key and --htpasswd: who knows the authority and the password pulls, by
# skopeo, podman and docker; all others are told why not. Needs no bucket.
S3_ENDPOINT=${S3_ENDPOINT-none}
. "$(dirname "$0")/lib.sh"
. "$E2E/serving.sh"

must drydock --root root stage -q --name app:1 "$FIXTURES/tiny.ctr-export.tar"
MANIFEST=$(sha256_of root/v2/app/manifests/1)
LAYER=$(jq -r '.layers[0].digest' root/v2/app/manifests/1)

make_pair() { # make_pair NAME ISSUER: NAME.pem and NAME.key, by ISSUER's
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr" &&
    openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 2 -out "$1.pem" \
      -extfile <(echo 'subjectAltName=IP:127.0.0.1,DNS:localhost')
}
must openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj '/CN=an authority' \
  -keyout ca.key -out ca.pem
must make_pair us ca
must make_pair other ca
must openssl pkey -in us.key -aes128 -passout pass:x -out locked.key
mkdir trusted && cp ca.pem trusted/ca.crt

hash_of() { # hash_of PASSWORD COST: as htpasswd -B makes it, by the same libcrypt
  perl -e 'print crypt($ARGV[0], "\$2y\$$ARGV[1]\$abcdefghijklmnopqrstuu")' "$@"
}
{
  echo "# who may pull"
  echo "me:$(hash_of 'sec:ret' 05)"
  echo "dear:$(hash_of other 10)"
} >users
chmod 600 users

# ---- What cannot be used is told before the first client comes
serve() {
  timeout 10 "$DRYDOCK" --root root serve --listen 127.0.0.1:0 "$@"
}
exits 2 "a certificate without its key" serve --tls-cert us.pem
exits 2 "a key without its certificate" serve --tls-key us.key
exits 2 "the key of another certificate" serve --tls-cert us.pem --tls-key other.key
like "$ERR" 'other\.key is not the key of us\.pem$' "… is told"
exits 2 "a key with a passphrase, which nobody can give" serve --tls-cert us.pem --tls-key locked.key
like "$ERR" 'locked\.key holds no private key in PEM without passphrase$' "… is told"
exits 2 "a file without a certificate" serve --tls-cert users --tls-key us.key
echo "you:$(hash_of x 05 | tr -d \$)" >plain
exits 2 "passwords without bcrypt" serve --htpasswd plain
like "$ERR" "plain: 'you': a line must be " "… are told by their name"
unlike "$ERR" "$(tail -c 20 plain)" "… and not with what they hash to"
exits 4 "a file that is not there" serve --htpasswd nowhere

# ---- Who may
ln -s us.pem live.pem # as those who renew certificates do it
serving_start --tls-cert live.pem --tls-key us.key --htpasswd users
like "$U" '^https://127\.0\.0\.1:[0-9]+$' "it serves by TLS"
CA=(--cacert ca.pem)
for who in "" me:wrong 'me:sec' nobody:x "me:$(hash_of 'sec:ret' 05)" ':' 'dear:sec:ret'; do
  for path in /v2/ /v2/app/manifests/1 "/v2/app/blobs/$LAYER" /v2/_catalog /; do
    ask GET "$path" "${CA[@]}" ${who:+-u "$who"}
    is "$CODE $(header www-authenticate) $(error)" '401 Basic realm="drydock", charset="UTF-8" UNAUTHORIZED' \
      "'$who' is told that a password is wanted for $path"
    [ -z "$who" ] || break
  done
done
ask POST /v2/app/blobs/uploads/ "${CA[@]}" -d x
is "$CODE" 401 "before anything else"
for value in 'Basic' 'Basic !!!' 'Bearer bWU6c2VjOnJldA==' "Basic $(printf 'me\0:x' | base64)" "Basic $(head -c 3000 /dev/zero | base64 -w0)"; do
  ask GET /v2/ "${CA[@]}" -H "Authorization: $value"
  is "$CODE" 401 "no password: ${value:0:40}"
done
for _ in 1 2; do
  ask GET /v2/app/manifests/1 "${CA[@]}" -u 'me:sec:ret'
  is "$CODE $(header docker-content-digest)" "200 $MANIFEST" "with the right one it pulls, also again"
done
ask GET /v2/ "${CA[@]}" -u dear:other
is "$CODE" 200 "each with their own"
like "$(tail -n 1 serving/serve.log; sleep 1.2; tail -n 1 serving/serve.log)" '^127\.0\.0\.1 - dear \[.*"GET /v2/ HTTP/1\.1" 200 ' \
  "the log tells who it was"
unlike "$(cat serving/serve.log)" 'sec:ret|can be read' "no password, and no warning on this machine"
ask GET "/v2/app/blobs/$LAYER" "${CA[@]}" -u me:sec:ret -r 5-104
cmp -s body <(tail -c +6 "root/v2/app/blobs/$LAYER" | head -c 100)
is "$? $CODE" "0 206" "a range by TLS"
ask GET "/v2/app/blobs/$LAYER" "${CA[@]}" -u me:sec:ret
same_file body "root/v2/app/blobs/$LAYER" "a whole blob by TLS"
ask GET /v2/ -u me:sec:ret
is "$CODE" 000 "nobody believes an authority that they do not know"
ask GET /v2/ "${CA[@]}" -u me:sec:ret --tls-max 1.1
is "$CODE" 000 "no TLS older than 1.2"
ask GET /v2/ "${CA[@]}" -u me:sec:ret --tls-max 1.2
is "$CODE" 200 "1.2 is enough"
curl -s --max-time 5 -o body "http://$WEB/v2/"
isnt "$?" 0 "no answer without TLS"
ask GET /v2/ "${CA[@]}" -u me:sec:ret
is "$CODE" 200 "who speaks no TLS disturbs nobody"

# ---- Clients
skopeo_pull() { # skopeo_pull DIR [OPTION...]
  skopeo --insecure-policy --tmpdir "$T/tmp" copy -q --preserve-digests "${@:2}" "docker://$WEB/app:1" "dir:$1"
}
ok "skopeo pulls" skopeo_pull got --src-cert-dir trusted --src-creds me:sec:ret
same_file got/manifest.json root/v2/app/manifests/1 "… what was staged"
ok "skopeo without a password does not" eval '! skopeo_pull got-1 --src-cert-dir trusted'
ok "nor with a wrong one" eval '! skopeo_pull got-2 --src-cert-dir trusted --src-creds me:x'
like "$ERR" 'unauthorized|authentication required|Unauthorized' "… and says so"
ok "nor without the authority" eval '! skopeo_pull got-3 --src-creds me:sec:ret'
like "$ERR" 'x509|certificate' "… and says so"
podman_pull() { # podman_pull PASSWORD
  _podman pull -q --cert-dir trusted --creds "me:$1" --signature-policy "$T/podman/policy.json" "$WEB/app:1"
}
ok "podman pulls" podman_pull sec:ret
is "$(podman_digest app:1)" "$MANIFEST" "… what was staged"
_podman rmi -af >"$T/stdout" 2>&1
ok "podman with a wrong password does not" eval '! podman_pull wrong'
# dockerd asks for no authority on this machine; the password it gets like anywhere.
dockerd_start "$T/d" >"$T/dockerd" 2>&1 || bail "dockerd did not start"
ok "docker does not without docker login" eval '! pull_docker app:1'
# shellcheck disable=SC2016  # eval expands it
ok "docker login" eval 'printf sec:ret | dockerd_docker "$T/d" login -u me --password-stdin "$WEB"'
ok "docker pulls" pull_docker app:1
is "$(docker_digest app:1)" "$MANIFEST" "… what was staged"
serving_stop
unlike "$(grep '^drydock' serving/serve.log)" 'warning|error' "nothing else is told"
run timeout --preserve-status -s TERM 1 "$DRYDOCK" --root root serve --listen :0 --htpasswd users
like "$ERR" 'warning: .*no TLS$' "without TLS, and for others than this machine, there is a warning"
done_testing
