#!/bin/bash
# What the dry run says is what the sync does, and the dry run itself changes nothing.
. "$(dirname "$0")/lib.sh"

new_bucket
must "$HELPERS/mkarchive.py" noise --size 30000000 --layers 2 --name noise:1 noise.tar
must drydock --root root stage "$FIXTURES/tiny.docker-save.tar" "$FIXTURES/multi.buildah-oci-archive.tar" noise.tar

state() { (cd root && find . -type f ! -name 'lock*' ! -name '*-shm' ! -name '*-wal' -exec sha256sum {} + | sort -k2); }
planned() { awk '$1 ~ /^(upload|resume|copy|tag|update|repair)$/ {print $2}' "$1" | sort; }
written() { log_since | awk '$1 == "PUT" || $1 == "POST" {print $2}' |
  sed -E "s|^/$BUCKET/||; s|\?.*||; s/%3[Aa]/:/g" | sort -u; }

before=$(state)
log_mark
ok "dry run" sync_to "$BUCKET" -n -vv
cp stdout plan
is "$(log_since | grep -vE '^(GET|HEAD) ')" '' "sends only GET, HEAD and LIST"
is "$(state)" "$before" "changes nothing in the root"
is "$(bucket_keys)" '' "and nothing in the bucket"
like "$(tail -n 1 plan)" '^dry run: .* to send' "ends with totals"
ok "a dry run for people" sync_to "$BUCKET" -n
like "$OUT" '^example/tiny:1 is new: [0-9]+ layers?, [0-9.]+ [KM]iB to send$' "tells one line an image"
unlike "$OUT" 'sha256|^upload' "and none of its objects"
ok "dry run as JSON" sync_to "$BUCKET" -n --json
cp stdout plan.json
ok "diff says there is something to do" drydock --root root diff -vv "s3://$BUCKET" --endpoint-url "$S3_ENDPOINT"
is "$(planned stdout)" "$(planned plan)" "diff prints the same actions"
exits 12 "diff --exit-code" drydock --root root diff --exit-code "s3://$BUCKET" --endpoint-url "$S3_ENDPOINT"

log_mark
ok "sync" sync_to "$BUCKET" --json
is "$(written)" "$(planned plan)" "the server saw exactly the planned keys written"
is "$(summary bytes_sent)" "$(summary bytes_total plan.json)" "as many bytes as planned"
is "$(summary 'uploaded + .copied')" "$(wc -l < <(planned plan))" "as many objects as planned"
at_least "$(summary copied)" 1 "a blob of two repositories is sent once and copied once"
# A copy on the server is a PUT too.
puts='requests | (.PUT + (.COPY // 0))'
is "$(log_since | grep -c '^PUT ')" "$(summary "$puts" plan.json)" "as many PUT as planned"
is "$(log_since | grep -c '^POST ')" "$(summary requests.POST plan.json)" "as many POST as planned"
is "$(summary "$puts")" "$(log_since | grep -c '^PUT ')" "the sync counts its requests right"

exits 0 "diff --exit-code: nothing to do" drydock --root root diff --exit-code "s3://$BUCKET" --endpoint-url "$S3_ENDPOINT"

# Something to do again: a lost object, a changed one, a moved tag.
victim=$(bucket_keys v2/noise/blobs/ | head -n 1)
must "$S3PY" rm "$BUCKET" "$victim"
must "$S3PY" put "$BUCKET" v2/multi/tags/list /dev/null
must drydock --root root stage -t example/tiny:1 "$FIXTURES/tiny2.podman-oci-archive.tar"
ok "dry run" sync_to "$BUCKET" -n -vv
cp stdout plan
like "$(grep -F "$victim" plan)" '^upload .* missing' "a lost object is missing"
like "$(grep -F v2/multi/tags/list plan)" '^(upload|update) ' "a changed one is sent"
like "$(grep -F 'v2/example/tiny/manifests/1' plan)" 'sha256:.* -> sha256:' "a moved tag shows from where to where"
ok "dry run as JSON" sync_to "$BUCKET" -n --json
cp stdout plan.json
log_mark
ok "sync" sync_to "$BUCKET" --json
is "$(written)" "$(planned plan)" "exactly the planned keys"
is "$(summary bytes_sent)" "$(summary bytes_total plan.json)" "exactly the planned bytes"
ok "the bucket is whole" bucket_whole "$BUCKET"

# Without conditions that are certain, lists are looked at again once they are written.
for who in alice bob; do must "$HELPERS/mkarchive.py" signed $who $who.tar; done
for provider in ceph other; do
  new_bucket
  for who in alice bob; do
    must drydock --root "$provider" stage -q -t signed:1 $who.tar
    must sync_to "$BUCKET" --root "$provider" --provider $provider --json -n
    cp stdout plan.json
    must sync_to "$BUCKET" --root "$provider" --provider $provider --json
    is "$(summary 'requests | (.GET, .HEAD, .PUT)')" "$(summary 'requests | (.GET, .HEAD, .PUT)' plan.json)" \
      "$provider: a signature of $who costs as many requests as planned"
  done
done
done_testing
