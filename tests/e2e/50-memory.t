#!/bin/bash
# Peak memory with an image of over 200 MB. tests/e2e/long has it with 2 GB and 5 GB.
. "$(dirname "$0")/lib.sh"

if grep -q __asan_init "$DRYDOCK"; then skip_all "a sanitizer's memory is not ours"; fi
peak() { # peak COMMAND...: its maximum resident set in KiB is in PEAK
  /usr/bin/time -f %M -o "$T/peak" "$@" >"$T/stdout" 2>"$T/stderr"
  STATUS=$?
  PEAK=$(tail -n 1 "$T/peak")
}
stage_limit=65536 sync_limit=49152

gzip -1 -c "$FIXTURES/big.docker-save.tar" >big.tar.gz
for file in "$FIXTURES/big.docker-save.tar" "$FIXTURES/big.podman-oci-archive.tar" big.tar.gz; do
  peak "$DRYDOCK" --root "root.${file##*/}" stage -t big:1 "$file"
  is "$STATUS" 0 "stage ${file##*/}"
  at_most "$PEAK" $stage_limit "peak of stage, KiB"
  ok "it is there" test -f "root.${file##*/}/v2/big/manifests/1"
done
peak sh -c "cat '$FIXTURES/big.docker-save.tar' | '$DRYDOCK' --root root.stdin stage -t big:1 -"
is "$STATUS" 0 "stage from a pipe"
at_most "$PEAK" $stage_limit "peak of stage, KiB"
new_bucket
peak "$DRYDOCK" --root root.big.docker-save.tar sync "s3://$BUCKET" --endpoint-url "$S3_ENDPOINT"
is "$STATUS" 0 "sync"
like "$(bucket_keys)" '^v2/big/manifests/1$' "it is there"
at_most "$PEAK" $sync_limit "peak of sync, KiB"
peak "$DRYDOCK" --root root.big.docker-save.tar sync "s3://$BUCKET" --endpoint-url "$S3_ENDPOINT"
at_most "$PEAK" $sync_limit "peak of a sync with nothing to do, KiB"

# Names are for others to choose: so many long ones that no list can hold them.
mkdir fake
python3 >fake/load <<'PY'
for n in range(200000):
    print('{"bucket":"b","key":"v2/' + "x" * 200 + '%06d/manifests/1","size":1,"etag":"%032d"}' % (n, n))
PY
daemon_run fake fake "$HELPERS/fake_s3.py" --port-file "$T/fake/port" --load "$T/fake/load"
daemon_wait fake fake 60 test -s "$T/fake/port" || bail "no scripted server"
must drydock --root root.tiny stage -q "$FIXTURES/tiny.ctr-export.tar"
peak "$DRYDOCK" --root root.tiny sync -n s3://b --endpoint-url "http://127.0.0.1:$(cat fake/port)"
like "$(cat stderr)" 'more names than a list of [0-9]+ bytes can hold' "the catalogue is refused"
at_most "$PEAK" $sync_limit "peak with 200,000 foreign repositories, KiB"
done_testing
