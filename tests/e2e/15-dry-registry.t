#!/usr/bin/env bash
# docker:// with -n: what a registry would bring is known by its manifests and configs. No layer is asked for, nothing
# is written, and the run behind it does what was said.
. "$(dirname "$0")/lib.sh"
. "$E2E/registry.sh"

same() { ok "P5: $*" "$HELPERS/dry_stage.py" "$DRYDOCK" root "$@"; }
fresh() {
  rm -rf root
  same "$@"
}
# Layers that were asked for since the last reset.
layers_asked() { fake_log 'select(.op | test("GetBlob|Storage")) | .bytes' | awk '$1 > 100000' | wc -l; }

must "$HELPERS/mkarchive.py" docker-missing-layer missing.tar
serve_fake fake --redirect app="$FIXTURES/tiny.podman-oci-archive.tar" multi="$FIXTURES/multi.buildah-oci-archive.tar" \
  tiny2="$FIXTURES/tiny2.podman-oci-archive.tar"
mtag=$(curl -s "$U/v2/multi/tags/list" | jq -r '.tags[0]')
tag2=$(curl -s "$U/v2/tiny2/tags/list" | jq -r '.tags[0]')
fake tag <<<"app 1.1 1"

ok "a root that is not there" drydock --root none stage -n "docker://$REG/app:1"
like "$OUT" '^add   app:1 .* new blobs' "is told what it would get"
ok "… and none is made" test ! -e none
is "$(layers_asked)" 0 "no layer was asked for"

fresh "docker://$REG/app:1"
same "docker://$REG/app:1"
fresh "docker://$REG/app:1*"
fresh "docker://$REG/multi:$mtag"
fresh --platform linux/amd64 "docker://$REG/multi:$mtag"
fresh "docker://$REG/app:1" "docker://$REG/multi:$mtag" "docker://$REG/app:none"
same -t app:1 "docker://$REG/tiny2:$tag2"
same --recheck "docker://$REG/app:1"
printf '%s\n' "docker://$REG/app:1 -t both:1" "docker://$REG/none:1" "missing.tar" "docker://$REG/multi:$mtag" >list
fresh --from list

run fake reset
rm -rf root
must drydock --root root stage -n "docker://$REG/app:1*" "docker://$REG/multi:$mtag"
is "$(layers_asked)" 0 "no layer is asked for, whatever is named"
must drydock --root root stage -q "docker://$REG/app:1"
run fake reset
must drydock --root root stage -n "docker://$REG/app:1"
like "$OUT" '^same  app:1 ' "what is there already"
is "$(fake_log 'select(.op == "HeadManifest" or .op == "Ping" | not) | .path')" "" "costs one HEAD"
mkdir own && TMPDIR=$PWD/own must drydock --root root stage -n "docker://$REG/multi:$mtag"
is "$(ls own)" '' "nothing is left in TMPDIR"
exits 2 "--compress, which nothing is known of before" drydock --root root stage -n --compress=zstd "docker://$REG/app:1"
done_testing
