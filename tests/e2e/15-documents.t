#!/usr/bin/env bash
# The manifests and configs of an image in a registry are asked for side by side, and each of them once, whatever
# becomes of it.
. "$(dirname "$0")/lib.sh"
. "$E2E/registry.sh"

# The paths of documents that were asked for more than once.
twice() { fake_log 'select(.op | test("GetManifest|GetBlob")) | .path' | sort | uniq -d; }

must "$HELPERS/mkarchive.py" graph 1 12 3 graph.tar
serve_fake many app=graph.tar
slowly='{"op": "GetManifest|GetBlob", "wait": 0.03, "times": 0}'
fake_rules "$slowly"
must drydock --root root stage -q -j 7 "docker://$REG/app:0"
is "$(fake state | jq .busiest)" 7 "an index of twelve: as many at once as may be"
is "$(twice)" "" "and none of them twice"
ok "all of it is there" drydock --root root verify
run fake reset
must drydock --root root stage -q "docker://$REG/app:*"
is "$(fake_log 'select(.op | test("Get(Manifest|Blob)")) | .path')" "" "other tags of the same cost their HEADs"

# ---- what is not there, or is wrong

digest=$(tar -xOf graph.tar index.json | jq -r '.manifests[0].digest')
child=$(tar -xOf graph.tar "blobs/${digest/://}" | jq -r '.manifests[5].digest')
run fake reset
fake_rules "$(jq -nc --arg path "$child" '{op: "GetManifest", path: $path, do: "status", status: 404, times: 0}')"
ok "an index that lacks a manifest" drydock --root sparse stage "docker://$REG/app:0"
like "$ERR" "is published without what" "is staged without it, which is told"
is "$(twice)" "" "and that is asked for once"
ok "… and verifies" drydock --root sparse verify
run fake reset
fake_rules "$(jq -nc --arg path "$child" '{op: "GetManifest", path: $path, do: "flip", times: 0}')"
exits 6 "one that is not what it should be" drydock --root flip stage "docker://$REG/app:0"
like "$ERR" "manifests\[5\].*the registry's answer" "is told in its place"
is "$(twice)" "" "and asked for once"
run fake reset
fake_rules "$(jq -nc --arg path "$child" '{op: "GetManifest", path: $path, do: "status", status: 403, times: 0}')"
exits 7 "one that is not for everybody" drydock --root denied stage "docker://$REG/app:0"
like "$ERR" "manifests\[5\].*403" "is told in its place"
is "$(twice)" "" "and asked for once"

# ---- tags without digests, as of static servers

serve_fake static --no-digest-header all app=graph.tar
run fake reset
ok "manifests that come with their tags" drydock --root static stage "docker://$REG/app:[01]"
ok "… and verify" drydock --root static verify
is "$(fake_log 'select(.op == "GetManifest" and (.path | test("sha256:"))) | .path' | sort | uniq -d)" "" "none is asked for twice"
done_testing
