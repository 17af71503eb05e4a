#!/bin/bash
# README's pictures, and what draws a terminal as one.
. "$(dirname "$0")/lib.sh"

source=$(cd "$E2E/../.." && pwd)
pictures=$(sed -nE 's/^!\[.*\]\((.*\.svg)\)$/\1/p' "$source/README.md")
is "$(wc -w <<<"$pictures")" 2 "README has two drawings"
for picture in $pictures; do
  ok "$picture is well-formed" xmllint --noout "$source/$picture"
  at_most "$(stat -c %s "$source/$picture")" 60000 "$picture is small"
  like "$(cat "$source/$picture")" 'prefers-color-scheme: dark' "$picture has colours for the dark, too"
done

cat >typed <<'SH'
echo '$ app <a> & b'
echo one
sleep 0.3
printf '\033[A\033[Jtwo\n'
SH
must "$HELPERS/terminal.py" --size 40x5 --frames frames sh typed
must "$source/scripts/pictures/terminal-svg" --title 'a & b' --step 0.1 frames
cp stdout moving.svg
ok "what it draws is well-formed" xmllint --noout moving.svg
like "$(grep '>one<' moving.svg)" 'visibility="hidden".* begin="a.begin' "what was shown for a while has its time"
unlike "$(grep '>two<' moving.svg)" 'visibility="hidden"' "what stands there in the end is seen without any time"
like "$(grep '>two<' moving.svg)" 'to="hidden" begin="a.begin"' "and not before it came"
like "$(xmllint --xpath 'string(//*[@class="said"])' moving.svg)" '^\$ app <a> & b$' "as it was written"
done_testing
