#!/usr/bin/env bash
# docker://: a list of 50 images of which none has changed costs a HEAD for each and the tokens for that, nothing else
# but one request that finds out how the registry speaks.
. "$(dirname "$0")/lib.sh"
. "$E2E/registry.sh"

mkdir "$T/image"
must tar -C "$T/image" -xf "$FIXTURES/tiny.podman-oci-archive.tar"
repositories=()
for i in $(seq 50); do repositories+=("mirror/app$i=$T/image"); done

# nothing_new NAME OPTION...: the list twice; OUT is what the second time was asked, "COUNT OP" in each line.
nothing_new() {
  local i name=$1
  shift
  serve_fake "$name" "$@" "${repositories[@]}"
  for i in $(seq 50); do echo "docker://$REG/mirror/app$i:1"; done >"$T/list"
  must drydock --root "$T/$name.root" stage --from "$T/list"
  must fake reset
  ok "nothing new, $name" drydock --root "$T/$name.root" stage --from "$T/list"
  fake_log '.op' | sort | uniq -c | awk '{print $1, $2}' >"$T/ops"
  run cat "$T/ops"
}

# A registry on loopback may speak https or http, and is asked for that; any other is spoken to in https at once.
nothing_new anonymous
is "$OUT" $'50 HeadManifest\n1 Ping' "… takes 50 HEADs"
nothing_new bearer --auth bearer
is "$OUT" $'1 Challenge\n50 HeadManifest\n50 Token' "… takes 50 HEADs, and a token for each repository"
done_testing
