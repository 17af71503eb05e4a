#!/bin/bash
# What a clock starts: README's cron line as it stands, and the systemd units (FN6).
. "$(dirname "$0")/lib.sh"

source=$(cd "$E2E/../.." && pwd)

# cron gives a command HOME, LOGNAME, SHELL and PATH=/usr/bin:/bin, and no terminal.
line=$(sed -nE 's/^    [0-9*]+ \* \* \* \* +(.* sync .*)/\1/p' "$source/README.md" | sort -u)
like "$line" '^/usr/local/bin/drydock sync -q' "FN6: README's cron lines name the program where make install puts it"
mkdir -p "$HOME/.config/drydock" r
must drydock --root "$T/r" stage "$FIXTURES/tiny.docker-save.tar"
printf '[core]\nroot = ~/../r\n[remote "default"]\nurl = s3://b\nendpoint_url = http://127.0.0.1:1\nconnect_wait = 200ms\n' \
  >"$HOME/.config/drydock/config"
run env -i HOME="$HOME" LOGNAME=me SHELL=/bin/sh PATH=/usr/bin:/bin AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b \
  /bin/sh -c "${line/\/usr\/local\/bin\/drydock/$DRYDOCK}"
is "$STATUS" 5 "FN6: it finds program, configuration and root: only the link is dead"
one_line "$ERR" "and says so in one line: this bucket was never reached"

if command -v systemd-analyze >/dev/null; then
  sed "s|/usr/local/bin/drydock|$DRYDOCK|" "$source/scripts/systemd/drydock-sync.service" >drydock-sync.service
  cp "$source/scripts/systemd/drydock-sync.timer" .
  run systemd-analyze --man=no verify ./drydock-sync.service ./drydock-sync.timer
  is "$STATUS $(grep drydock-sync <<<"$ERR")" "0 " "systemd-analyze verify has nothing to say of the units"
  ok "systemd-analyze security" systemd-analyze security --offline=true --threshold=20 ./drydock-sync.service
  like "$(cat drydock-sync.service)" '^SuccessExitStatus=5 10 11$' "what the next run goes on with is no failure"
else
  skip 3 "systemd-analyze is not installed"
fi
done_testing
