#!/bin/bash
# Keys that end in the middle of a sync, of each source that can give others: each is good for a few requests, and
# none is sent again when it has ended. The services are tests/helpers/identity.py. Needs no S3 server.
S3_ENDPOINT=${S3_ENDPOINT-none}
. "$(dirname "$0")/lib.sh"

must "$HELPERS/mkarchive.py" noise --size 30000 --layers 6 --name keys:1 noise.tar
must drydock --root root stage -q noise.tar
mkdir identity home/.aws home/.aws/sso home/.aws/sso/cache
daemon_run "$T/identity" identity python3 "$HELPERS/identity.py" --port-file "$T/identity/port" --log "$T/identity/log"
daemon_wait "$T/identity" identity 10 test -s "$T/identity/port" || bail "no identity server"
I=http://127.0.0.1:$(cat identity/port)
serve s3 --log "$T/s3/log" --key-uses 5
echo s3cret-jwt >jwt
cat >program <<PROGRAM
#!/bin/bash
curl -sS -H 'Authorization: s3cret-auth' $I/ecs | jq '{Version: 1, AccessKeyId, SecretAccessKey, SessionToken: .Token, Expiration}'
PROGRAM
chmod +x program
cp program other
printf '{"startUrl":"https://example.com/start","region":"eu-west-1","accessToken":"s3cret-access","expiresAt":"2100-01-01T00:00:00Z"}' \
  >"home/.aws/sso/cache/$(printf work | sha1sum | cut -d' ' -f1).json"
ROLE='role_arn = arn:aws:iam::1:role/a'

# ends_midway NAME KEY CONFIG [VARIABLE...]: a sync to the bucket NAME
ends_midway() {
  local name=$1 key=$2 used
  echo "$3" >home/.aws/config
  shift 3
  run env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY AWS_ENDPOINT_URL_STS="$I/sts" AWS_ENDPOINT_URL_SSO="$I/sso" \
    AWS_EC2_METADATA_SERVICE_ENDPOINT="$I/imds" "$@" "$DRYDOCK" --root root sync "s3://$name" --endpoint-url "$U" -j 1 -vvv
  is "$STATUS" 0 "$name: the sync ends well" || diag "$ERR"
  unlike "$OUT$ERR" s3cret "$name: no secret is told"
  like "$(jq -r "select(.bucket == \"$name\") | .headers.authorization" s3/log | sort -u | grep -oE 'Credential=[^@]*/20' | sort -u)" \
    "^Credential=$key/20$" "$name: it was $key who came"
  used=$(jq -r "select(.bucket == \"$name\") | .headers[\"x-amz-security-token\"]" s3/log | uniq -c)
  at_least "$(wc -l <<<"$used")" 3 "$name: with several keys"
  is "$(awk '{ print $2 }' <<<"$used" | sort | uniq -d)" "" "$name: and with each of them until it ended, not again"
  is "$(jq -r "select(.bucket == \"$name\" and .status == 400) | .op" s3/log | wc -l | awk '{ print ($1 > 0) }')" 1 "$name: which the server said"
  is "$(curl -sS "$U/_fake/state" | jq -r ".$name.objects | keys[]" | sort)" "$(cd root && { find v2 -type f && echo v2/; } | sort)" \
    "$name: all is there"
}

ends_midway role 'a<BASE' "[profile base]
aws_access_key_id = BASE
aws_secret_access_key = s3cret-BASE
[default]
$ROLE
source_profile = base"
ends_midway web 'w<WEB' '' AWS_ROLE_ARN=arn:aws:iam::1:role/w AWS_WEB_IDENTITY_TOKEN_FILE="$T/jwt"
ends_midway chain 'a<machine' "[default]
$ROLE
credential_source = Ec2InstanceMetadata" AWS_EC2_METADATA_DISABLED=false
ends_midway sso 'Push/123' "[default]
sso_session = work
sso_account_id = 123
sso_role_name = Push
[sso-session work]
sso_region = eu-west-1
sso_start_url = https://example.com/start"
ends_midway process container "[default]
credential_process = $T/program"
ends_midway container container '' AWS_CONTAINER_CREDENTIALS_FULL_URI="$I/ecs" AWS_CONTAINER_AUTHORIZATION_TOKEN=s3cret-auth
ends_midway machine machine '' AWS_EC2_METADATA_DISABLED=false

# A source that gives nothing new: the sync ends, says which it was, and what has arrived is kept.
serve few --log "$T/few/log" --key-uses 5
cat >program <<'PROGRAM'
#!/bin/bash
[ ! -e "$0.said" ] || cat "$0.said"
[ -e "$0.said" ] || curl -sS -H 'Authorization: s3cret-auth' "$I/ecs" |
  jq '{Version: 1, AccessKeyId, SecretAccessKey, SessionToken: .Token, Expiration}' | tee "$0.said"
PROGRAM
printf '[default]\ncredential_process = %s/program\n' "$T" >home/.aws/config
export I
exits 7 "a program that gives the same key again" env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY "$DRYDOCK" --root root \
  sync s3://same --endpoint-url "$U" -j 1
like "$ERR" 'credentials from the .*process have expired; renew them' "is named"
printf '[default]\ncredential_process = %s/other\n' "$T" >home/.aws/config
ok "and the next run goes on with others" env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY "$DRYDOCK" --root root \
  sync s3://same --endpoint-url "$U" -j 1
like "$OUT" '[1-9] unchanged' "… with what has arrived"
done_testing
