#!/bin/bash
# verify beside runs that publish and remove tells no damage that is none.
. "$(dirname "$0")/lib.sh"

PYTHONPATH=$HELPERS python3 - many.tar <<'PY'
import sys
import mkarchive as mk
with open(sys.argv[1], "wb") as out:
    out.write(mk.tar_of(mk.docker_entries(mk.two(), tags=[f"many:{n}" for n in range(1500)])))
PY
must "$HELPERS/mkarchive.py" oci-minimal a.tar
must drydock --root root -q stage -t app:1 a.tar
"$DRYDOCK" --root root -q stage many.tar 2>stage.log &
writer=$!
runs=0 bad=0
while kill -0 $writer 2>/dev/null; do
  drydock --root root verify >>verify.log 2>&1 || bad=$((bad + 1))
  runs=$((runs + 1))
done
wait $writer
is $? 0 "staging beside verify"
at_least "$runs" 1 "verify ran meanwhile"
is "$bad" 0 "and found nothing wrong" || diag "$(head -n 5 verify.log)"

# Nobody finishes what a dead run has begun: verify does not wait for it, and tells.
sql root "INSERT INTO publication (started_at) VALUES (1)"
ok "an interrupted run alone is no damage" drydock --root root verify
rm root/v2/app/manifests/1
exits 6 "what it has not done is" timeout 60 "$DRYDOCK" --root root verify
like "$ERR" "interrupted run is not finished" "and where that comes from is told"
done_testing
