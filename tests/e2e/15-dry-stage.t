#!/bin/bash
# P5: what `stage -n` says is what the stage behind it does, and the dry run itself writes nothing.
. "$(dirname "$0")/lib.sh"

same() { ok "P5: $*" "$HELPERS/dry_stage.py" "$DRYDOCK" root "$@"; }
fresh() {
  rm -rf root
  same "$@"
}
for name in docker-pre25 docker-25 docker-gzip-layers docker-xz-layers docker-missing-layer; do
  must "$HELPERS/mkarchive.py" "$name" "$name.tar"
done
must "$HELPERS/mkarchive.py" docker-two-images two.tar
must "$HELPERS/mkarchive.py" flip "$FIXTURES/tiny.docker-save.tar" bad.tar 2000
tar -cf kept.tar -C "$FIXTURES/tiny.skopeo-dir" . && gzip -k kept.tar

for file in ./*.tar; do
  gzip -c "$file" >z.gz
  fresh "$file"
  fresh --compress zstd --format oci z.gz
  fresh -t app:1 --compress none z.gz
done
for source in "$FIXTURES"/tiny.skopeo-dir "$FIXTURES"/tiny.docker-save.tar "$FIXTURES"/multi.buildah-oci-archive.tar; do
  fresh -t app:1 --image @0 "$source"
  fresh --platform linux/amd64 "$source"
  same --recheck "$source"
done
fresh "$FIXTURES/tiny.docker-save.tar" bad.tar "$FIXTURES/multi.buildah-oci-archive.tar" missing.tar
same -t example/tiny:1 "$FIXTURES/tiny2.podman-oci-archive.tar"
stream() { "$HELPERS/dry_stage.py" "$DRYDOCK" root - <"$1"; }
rm -rf root
ok "P5: standard input" stream "$FIXTURES/tiny.docker-save.tar"

rm -rf root
ok "a root that is not there" drydock --root root stage -n "$FIXTURES/tiny.docker-save.tar"
like "$ERR" 'a new registry root would be made: root' "is told"
like "$OUT" '^add   example/tiny:1 .* linux/amd64 .* new blobs' "each tag has its line"
like "$(tail -n 1 <<<"$OUT")" '^dry run: 2 images, 2 new tags, 0 tags moved' "and all of them their totals"
ok "nothing is made" test ! -e root
ok "with -q" drydock --root root stage -nq "$FIXTURES/tiny.docker-save.tar"
is "$OUT$ERR" '' "nothing is said"
exits 4 "a root in a folder that is not there" drydock --root no/root stage -n "$FIXTURES/tiny.docker-save.tar"
must drydock --root root stage -q "$FIXTURES/tiny.docker-save.tar"
ok "a tag that moves" drydock --root root stage -n -t example/tiny:1 "$FIXTURES/tiny2.podman-oci-archive.tar"
like "$OUT" '^move  example/tiny:1  sha256:.* -> sha256:' "shows from where to where"
printf '%s\n' 'two.tar -t both:1' "$FIXTURES/tiny.docker-save.tar" >list
exits 3 "of a list" drydock --root root stage -n --from list
like "$ERR" 'list:1: two.tar: 2 images' "what fails is told with its line"
like "$OUT" '^same  example/tiny:2 ' "and the rest is planned"
is "$(ls tmp)" '' "nothing is left in TMPDIR"
done_testing
