#!/bin/bash
# What goes wrong outside is told in one line, with the right status, and nothing that is
# not whole is published.
. "$(dirname "$0")/lib.sh"

refused() { # refused STATUS DESC COMMAND...: status, and one line that starts right
  local desc=$2
  exits "$@" || return
  one_line "$ERR" "$desc: one line"
  like "$ERR" '^drydock: ' "$desc: says who speaks"
}
published() { find "$1/v2" -type f -path '*/manifests/*' 2>/dev/null; }

must drydock --root root stage "$FIXTURES/tiny.docker-save.tar"
new_bucket

AWS_SECRET_ACCESS_KEY=wrong refused 7 "wrong secret" sync_to "$BUCKET" -q
AWS_ACCESS_KEY_ID=nobody refused 7 "unknown key" sync_to "$BUCKET" -q
AWS_ACCESS_KEY_ID=$S3_OTHER_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY=$S3_OTHER_SECRET_ACCESS_KEY \
  sync_to "$BUCKET" -q >stdout 2>stderr
is "$(bucket_keys)" '' "somebody without rights writes nothing"
refused 4 "missing bucket" sync_to "no-such-bucket-$$" -q
like "$ERR" "no-such-bucket-$$" "and names it"
S3_VIA=http://127.0.0.1:$(free_port) refused 5 "unreachable endpoint" sync_to "$BUCKET" -q --connect-wait 2s
S3_VIA=http://no-such-host.invalid refused 5 "unknown host" sync_to "$BUCKET" -q --connect-wait 2s
ROOT=$T/nowhere refused 4 "missing root" sync_to "$BUCKET" -q
refused 4 "missing archive" drydock --root root -q stage "$T/nothing.tar"
refused 2 "unknown option" drydock --root root sync --no-such-option
refused 2 "unknown command" drydock frobnicate
is "$(bucket_keys)" '' "nothing was written by any of them"

# Damaged archives of every kind, cut and flipped in many places.
for kind in docker-save.tar docker-save.tar.gz docker-save.tar.zst docker-save.tar.xz podman-oci-archive.tar ctr-export.tar; do
  file=$FIXTURES/tiny.$kind
  size=$(stat -c %s "$file")
  for at in 5 50 95; do
    head -c $((size * at / 100)) "$file" >cut.tar
    refused 6 "$kind cut at $at %" drydock --root "cut.$kind" -q stage cut.tar
  done
  for at in 20 40 60; do
    must "$HELPERS/mkarchive.py" flip "$file" flip.tar $((size * at / 100))
    refused 6 "$kind with a bit flipped at $at %" drydock --root "cut.$kind" -q stage flip.tar
  done
  is "$(published "cut.$kind")" '' "$kind: nothing was published"
  is "$(ls -A "cut.$kind/.drydock/tmp" 2>/dev/null)" '' "$kind: nothing is left in tmp"
done

# One of several sources is bad: the others are done.
exits 3 "one bad source of two" drydock --root partly -q stage "$FIXTURES/tiny.ctr-export.tar" cut.tar
ok "the good one is there" test -f partly/v2/tiny/manifests/1
ok "the tree is whole" tree_whole partly

# A root that may not be written. Root may write everywhere, so be somebody else.
chmod 755 "$T"
cp "$DRYDOCK" drydock.bin
cp "$FIXTURES/tiny.ctr-export.tar" tiny.tar
chmod 644 tiny.tar
mkdir -m 755 locked
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
refused 9 "unwritable root" as_nobody ./drydock.bin --root locked/root -q stage tiny.tar
is "$(ls -A locked)" '' "nothing was made"
chmod -R go+rX root
refused 9 "unwritable existing root" as_nobody ./drydock.bin --root root -q stage tiny.tar

# A full disk, at several points.
mkdir small
for mib in 1 8 40 100; do
  must mount -t tmpfs -o "size=${mib}m" tmpfs small
  refused 9 "disk of $mib MiB" drydock --root small/root -q stage "$FIXTURES/big.podman-oci-archive.tar"
  is "$(published small/root)" '' "nothing was published"
  is "$(ls -A small/root/.drydock/tmp 2>/dev/null)" '' "nothing is left in tmp"
  must umount small
done

# Rot between stage and sync is not published, and does not hold back what is sound.
must drydock --root rot stage "$FIXTURES/tiny.ctr-export.tar" "$FIXTURES/multi.buildah-oci-archive.tar"
"$HELPERS/mkarchive.py" noise --size 20000000 --layers 1 --name rotten:1 rot.tar
must drydock --root rot stage rot.tar
victim=$(find rot/v2/rotten/blobs -size +1M)
must "$HELPERS/mkarchive.py" flip "$victim" flipped 12345678
cp "$victim" sound
cat flipped >"$victim"
new_bucket
ROOT=$T/rot sync_to "$BUCKET" -q >stdout 2>stderr
STATUS=$?
like "$STATUS" '^(3|6)$' "sync of a rotten blob fails"
like "$(cat stderr)" "$(basename "$victim" | cut -c1-15)" "and names it"
is "$(bucket_keys v2/rotten/manifests/)" '' "its image is not published"
like "$(bucket_keys v2/tiny/manifests/)" 'manifests/1$' "others are"
cat sound >"$victim"
ROOT=$T/rot ok "with the blob mended, sync goes through" sync_to "$BUCKET"
is "$("$S3PY" list-uploads "$BUCKET")" '' "no upload is left behind"
ok "the bucket is whole" bucket_whole "$BUCKET"
done_testing
