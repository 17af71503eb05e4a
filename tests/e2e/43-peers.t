#!/bin/bash
# A registry that aws-cli, rclone or s3cmd has uploaded is recognised as the same: no blob, manifest
# or tag is sent again. What those tools do not know of, the headers, --check-metadata mends, so
# that clients can pull.
. "$(dirname "$0")/lib.sh"
unset AWS_CA_BUNDLE # rclone knows none, and there is no TLS here

# Below the tools' part sizes (5, 8 and 15 MiB), between them, and above all.
for size in 6 11 40; do
  must "$HELPERS/mkarchive.py" noise --size $((size * 1048576 + 7)) --layers 1 --seed $size --name app:v$size v$size.tar
  must drydock --root staged stage -q v$size.tar
done
blobs=$(find staged/v2 -path '*/blobs/*' | wc -l)
export RCLONE_CONFIG_R_TYPE=s3 RCLONE_CONFIG_R_PROVIDER=Ceph RCLONE_CONFIG_R_ENV_AUTH=true \
  RCLONE_CONFIG_R_ENDPOINT=$S3_ENDPOINT RCLONE_CONFIG_R_REGION=$AWS_REGION \
  RCLONE_CONFIG_R_NO_CHECK_BUCKET=true
cat >s3cmd.conf <<CONF
[default]
access_key = $AWS_ACCESS_KEY_ID
secret_key = $AWS_SECRET_ACCESS_KEY
host_base = ${S3_ENDPOINT#http://}
host_bucket = ${S3_ENDPOINT#http://}
use_https = False
CONF

by_aws() { /usr/bin/aws --endpoint-url "$S3_ENDPOINT" s3 cp --recursive --only-show-errors staged/v2 "s3://$BUCKET/v2"; }
by_rclone() { rclone copy staged/v2 "r:$BUCKET/v2"; }
by_rclone_parts() { rclone copy --s3-upload-cutoff 5M staged/v2 "r:$BUCKET/v2"; }
by_s3cmd() { s3cmd -c s3cmd.conf -q --no-progress sync staged/v2/ "s3://$BUCKET/v2/"; }

while read -r tool how parts; do
  new_bucket
  rm -rf root
  must cp -r staged root
  ok "$tool uploads the tree" "by_$how"
  is "$(bucket_keys | grep -c /blobs/)" "$blobs" "$how: all of it"
  is "$("$S3PY" ls "$BUCKET" | cut -f3 | grep -oE -- '-[0-9]+$' | sort -n | paste -sd' ')" "$parts" \
    "$how: in its own parts"
  ok "$how: sync" sync_to "$BUCKET" --json
  is "$(jq -r 'select(.event == "object") | .key' stdout)" v2/ "$how: sends v2/ alone, which is no file"
  is "$(summary bytes_sent)" 0 "$how: which is no byte"
  log_mark
  ok "$how: once more" sync_to "$BUCKET" --json
  is "$(summary 'uploaded + .copied')" 0 "$how: nothing"
done <<'TOOLS'
aws-cli aws -6 -2
rclone rclone
rclone rclone_parts -9 -3 -2
s3cmd s3cmd -3
TOOLS

web "$BUCKET"
exits 1 "a client cannot pull: the Content-Types are wrong" pull_skopeo app:v6 "$T/pulled"
ok "sync --check-metadata" sync_to "$BUCKET" --check-metadata --json
at_least "$(summary repaired)" 8 "mends manifests, tags and lists"
is "$(summary bytes_sent)" 0 "without a byte"
rm -rf pulled
ok "now it can" pull_skopeo app:v6 "$T/pulled"
same_file pulled/manifest.json staged/v2/app/manifests/v6 "and gets what was staged"
done_testing
