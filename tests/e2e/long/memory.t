#!/bin/bash
# Peak memory does not grow with the image: 2 GB and 5 GB.
. "$(dirname "$0")/../lib.sh"

if grep -q __asan_init "$DRYDOCK"; then skip_all "a sanitizer's memory is not ours"; fi
peak() {
  /usr/bin/time -f %M -o "$T/peak" "$@" >"$T/stdout" 2>"$T/stderr"
  STATUS=$?
  PEAK=$(tail -n 1 "$T/peak")
}
for image in large2 large5; do
  peak "$DRYDOCK" --root "$image" stage "$FIXTURES/$image.hand-docker-archive.tar"
  is "$STATUS" 0 "stage $image"
  at_most "$PEAK" 65536 "peak of stage, KiB"
  peak sh -c "gzip -1 -c '$FIXTURES/$image.hand-docker-archive.tar' | '$DRYDOCK' --root $image.gz stage -"
  is "$STATUS" 0 "stage $image, gzipped, from standard input"
  at_most "$PEAK" 65536 "peak of stage, KiB"
  rm -rf "$image.gz"
  new_bucket
  peak "$DRYDOCK" --root "$image" sync "s3://$BUCKET" --endpoint-url "$S3_ENDPOINT"
  is "$STATUS" 0 "sync $image"
  at_most "$PEAK" 49152 "peak of sync, KiB"
  ok "$image: the bucket is whole" bucket_whole "$BUCKET"
  rm -rf "$image"
  "$S3PY" empty "$BUCKET"
done
done_testing
