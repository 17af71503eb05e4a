#!/bin/bash
# Peak memory does not grow with the image: 2 GB in four layers, 5 GB in one.
. "$(dirname "$0")/../lib.sh"

if grep -q __asan_init "$DRYDOCK"; then skip_all "a sanitizer's memory is not ours"; fi
peak() {
  /usr/bin/time -f %M -o "$T/peak" "$@" >"$T/stdout" 2>"$T/stderr"
  STATUS=$?
  PEAK=$(tail -n 1 "$T/peak")
}
must "$HELPERS/mkarchive.py" noise --size 5000000000 --layers 1 --name large/five:1 five.tar
for image in five large2; do
  archive=$FIXTURES/$image.hand-docker-archive.tar
  [ "$image" != five ] || archive=five.tar
  for how in cat 'gzip -1 -c'; do
    peak sh -c "$how '$archive' | '$DRYDOCK' --root $image stage -"
    is "$STATUS" 0 "stage $image from $how"
    at_most "$PEAK" 65536 "peak of stage, KiB"
    rm -rf "$image"
  done
  peak "$DRYDOCK" --root "$image" stage "$archive"
  is "$STATUS" 0 "stage $image"
  at_most "$PEAK" 65536 "peak of stage, KiB"
  [ "$archive" != five.tar ] || rm five.tar
  new_bucket
  peak "$DRYDOCK" --root "$image" sync "s3://$BUCKET" --endpoint-url "$S3_ENDPOINT"
  is "$STATUS" 0 "sync $image"
  at_most "$PEAK" 49152 "peak of sync, KiB"
  ok "$image: the bucket is whole" bucket_whole "$BUCKET"
  rm -rf "$image"
  "$S3PY" empty "$BUCKET"
done
done_testing
