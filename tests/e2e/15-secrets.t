#!/usr/bin/env bash
# docker://: a password goes to the token server that the registry names, and no further (R4).
. "$(dirname "$0")/lib.sh"
. "$E2E/registry.sh"

serve_fake fake --auth bearer --user me:secret --private 'team/.*' team/app="$FIXTURES/tiny.podman-oci-archive.tar"
printf '{"auths": {"%s": {"auth": "%s"}}}' "$REG" "$(printf me:secret | base64)" >"$T/auth.json"
fake_rules '{"op": "Token", "path": "account=me", "do": "redirect", "to": "{storage}/elsewhere", "times": 0}'
exits 4 "a token server that leads to another server" drydock --root "$T/r" stage --authfile "$T/auth.json" "docker://$REG/team/app:1"
is "$(fake_log 'select(.path == "/elsewhere") | .headers.authorization' | sort -u)" null "… which is not told the password"
fake_rules '{"op": "Token", "path": "account=me", "do": "redirect", "to": "{base}/token?scope=repository:team/app:pull&service=fake-registry"}'
ok "one that leads to itself" drydock --root "$T/r" stage --authfile "$T/auth.json" "docker://$REG/team/app:1"

# An identity token is no password: it is exchanged by POST, and stands in no message and no file of ours.
serve_fake identity --auth bearer --identity s3cret-identity --private 'team/.*' team/app="$FIXTURES/tiny.podman-oci-archive.tar"
printf '{"auths": {"%s": {"identitytoken": "s3cret-identity"}}}' "$REG" >"$T/auth.json"
ok "an identity token" drydock --root "$T/i" stage -vv --authfile "$T/auth.json" "docker://$REG/team/app:1"
is "$(fake_log 'select(.op == "TokenPost") | .status' | sort -u)" 200 "is exchanged by POST"
unlike "$OUT$ERR" s3cret "and told to nobody"
is "$(grep -rl s3cret "$T/i" | wc -l)" 0 "nor kept"
done_testing
