#!/bin/bash
# --log-file: what a terminal would have shown, whatever -q and --json say.
S3_ENDPOINT=none
. "$(dirname "$0")/lib.sh"

serve fake
export AWS_ACCESS_KEY_ID=k AWS_SECRET_ACCESS_KEY=secret-of-mine
must "$HELPERS/mkarchive.py" oci-minimal app.tar
must drydock config set --user core.root "$T/registry"
must drydock remote add b s3://b --endpoint-url "$U" --region us-east-1
logged() { # logged COMMAND...: what it logs, without times and run, in LOG
  rm -f run.log
  run drydock "$@" --log-file run.log
  LOG=$(cut -d' ' -f3- run.log)
}

logged stage -q -t app:1 app.tar
is "$OUT$ERR" '' "stage -q says nothing"
like "$LOG" '^stage: made a new registry root' "and logs the note"
like "$LOG" '^stage: staged app:1  sha256:[0-9a-f]{64}  ' "and the result, with the whole digest"
is "$(head -n 1 <<<"$LOG")" "stage: begins: $(drydock version)" "begin and version"
is "$(tail -n 1 <<<"$LOG")" 'stage: ends: status 0' "end and status"
is "$(grep -cvE '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{12}Z [0-9a-f]{8} stage: ' run.log)" 0 "each line has time and run"
is "$(cut -d' ' -f2 run.log | sort -u | wc -l)" 1 "it is one run"

logged sync -q
like "$LOG" '^sync: app:1 is complete: ' "sync -q logs the images"
like "$LOG" '^sync: [0-9]+ uploaded; ' "and the summary"
unlike "$LOG" 'blobs/sha256' "but not the objects"
must drydock untag app:1
must drydock stage -q -t app:2 app.tar
logged sync --json -v
is "$(jq -r .event <<<"$OUT" | tail -n 1)" summary "sync --json prints JSON"
like "$LOG" '^sync: app:2 is complete: ' "and logs lines"
like "$LOG" '^sync: tag +v2/app/manifests/2' "with -v the objects"
logged verify -q
like "$LOG" '^verify: [0-9]+ objects, .*: every digest matches$' "verify -q"
logged gc -q
like "$LOG" '^gc: 0 objects, 0 blobs, ' "gc -q"
logged untag app:2 app:3 -q
like "$LOG" '^untag: untagged app:2  sha256:[0-9a-f]{64}$' "untag -q"
like "$LOG" '^untag: error: there is no tag app:3' "errors are labelled"
is "$(tail -n 1 <<<"$LOG")" 'untag: ends: status 3' "and not told twice"

# A link that is down is silent, but logged.
logged sync -q --endpoint-url "$U"
daemons_stop fake
is "$(find tmp -name 'fake-s3-*')" '' "the scripted server leaves nothing behind"
logged sync -q --endpoint-url "$U" --connect-wait 200ms
is "$STATUS $OUT$ERR" '5 ' "a dead link is silent"
like "$(tail -n 1 <<<"$LOG")" '^sync: ends: status 5: .*[Cc]onnect' "and logged with its reason"

for n in 1 2 3; do run drydock ls -q --log-file three.log; done
is "$(cut -d' ' -f2 three.log | sort -u | wc -l)" 3 "runs that share a file can be told apart"
exits 4 "a log file that cannot be opened" drydock ls --log-file "$T/nowhere/log"
if [ -w /dev/full ]; then
  ok "a log file that is full does not fail a run" drydock ls --log-file /dev/full
  like "$ERR" 'warning: the log file was not written whole' "but is told"
else
  skip 2 "no /dev/full"
fi
unlike "$(cat ./*.log)" 'secret-of-mine' "no secret is logged"
done_testing
