#!/bin/bash
# drydock headers: what Apache, Caddy and lighttpd answer with it, which is what a registry must. nginx is in
# tests/e2e/61-headers.t.
S3_ENDPOINT=${S3_ENDPOINT-none}
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/e2e/serving.sh
. "$E2E/serving.sh"

serving_tree
exits 2 "Apache's map needs a place" drydock --root root headers apache

at() { # at FOLDER: where a server of its own listens, with its configuration in FOLDER
  mkdir -p "$1/drydock.d"
  PORT=$(free_port)
  # shellcheck disable=SC2034  # for ask
  WEB=127.0.0.1:$PORT U=http://$WEB
}

# ---- Apache
at web
chmod 755 "$T" # Apache does not serve as root
start_apache() {
  must drydock --root root headers apache --listen "127.0.0.1:$PORT" --output web/drydock.conf
  cat >web/apache.conf <<CONF
ServerRoot $T/web
ServerName localhost
PidFile $T/web/own.pid
ErrorLog $T/web/error.log
User www-data
Group www-data
Mutex file:$T/web
$(for module in mpm_event authz_core rewrite headers mime dir negotiation; do
    echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
  done)
TypesConfig /etc/mime.types
AddEncoding x-gzip .gz
Include drydock.conf
CONF
  daemon_run "$T/web" apache apache2 -D FOREGROUND -d "$T/web" -f "$T/web/apache.conf"
  daemon_wait "$T/web" apache 10 port_answers "$PORT" || bail "Apache did not start: $(cat web/error.log web/apache.log)"
}
start_apache
serving_conforms Apache
must drydock --root root stage -q --name files:1.gz "$FIXTURES/multi.buildah-oci-archive.tar"
must drydock --root root headers apache --listen "127.0.0.1:$PORT" --output web/drydock.conf
sleep 1.1 # Apache tells a map's age by seconds
ask GET /v2/files/manifests/1.gz
is "$CODE $(header docker-content-digest)" "200 $(sha256_of root/v2/files/manifests/1.gz)" "Apache reads the map again by itself"
daemons_stop "$T/web"

# ---- Caddy
at web2
must drydock --root root headers caddy --listen "127.0.0.1:$PORT" --output web2/drydock.conf
printf '{\n\tadmin off\n\tauto_https off\n}\nimport drydock.conf\n' >web2/Caddyfile
daemon_run "$T/web2" caddy caddy run --adapter caddyfile --config "$T/web2/Caddyfile"
daemon_wait "$T/web2" caddy 10 port_answers "$PORT" || bail "Caddy did not start: $(cat web2/caddy.log)"
serving_conforms Caddy
daemons_stop "$T/web2"

# ---- lighttpd
at web3
must drydock --root root headers lighttpd --listen "127.0.0.1:$PORT" --output web3/drydock.conf
cat >web3/lighttpd.conf <<CONF
server.document-root = "/nowhere"
server.port = $(free_port)
server.bind = "127.0.0.1"
mimetype.assign = ( ".json" => "text/x", ".html" => "text/html" )
index-file.names = ( "index.html" )
include "drydock.conf"
CONF
daemon_run "$T/web3" lighttpd lighttpd -D -f "$T/web3/lighttpd.conf"
daemon_wait "$T/web3" lighttpd 10 port_answers "$PORT" || bail "lighttpd did not start: $(cat web3/lighttpd.log)"
serving_conforms lighttpd
daemons_stop "$T/web3"
done_testing
