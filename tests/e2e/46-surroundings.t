#!/bin/bash
# Hostile or odd surroundings: folders of other users, programs that hang, closed descriptors.
. "$(dirname "$0")/lib.sh"

mkdir fake
daemon_run fake fake "$HELPERS/fake_s3.py" --port-file "$T/fake/port"
daemon_wait fake fake 10 test -s "$T/fake/port" || bail "no scripted server"
S3_VIA=http://127.0.0.1:$(cat fake/port)
inside() { (cd "$1" && shift && "$@"); }

# A root that is found, not named, and that somebody else has made: its configuration is not obeyed.
chmod 755 .
for trap in parent/.drydock here/registry/.drydock; do
  mkdir -p "$trap" parent/below
  printf '[core]\nlog-file = %s/victim\n' "$T" >"$trap/config"
  chown -R 65534 "$trap"
done
for place in parent/below parent here; do
  : >victim
  for command in status "stage $FIXTURES/tiny.ctr-export.tar" "sync s3://b" "untag a:1"; do
    # shellcheck disable=SC2086
    exits 2 "$place: $command" inside "$place" drydock -v $command
    like "$ERR" '\.drydock belongs to another user' "says why"
    like "$ERR" '\-\-root' "and how to use it all the same"
  done
  is "$(cat victim)" '' "nothing was written where its configuration says"
done
ok "help needs no root" inside parent/below drydock help
exits 4 "a root that is named is the caller's own choice" inside parent drydock --root . status
like "$(cat victim)" '.' "and its configuration counts"
exits 2 "in the environment none is named" inside here env DRYDOCK_ROOT= "$DRYDOCK" status
must drydock --root mine stage -q "$FIXTURES/tiny.ctr-export.tar"
ok "one's own is found" inside mine/v2 drydock status
cp "$DRYDOCK" drydock.bin
chmod -R go+rX mine
ok "one of the superuser's is, too" inside mine/v2 setpriv --reuid=65534 --regid=65534 --clear-groups \
  "$T/drydock.bin" ls

# A program that should print credentials and hangs: with its output open, closed, or too long.
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
mkdir home/.aws
program() {
  printf '#!/bin/bash\necho $$ >%s/program.pid\n%s\n' "$T" "$1" >program
  chmod 755 program
  printf '[default]\ncredential_process = %s/program\n' "$T" >home/.aws/config
  rm -f program.pid
}
gone() { ! kill -0 "$(cat program.pid)" 2>/dev/null; }
for hanging in 'exec sleep 60' 'exec >&-; exec sleep 60' 'trap "" TERM; while :; do sleep 1; done' \
  'while :; do echo {}; done'; do
  program "$hanging"
  sync_args=(--root mine sync s3://b --endpoint-url "$S3_VIA")
  "$DRYDOCK" "${sync_args[@]}" 2>stderr &
  pid=$!
  for _ in $(seq 100); do [ -s program.pid ] || sleep 0.05; done
  sleep 0.3
  start=$SECONDS
  kill -TERM $pid 2>/dev/null
  wait $pid
  status=$?
  at_most $((SECONDS - start)) 5 "$hanging: it does not take long to stop"
  if [[ $hanging == *echo\ {}* ]]; then
    is $status 2 "too much is a mistake"
  else
    is $status 143 "SIGTERM is 143"
  fi
  ok "the program is gone" gone
  [[ $hanging != *echo\ {}* ]] || continue
  start=$SECONDS
  exits 10 "$hanging: --max-duration" drydock "${sync_args[@]}" --max-duration 1s
  at_most $((SECONDS - start)) 5 "it is kept"
  ok "the program is gone" gone
done
program 'sleep 0.3; echo "{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"b\"}"; exec >&-; sleep 0.3'
ok "one that takes its time" drydock "${sync_args[@]}" -q --max-duration 30s

# Standard descriptors that are closed are not taken by files of ours.
export AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b
closed() { # closed COMMAND...: what it opens, with none of the three
  ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" timeout 20 strace -f -o "$T/trace" -e trace=write,pwrite64 "$DRYDOCK" "$@" <&- >&- 2>&-
}
run closed --root mine sync s3://b --endpoint-url "$S3_VIA" -v
isnt "$STATUS" 124 "sync with nothing open ends"
is "$(grep -cE 'write(64)?\([012], .* = [0-9]' trace)" 0 "and no message goes into a file of its own"
mute() { # the same with standard input
  ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" timeout 20 strace -f -o "$T/trace" -e trace=write,poll,ppoll "$DRYDOCK" "$@" </dev/null >&- 2>&-
}
run mute --root mine sync s3://b --endpoint-url http://127.0.0.1:1 --connect-wait 2s -v
is "$STATUS" 5 "without an answer, too"
at_most "$(grep -c poll trace)" 200 "it waits, and does not spin"
mute_results() { "$DRYDOCK" "$@" >&-; }
mute_all() { "$DRYDOCK" "$@" <&- >&- 2>&-; }
no_input() { "$DRYDOCK" "$@" <&-; }
exits 1 "results that nobody can read are an error" mute_results --root mine ls
ok "nothing to say is none" mute_all --root mine -q sync s3://b --endpoint-url "$S3_VIA"
exits 1 "standard input that is closed is no archive" no_input --root mine stage -
# A server that knows nothing above TLS 1.1, on a system that would still talk to it.
must openssl req -x509 -newkey rsa:2048 -nodes -keyout tls.key -out tls.pem -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost 2>tls.log
printf '%s\n' 'openssl_conf = a' '[a]' 'ssl_conf = b' '[b]' 'system_default = c' '[c]' 'MinProtocol = TLSv1' \
  'CipherString = DEFAULT@SECLEVEL=0' >tls.conf
export OPENSSL_CONF=$PWD/tls.conf
must "$HELPERS/mkarchive.py" noise --size 1000 --layers 1 --name tls:1 tls.tar
must drydock --root tls-root stage -q tls.tar
TLS_PORT=$((20000 + RANDOM % 10000))
openssl s_server -accept "$TLS_PORT" -tls1_1 -cipher DEFAULT@SECLEVEL=0 -key tls.key -cert tls.pem -www >tls.log 2>&1 &
TLS_SERVER=$!
for _ in $(seq 50); do
  (: <"/dev/tcp/127.0.0.1/$TLS_PORT") 2>/dev/null && break
  sleep 0.1
done
is "$(curl -sS --tlsv1.1 --cacert tls.pem -o /dev/null -w '%{http_code}' "https://localhost:$TLS_PORT/")" 200 \
  "a server of TLS 1.1 answers others"
AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=B exits 5 "and is not talked to" drydock --root tls-root diff s3://b \
  --endpoint-url "https://localhost:$TLS_PORT" --ca-bundle "$PWD/tls.pem" --connect-wait 3s
like "$ERR" 'TLS|SSL' "which the message tells"
kill "$TLS_SERVER"
unset OPENSSL_CONF
done_testing
