#!/bin/bash
# Files that options and configurations name: what is no file, a pipe above all, is told and not waited for; what holds
# a secret and can be read by everybody is warned of, once. Needs no S3 server.
S3_ENDPOINT=${S3_ENDPOINT-none}
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/registry.sh
. "$E2E/registry.sh"

must drydock --root root stage "$FIXTURES/tiny.docker-save.tar"
make_certs certs
serve bucket
export AWS_ACCESS_KEY_ID=AKIAEXAMPLE123456 AWS_SECRET_ACCESS_KEY=secretsecret
mkfifo fifo
mkdir folder told
diff_of() { # diff_of ARGUMENT...
  drydock --root root diff s3://b --endpoint-url "$U" "$@"
}
# All at once: a pipe may be waited for some seconds. What is waited for longer has status 124.
told() { # told NAME COMMAND...
  local name=$1
  shift
  {
    timeout -k 1 60 "$@" >"told/$name.out" 2>"told/$name.err"
    echo $? >"told/$name.status"
  } &
}
said() { # said NAME: status and message
  echo "$(<"told/$1.status") $(tail -n 1 "told/$1.err")"
}
to=("$DRYDOCK" --root root diff s3://b --endpoint-url "$U")
from=("$DRYDOCK" --root root stage --recheck docker://127.0.0.1:9/team/app:1 --connect-wait 1s)
serve=("$DRYDOCK" --root root serve --listen 127.0.0.1:0)
for what in fifo folder /dev/null none; do
  name=${what##*/}
  told "ca-$name" "${to[@]}" --ca-bundle "$what"
  told "env-$name" env AWS_CA_BUNDLE="$what" "${to[@]}"
  told "cert-$name" "${to[@]}" --client-cert "$what" --client-key certs/client.key
  told "key-$name" "${from[@]}" --client-cert certs/client.cert --client-key "$what"
  told "tls-$name" "${serve[@]}" --tls-cert "$what" --tls-key certs/server-key.pem
  told "users-$name" "${serve[@]}" --htpasswd "$what"
  told "aws-$name" env -u AWS_ACCESS_KEY_ID AWS_SHARED_CREDENTIALS_FILE="$what" "${to[@]}"
  told "config-$name" "${to[@]}" --config "$what"
done
# Of their own: whoever opens one to read is one who reads the log.
must mkfifo log.fifo access.fifo metrics.fifo
told log-fifo "${to[@]}" --log-file log.fifo
told access-fifo "${serve[@]}" --access-log access.fifo
told metrics-fifo "$DRYDOCK" --root root sync s3://b --endpoint-url "$U" --metrics-file metrics.fifo
wait
for name in ca env cert key; do
  like "$(said $name-fifo)" '^2 .*fifo: .*must be a regular file' "$name: a pipe, which libcurl would wait for"
  like "$(said $name-folder)" '^2 .*folder: Is a directory' "$name: a folder"
  like "$(said $name-null)" '^2 .*/dev/null: .*must be a regular file' "$name: a device"
done
like "$(said ca-none)" '^2 .*--ca-bundle: none: No such file' "--ca-bundle that is not there"
for name in tls users aws; do
  like "$(said $name-fifo)" '^2 .*fifo: a pipe that no program writes to' "$name: a pipe"
  like "$(said $name-folder)" '^2 .*folder: Is a directory' "$name: a folder"
done
like "$(said config-fifo)" '^2 .*fifo' "--config of a pipe"
like "$(said config-folder)" '^2 .*folder' "--config of a folder"
for name in log access; do
  like "$(said $name-fifo)" '^2 .*fifo: a pipe that no program reads' "$name: a pipe"
done
like "$(said metrics-fifo)" 'fifo: a pipe that no program reads' "metrics: a pipe"

# What a program writes is as good as a file, where it is read once.
serve_fake fake --auth bearer --user me:secret --private 'team/.*' team/app="$FIXTURES/tiny.podman-oci-archive.tar"
printf '{"auths": {"%s": {"auth": "%s"}}}' "$REG" "$(printf me:secret | base64)" >auth.json
chmod 600 auth.json
ok "--authfile <(…)" drydock --root root stage --recheck --authfile <(cat auth.json) "docker://$REG/team/app:1"

# A pipe that is waited for is left at a signal.
env -u AWS_ACCESS_KEY_ID AWS_SHARED_CREDENTIALS_FILE=<(sleep 60) "${to[@]}" >waits 2>&1 &
pid=$!
sleep 1
kill -INT "$pid"
kill -TERM "$pid"
wait "$pid"
like "$?" '^(130|143)$' "a signal ends the waiting for a program that writes nothing"

# ---- secrets that everybody can read
warned() { # warned FILE COMMAND...: how often, with the file open to all, and closed
  local file=$1 mode count=''
  shift
  for mode in 644 600; do
    chmod "$mode" "$file"
    run "$@"
    count+="$(grep -c "$file holds .* and every user can read it (chmod 600)" <<<"$ERR"),"
  done
  echo "$count"
}
is "$(warned auth.json drydock --root root stage --recheck --authfile auth.json "docker://$REG/team/app:1" "docker://$REG/team/app@$(
  sha256_of root/v2/team/app/manifests/1
)")" 1,0, "--authfile: once, however many sources"
mkdir -p "$HOME/.docker" "$HOME/.aws/sso/cache"
cp auth.json "$HOME/.docker/config.json"
is "$(warned "$HOME/.docker/config.json" drydock --root root stage --recheck "docker://$REG/team/app:1")" 1,0, "docker's own file"
is "$(warned certs/client.key drydock --root root stage --recheck "docker://127.0.0.1:9/a:1" --connect-wait 100ms \
  --client-cert certs/client.cert --client-key certs/client.key)" 1,0, "--client-key of a registry"
is "$(warned certs/client.key diff_of --client-cert certs/client.cert --client-key certs/client.key)" 1,0, "… of a bucket"
is "$(warned certs/client.key drydock --root root doctor s3://b --endpoint-url "$U" --read-only --no-pull \
  --client-cert certs/client.cert --client-key certs/client.key)" 1,0, "… of doctor"
printf '[default]\nsource_profile = base\nrole_arn = arn:aws:iam::1:role/a\n[base]\naws_access_key_id = A\naws_secret_access_key = B\n' \
  >"$HOME/.aws/config"
is "$(warned "$HOME/.aws/config" diff_of)" 1,0, "AWS's config, of another profile's key"
printf '[default]\nsso_start_url = https://example.org/start\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = a\n' \
  >"$HOME/.aws/config"
cache=$HOME/.aws/sso/cache/$(printf https://example.org/start | sha1sum | cut -d' ' -f1).json
echo '{}' >"$cache"
is "$(warned "$cache" diff_of)" 1,0, "the token that aws sso login leaves"
perl -e 'print "me:", crypt("secret", q($2y$05$abcdefghijklmnopqrstuu)), "\n"' >users
# The address is no machine's: it ends there, after the files were read.
is "$(warned users drydock --root root serve --listen 192.0.2.1:5000 --htpasswd users)" 1,0, "--htpasswd"
is "$(warned certs/server-key.pem drydock --root root serve --listen 192.0.2.1:5000 \
  --tls-cert certs/server.pem --tls-key certs/server-key.pem)" 1,0, "--tls-key"

done_testing
