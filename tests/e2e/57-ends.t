#!/bin/bash
# Where results cannot go, and what a root cannot be written for: what is told, and what still works.
S3_ENDPOINT=none
. "$(dirname "$0")/lib.sh"

must "$HELPERS/mkarchive.py" oci-minimal app.tar
must drydock --root root stage -q -t app:1 app.tar
export DRYDOCK_ROOT=$T/root

# ---- A reader that has seen enough
head_of() { # head_of COMMAND...: to a reader that is gone before all is written
  { sleep 0.2; "$DRYDOCK" "$@"; echo "$?" >ended; } 2>err | :
  run cat ended err
}
head_of completion bash
is "$OUT" 0 "a reader that has gone is no error, and nothing is said"
head_of --json ls --tree
is "$OUT" 0 "nor is it of --json"
head_of ls none:1
is "$(head -n 1 ended)" 4 "what fails, fails all the same"
if [ -w /dev/full ]; then
  for command in ls status verify version help 'completion fish' 'headers nginx' 'gc -n' 'ls --json'; do
    # shellcheck disable=SC2086 # words
    run eval "'$DRYDOCK' $command >/dev/full"
    is "$STATUS $ERR" "9 drydock: ${command%% *}: write standard output: No space left on device" "$command to a full disk"
  done
  # A failure of the command's own does not hide that its results are lost.
  must "$HELPERS/mkarchive.py" noise --size 1000 --layers 1 --name ok:1 ok.tar
  echo none >bad.tar
  exits 3 "one of two sources" drydock stage -n ok.tar bad.tar
  run eval "'$DRYDOCK' stage -n ok.tar bad.tar >/dev/full"
  is "$STATUS" 9 "and to a full disk"
  like "$ERR" 'write standard output: No space left on device$' "says so"
  run eval "'$DRYDOCK' ls none:1 >/dev/full"
  is "$STATUS" 4 "what weighs more stays"
else
  skip 13 "no /dev/full"
fi

# ---- No home
exits 2 "a configuration of a user without a home" env -u HOME -u XDG_CONFIG_HOME "$DRYDOCK" remote add --user x s3://b
like "$ERR" 'HOME is not set \(--config FILE names one\)' "says what to do"
ok "what needs none" env -u HOME -u XDG_CONFIG_HOME "$DRYDOCK" ls

# ---- Names that would disturb a terminal
odd=$'odd\e[2J\xffé'
must drydock --root "$odd" init -q
must drydock --root "$odd" stage -q -t app:1 app.tar
must drydock --root "$odd" remote add prod s3://b --profile $'a\e[2Jb'
for command in status ls 'ls --tree' 'config list --show-origin' 'remote list --show-origin' 'remote show prod' \
  'remote set prod --profile x' 'remote remove prod' verify gc init rescan 'untag app:1'; do
  # shellcheck disable=SC2086 # words
  ok "$command of a root with an odd name" drydock --root "$odd" $command
  is "$(cat stdout stderr | grep -aP '[\x00-\x08\x0b-\x1f]|\xff')" '' "sends nothing to the terminal"
done

# ---- Somebody else's root, and a disk that is full
[ "$(id -u)" -eq 0 ] || { skip 25 "not the superuser"; done_testing; exit; }
chmod 755 "$T"
stranger() { setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/nonexistent AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b "$@"; }
cp "$DRYDOCK" here
exits 2 "ls of somebody else's root, which is private" stranger ./here ls
like "$ERR" 'config: Permission denied: run drydock as the owner of it$' "says what to do"
chmod -R a+rX root
for command in ls status verify 'gc -n' 'stage -n -t b:1 app.tar'; do
  # shellcheck disable=SC2086 # words
  ok "$command of somebody else's root" stranger ./here $command
done
exits 9 "gc of it" stranger ./here gc
like "$ERR" 'lock: Permission denied: the root belongs to the user with number 0$' "says whose it is"
exits 9 "sync of it" stranger ./here sync s3://b --endpoint-url http://127.0.0.1:1 --connect-wait 1s
like "$ERR" 'state file: cannot be written: the owner of the root can, where its disk can be written$' "so does sync"

mkdir small && must mount -t tmpfs -o size=1m tmpfs small
must drydock --root small/root stage -q -t app:1 app.tar
dd if=/dev/zero of=small/fill bs=1k 2>/dev/null
for command in ls status verify 'gc -n'; do
  # shellcheck disable=SC2086 # words
  ok "$command on a full disk" drydock --root small/root $command
done
for command in gc rescan 'untag app:1' 'stage -t b:1 app.tar'; do
  # shellcheck disable=SC2086 # words
  exits 9 "$command on a full disk" drydock --root small/root $command
  like "$ERR" 'is the disk full\?|make room on the disk|No space left on device' "says so"
done
must rm small/fill
ok "with room again" drydock --root small/root gc
is "$(drydock --root small/root ls --json | jq -r .tag)" 1 "all is there"
done_testing
