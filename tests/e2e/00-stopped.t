#!/bin/bash
# FN17: a test run that is stopped leaves no server behind and ends at once: scripts/check
# with all that it has started, tests/e2e/run with its S3 server.
. "$(dirname "$0")/lib.sh"

TOP=$(cd "$E2E/../.." && pwd)

gone() { # gone PATTERN: within ten seconds no command line holds it
  local i
  for ((i = 0; i < 100; i++)); do
    pgrep -f -- "$1" >/dev/null || return 0
    sleep 0.1
  done
  pgrep -af -- "$1" >&2
  return 1
}

appears() { # appears FILE: within a minute
  local i
  for ((i = 0; i < 600; i++)); do
    [ ! -e "$1" ] || return 0
    sleep 0.1
  done
  return 1
}

# scripts/check with steps that never end: the last one is what make has started.
mkdir -p project/scripts
cp "$TOP/scripts/check" project/scripts/
printf '#!/bin/sh\n' >project/scripts/setup
printf '#!/bin/sh\n[ ! -e %q ] || sleep 4713\n' "$T/slow" >project/scripts/lint
chmod +x project/scripts/setup project/scripts/lint
cat >project/Makefile <<MAKE
all objects:
	@:
check-e2e:
	@sh -c 'touch $T/started; sleep 4711; :'
check-unit check-fuzz check-model:
	@sh -c 'sleep 4714; :'
MAKE
touch slow # SIGTERM comes while lint is at work beside the tests, SIGINT after it
for signal in TERM INT; do
  rm -f started
  # Not in the background of this shell: that would ignore SIGINT.
  python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])' project/scripts/check >check.out 2>&1 &
  check=$!
  ok "the tests are under way" appears "$T/started"
  kill -"$signal" "$check"
  wait "$check"
  is $? "$([ $signal = TERM ] && echo 143 || echo 130)" "SIG$signal ends scripts/check"
  ok "and nothing that it started goes on" gone 'sleep 471[134]'
  rm -f slow
done

# tests/e2e/run: the server is up when the test is.
cat >forever.t <<TEST
. "$E2E/lib.sh"
printf '%s\n' "\$S3_LOG" >"$T/server"
touch "$T/up"
sleep 4712
TEST
DRYDOCK_TEST_CACHE=${FIXTURES%/*} E2E_JOBS=1 "$E2E/run" "$T/forever.t" >run.out 2>&1 &
run=$!
ok "a test runs beside its server" appears "$T/up"
server=$(cat server) || bail "no server"
server=${server%/log/*}
ok "the server is there" pgrep -f -- "$server/ceph.conf"
kill -TERM "$run"
wait "$run"
is $? 143 "SIGTERM ends tests/e2e/run"
ok "the server is gone" gone "$server/ceph.conf"
ok "the test is gone" gone 'sleep 4712'
ok "and so is the server's folder" test ! -e "$server"

done_testing
