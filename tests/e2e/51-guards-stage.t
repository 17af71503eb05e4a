#!/bin/bash
# Small faults that were once put into stage, untag and gc and that no test noticed: each has
# its test here, by its number.
. "$(dirname "$0")/lib.sh"

must drydock --root root stage -q "$FIXTURES/tiny.docker-save.tar"

# ---- FM1: who writes holds the lock alone
exec 7<root/.drydock/lock
must flock -s 7
exits 11 "FM1: stage beside a reader of the lock" drydock --root root stage "$FIXTURES/tiny2.podman-oci-archive.tar"
exits 11 "FM1: untag beside it" drydock --root root untag tiny:1
exits 11 "FM1: gc beside it" drydock --root root gc
exits 11 "FM1: rescan beside it" drydock --root root rescan
exec 7<&-
mkfifo pipe
"$DRYDOCK" --root root stage -q - <pipe >one.log 2>&1 &
first=$!
exec 8>pipe
# Looked at and never tried for: who tries takes it for a moment, and the first would find it held.
held="FLOCK +ADVISORY +WRITE .*:$(stat -c %i root/.drydock/lock) "
for _ in $(seq 600); do
  grep -qsE "$held" "/proc/$first/fdinfo/"* && break
  sleep 0.05
done
exits 11 "FM1: a second stage while the first reads" drydock --root root stage "$FIXTURES/tiny.docker-save.tar"
cat "$FIXTURES/multi.buildah-oci-archive.tar" >&8
exec 8>&-
wait $first
is $? 0 "FM1: the first goes on"
ok "FM1: and what both know is whole" drydock --root root verify -q

# ---- FM2: a repository nested below one that has its name for a folder
for name in app app/zoo app/a appz; do
  must drydock --root nested stage -q -t "$name:1" "$FIXTURES/tiny2.podman-oci-archive.tar"
done
want='["app","app/a","app/zoo","appz"]'
is "$(jq -c .repositories nested/v2/_catalog)" "$want" "FM2: the catalogue has what is nested"
must drydock --root nested stage -q --recheck -t app:1 "$FIXTURES/tiny2.podman-oci-archive.tar"
is "$(jq -c .repositories nested/v2/_catalog)" "$want" "FM2: so it stays"
rm -r nested/.drydock
must drydock --root nested rescan -q
is "$(jq -c .repositories nested/v2/_catalog)" "$want" "FM2: rescan makes the same"
must drydock --root nested untag app:1
must drydock --root nested gc -q
is "$(jq -c .repositories nested/v2/_catalog)" '["app/a","app/zoo","appz"]' "FM2: without the outer one"

# ---- FM9 and gc: the order in which things go
# gone TRACE: the keys that were removed or replaced, in order
gone() {
  sed -nE 's/.*(unlinkat|renameat2?)\(.*"v2\/([^"]*)"(, 0)?\) += 0$/\2/p' "$1"
}
# before A B WHAT: the last line that matches A comes before the first that matches B
before() {
  local a b
  a=$(grep -nE "$1" order | tail -n 1 | cut -d: -f1)
  b=$(grep -nE "$2" order | head -n 1 | cut -d: -f1)
  if [ -n "$a" ] && [ -n "$b" ]; then at_most "$a" $((b - 1)) "$3"; else fail "$3: $(tr '\n' ' ' <order)"; fi
}
must drydock --root ordered stage -q -t app:1 "$FIXTURES/multi.buildah-oci-archive.tar"
must drydock --root ordered stage -q -t app:2 "$FIXTURES/tiny2.podman-oci-archive.tar"
must traced -o untag.trace -e trace=unlinkat,renameat,renameat2 "$DRYDOCK" --root ordered untag app:1
gone untag.trace >order
before '^app/tags/list$' '^app/manifests/1$' "FM9: untag takes the tag from its list first"
index=$(sql ordered "SELECT lower(hex(digest)) FROM manifest WHERE digest IN (SELECT parent FROM edge WHERE child IN
  (SELECT digest FROM manifest))" | sed -E 's/^.*([0-9a-f]{64})$/\1/')
must traced -o gc.trace -e trace=unlinkat,renameat,renameat2 "$DRYDOCK" --root ordered gc
gone gc.trace >order
isnt "$index" '' "there was an index"
grep -E '^app/manifests/' order | grep -vF "$index" >children
at_least "$(wc -l <children)" 2 "its manifests go too"
before "^app/manifests/sha256:$index\$" "$(paste -sd'|' children)" "gc removes an index before its manifests"
before '^app/manifests/' '^app/blobs/' "and manifests before their blobs"

done_testing
