#!/bin/bash
# drydock recipe: what it prints, put where it says, lets nginx show a bucket below a path, and containerd, podman
# and skopeo pull from it. Docker and certificates are in tests/e2e/long/recipe.t.
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/recipe.sh
. "$E2E/recipe.sh"

new_bucket
must drydock --root root stage "$FIXTURES/tiny.docker-save.tar"
must sync_to "$BUCKET/team"
DIGEST=$(sha256_of root/v2/example/tiny/manifests/1)

# ---- containerd, from the bucket itself, below a path and by http
recipe containerd
must containerd_start "$T/c"
is "$IMAGE" "team.$BUCKET.internal/example/tiny:1" "containerd: a name that stands for the bucket"
run containerd_ctr "$T/c" images pull "$IMAGE"
isnt "$STATUS" 0 "containerd: … which nothing knows"
read -ra line <<<"$(typed 'ctr ')"
ok "containerd: … but with hosts.toml" containerd_ctr "$T/c" "${line[@]:1}"
is "$(containerd_ctr "$T/c" images ls "name==$IMAGE" | awk 'NR == 2 {print $3}')" "$DIGEST" "containerd: … it is the image that was staged"
for client in docker podman; do
  exits 2 "$client cannot pull from below a path" drydock recipe "$client" "s3://$BUCKET/team" --endpoint-url "$S3_ENDPOINT"
  like "$ERR" 'drydock recipe nginx' "… and is told what can be done"
done

# ---- nginx, which maps it to a host
port=$(free_port)
recipe nginx --pull-host "127.0.0.1:$port"
mkdir web
echo "include $T/etc/nginx/snippets/*;" >web/server.conf
nginx_start "$T/web" "$port" || bail "nginx did not start"
run curl -sS -o body -w '%{http_code} %{content_type}' "http://127.0.0.1:$port/v2/example/tiny/manifests/1" -H 'Authorization: Basic bWU6bWU='
is "$OUT" "200 $(jq -r .mediaType root/v2/example/tiny/manifests/1)" "nginx shows a manifest, also to those with a password"
is "$(sha256_of body)" "$DIGEST" "… as it was staged"
run curl -sSI "http://127.0.0.1:$port/v2/example/tiny/manifests/1"
like "$OUT" "Docker-Content-Digest: $DIGEST" "… and says by which digest, which a bucket alone does not"
is "$(curl -sS -o body -w '%{http_code}' -r 0-9 "http://127.0.0.1:$port/v2/example/tiny/blobs/$(manifest_blobs root/v2/example/tiny/manifests/1 | head -n 1)")" 206 "nginx shows ranges"
is "$(curl -sS -o body -w '%{http_code}' "http://127.0.0.1:$port/v2/../../secret")" 404 "nginx shows nothing else"
is "$(curl -sS -o body -w '%{http_code}' -X PUT -d x "http://127.0.0.1:$port/v2/x")" 403 "nginx takes nothing"
read -ra line <<<"$(typed 'drydock doctor')"
ok "and the doctor has nothing to say" "$DRYDOCK" "${line[@]:1}" --endpoint-url "$S3_ENDPOINT" --addressing-style path --read-only -q
is "$OUT" "" "… at all"

# ---- podman and skopeo, by http from there
run skopeo inspect --raw "docker://127.0.0.1:$port/example/tiny:1"
isnt "$STATUS" 0 "skopeo refuses http"
recipe podman --pull-host "127.0.0.1:$port"
ok "skopeo: … but with the drop-in" skopeo inspect --raw "docker://$IMAGE"
same_file stdout root/v2/example/tiny/manifests/1 "skopeo: it is the image that was staged"
mkdir podman
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$T/podman/s" "$T/podman/r" >podman/storage.conf
echo '{"default":[{"type":"insecureAcceptAnything"}]}' >podman/policy.json
read -ra line <<<"$(typed 'podman ')"
ok "podman pulls" env CONTAINERS_STORAGE_CONF="$T/podman/storage.conf" "${line[@]:0:2}" -q --signature-policy podman/policy.json "${line[@]:2}"
is "sha256:$OUT" "$(jq -r .config.digest root/v2/example/tiny/manifests/1)" "… that image"

# ---- its text
run drydock recipe docker s3://my-registry
like "$OUT" '^# docker pulls from my-registry.s3.us-east-1.amazonaws.com, as it is
docker pull my-registry.s3.us-east-1.amazonaws.com/NAME:TAG$' "where nothing is needed, nothing is said"
run drydock recipe k3s "s3://$BUCKET/team" --endpoint-url http://s3.example.org
like "$OUT" '^# /etc/rancher/k3s/registries.yaml \(on every node; ' "each file has its path before it, and what to mind"
like "$OUT" '^# then, as root' "and the commands stand behind"
exits 2 "a client that is unknown" drydock recipe rkt s3://b
like "$ERR" "'rkt' is none of docker|podman" "… is told"
exits 2 "no bucket" drydock recipe docker
if command -v systemd-analyze >/dev/null; then
  must drydock recipe nginx s3://b --endpoint-url https://s3.example.org --json
  mkdir -p unit/nginx.service.d
  jq -j '.files[1].content' stdout >unit/nginx.service.d/drydock.conf
  printf '[Unit]\nDescription=x\n[Service]\nExecStart=/bin/true\n' >unit/nginx.service
  run systemd-analyze --man=no verify ./unit/nginx.service
  is "$STATUS $(grep drydock.conf <<<"$ERR")" "0 " "systemd-analyze verify has nothing to say of the drop-in"
else
  skip 1 "systemd-analyze is not installed"
fi
done_testing
