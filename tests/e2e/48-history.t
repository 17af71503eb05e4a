#!/bin/bash
# What is told of runs afterwards: the figures for Prometheus, the summary for programs, and what
# status knows of each remote.
. "$(dirname "$0")/lib.sh"

mkdir fake
daemon_run fake fake "$HELPERS/fake_s3.py" --port-file "$T/fake/port"
daemon_wait fake fake 10 test -s "$T/fake/port" || bail "no scripted server"
S3_VIA=http://127.0.0.1:$(cat fake/port)
U=$S3_VIA
rules() { must curl -sS -X POST "$U/_fake/rules" --data-binary "$1"; }
metric() { sed -n "s/^drydock_sync_$1{[^}]*} //p" metrics.prom; }

must "$HELPERS/mkarchive.py" noise --size 200000 --layers 1 --name small:1 small.tar
must "$HELPERS/mkarchive.py" noise --size 200000 --layers 1 --name big:1 --seed 2 big.tar
must drydock --root root stage -q small.tar big.tar

# A run that ends before it knows what there is to do is told as what it is.
ended() { # ended STATUS DESC COMMAND...
  local status=$1 desc=$2
  shift 2
  rm -f metrics.prom
  exits "$status" "$desc" "$@" --metrics-file metrics.prom --json
  is "$(metric status)" "$status" "$desc: the figures say so"
  is "$(summary status)" "$status" "$desc: so does the summary"
  is "$(grep -c '"event":"summary"' stdout)" 1 "of which there is one"
}
mkdir folder
for place in nowhere/metrics.prom folder; do
  exits 9 "figures that have no place, after a sync that has all it was asked for" sync_to b --metrics-file "$place"
  like "$ERR" "sync: --metrics-file: .*(nowhere|folder)" "the option is named"
done
S3_VIA=http://127.0.0.1:1 ended 5 "nobody answers" sync_to b --connect-wait 1s
at_least "$(metric duration_seconds | cut -d. -f1)" 1 "it took a second"
at_least "$(metric last_run_timestamp_seconds)" 1 "it is the last run"
is "$(metric last_success_timestamp_seconds)" 0 "none has succeeded"
rules '{"op":"ListObjectsV2","do":"status","status":403,"code":"AccessDenied"}'
ended 7 "not allowed" sync_to b
ended 4 "no such bucket" sync_to missing
ended 0 "a sync" sync_to b
succeeded=$(metric last_success_timestamp_seconds)
at_least "$succeeded" 1 "it is the last success"
holding() { # holding LOCK COMMAND...: while another process holds it
  flock "$T/root/.drydock/$1" "${@:2}"
}
must drydock --root root sync s3://locked -q --endpoint-url "$U"
at=(sync s3://locked --endpoint-url "$U")
ended 11 "the remote is locked" holding "$(cd root/.drydock && ls -d lock.locked-*)" "$DRYDOCK" --root root "${at[@]}"
at_least "$(metric last_success_timestamp_seconds)" "$succeeded" "the last success is remembered"
must sql root "INSERT INTO publication (started_at) VALUES (1)"
rm metrics.prom
exits 11 "the root is locked" holding lock "$DRYDOCK" --root root "${at[@]}" --metrics-file metrics.prom
is "$(metric status)" 11 "the figures say so"
at_least "$(metric last_success_timestamp_seconds)" "$succeeded" "the last success is remembered"
S3_VIA=http://127.0.0.1:1 ended 5 "nobody answers elsewhere" sync_to b --connect-wait 1s
is "$(metric last_success_timestamp_seconds)" 0 "a success elsewhere is none"
S3_VIA=http://127.0.0.1:1 exits 5 "as text" sync_to b --connect-wait 1s
is "$OUT" '' "a summary of nothing is none"
exits 7 "diff" env AWS_ACCESS_KEY_ID= AWS_SECRET_ACCESS_KEY= "$DRYDOCK" --root root --json diff s3://b --endpoint-url "$U"
is "$(summary status)" 7 "ends with a summary as well"

# What was left out still waits.
waiting() { # waiting BUCKET
  must drydock --root root --json status "s3://$1"
  jq -r 'select(.event == "remote") | .waiting_objects' stdout
}
must sync_to part -q --include small
isnt "$(waiting part)" 0 "after a sync of a part the rest waits"
must sync_to part -q
is "$(waiting part)" 0 "after a whole one nothing does"
must drydock --root root stage -q "$FIXTURES/tiny.ctr-export.tar"
tiny=$(waiting part)
at_least "$tiny" 4 "what is staged waits"
must sync_to part -q --exclude tiny
is "$(waiting part)" "$tiny" "what is excluded waits on"
must drydock --root root status s3://part
like "$OUT" 'last sync part: .*status 0' "the last run was one of a part"

# Names of buckets and prefixes may hold anything.
must sync_to 'odd/we"ird\path' -q
ok "status --json" drydock --root root --json status
is "$(jq -r 'select(.event == "remote" and .bucket == "odd") | .prefix' stdout)" 'we"ird\path/' "is JSON whatever the prefix"
must sql root "UPDATE remote SET prefix = 'a' || char(27) || '[31m/' WHERE bucket = 'odd'"
ok "status" drydock --root root status
unlike "$OUT" $'\033' "and tells a terminal nothing"

# A remote that is always down makes no other one forgotten.
python3 - root/.drydock/state.db <<'PY'
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as db:
    down = db.execute("INSERT INTO remote (endpoint, bucket, prefix) VALUES ('http://x', 'down', '')").lastrowid
    for n in range(1100):
        db.execute("INSERT INTO run (command, remote, started_at, ended_at, status) VALUES ('sync', ?, 1, 1, 5)", (down,))
PY
S3_VIA=http://127.0.0.1:1 exits 5 "one more failure" sync_to b -q --connect-wait 1s
rules '{"op":"ListObjectsV2","do":"drop","times":0}'
exits 5 "the other one is down, too" sync_to b -q --give-up-after 1s --connect-wait 1s
is "$OUT$ERR" '' "which is no news: it was up a moment ago"
ok "status" drydock --root root status
like "$OUT" '^s3://b at ' "status knows it still"
unlike "$OUT" '^s3://down' "and none that was never reached"
done_testing
