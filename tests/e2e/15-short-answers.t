#!/usr/bin/env bash
# docker://: answers that end before the blob does, though nothing was cut: what is missing is asked for, and no
# byte comes twice. A server that knows no Range begins anew, once.
. "$(dirname "$0")/lib.sh"
. "$E2E/registry.sh"

readonly LAYER=494162 SIZE=1083865 # of the fixture's layer

got() { # the bytes of the layer that the server has sent
  fake_log "select(.op == \"GetBlob\" and (.path | test(\"$LAYER\"))) | .bytes" | jq -s add
}

statuses() { # of the answers for the layer
  fake_log "select(.op == \"GetBlob\" and (.path | test(\"$LAYER\"))) | .status" | tr '\n' ' '
}

# shorter DESC OPTION... -- RULE...: a stage of the image, at a server that has these rules for its layer
shorter() {
  local desc=$1 options=()
  shift
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  shift
  serve_fake "fake$_count" "${options[@]}" app="$FIXTURES/tiny.podman-oci-archive.tar"
  fake_rules "${@/#/"{\"op\": \"GetBlob\", \"path\": \"$LAYER\", "}"
  ok "$desc" drydock --root "$T/r$_count" stage "docker://$REG/app:1"
  ok "… is whole" drydock --root "$T/r$((_count - 1))" verify
}

shorter "an answer 200 that ends early" -- '"do": "resize", "by": -400000, "chunked": true}'
is "$(got) $(statuses)" "$SIZE 200 206 " "… is gone on with"
shorter "a 206 that ends before its range does" -- '"do": "cut", "after": 300000}' '"do": "resize", "by": -200000}' \
  '"do": "resize", "by": -100000, "chunked": true}'
is "$(got) $(statuses)" "$SIZE 200 206 206 206 " "… is gone on with"
shorter "a server that gives a piece at a time" -- '"do": "resize", "by": -983865, "chunked": true}' \
  '"do": "resize", "by": -883865, "headers": {"Content-Range": "bytes 100000-199999/1083865"}}' \
  '"do": "resize", "by": -783865, "headers": {"Content-Range": "bytes 200000-299999/*"}}'
is "$(got) $(statuses)" "$SIZE 200 206 206 206 " "… is asked for each, of a whole that it may not know the size of"
shorter "a server that begins anew" --no-range -- '"do": "resize", "by": -400000, "chunked": true}'
is "$(got) $(statuses)" "$((2 * SIZE - 400000)) 200 200 " "… sends the beginning twice, once"
shorter "answers without a byte, but not without end" -- '"do": "cut", "after": 500000}' \
  '"do": "resize", "by": -583865, "times": 3}'
is "$(got) $(statuses)" "$SIZE 200 206 206 206 206 " "… are asked for again"
shorter "a server that refuses each range" -- '"do": "cut", "after": 500000}' '"times": 0, "do": "status", "status": 416, "when": {"range": "."}}'
is "$(statuses)" "200 416 200 " "… is asked for the whole"

# ---- never whole

serve_fake never app="$FIXTURES/tiny.podman-oci-archive.tar"
fake_rules "{\"op\": \"GetBlob\", \"path\": \"$LAYER\", \"do\": \"cut\", \"after\": 500000}" \
  "{\"op\": \"GetBlob\", \"path\": \"$LAYER\", \"do\": \"resize\", \"by\": -583865, \"times\": 0}"
exits 6 "a registry that has no more of it" drydock --root "$T/never.root" stage "docker://$REG/app:1"
like "$ERR" "layers.0.*: has 500000 bytes, the descriptor says $SIZE" "… is told so"
at_most "$(wc -w <<<"$(statuses)")" 6 "… after a few times"
fake_rules
ok "… and once it has it" drydock --root "$T/never.root" stage "docker://$REG/app:1"
is "$(got)" "$SIZE" "… nothing comes twice"

serve_fake anew --no-range app="$FIXTURES/tiny.podman-oci-archive.tar"
fake_rules "{\"op\": \"GetBlob\", \"path\": \"$LAYER\", \"do\": \"resize\", \"by\": -400000, \"chunked\": true, \"times\": 0}"
exits 5 "one that begins anew and gets no further" drydock --root "$T/anew.root" stage "docker://$REG/app:1"
is "$(statuses)" "200 200 200 " "… is asked twice more at most"

# ---- the link is back

# One request at a time goes out while there is no link; a long answer that has begun says that there is one.
must "$HELPERS/mkarchive.py" noise --size 6000000 --layers 3 --name noise:1 "$T/noise.tar"
must layout_of "$T/noise.tar" "$T/noise"
serve_fake back noise="$T/noise"
fake_rules '{"op": "GetBlob", "nth": 2, "times": 6, "do": "drop"}' \
  '{"op": "GetBlob", "nth": 2, "do": "stall", "after": 1000000, "seconds": 1}'
ok "three layers after a link that was down" drydock --root "$T/back.root" stage -vv --log-file "$T/log" "docker://$REG/noise:1"
# Of the three the first to begin takes a second longer, in which the others come.
is "$(sed -nE 's/.*GET sha256.*: 200, [0-9]+ bytes, ([0-9]+) ms/\1/p' "$T/log" | awk '{print ($1 >= 1000)}' | xargs)" '0 0 1' \
  "… do not wait for the end of the first"
done_testing
