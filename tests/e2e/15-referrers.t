#!/usr/bin/env bash
# --referrers: what a registry holds about an image comes with it, by its referrers API, by the fallback tags where it
# has none, and by the tags of cosign.
. "$(dirname "$0")/lib.sh"
. "$E2E/registry.sh"

# Every file of a root's tree, with its sum.
files_of() { (cd "$1/v2" && find . -type f -print0 | sort -z | xargs -0 sha256sum); }
for name in oci-nested-signed oci-cosign oci-artifact-manifest; do
  must "$HELPERS/mkarchive.py" "$name" "$name.tar"
done

# ---- the same as out of an archive, whatever the registry can

must drydock --root archive stage -t app:1 oci-nested-signed.tar
wanted=$(files_of archive)
for how in api fallback; do
  serve_fake "$how" --referrers "$how" --auth bearer --page 1 app=oci-nested-signed.tar
  tag=$(curl -s -H "Authorization: Bearer $(curl -s "$U/token?service=fake-registry&scope=repository:app:pull" | jq -r .token)" \
    "$U/v2/app/tags/list" | jq -r '.tags[]' | grep -v ^sha256)
  ok "$how: planned" "$HELPERS/dry_stage.py" "$DRYDOCK" "$how-root" --referrers -t app:1 "docker://$REG/app:$tag"
  is "$(files_of "$how-root")" "$wanted" "$how: signatures and theirs, as out of an archive"
  run fake reset
  must drydock --root "$how-root" stage --referrers -t app:1 "docker://$REG/app:$tag"
  is "$(fake_log 'select(.op == "GetBlob") | .path')" "" "$how: no blob a second time"
done
is "$(fake_log 'select(.op == "Referrers") | .path' | sort -u | wc -l)" 4 "an API that is not there is asked for no more than at once"
serve_registry
must push app oci-nested-signed.tar
must drydock --root real stage --referrers -t app:1 "docker://$REG/app:$tag"
is "$(files_of real)" "$wanted" "the distribution's registry, which has fallback tags alone"
ok "a pattern that means all tags" drydock --root real stage --referrers -t app "docker://$REG/app:*"
is "$(jq -c .tags real/v2/app/tags/list)" "$(jq -c .tags archive/v2/app/tags/list)" "means no fallback tags"
serve_fake none --referrers none app=oci-nested-signed.tar
ok "nothing there" drydock --root none-root stage --referrers "docker://$REG/app:$tag"
unlike "$ERR" skipped "… is no error, and nothing is said"
ok "… and the image is there" drydock --root none-root verify

# ---- what is listed, and is not so

serve_fake odd app=oci-artifact-manifest.tar bare="$FIXTURES/tiny.podman-oci-archive.tar"
tag=$(curl -s "$U/v2/app/tags/list" | jq -r '.tags[0]')
must drydock --root odd-root stage --referrers -t app:1 "docker://$REG/app:$tag"
is "$(jq -s '[.[].manifests | length] | add' odd-root/v2/app/referrers/*)" 1 "an artifact manifest"
other=$(curl -s -H 'Accept: application/vnd.oci.image.manifest.v1+json' "$U/v2/bare/manifests/1" | sha256sum | cut -d' ' -f1)
body=$(printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[
  {"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%064d","size":7},
  {"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%d},
  {"mediaType":"text/plain","digest":"sha256:%s","size":7}]}' 0 "$other" \
  "$(curl -s -H 'Accept: application/vnd.oci.image.manifest.v1+json' "$U/v2/bare/manifests/1" | wc -c)" "$other" | jq -c .)
fake_rules "$(jq -nc --arg body "$body" \
  '{op: "Referrers", do: "body", body: $body, type: "application/vnd.oci.image.index.v1+json"}')"
ok "a list with what is not there" drydock --root odd-root stage --referrers "docker://$REG/bare:1"
like "$ERR" "referrer sha256:0* is skipped: there is no such manifest" "is told"
like "$ERR" "referrer sha256:$other is skipped: it refers to something else" "and what is none"
like "$ERR" "text/plain, no manifest: skipped" "and what is no manifest"
fake_rules '{"op": "Referrers", "do": "status", "status": 403}'
exits 7 "a list that is not for everybody" drydock --root odd-root stage --referrers "docker://$REG/bare:1"
fake_rules '{"op": "Referrers", "do": "body", "body": "<html>", "type": "text/html"}'
ok "a page for people instead of a list" drydock --root odd-root stage --referrers "docker://$REG/bare:1"

# ---- cosign's tags

serve_fake cosign --referrers none app=oci-cosign.tar
of_kind() { tar -xOf oci-cosign.tar index.json | jq -r --arg kind "$1" '.manifests[] | select(.annotations.kind | endswith($kind)) | .digest'; }
image=$(of_kind /imageIndex)
fake tag <<<"app 1 $image
app ${image/:/-}.sig $(of_kind /sigs)
app ${image/:/-}.att $(of_kind /atts)"
must drydock --root cosign-archive stage -t copy/app:2 oci-cosign.tar
must drydock --root cosign-root stage --referrers -t copy/app:2 "docker://$REG/app:1"
is "$(files_of cosign-root)" "$(files_of cosign-archive)" "signatures and attestations go where the image goes"
like "$(files_of cosign-root)" "copy/app/manifests/${image/:/-}.sig" "under their tags"
ok "a pattern that means all of them" drydock --root all stage --referrers "docker://$REG/app:*"
is "$(jq '.tags | length' all/v2/app/tags/list)" 3 "has each once"
done_testing
