#!/bin/bash
# What a remote is: endpoint with its path, bucket and prefix. Two paths are two remotes, and what
# an earlier version recorded by the host alone is found.
. "$(dirname "$0")/lib.sh"

serve fake --bases one,two,three
sync_at() { drydock --root root sync s3://b/x --endpoint-url "$U$1" --addressing-style path "${@:2}"; }
remotes() { sql root "SELECT group_concat(endpoint, ' ') FROM (SELECT endpoint FROM remote ORDER BY id)"; }
must "$HELPERS/mkarchive.py" noise --size 13000000 --layers 1 --name app:1 app.tar
must drydock --root root stage -q app.tar

ok "two paths" sync_at /one
ok "of one server" sync_at /two/ --json
is "$(summary uploaded)" 8 "have nothing in common"
is "$(remotes)" "$U/one/ $U/two/" "in the state as well"
is "$(find root/.drydock -name "lock.*" | wc -l)" 2 "each has a lock of its own"
must drydock --root root untag -q app:1
ok "what is untagged" sync_at /one
ok "and goes from the one" curl -sSf -o /dev/null "$U/two/b/x/v2/app/manifests/1"
ok "goes from the other in its turn" sync_at /two
exits 22 "there" curl -sSf -o /dev/null "$U/two/b/x/v2/app/manifests/1"

# As an earlier version left it, in the middle of an upload.
for at in '' /three; do
  rm -rf root
  must drydock --root root stage -q app.tar
  must curl -sS -X POST "$U/_fake/rules" \
    --data-binary '{"op":"UploadPart","do":"status","status":403,"code":"AccessDenied","nth":2,"times":0}'
  exits 3 "at '$at': an upload that is not finished" sync_at "$at"
  must sql root "UPDATE remote SET endpoint = '$U'"
  must curl -sS -X POST "$U/_fake/rules" --data-binary ''
  must drydock --root root diff s3://b/x --endpoint-url "$U$at" --json
  is "$(jq -r 'select(.event == "plan" and .action == "resume") | .parts_there' stdout)" 1 "a dry run finds it"
  is "$(remotes)" "$U" "and writes nothing"
  ok "a sync" sync_at "$at" --json
  is "$(summary resumed)" 1 "resumes it"
  is "$(remotes)" "$U$at/" "under the name that it has now"
done
done_testing
