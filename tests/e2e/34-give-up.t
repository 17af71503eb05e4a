#!/bin/bash
# Where sending ends: --max-transfer, and --give-up-after over a link that never carries a part.
. "$(dirname "$0")/lib.sh"

mkdir fake
daemon_run fake fake "$HELPERS/fake_s3.py" --port-file "$T/fake/port"
daemon_wait fake fake 10 test -s "$T/fake/port" || bail "no scripted server"
U=http://127.0.0.1:$(cat fake/port)
must "$HELPERS/mkarchive.py" noise --size 13000000 --layers 1 --name app:1 app.tar
must drydock --root a stage -q app.tar
to() { drydock --root a sync "s3://$1" --endpoint-url "$U" --json "${@:2}"; }
sent() { summary bytes_sent; }

exits 8 "--max-transfer below one part" to b --max-transfer 3M
at_most "$(sent)" 1000 "lets small objects through"
exits 8 "and then" to b --max-transfer 3M
like "$ERR" 'give at least 5242880' "it says how much is needed"
is "$(sent)" 0 "and that nothing went"
exits 8 "--max-transfer above one part" to b --max-transfer 6M
like "$ERR" 'run again to go on' "says what to do"
at_least "$(sent)" 5242880 "a part is sent"
at_most "$(sent)" 6000000 "and not more than may be"
exits 8 "again" to b --max-transfer 6M
ok "and again" to b --max-transfer 6M

must curl -sS -X POST "$U/_fake/rules" --data-binary \
  '{"op":"UploadPart","do":"drop","after":3000000,"times":0}'
exits 8 "what goes again counts" to c --max-transfer 20M
at_least "$(sent)" 15000000 "up to the limit"
at_most "$(sent)" 32000000 "and no further than what is under way then"
exits 5 "a part that never gets through is given up" timeout 100 \
  "$DRYDOCK" --root a sync s3://c --endpoint-url "$U" --give-up-after 2s -q --alert-after 0
like "$ERR" 'no progress for' "for want of progress"
must curl -sS -X POST "$U/_fake/rules" --data-binary ""
ok "and goes when it can" to c
done_testing
