#!/bin/bash
# What every command says at -vvv, logs, keeps, and passes on to programs, with secrets of each kind in play: none of
# them is in any of it. Every secret has "s3cret" in it, or is the base64 of one that has. Needs no S3 server.
S3_ENDPOINT=${S3_ENDPOINT-none}
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/registry.sh
. "$E2E/registry.sh"
# shellcheck source=tests/e2e/serving.sh
. "$E2E/serving.sh"

mkdir -p out bin home/.aws identity
export PATH=$T/bin:$PATH
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
BASIC=$(printf me:s3cret-password | base64)

# What a program of the user's sees of drydock: its own words and environment, and its parent's.
cat >spy <<SPY
{ for file in /proc/\$\$/cmdline /proc/\$\$/environ /proc/\$PPID/cmdline /proc/\$PPID/environ; do tr '\\\\0' '\\\\n' <\$file; done; } >>$T/out/spied
SPY
{ printf '#!/bin/bash\n. %s/spy\ncat >>%s/out/notified\n' "$T" "$T"; } >bin/notifier
{
  printf '#!/bin/bash\n. %s/spy\n' "$T"
  printf 'echo '"'"'{"Username":"me","Secret":"s3cret-password"}'"'"'\n'
} >bin/docker-credential-spy
chmod +x bin/notifier bin/docker-credential-spy

# said NAME COMMAND...: with all that it says kept, as text and as JSON, and in a log
said() {
  local name=$1
  shift
  run "$DRYDOCK" "$@" -vvv --log-file "$T/out/log" --progress plain
  cp stdout "out/$name.stdout"
  cp stderr "out/$name.stderr"
  local first=$STATUS
  run "$DRYDOCK" "$@" --json -vvv
  cp stdout "out/$name.json"
  cp stderr "out/$name.json.stderr"
  STATUS=$first
}
well() { # well NAME COMMAND...
  said "$@"
  is "$STATUS" 0 "$1" || diag "$(tail -n 5 "out/$1.stderr")"
}

# ---- a registry that wants a password, which stands in a file, and comes from a helper
serve_fake fake --auth bearer --user me:s3cret-password --private 'team/.*' team/app="$FIXTURES/tiny.podman-oci-archive.tar"
printf '{"auths": {"%s": {"auth": "%s"}}}' "$REG" "$BASIC" >auth.json
well stage --root "$T/root" stage --authfile auth.json "docker://$REG/team/app:1" --notify notifier --notify-on always
printf '{"credHelpers": {"%s": "spy"}}' "$REG" >helped.json
well helper --root "$T/root" stage --recheck --authfile helped.json "docker://$REG/team/app:1"
printf '{"auths": {"%s": {"auth": "%s"}}}' "$REG" "$(printf me:s3cret-wrong | base64)" >wrong.json
said wrong --root "$T/root" stage --recheck --authfile wrong.json "docker://$REG/team/app:1"
isnt "$STATUS" 0 "a wrong password"

# ---- keys in a file, with a session token
serve s3 --access AKIDSTATIC --secret s3cret-static
printf '[default]\naws_access_key_id = AKIDSTATIC\naws_secret_access_key = s3cret-static\naws_session_token = s3cret-token\n' \
  >home/.aws/credentials
chmod 600 home/.aws/credentials
to=(--endpoint-url "$U" --region us-east-1)
well sync --root "$T/root" sync s3://b "${to[@]}" --metrics-file "$T/out/metrics" --notify notifier --notify-on always
well diff --root "$T/root" diff s3://b "${to[@]}"
well verify --root "$T/root" verify --remote --full s3://b "${to[@]}"
well uploads --root "$T/root" uploads list s3://b "${to[@]}"
said doctor --root "$T/root" doctor s3://b "${to[@]}" --pull-host "${U#http://}"
well recipe --root "$T/root" recipe nginx s3://b "${to[@]}"
sed -i 's/= s3cret-static/= s3cret-other/' home/.aws/credentials
said refused --root "$T/root" sync s3://b "${to[@]}" --notify notifier
is "$STATUS" 7 "a key that is refused"

# ---- a role, whose keys end in the middle, and a program
daemon_run "$T/identity" identity python3 "$HELPERS/identity.py" --port-file "$T/identity/port"
daemon_wait "$T/identity" identity 10 test -s "$T/identity/port" || bail "no identity server"
I=http://127.0.0.1:$(cat identity/port)
serve ends --key-uses 5
printf '[default]\naws_access_key_id = BASE\naws_secret_access_key = s3cret-BASE\n' >home/.aws/credentials
printf '[default]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = default\n' >home/.aws/config
export AWS_ENDPOINT_URL_STS=$I/sts
well role --root "$T/root" sync s3://role --endpoint-url "$U" -j 1 --notify notifier --notify-on always
printf '#!/bin/bash\n. %s/spy\ncurl -sS -H "Authorization: s3cret-auth" %s/ecs | jq "{Version: 1, AccessKeyId, SecretAccessKey, SessionToken: .Token}"\n' \
  "$T" "$I" >bin/keys
chmod +x bin/keys
printf '[default]\ncredential_process = %s/bin/keys\n' "$T" >home/.aws/config
rm home/.aws/credentials
well process --root "$T/root" sync s3://process --endpoint-url "$U" -j 1
well status --root "$T/root" status
unset AWS_ENDPOINT_URL_STS

# ---- a registry of ours, with passwords
perl -e 'print "me:", crypt("s3cret-served", q($2y$10$abcdefghijklmnopqrstuu)), "\n"' >users
serving_start -vvv --htpasswd users
for user in me:s3cret-served me:s3cret-wrong; do ask GET /v2/team/app/manifests/1 -u "$user"; done
is "$CODE" 401 "serve refuses a wrong password"
tr '\0' '\n' <"/proc/$(cat serving/serve.pid)/cmdline" >>out/spied
tr '\0' '\n' <"/proc/$(cat serving/serve.pid)/environ" >>out/spied
serving_stop
cp serving/serve.log out/serve

# ---- nothing of it anywhere
# shellcheck disable=SC2016
HASH='$2y$10$'
at_least "$(grep -c . out/spied)" 40 "programs of the user's have looked"
at_least "$(wc -l <out/log)" 50 "there is a log"
at_least "$(find out -size +0 | wc -l)" 30 "and what commands said"
is "$(grep -raliE 's3cret' out root)" "" "no secret is in what is said, logged, kept or passed on"
for secret in "$BASIC" "$(printf me:s3cret-wrong | base64)" "$(printf me:s3cret-served | base64)" "$HASH"; do
  is "$(grep -ralF -- "$secret" out root)" "" "nor is $secret"
done

# ---- nor in the memory that others may look at: /proc/PID is root's
if [ "$(id -u)" -eq 0 ] && [ -z "${ASAN_OPTIONS-}" ] && chmod 755 "$T" && chmod -R a+rX root; then
  mkdir mine
  chown nobody mine
  mkfifo pipe
  exec {hold}<>pipe
  setpriv --reuid=nobody --clear-groups "$DRYDOCK" --root "$T/mine/r" stage - <&"$hold" >mine.log 2>&1 &
  pid=$!
  for _ in {1..100}; do [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != drydock ] || break; sleep 0.05; done
  for _ in {1..100}; do [ "$(stat -c %U "/proc/$pid/environ" 2>/dev/null)" != root ] || break; sleep 0.05; done
  is "$(stat -c %U "/proc/$pid/environ") $(awk '/^Uid/ { print $2 }' "/proc/$pid/status")" "root $(id -u nobody)" \
    "a process of another user's lets nobody look into it, and leaves no core"
  kill "$pid"
  exec {hold}>&-
  wait "$pid" 2>/dev/null
else
  skip 1 "not root, or with a sanitizer"
fi
done_testing
