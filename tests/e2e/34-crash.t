#!/bin/bash
# stage, untag and gc are killed, or meet a full or broken disk, at a sample of the calls that
# change something (make crash: at all of them). The next run finishes the work.
. "$(dirname "$0")/lib.sh"

crash=$E2E/../crash
must "${CC:-cc}" -std=c11 -O2 -shared -fPIC -o faults.so "$crash/faults.c" -ldl
# Another sample every day; the seed is in the name of each failure's command.
seed=${CRASH_SEED:-$(date +%j)}
diag "seed $seed"
python3 "$crash/drive.py" --sample 6 --seed "$seed" "$DRYDOCK" faults.so work >out
cat out
_count=$(grep -cE '^(not )?ok ' out)
_failed=$(grep -c '^not ok ' out)
[ "$_count" -gt 0 ] || bail "nothing was tried"
_planned=$_count
