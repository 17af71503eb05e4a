#!/bin/bash
# drydock headers: what Apache answers with it, which is what a registry must. nginx is in
# tests/e2e/61-headers.t.
S3_ENDPOINT=${S3_ENDPOINT-none}
. "$(dirname "$0")/../lib.sh"
. "$E2E/serving.sh"

serving_tree
exits 2 "Apache's map needs a place" drydock --root root headers apache

at() { # at FOLDER: where a server of its own listens, with its configuration in FOLDER
  mkdir -p "$1/drydock.d"
  PORT=$(free_port)
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
must drydock --root root stage -q --name multi:1 "$FIXTURES/tiny.ctr-export.tar"
must drydock --root root headers apache --listen "127.0.0.1:$PORT" --output web/drydock.conf
sleep 1.1 # Apache tells a map's age by seconds
ask GET /v2/multi/manifests/1
is "$CODE $(header docker-content-digest)" "200 $(sha256_of root/v2/multi/manifests/1)" "Apache reads the map again by itself"
daemons_stop "$T/web"
done_testing
