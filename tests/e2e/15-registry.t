#!/usr/bin/env bash
# docker://: images straight out of registries: the distribution's own, and a scripted one for what that cannot be
# made to do. What is staged is compared with what skopeo copies from the same place.
. "$(dirname "$0")/lib.sh"
. "$E2E/registry.sh"

stage() {
  drydock --root "$T/r" stage "$@"
}

# The tag in the root has the digest that the registry has, and all of its bytes.
same_as_registry() { # NAME TAG DESC
  local digest
  digest=$(skopeo --insecure-policy inspect --raw --tls-verify=false "docker://$REG/$1:$2" | sha256sum)
  is "$(sha256sum <"$T/r/v2/$1/manifests/$2")" "$digest" "$3"
}

serve_registry
must push app "$FIXTURES/tiny.podman-oci-archive.tar" >/dev/null
must push multi "$FIXTURES/multi.buildah-oci-archive.tar" >/dev/null
names=$(curl -s "http://$REG/v2/app/tags/list" | jq -r '.tags[]')
tag=${names%%$'\n'*}
mtag=$(curl -s "http://$REG/v2/multi/tags/list" | jq -r '.tags[0]')

ok "an image of the distribution's registry is staged" stage "docker://$REG/app:$tag"
same_as_registry app "$tag" "… with its digest"
ok "… and all its bytes" drydock --root "$T/r" verify
ok "an image for two platforms" stage "docker://$REG/multi:$mtag"
same_as_registry multi "$mtag" "… with its digest"
ok "… and all its bytes" drydock --root "$T/r" verify

# ---- who asks

serve_registry me:secret
must push app "$FIXTURES/tiny.podman-oci-archive.tar" >/dev/null
exits 7 "without credentials" drydock --root "$T/a" stage "docker://$REG/app:1"
like "$ERR" "$REG: app:1: .*wants a user and a password.*no credentials in" "… told where they were looked for"
mkdir -p "$HOME/.docker"
printf '{"auths": {"%s": {"auth": "%s"}}}' "$REG" "$(printf me:secret | base64)" >"$HOME/.docker/config.json"
ok "with those of docker login" drydock --root "$T/a" stage "docker://$REG/app:1"
printf '{"auths": {"%s": {"auth": "%s"}}}' "$REG" "$(printf me:wrong | base64)" >"$T/auth.json"
exits 7 "with wrong ones" drydock --root "$T/a" stage --authfile "$T/auth.json" "docker://$REG/app:1"
like "$ERR" "tried the credentials from $T/auth.json" "… told from which file"
unlike "$ERR" wrong "… without the password"

serve_fake bearer --auth bearer --user me:secret --private 'team/.*' --redirect app="$FIXTURES/tiny.podman-oci-archive.tar" \
  team/app="$FIXTURES/tiny.podman-oci-archive.tar"
ok "a token for anybody, and blobs from another server" drydock --root "$T/b" stage "docker://$REG/app:1"
ok "… with all their bytes" drydock --root "$T/b" verify
exits 7 "what is not for anybody" drydock --root "$T/b" stage "docker://$REG/team/app:1"
printf '{"auths": {"%s": {"auth": "%s"}}}' "$REG" "$(printf me:secret | base64)" >"$T/auth.json"
ok "… and with a password" drydock --root "$T/b" stage --authfile "$T/auth.json" "docker://$REG/team/app:1"
is "$(fake_log 'select(.op == "Storage" and .headers.authorization) | .path')" "" "no secret goes to the other server"

# ---- pages

serve_fake pages --auth bearer --user me:secret --private 'team/.*' --page 1 team/app="$FIXTURES/tiny.podman-oci-archive.tar"
fake tag <<<$'team/app 1.1 1\nteam/app 1.2 1\nteam/app 2 1'
printf '{"auths": {"%s": {"auth": "%s"}}}' "$REG" "$(printf me:secret | base64)" >"$T/auth.json"
ok "a pattern of tags that are listed one a page, with a password" \
  drydock --root "$T/p" stage --authfile "$T/auth.json" "docker://$REG/team/app:1.*"
is "$(cd "$T/p/v2/team/app/manifests" && echo 1.*)" '1.1 1.2' "means those that match"

# ---- what the root has under another name

serve_fake bearer2 --auth bearer app="$FIXTURES/tiny.podman-oci-archive.tar"
for i in 1 2 3; do
  echo "docker://$REG/app:1 -t again$i"
done >"$T/list"
ok "an image that is there, under three other names" drydock --root "$T/b" stage --from "$T/list"
is "$(fake_log 'select(.op | test("Get")) | .path')" "" "is not fetched"
is "$(fake_log .op | grep -c HeadManifest)" 3 "but asked for once a name"

# ---- what is there already, in part

serve_fake cuts --auth none app="$FIXTURES/tiny.podman-oci-archive.tar"
fake_rules '{"op": "GetBlob", "path": "494162", "do": "cut", "after": 700000}' \
  '{"op": "GetBlob", "path": "494162", "do": "cut", "after": 100000}'
ok "a blob that is cut twice" drydock --root "$T/c" stage "docker://$REG/app:1"
ok "… is whole" drydock --root "$T/c" verify
is "$(fake_log 'select(.op == "GetBlob" and (.path | test("494162"))) | .bytes' | jq -s add)" 1083865 "… and no byte of it came twice"
done_testing
