#!/usr/bin/env bash
# docker:// over TLS: certificates that nobody vouches for, those of certs.d, and one of our own.
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
done_testing
