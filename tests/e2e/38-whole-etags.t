#!/bin/bash
# Stage leaves out the MD5 of a large blob's whole. Where the bucket has such a blob from a
# single PUT, sync finds it out by one read, and remembers it.
. "$(dirname "$0")/lib.sh"

new_bucket
must "$HELPERS/mkarchive.py" noise --size 20000000 --layers 1 --name noise:1 noise.tar
must drydock --root root stage noise.tar
blob=$(cd root && find v2/noise/blobs -size +8M)
is "$(sql root "SELECT hex(md5) FROM blob WHERE size > 8388608")" 00000000000000000000000000000000 "the MD5 of the whole is not computed"
is "$(sql root "SELECT length(md5s) FROM blob_parts")" 64 "those of its four parts are"

blob_headers=(content-type=application/octet-stream "cache-control=public, max-age=31536000, immutable, no-transform")
must "$S3PY" put "$BUCKET" "$blob" "root/$blob" "${blob_headers[@]}"
ok "dry run" sync_to "$BUCKET" -n -vv
unlike "$OUT" "$blob" "what others put in one piece is recognised"
ok "sync" sync_to "$BUCKET" --json
at_most "$(summary bytes_sent)" 1000000 "and not sent again"
ok "the bucket is whole" bucket_whole "$BUCKET"
must traced -e trace=openat -o trace "$DRYDOCK" --root root sync -q "s3://$BUCKET" --endpoint-url "$S3_ENDPOINT"
unlike "$(cat trace)" "$blob" "the next sync does not read it"

# One byte else, of the same size.
cp "root/$blob" other
printf x | dd of=other conv=notrunc status=none
must "$S3PY" put "$BUCKET" "$blob" other
ok "sync" sync_to "$BUCKET" --json
is "$(summary uploaded)" 1 "another whole of the same size is replaced"
ok "the bucket is whole" bucket_whole "$BUCKET"

# More in one PUT than stage has the MD5 of.
must "$S3PY" rm "$BUCKET" "$blob"
log_mark
ok "sync in one piece" sync_to "$BUCKET" --multipart-threshold 64MiB
is "$(log_since | grep -c '^POST ')" 0 "no upload in parts"
ok "the bucket is whole" bucket_whole "$BUCKET"
ok "sync again" sync_to "$BUCKET" --json
is "$(summary 'uploaded + .copied')" 0 "nothing is sent again"

# What rots before it goes out is not published, although its MD5 was never known.
must "$S3PY" rm "$BUCKET" "$blob"
printf x | dd of="root/$blob" conv=notrunc status=none
exits 6 "sync of a rotten blob" sync_to "$BUCKET" --multipart-threshold 64MiB
like "$ERR" "$blob: the file has changed since it was staged" "says so"
unlike "$(bucket_keys)" "$blob" "and it is not there"

# A damaged file that only a comparison would read is its own misfortune.
new_bucket
must drydock --root root stage "$FIXTURES/tiny.ctr-export.tar"
must "$S3PY" put "$BUCKET" "$blob" other
truncate -s 12345678 "root/$blob"
ok "dry run over a root with a damaged file" sync_to "$BUCKET" -n -vv
exits 6 "sync" sync_to "$BUCKET"
like "$(bucket_keys v2/tiny/manifests/)" 'manifests/1$' "what is sound is there"
is "$(bucket_keys v2/noise/manifests/)" '' "what needs the damaged file is not"
done_testing
