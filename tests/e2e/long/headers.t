#!/bin/bash
# drydock headers: what Apache, Caddy and lighttpd answer with it, which is what a registry must. nginx is in
# tests/e2e/61-headers.t.
S3_ENDPOINT=${S3_ENDPOINT-none}
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/e2e/serving.sh
. "$E2E/serving.sh"

serving_tree
exits 2 "Apache's map needs a place" drydock --root root headers apache

tree_server apache
serving_conforms Apache
serving_pages Apache
must drydock --root root stage -q --name files:1.gz "$FIXTURES/multi.buildah-oci-archive.tar"
must drydock --root root headers apache --listen "127.0.0.1:$PORT" --output apache/drydock.conf
sleep 1.1 # Apache tells a map's age by seconds
ask GET /v2/files/manifests/1.gz
is "$CODE $(header docker-content-digest)" "200 $(sha256_of root/v2/files/manifests/1.gz)" "Apache reads the map again by itself"
daemons_stop "$T/apache"

for server in caddy lighttpd; do
  tree_server $server
  serving_conforms $server
  serving_pages $server
  daemons_stop "$T/$server"
done
done_testing
