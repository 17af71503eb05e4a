#!/bin/bash
# --notify: a program of the user's is told how a run ended, and changes nothing about that.
S3_ENDPOINT=none
. "$(dirname "$0")/lib.sh"

source=$(cd "$E2E/../.." && pwd)
serve fake
export AWS_ACCESS_KEY_ID=k AWS_SECRET_ACCESS_KEY=s
must "$HELPERS/mkarchive.py" oci-minimal app.tar
must drydock init
must drydock remote add b s3://b --endpoint-url "$U" --region us-east-1
mkdir told
cat >notifier <<CONF
#!/bin/sh
printf '%s\n' "\$@" >$T/arguments
exec cat >>$T/told/lines
CONF
chmod +x notifier
touch told/lines
told() { wc -l <told/lines; }
last() { tail -n 1 told/lines | jq -r "$1"; }
hook=("--notify=$T/notifier 'two words' \$HOME ; * # not this")

ok "a sync that succeeds" drydock sync "${hook[@]}"
is "$(told)" 0 "is not told"
exits 5 "a sync that fails" drydock sync "${hook[@]}" --endpoint-url http://127.0.0.1:1 --connect-wait 100ms
is "$(told)" 1 "is told, once"
# shellcheck disable=SC2016
is "$(cat arguments)" $'two words\n$HOME\n;\n*' "the words are a shell's, and nothing is expanded"
is "$(last '[.event, .command, .remote, .status, .changed, .summary.status] | join(" ")')" 'ended sync b 5 false 5' \
  "its input tells of the run"
like "$(last .message)" '[Cc]onnect' "and why it failed"
ok "stage" drydock stage -t app:1 app.tar "${hook[@]}" --notify-on change
is "$(told) $(last '[.command, .status, .changed] | join(" ")')" '2 stage 0 true' "a change is told, if that is wanted"
ok "stage again" drydock stage -t app:1 app.tar "${hook[@]}" --notify-on change
is "$(told)" 2 "no change is not"
ok "sync" drydock sync "${hook[@]}" --notify-on change
is "$(told) $(last '.changed, .summary.uploaded > 0' | tr '\n' ' ')" '3 true true ' "nor forgotten what was sent"
ok "sync again" drydock sync "${hook[@]}" --notify-on always
is "$(told) $(last .changed)" '4 false' "every run is told, if that is wanted"
ok "a dry run" drydock sync -n "${hook[@]}" --notify-on always
ok "and ls" env DRYDOCK_NOTIFY="$T/notifier" "$DRYDOCK" ls
is "$(told)" 4 "are no runs"
daemons_stop fake
exits 5 "a link that is down" drydock sync -q "${hook[@]}" --connect-wait 100ms
is "$OUT$ERR $(told)" ' 4' "is no news for it either"
exits 4 "a stage of nothing" drydock stage nowhere.tar "${hook[@]}"
is "$(told) $(last .status)" '5 4' "is told"

# What it does is its own affair.
exits 4 "a hook that is not there" drydock stage nowhere.tar --notify "$T/nowhere"
like "$ERR" 'warning: --notify .*nowhere: cannot start' "is a warning, and the status the run's"
exits 4 "a hook that fails" drydock stage nowhere.tar --notify "sh -c 'echo no mail >&2; exit 3'"
like "$ERR" 'warning: --notify sh: it ended with status 3: no mail' "likewise"
ok "a hook that reads and says what it likes" drydock stage -t app:1 app.tar --notify 'sh -c "yes | head -n 99999"' --notify-on always
is "$ERR" '' "is left alone"
exits 2 "a quote that is not closed" drydock stage -t app:1 app.tar --notify "'x"
one_line "$ERR" "is found before the run"
exits 2 "no word at all" drydock stage -t app:1 app.tar --notify ' # '
if /usr/bin/python3 -c 'import jsonschema' 2>/dev/null; then
  run /usr/bin/python3 "$HELPERS/check_events.py" "$source/cli/man/drydock-events.schema.json" told/lines
  is "$(grep -v '^no line was' <<<"$OUT")$ERR" '' "what it is told is in the schema"
else
  skip 1 "no python3-jsonschema"
fi

# Whose command is it? And who can read what stands in it?
here=registry/.drydock/config
must drydock config set core.notify "curl -H 'Authorization: x' https://mail.example.com"
ok "a file of one's own" drydock ls
is "$ERR" '' "is fine"
chmod 644 "$here"
ok "a secret that everybody can read" drydock ls
like "$ERR" 'line [0-9]+: \[core\] notify: it seems to hold a secret, and every user can read the file' "is warned of"
chmod 660 "$here"
exits 2 "a command that others can write" drydock ls
like "$ERR" 'another user can write this file' "is refused"
chmod 600 "$here"
if [ "$(id -u)" = 0 ]; then
  chown 12345 "$here"
  exits 2 "a command of another user's" drydock ls
else
  skip 1 "not root"
fi
done_testing
