#!/bin/bash
# The live lines of a sync over a link that dies and heals, on terminals of several widths, with a
# resize on the way: no line wraps, none is left behind, and they tell what happens.
. "$(dirname "$0")/lib.sh"

mkdir fake
daemon_run fake fake "$HELPERS/fake_s3.py" --port-file "$T/fake/port"
daemon_wait fake fake 10 test -s "$T/fake/port" || bail "no scripted server"
S3_PORT=$(cat fake/port)
must "$HELPERS/mkarchive.py" noise --size 400000 --layers 2 --seed 1 --name app:v1 v1.tar
must drydock --root root stage -q -t app:1 v1.tar
proxy --rate 500k --up 3 --down 3

on_terminal() { # on_terminal NAME OPTION...: a sync of a root and to a bucket of its own
  local name=$1
  shift
  cp -a root "root.$name"
  LANG=C.UTF-8 TERM=xterm "$HELPERS/terminal.py" --frames "$T/frames.$name" "$@" timeout --foreground 40 "$DRYDOCK" \
    --root "root.$name" sync "s3://live-$name" --endpoint-url "$S3_VIA" --addressing-style path \
    -j 1 --retry-max-delay 300ms --give-up-after 20s >"end.$name" 2>&1
  echo $? >"status.$name"
}
on_terminal w20 --size 20x10 &
on_terminal w40 --size 40x4 &
on_terminal w80 --size 80x24 &
on_terminal w200 --size 200x24 --resize 1.5:60x24 --resize 3:20x3 --resize 4:120x30 --fold &
wait
# Where a terminal folds what it has, the rows of one frame are folded until the next is drawn, which may take a while
# on a busy machine: the screen that stands right after a resize is the terminal's doing.
jq -c -s 'range(1; length) as $i | select([.[$i-1, $i] | {columns, rows}] | .[0] == .[1]) | .[$i]' frames.w200 >settled
mv settled frames.w200

for name in w20 w40 w80 w200; do
  is "$(cat "status.$name")" 0 "$name: the sync goes through"
  is "$(jq -r '.screen[] | select(test("(% sent|sha256|comparing).*\\\\$"))' "frames.$name" | head -n 3)" '' "$name: FN4: no live line wraps"
  is "$(jq -r 'select(([.screen[] | select(test("^  v2/|% sent|^comparing|^sending"))] | length) >= .rows) | .screen[]' "frames.$name" | head)" '' "$name: they are fewer than the terminal's rows"
  like "$(cat "end.$name")" '^[0-9]+ uploaded' "$name: the summary is there in the end"
  is "$(grep -c 'sha256\|% sent\|comparing\|no link' "end.$name")" 0 "$name: and no live line, nor one that scrolled off"
  # Done never goes backwards, though bytes were lost.
  is "$(jq -r '.screen[-1]' "frames.$name" | grep -o '^[0-9]*% sent' | sort -c -n && echo sorted)" sorted \
    "$name: FN13: what is done never becomes less"
done
strange() { # rows of a capture that are none of those below
  jq -r '.screen[]' "$1" | grep -Ev '^  v2/[a-z/]+(sha256:[0-9a-f]{12}|[0-9v]+|list)? +[0-9.]+ [KMi]*B / [0-9.]+ [KMi]*B +[0-9]+%$' |
    grep -Ev "^[0-9]+% sent, ($figures|no link for $time, trying again, gives up in $time, |stalled for $time, |)[0-9.]+ [KMi]*B of" |
    grep -Ev "^(no link for $time, trying again, gives up in $time, )?(comparing with the bucket|sending), $time(, .*)?$|^[0-9]+ uploaded; |^app:1 is complete: |^[0-9]+ PUT$|^$"
}
time='([0-9]+h[0-9]+m|[0-9]+m[0-9]+s|[0-9.]+m?s)' figures="($time left, )?([0-9.]+ [KMi]*B/s, )?"
is "$(strange frames.w80 | head -n 5)" '' "every row is one of these"
like "$(jq -r '.screen[-1]' frames.w80)" "no link for $time, trying again, gives up in $time, " "FN3: that the link is away is told"
like "$(jq -r '.screen[-1]' frames.w20)" '^[0-9]+% sent, no link …$' "as far as there is room"

# Stopped and continued, the lines leave the terminal to others; so they do when it is killed.
proxy_stop
proxy --rate 100k
cp -a root root.stop
LANG=C.UTF-8 TERM=xterm "$HELPERS/terminal.py" --frames stopped --signal 1.2:TSTP --signal 2:CONT --signal 3:SEGV \
  "$DRYDOCK" --root root.stop sync s3://live-stop --endpoint-url "$S3_VIA" --addressing-style path >end.stop 2>&1
is $? 139 "a sync dies of a signal"
like "$(jq -r '.screen | map(select(. != "")) | length' stopped | tr '\n' ' ')" '[1-9] 0 [1-9]( [1-9])* 0 $' \
  "the lines go when it is stopped, come back, and go when it dies"
is "$(grep -c 'sha256\|% sent' end.stop)" 0 "and nothing of them is left"
proxy_stop

if ! command -v tmux >/dev/null; then
  skip 2 "no tmux"
else
  proxy --rate 320k
  cat >in-tmux <<END
clear
"$DRYDOCK" --root root sync s3://live-tmux --endpoint-url $S3_VIA --addressing-style path 2>&1
tmux -S "$T/tmux" capture-pane -p -S - >"$T/tmux.text"
END
  LANG=C.UTF-8 TERM=xterm timeout 30 tmux -S "$T/tmux" -f /dev/null new-session -d -x 60 -y 10 "bash in-tmux" </dev/null
  for _ in {1..100}; do
    [[ -s tmux.text ]] && break
    sleep 0.1
  done
  like "$(cat tmux.text)" '^[0-9]+ uploaded' "in tmux the summary stands there"
  is "$(grep -c '% sent\|sha256\|comparing' tmux.text)" 0 "FN4: and no frame in its history"
fi
done_testing
