#!/bin/bash
# A stage that staged nothing leaves no new root behind (FN10).
. "$(dirname "$0")/lib.sh"

must "$HELPERS/mkarchive.py" oci-minimal good.tar
echo "no archive" >text.tar
cp good.tar unreadable.tar
chmod 0 unreadable.tar
none() { ls -A registry 2>/dev/null; }
exits 4 "FN10: stage of a file that is not there" drydock stage -t app:1 nosuch.tar
is "$ERR" "drydock: stage: nosuch.tar: open: No such file or directory" "FN10: one line says so, and no root was made"
is "$(find . -name registry)" "" "FN10: nothing is left behind"
exits 6 "FN10: stage of a text file" drydock stage -t app:1 text.tar
one_line "$ERR" "FN10: says only that, and nothing of a root that is not there"
like "$ERR" "text.tar" "FN10: and names it"
is "$(none)" "" "FN10: and leaves nothing behind"
is "$(find . -name registry)" "" "FN10: no folder either"
: >empty
run piped empty "$DRYDOCK" stage -t app:1 -
isnt "$STATUS" 0 "FN10: an empty pipe"
is "$(find . -name registry)" "" "FN10: leaves nothing behind"
if [ "$(id -u)" -ne 0 ]; then
  run drydock stage -t app:1 unreadable.tar
  isnt "$STATUS" 0 "FN10: a file that cannot be read"
  is "$(find . -name registry)" "" "FN10: leaves nothing behind"
fi
exits 6 "FN10: two sources that fail" drydock stage -t app:1 text.tar text.tar
is "$(find . -name registry)" "" "FN10: leave nothing behind"

# What was there before stays.
mkdir -p mine
run drydock --root mine stage -t app:1 text.tar
is "$(ls -A mine)" "" "FN10: a folder that was there stays, and is as empty as before"
mkdir -p with/.drydock
echo '[remote "x"]' >with/.drydock/config
run drydock --root with stage -t app:1 text.tar
is "$(ls -A with/.drydock)" config "FN10: a configuration that was there stays"
ok "a good source makes a root" drydock stage -q -t app:1 good.tar
exits 6 "FN10: and a bad one after it" drydock stage -t app:2 text.tar
ok "FN10: leaves it as it was" drydock verify -q

# One run makes a root and fails; another waits for it meanwhile, and gets a root all the same.
mkfifo slow.fifo
drydock --root shared stage -q -t app:1 - <slow.fifo 2>first.err &
first=$!
exec 9>slow.fifo
for _ in $(seq 100); do
  [ ! -e shared/.drydock/state.db ] || break
  sleep 0.05
done
drydock --root shared --lock-wait 20s stage -q -t app:1 good.tar 2>second.err 9>&- &
second=$!
sleep 0.5
echo "no archive" >&9
exec 9>&-
wait $first
isnt $? 0 "FN10: a run that made a root fails"
wait $second
is $? 0 "FN10: one that waited for it does not"
ok "FN10: and its root is whole" drydock --root shared -q verify
is "$(drydock --root shared ls | cut -d' ' -f1)" app:1 "FN10: with its image"
done_testing
