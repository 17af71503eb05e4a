#!/usr/bin/env bash
# --registry-mirror: a mirror is asked first, with ?ns=, and the registry itself for what the mirror does not have, or
# when it does not answer. Each of them sees its own credentials alone.
. "$(dirname "$0")/lib.sh"
. "$E2E/registry.sh"

auth() { printf '{"auths": {"%s": {"auth": "%s"}, "%s": {"auth": "%s"}}}' "$1" "$(printf %s "$2" | base64)" "$3" "$(printf %s "$4" | base64)"; }
asked() { fake_log 'select(.op | test("Manifest|Blob|Tags|Referrers")) | "\(.op) \(.path)"'; }

serve_fake own --auth basic --user own:one app="$FIXTURES/tiny.podman-oci-archive.tar" only="$FIXTURES/tiny2.podman-oci-archive.tar"
own=$REG own_url=$U
tag2=$(curl -s -u own:one "$U/v2/only/tags/list" | jq -r '.tags[0]')
fake reset
serve_fake mirror --auth basic --user mirror:two --ns "$own" --page 1 app="$FIXTURES/tiny.podman-oci-archive.tar"
mirror=$REG U_mirror=$U
auth "$own" own:one "$mirror" mirror:two >auth.json
fake tag <<<"app 1.1 1"
stage() { drydock --root "$1" stage --authfile auth.json --registry-mirror "$own=$mirror" "${@:2}"; }

ok "an image of a registry that has a mirror" stage root "docker://$own/app:1*"
unlike "$ERR" "not from the mirror" "comes from the mirror"
is "$(U=$own_url asked)" "" "the registry is not asked"
is "$(asked | grep -v 'ns=')" "" "the mirror is told of which it is one"
ok "all of it is there" drydock --root root verify
is "$(jq -c .repositories root/v2/_catalog)" '["app"]' "under the name that it has without mirrors"

ok "what the mirror does not have" stage root "docker://$own/only:$tag2"
like "$ERR" "only:$tag2: not from the mirror $mirror: .*only" "is told"
like "$(U=$own_url asked)" "GetManifest /v2/only/manifests/sha256" "and comes from the registry"
is "$(U=$own_url fake_log '.path' | grep ns=)" "" "… which knows nothing of mirrors"
is "$(cat own/log mirror/log 2>/dev/null | grep -c Traceback)" 0 "no trouble with the servers"
own_basic=$(printf own:one | base64) mirror_basic=$(printf mirror:two | base64)
unlike "$(fake_log '.headers.authorization')" "$own_basic" "the mirror sees no password of the registry"
unlike "$(U=$own_url fake_log '.headers.authorization')" "$mirror_basic" "nor the registry one of the mirror"

fake_rules '{"op": "GetBlob", "path": "494162", "do": "status", "status": 404, "times": 0}'
ok "an image of which the mirror lacks a layer" stage layer "docker://$own/app:1"
ok "… is whole" drydock --root layer verify
exits 4 "what neither of them has" stage root "docker://$own/none:1"
like "$ERR" "$own has no" "is told of the registry"

port=$(free_port)
printf '%s\n' "docker://$own/app:1" "docker://$own/only:$tag2" >list
ok "a mirror that is away" drydock --root away stage --authfile auth.json --registry-mirror "$own=127.0.0.1:$port" \
  --connect-wait 1s --from list
is "$(grep -c "not from the mirror" <<<"$ERR")" 1 "is waited for once in a run"
# Two images in the mirror, of which one fails there; the one that came is neither fetched nor told again.
serve_fake half app="$FIXTURES/tiny.podman-oci-archive.tar" app="$FIXTURES/tiny2.podman-oci-archive.tar"
half=$REG
small=$(curl -s "$U/v2/app/tags/list" | jq -r '.tags[]' | sort -V | tail -n 1) # is staged last
last=$(curl -s "$U/v2/app/manifests/$small" | jq -r '.layers[-1].digest')
U_half=$U
serve_fake full app="$FIXTURES/tiny.podman-oci-archive.tar" app="$FIXTURES/tiny2.podman-oci-archive.tar"
U=$U_half fake_rules "{\"op\": \"GetBlob\", \"path\": \"${last#*:}\", \"do\": \"status\", \"status\": 404, \"times\": 0}"
for dry in '' -n; do
  [ -z "$dry" ] || U=$U_half fake_rules "{\"op\": \"GetManifest\", \"do\": \"status\", \"status\": 404, \"times\": 0, \"nth\": 2}"
  ok "a mirror that fails halfway $dry" drydock --root "half$dry" stage $dry --registry-mirror "$REG=$half" "docker://$REG/app:*"
  like "$ERR" "not from the mirror $half" "is left for the registry"
  is "$(grep -cE '^(staged|add) ' <<<"$OUT")" "$(sed -E 's/.*app:([^ ]*) .*/\1/;t;d' <<<"$OUT" | sort -u | wc -l)" "and each image is told once" ||
    diag "$OUT"
done
ok "it is whole" drydock --root half verify
U=$U_mirror
fake_rules '{"op": ".*", "do": "status", "status": 403, "times": 0}'
ok "one that refuses, before one that has it" drydock --root two stage --authfile auth.json \
  --registry-mirror "$own=$mirror" --registry-mirror "$own=$mirror" "docker://$own/app:1"
for wrong in ghcr.io "ghcr.io=" "=b.c" "ghcr.io=a/b" "ghcr.io=ghcr.io" "ghcr=b.c"; do
  exits 2 "--registry-mirror $wrong" drydock --root none stage --registry-mirror "$wrong" "docker://ghcr.io/app:1"
done
before=$(find tmp -name 'layout-*' | wc -l)
daemons_stop "$T/half"
is "$(find tmp -name 'layout-*' | wc -l)" "$((before - 2))" "a scripted registry leaves nothing behind"
done_testing
