#!/bin/bash
# Ways to say where the bucket is and who asks: virtual-host style, the environment, a
# shared credentials file, a configured remote.
. "$(dirname "$0")/lib.sh"

must drydock --root root stage "$FIXTURES/tiny.podman-oci-archive.tar"

new_bucket
ok "virtual-host style" drydock --root root sync "s3://$BUCKET" \
  --endpoint-url "http://$S3_DNS_NAME:$S3_PORT" --addressing-style virtual
ok "whole" bucket_whole "$BUCKET"

new_bucket
ok "a prefix" drydock --root root sync "s3://$BUCKET/some/where" --endpoint-url "$S3_ENDPOINT"
is "$(bucket_keys | grep -v '^some/where/v2/')" '' "every key is below the prefix"
at_least "$(bucket_keys | wc -l)" 8 "there are keys"

new_bucket
export AWS_ENDPOINT_URL_S3=$S3_ENDPOINT
ok "AWS_ENDPOINT_URL_S3" drydock --root root sync "s3://$BUCKET"
ok "whole" bucket_whole "$BUCKET"
unset AWS_ENDPOINT_URL_S3

# Credentials from the shared file only.
new_bucket
mkdir -p "$HOME/.aws"
printf '[default]\naws_access_key_id = nobody\naws_secret_access_key = nothing\n\n[store]\naws_access_key_id = %s\naws_secret_access_key = %s\n' \
  "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" >"$HOME/.aws/credentials"
without() { env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY "$@"; }
exits 7 "the default profile is not known here" without "$DRYDOCK" --root root sync "s3://$BUCKET" --endpoint-url "$S3_ENDPOINT"
chmod 644 "$HOME/.aws/credentials"
ok "--profile" without "$DRYDOCK" --root root sync "s3://$BUCKET" --endpoint-url "$S3_ENDPOINT" --profile store
like "$ERR" "$HOME/.aws/credentials holds a secret key, and every user can read it" "a file that shows its keys is told"
ok "whole" bucket_whole "$BUCKET"
chmod 600 "$HOME/.aws/credentials"
ok "AWS_PROFILE" without env AWS_PROFILE=store "$DRYDOCK" --root root sync "s3://$BUCKET" --endpoint-url "$S3_ENDPOINT"
run without env AWS_PROFILE=store "$DRYDOCK" --root root -vvv sync "s3://$BUCKET" --endpoint-url "$S3_ENDPOINT"
unlike "$ERR" 'every user can read' "… one that does not is not"
unlike "$OUT$ERR" "${AWS_SECRET_ACCESS_KEY//+/[+]}" "the secret is never shown"
is "$(grep -rlF "$AWS_SECRET_ACCESS_KEY" root)" '' "nor written below the root"

# A remote in the root's config.
new_bucket
printf '[remote "prod"]\nurl = s3://%s\nendpoint_url = %s\nregion = us-east-1\n' "$BUCKET" "$S3_ENDPOINT" >root/.drydock/config
ok "a configured remote" drydock --root root sync prod
ok "whole" bucket_whole "$BUCKET"
ok "the only remote need not be named" drydock --root root sync
ok "FN1: its url means it, with its endpoint" drydock --root root sync "s3://$BUCKET" -v
like "$OUT" '^0 uploaded' "and nothing is sent again"

# The server's word on the region, also when it comes to several requests at once.
mkdir fake
daemon_run fake fake "$HELPERS/fake_s3.py" --port-file "$T/fake/port" --region eu-x
daemon_wait fake fake 10 test -s "$T/fake/port" || bail "no scripted server"
U=http://127.0.0.1:$(cat fake/port)
refused() { curl -sS "$U/_fake/log" | jq -r 'select(.status == 400) | .op' | wc -l; }
mv root/.drydock/config .
ok "another region than ours" drydock --root root sync s3://far --endpoint-url "$U"
is "$(refused)" 1 "is learned from the first answer"
ok "and recorded" drydock --root root sync s3://far --endpoint-url "$U"
is "$(refused)" 1 "for the next run"
ok "many requests that are all told" drydock --root root verify --remote s3://far --endpoint-url "$U" \
  --region us-east-1
at_least "$(refused)" 2 "at once"
must curl -sS -X POST "$U/_fake/rules" --data-binary \
  '{"op":"ListObjects.*","do":"status","status":301}
{"op":"HeadBucket","do":"drop","after":0,"times":2}'
ok "a server that tells only when asked for the bucket" drydock --root root sync s3://other --endpoint-url "$U"
must curl -sS -X POST "$U/_fake/rules" --data-binary \
  '{"op":"ListObjects.*","do":"status","status":301}
{"op":"HeadBucket","do":"delay","seconds":30}'
exits 10 "and takes too long for it" timeout 20 "$DRYDOCK" --root root sync s3://other --endpoint-url "$U" --max-duration 2s

# What the AWS files and options say of requests.
must curl -sS -X POST "$U/_fake/rules" --data-binary ''
ok "the requester pays" drydock --root root sync s3://payer --endpoint-url "$U" --request-payer requester
payers() { curl -sS "$U/_fake/log" | jq -r 'select(.bucket == "payer") | .headers["x-amz-request-payer"]' | sort | uniq; }
is "$(payers)" requester "for every request"
printf '[default]\ns3 =\n  addressing_style = round\n' >aws-config
exits 2 "a style of addressing that does not exist" env AWS_CONFIG_FILE="$PWD/aws-config" \
  "$DRYDOCK" --root root diff s3://payer --endpoint-url "$U"
printf '[default]\ns3 =\n  addressing_style = virtual\n' >aws-config
exits 2 "virtual style, as the profile says, at an address" env AWS_CONFIG_FILE="$PWD/aws-config" \
  "$DRYDOCK" --root root diff s3://payer --endpoint-url "$U"
ok "unless an option says otherwise" env AWS_CONFIG_FILE="$PWD/aws-config" \
  "$DRYDOCK" --root root diff s3://payer --endpoint-url "$U" --addressing-style auto
done_testing
