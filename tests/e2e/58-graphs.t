#!/bin/bash
# FY1: indexes of indexes, and many tags on a wide one. What a command costs grows with the manifests,
# edges and tags, and neither with the paths through the indexes nor with tags times manifests.
. "$(dirname "$0")/lib.sh"

serve fake

# cpu COMMAND...: runs it with 20 s of CPU at most; CPU is what it took, in milliseconds.
cpu() {
  CPU=$(python3 -c '
import os, subprocess, sys
status = subprocess.run(["bash", "-c", "ulimit -t 20; exec \"$@\"", *sys.argv], stdout=subprocess.DEVNULL).returncode
used = os.times()
print(int((used.children_user + used.children_system) * 1000) if status == 0 else f"status {status}")
' "$@" 2>"$T/stderr")
}

# The bucket loses all blobs, below manifests that stay, and all tags.
lose() {
  local n
  for n in $(cd root && find v2 -path '*/blobs/*' -type f && find v2 -path '*/manifests/*' ! -name '*:*' -type f); do
    echo "$U/$BUCKET/$n"
  done >urls
  xargs -n 50 curl -sS -X DELETE <urls >/dev/null
}

# all NAME DEEP WIDE TAGS: each command on such a graph; what it took in COST.
declare -A COST
all() {
  local name=$1 bucket
  BUCKET=$name
  shift
  rm -rf root
  must "$HELPERS/mkarchive.py" graph "$@" "$name.tar"
  measure() {
    cpu "$DRYDOCK" --root root "${@:2}"
    COST[$name-$1]=$CPU
  }
  bucket=("s3://$BUCKET" --endpoint-url "$U")
  measure stage stage -q "$name.tar"
  measure sync sync -q "${bucket[@]}"
  lose
  measure diff diff "${bucket[@]}"
  measure resync sync -q "${bucket[@]}"
  measure status status
  measure ls ls
  measure verify verify -q
  measure gc gc -q
  measure rescan rescan -q
  # shellcheck disable=SC2046
  measure untag untag -q $(seq -f app:%g 0 $(($3 - 1)))
  measure gc-all gc -q
}
steps='stage sync diff resync status ls verify gc rescan untag gc-all'

# 8^7 paths
all nest 7 8 5
for step in $steps; do
  like "${COST[nest-$step]}" '^[0-9]+$' "an index seven deep and eight wide: $step ends (${COST[nest-$step]} ms)"
done
must "$HELPERS/mkarchive.py" graph 7 8 1 one.tar
must drydock --root one stage -q one.tar
cpu "$DRYDOCK" --root one ls --tree
like "$CPU" '^[0-9]+$' "ls --tree ends"
# 57 manifests: 49 of them have eight; each has a line for each edge, and eight images have two more.
is "$(drydock --root one ls --tree | wc -l)" $((1 + 49 * 8 + 8 * 2)) "with a line for each edge"
is "$(drydock --root one ls --tree | grep -c 'as above')" $((48 * 8 - 48)) "what was shown is not shown again"

# Four times as many manifests and tags cost four times as much: their product, sixteen times.
all few 1 50 100
all many 1 200 400
cpu true # what it costs to start anything
base=$CPU
for step in $steps; do
  few=$((${COST[few-$step]} > base ? ${COST[few-$step]} - base : 0))
  at_most "${COST[many-$step]}" $((6 * few + 100 + base)) "400 tags on 200 manifests: $step"
done
done_testing
