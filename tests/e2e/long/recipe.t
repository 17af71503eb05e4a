#!/bin/bash
# drydock recipe with certificates of an authority of one's own, for containerd, podman, skopeo and docker, and with
# docker by http. Ports that nobody shows to other machines; docker sees an /etc/docker of its own.
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/e2e/recipe.sh
. "$E2E/recipe.sh"
# shellcheck source=tests/e2e/registry.sh
. "$E2E/registry.sh"

new_bucket
must drydock --root root stage "$FIXTURES/tiny.docker-save.tar"
must sync_to "$BUCKET/team"
DIGEST=$(sha256_of root/v2/example/tiny/manifests/1)
CONFIG=$(jq -r .config.digest root/v2/example/tiny/manifests/1)

# ---- nginx with the recipe's location, by https on a port of this machine, and by http on its address
make_certs certs
port=$(free_port) tls=$(free_port) plain=$(free_port)
address=$(hostname -I | cut -d' ' -f1)
recipe nginx --pull-host "https://127.0.0.1:$tls"
mkdir web
{
  echo "listen 127.0.0.1:$tls ssl; ssl_certificate $T/certs/server.pem; ssl_certificate_key $T/certs/server-key.pem;"
  [ -z "$address" ] || echo "listen $address:$plain;"
  echo "include $T/etc/nginx/snippets/*;"
} >web/server.conf
nginx_start "$T/web" "$port" || bail "nginx did not start"

# ---- nginx before a bucket that is https itself
front=$(free_port)
recipe nginx --endpoint-url "https://localhost:$tls" --ca-bundle certs/ca.crt --pull-host "127.0.0.1:$front"
mkdir front
echo "include $T/etc/nginx/snippets/*;" | sed "s,/\*;,/drydock-$BUCKET-team.conf;," >front/server.conf
# What the bucket's server would answer, the first nginx does.
sed -i "s,https://localhost:$tls/$BUCKET/team/v2/,https://localhost:$tls/v2/," etc/nginx/snippets/*.conf
nginx_start "$T/front" "$front" || bail "the second nginx did not start"
is "$(curl -sS "http://127.0.0.1:$front/v2/example/tiny/manifests/1" | sha256sum)" "${DIGEST#sha256:}  -" \
  "nginx checks the bucket's certificate by the authority"

# ---- containerd
HOST=https://127.0.0.1:$tls
must containerd_start "$T/c"
recipe containerd --pull-host "$HOST"
read -ra line <<<"$(typed 'ctr ')"
run containerd_ctr "$T/c" "${line[@]:1}"
isnt "$STATUS" 0 "containerd: an authority that it does not know"
recipe containerd --pull-host "$HOST" --ca-bundle certs/ca.crt
read -ra line <<<"$(typed 'ctr ')"
ok "containerd: … and that it has been told" containerd_ctr "$T/c" "${line[@]:1}"
is "$(containerd_ctr "$T/c" images ls "name==$IMAGE" | awk 'NR == 2 {print $3}')" "$DIGEST" "containerd: … it is the image that was staged"
must containerd_ctr "$T/c" images rm "$IMAGE"
recipe containerd --pull-host "$HOST" --no-verify-ssl
read -ra line <<<"$(typed 'ctr ')"
ok "containerd: … or with skip_verify" containerd_ctr "$T/c" "${line[@]:1}"

# ---- podman and skopeo
mkdir podman
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$T/podman/s" "$T/podman/r" >podman/storage.conf
echo '{"default":[{"type":"insecureAcceptAnything"}]}' >podman/policy.json
export CONTAINERS_STORAGE_CONF=$T/podman/storage.conf
run skopeo inspect --raw "docker://127.0.0.1:$tls/example/tiny:1"
isnt "$STATUS" 0 "skopeo: an authority that it does not know"
recipe podman --pull-host "$HOST" --no-verify-ssl
ok "skopeo: … with the drop-in" skopeo inspect --raw "docker://$IMAGE"
rm -r "$HOME/.config/containers/registries.conf.d"
recipe podman --pull-host "$HOST" --ca-bundle certs/ca.crt
ok "skopeo: … and one that it has been told" skopeo inspect --raw "docker://$IMAGE"
read -ra line <<<"$(typed 'podman ')"
ok "podman pulls" "${line[@]:0:2}" -q --signature-policy podman/policy.json "${line[@]:2}"
is "sha256:$OUT" "$CONFIG" "… that image"

# ---- docker, whose /etc/docker is the test's
docker_with() { # docker_with DIR: a daemon with what the recipe has made
  mkdir -p "$1" etc/docker
  [ -e etc/docker/daemon.json ] || echo '{}' >etc/docker/daemon.json
  daemon_run "$1" dockerd unshare -m --propagation private sh -c "mount --bind $T/etc/docker /etc/docker &&
    exec dockerd --config-file /etc/docker/daemon.json --data-root $T/$1/data --exec-root $T/$1/x --pidfile $T/$1/docker.pid \
      -H unix://$T/$1/d.sock --storage-driver vfs --iptables=false --ip6tables=false --bridge=none"
  daemon_wait "$1" dockerd 60 dockerd_docker "$T/$1" version || bail "no docker"
}
if command -v dockerd >/dev/null && [ -d /etc/docker ] && [ -n "$address" ]; then
  docker_with d1
  recipe docker --pull-host "http://$address:$plain"
  read -ra line <<<"$(typed 'docker ')"
  run dockerd_docker "$T/d1" "${line[@]:1}"
  isnt "$STATUS" 0 "docker: refuses http"
  daemons_stop "$T/d1"
  recipe docker --pull-host "$HOST" --ca-bundle certs/ca.crt
  docker_with d2
  ok "docker: pulls under the certificate" dockerd_docker "$T/d2" pull -q "$IMAGE"
  is "$(dockerd_docker "$T/d2" image inspect --format '{{index .RepoDigests 0}}' "$IMAGE" | sed 's/.*@//')" "$DIGEST" \
    "docker: … the image that was staged"
  recipe docker --pull-host "http://$address:$plain"
  read -ra line <<<"$(typed 'docker ')"
  ok "docker: pulls by http, with the member in daemon.json" dockerd_docker "$T/d2" "${line[@]:1}"
  daemons_stop "$T/d2"
else
  skip 4 "no docker, no /etc/docker, or no address but this machine's own"
fi
done_testing
