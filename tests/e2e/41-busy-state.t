#!/bin/bash
# Another process that writes the state file for long holds a sync up, and does not end it.
. "$(dirname "$0")/lib.sh"

serve fake
rules() { must curl -sS -X POST "$U/_fake/rules" --data-binary "$1"; }
sync_to() { drydock --root root sync s3://b --endpoint-url "$U" --json; }
must "$HELPERS/mkarchive.py" noise --size 13000000 --layers 1 --name app:1 app.tar
must drydock --root root stage -q app.tar

hold() { # hold SECONDS: the state's write lock, once there is a part
  rm -f held
  python3 - "$1" <<'PY' &
import os, sqlite3, sys, time
db = sqlite3.connect("root/.drydock/state.db", isolation_level=None, timeout=30)
db.execute("BEGIN IMMEDIATE")
open("held", "w").close()
time.sleep(float(sys.argv[1]))
db.execute("ROLLBACK")
PY
  holder=$!
  for _ in $(seq 100); do
    [ ! -e held ] || return 0
    sleep 0.05
  done
  bail "the lock was not taken"
}

# The first request is answered late, so that the lock comes in the middle.
rules '{"op":"UploadPart","do":"delay","seconds":2}'
sync_to >out 2>err &
syncing=$!
sleep 1
hold 13
wait $syncing
is $? 0 "a sync meets a lock of 13 s, and ends well"
is "$(summary retries out)" 0 "nothing had to be sent again"
wait $holder
ok "the next one" sync_to
is "$(summary 'uploaded + .resumed')" 0 "has nothing to do"
is "$(sql root 'SELECT count(*) FROM upload')" 0 "no upload is left in the state"

# A signal is heeded meanwhile.
must "$HELPERS/mkarchive.py" noise --size 13000000 --layers 1 --seed 7 --name app:2 app.tar
must drydock --root root stage -q app.tar
rules '{"op":"UploadPart","do":"delay","seconds":2}'
"$DRYDOCK" --root root sync s3://b --endpoint-url "$U" >out 2>err &
syncing=$!
sleep 1
hold 20
sleep 2
start=$(date +%s)
kill -TERM $syncing
wait $syncing
is $? 143 "SIGTERM while it waits: 143"
at_most $(($(date +%s) - start)) 6 "at once"
kill $holder
done_testing
