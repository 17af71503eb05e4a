#!/usr/bin/env bash
# docker://: a registry that answers what it should not. A stage ends within the times it was given, tells why in one
# line, receives little more than it asked for, and publishes nothing.
. "$(dirname "$0")/lib.sh"
. "$E2E/registry.sh"

readonly LAYER='"op": "GetBlob", "path": "494162", "times": 0' SIZE=1083865
readonly CUT='{"op": "GetBlob", "path": "494162", "do": "cut", "after": 1000}'

# hostile STATUS WORDS MOST_BYTES DESC RULE...: a stage from a registry with these rules ends with this status and in
# these words, and the server has sent so many bytes at most: what it has written may lie in buffers, some MB.
hostile() {
  local status=$1 words=$2 most=$3 desc=$4 root=$T/root.$_count
  shift 4
  must fake reset
  [ $# -eq 0 ] || must fake_rules "$@"
  exits "$status" "$desc" timeout -k 1 40 "$DRYDOCK" --root "$root" stage -q --connect-wait=3s --give-up-after=2s \
    --timeout=1s --retry-max-delay=200ms "${MORE[@]}" "docker://$REG/app:1"
  like "$ERR" "^drydock: stage: docker://.*$words" "… told"
  is "$(wc -l <"$T/stderr") $(find "$root" -path '*/manifests/*' 2>/dev/null)" '1 ' "… in a line, and nothing is published"
  at_most "$(fake state | jq .bytes)" "$most" "… bytes that it sent"
}
MORE=()

serve_fake bearer --auth bearer app="$FIXTURES/tiny.podman-oci-archive.tar"
hostile 6 'a token: the answer exceeds 65536 bytes' 16000000 "a token without end" '{"op": "Token", "times": 0, "do": "endless"}'
hostile 7 '401' 10000 "tokens that are never good" '{"op": "HeadManifest", "times": 0, "do": "expire"}'
hostile 5 'no progress for [23].*nothing moved' 10000 "a token server that hangs" '{"op": "Token", "times": 0, "wait": 60}'

make_certs "$T/certs"
serve_fake tls --cert "$T/certs/server.pem" --key "$T/certs/server-key.pem" --redirect app="$FIXTURES/tiny.podman-oci-archive.tar"
MORE=(--src-tls-verify=false)
hostile 6 'the redirect leads from https to http' 100000 "a redirect from https to http"
MORE=()

serve_fake nowhere --redirect-to http://127.0.0.1:1/blob app="$FIXTURES/tiny.podman-oci-archive.tar"
hostile 5 'no progress for [23].*port 1' 100000 "redirects to where nothing answers"

serve_fake plain app="$FIXTURES/tiny.podman-oci-archive.tar"

# ---- without end

hostile 6 "longer than the $SIZE bytes" 16000000 "a blob without end" "{$LAYER, \"do\": \"endless\"}"
hostile 6 'manifest sha256:.*exceeds 4194304 bytes' 20000000 "a manifest without end" \
  '{"op": "GetManifest", "times": 0, "do": "endless"}'
hostile 6 'more than 5 redirects' 100000 "redirects in a circle" "{$LAYER, \"do\": \"redirect\", \"to\": \"{path}\"}"
hostile 6 'headers exceed 65536 bytes' 2000000 "headers without end" \
  "{$LAYER, \"headers\": {\"x\": [$(printf '"%d", ' $(seq 20000))\"-\"]}}"
hostile 6 "a line of the answer's headers is too long" 2000000 "a header without end" \
  "{$LAYER, \"headers\": {\"x\": \"$(printf '%0300000d' 0)\"}}"
hostile 5 '429.*too many requests' 100000 "429 for ever" "{$LAYER, \"do\": \"status\", \"status\": 429}"

# ---- slow

hostile 5 'no progress for [23][^:]*; run again' 10000 "a manifest in drips" '{"op": "GetManifest", "times": 0, "rate": 20}'
MORE=(--max-duration=2s)
hostile 10 '--max-duration reached' 100000 "a blob in drips" "{$LAYER, \"rate\": 20}"
MORE=()

# ---- lies

hostile 6 "has 1084865 bytes, the descriptor says $SIZE" 2000000 "a length that is too long" "{$LAYER, \"do\": \"resize\", \"by\": 1000}"
hostile 6 'has 99999999999999999999 bytes' 2000000 "a length that no number holds" \
  "{$LAYER, \"headers\": {\"Content-Length\": \"99999999999999999999\"}}"
hostile 6 'asked for what follows 1000 of' 2000000 "a range that begins elsewhere" "$CUT" "{$LAYER, \"do\": \"range\", \"shift\": 10}"
hostile 6 'asked for what follows 1083855 of' 2000000 "a range that begins elsewhere and does not say so" "$CUT" \
  "{$LAYER, \"do\": \"range\", \"shift\": 10, \"headers\": {\"Content-Range\": \"bytes 1000-1083864/$SIZE\"}}"
hostile 6 '206 without a range' 2000000 "a part that nobody asked for" "{$LAYER, \"do\": \"status\", \"status\": 206, \"body\": \"-\"}"
hostile 6 '204, which is no answer to this request' 2000000 "a blob without content" "{$LAYER, \"do\": \"status\", \"status\": 204}"
hostile 6 '416.*, which is no answer to this request' 2000000 "no range, where none was asked for" \
  "{$LAYER, \"do\": \"status\", \"status\": 416}"
hostile 6 'expected sha256:494162.*found sha256:' 2000000 "a wrong bit" "{$LAYER, \"do\": \"flip\"}"
hostile 6 'the redirect leads to file:' 100000 "a file of this machine" "{$LAYER, \"do\": \"redirect\", \"to\": \"file:///etc/passwd\"}"
done_testing
