#!/usr/bin/env bash
# docker:// over TLS: certificates that nobody vouches for, those of certs.d, and one of our own. A bucket whose
# server wants to know who asks.
. "$(dirname "$0")/lib.sh"
. "$E2E/registry.sh"

stage() { drydock --root "$T/r" stage "$@"; }
layout=$FIXTURES/tiny.podman-oci-archive.tar
make_certs "$T/certs"
certs=$T/certs

serve_fake plain --cert "$certs/server.pem" --key "$certs/server-key.pem" app="$layout"
exits 2 "an authority that is not known" stage "docker://$REG/app:1"
like "$ERR" "$REG: SSL certificate problem: .*certs.d/$REG/ca.crt, or give --src-tls-verify=false" "is what is told, with the remedy"
is "$(fake_log '.path' | wc -l)" 0 "and nothing was asked without it"
ok "with --src-tls-verify=false" stage --src-tls-verify=false "docker://$REG/app:1"
mkdir -p "$HOME/.config/containers/certs.d/$REG"
cp "$certs/ca.crt" "$HOME/.config/containers/certs.d/$REG/ca.crt"
ok "with the authority in certs.d" stage --recheck "docker://$REG/app:1"

serve_fake client --cert "$certs/server.pem" --key "$certs/server-key.pem" --client-ca "$certs/ca.crt" app="$layout"
folder=$HOME/.config/containers/certs.d/$REG
mkdir -p "$folder"
cp "$certs/ca.crt" "$folder/ca.crt"
run stage --connect-wait 100ms "docker://$REG/app:1"
isnt "$STATUS" 0 "a registry that wants to know our certificate"
cp "$certs/client.cert" "$folder/client.cert"
exits 2 "one without its key" stage "docker://$REG/app:1"
like "$ERR" "$folder/client.cert: .*client.key" "tells what is missing"
cp "$certs/client.key" "$folder/client.key"
ok "with both" drydock --root "$T/new" stage "docker://$REG/app:1"
ok "all bytes came" drydock --root "$T/new" verify -q
rm "$folder"/client.*
ok "with --client-cert and --client-key" drydock --root "$T/opt" stage --client-cert "$certs/client.cert" --client-key "$certs/client.key" \
  "docker://$REG/app:1"
ok "with both in one file" drydock --root "$T/one" stage --client-cert "$certs/client.pem" "docker://$REG/app:1"

# ---- a bucket behind nginx with ssl_verify_client
new_bucket
port=$(free_port) tls=$(free_port)
mkdir web
cat >web/server.conf <<CONF
listen 127.0.0.1:$tls ssl;
ssl_certificate $certs/server.pem;
ssl_certificate_key $certs/server-key.pem;
ssl_client_certificate $certs/ca.crt;
ssl_verify_client on;
client_max_body_size 0;
location / {
  proxy_pass http://127.0.0.1:$S3_PORT;
  proxy_set_header Host \$http_host;
  proxy_http_version 1.1;
}
CONF
nginx_start "$T/web" "$port" || bail "nginx did not start"
to_bucket() {
  drydock --root "$T/opt" sync "s3://$BUCKET" --endpoint-url "https://127.0.0.1:$tls" --addressing-style path \
    --ca-bundle "$certs/ca.crt" --connect-wait 1s "$@"
}
run to_bucket
isnt "$STATUS" 0 "a bucket's server that wants to know our certificate"
ok "with --client-cert and --client-key" to_bucket --client-cert "$certs/client.cert" --client-key "$certs/client.key"
is "$(bucket_whole "$BUCKET")" "" "all is there"
printf '[remote "mine"]\nurl = s3://%s\nendpoint_url = https://127.0.0.1:%s\naddressing_style = path\nca_bundle = %s\nclient_cert = %s\n' \
  "$BUCKET" "$tls" "$certs/ca.crt" "$certs/client.pem" >"$T/config"
ok "with both in one file, by the configuration" drydock --root "$T/opt" --config "$T/config" diff mine --exit-code
for command in "diff s3://$BUCKET --endpoint-url https://127.0.0.1:$tls" "stage docker://$REG/app:1"; do
  # shellcheck disable=SC2086
  {
    exits 4 "${command%% *}: a certificate that is not there" drydock --root "$T/opt" $command --client-cert nowhere
    like "$ERR" 'nowhere' "… is named"
    exits 2 "${command%% *}: one without a key" drydock --root "$T/opt" $command --client-cert "$certs/client.cert"
    like "$ERR" "$certs/client.cert holds no private key" "… is told"
    exits 2 "${command%% *}: a key of another one" drydock --root "$T/opt" $command --client-cert "$certs/client.cert" \
      --client-key "$certs/server-key.pem"
    like "$ERR" "server-key.pem is not the key of $certs/client.cert" "… is told"
    exits 2 "${command%% *}: a key alone" drydock --root "$T/opt" $command --client-key "$certs/client.key"
  }
done
done_testing
