# shellcheck shell=bash
# What every end-to-end test stands on. A test is a bash script that starts with
#
#     . "$(dirname "$0")/lib.sh"
#     plan 3                                  or done_testing at the end
#     ok "stage works" drydock --root "$T/r" stage "$FIXTURES/tiny.docker-save.tar"
#
# It runs in a fresh directory $T, which is the working directory and is removed at the
# end with every process and mount that was made below it. $T is short: Unix sockets
# need that. Variables it may use:
#
#   T            its directory               FIXTURES    images, see tests/helpers/make-images
#   DRYDOCK      the program under test      HELPERS     tests/helpers
#   S3_*, AWS_*  the S3 server, see tests/helpers/radosgw; AWS_ENDPOINT_URL_S3 is not set
#
# Assertions print TAP. `run CMD...` sets STATUS, OUT and ERR (and $T/stdout, $T/stderr),
# which the assertions show when they fail. `must CMD...` is for the parts of a test that
# prepare it: when they fail the test ends at once.

set -uo pipefail
export LC_ALL=C.UTF-8 TZ=UTC

E2E=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
HELPERS=$(cd "$E2E/../helpers" && pwd)
# shellcheck source=tests/helpers/daemons.sh
. "$HELPERS/daemons.sh"
DRYDOCK=$(realpath -m "${DRYDOCK:-$E2E/../../drydock}")
S3PY=$HELPERS/s3.py
if [ ! -x "$DRYDOCK" ] || ! FIXTURES=${FIXTURES:-$("$E2E/run" --fixtures)}; then
  echo "Bail out! $DRYDOCK or the test images are not there"
  exit 1
fi
T=$(mktemp -d "/tmp/dd.XXXXXX")
mkdir "$T/home" "$T/tmp"
cd "$T" || exit 1
export HOME="$T/home" TMPDIR="$T/tmp"
# Nothing is written beside the helpers.
[ -n "${PYTHONPYCACHEPREFIX:-}" ] || export PYTHONDONTWRITEBYTECODE=1
unset XDG_CONFIG_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR DRYDOCK_ROOT AWS_PROFILE AWS_SESSION_TOKEN \
  AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3 http_proxy https_proxy HTTP_PROXY HTTPS_PROXY
export AWS_EC2_METADATA_DISABLED=true
OUT='' ERR='' STATUS=0
plain_python "$T/python"

# ---- TAP ------------------------------------------------------------------------------

_count=0 _failed=0 _planned='' _done='' _buckets=() _own_server=''

plan() {
  _planned=$1
  echo "1..$1"
}

done_testing() {
  [ -n "$_planned" ] || echo "1..$_count"
  _done=yes
}

diag() {
  printf '%s\n' "$*" | sed 's/^/# /' >&2
}

pass() {
  _count=$((_count + 1))
  echo "ok $_count - $1"
}

fail() {
  _count=$((_count + 1))
  _failed=$((_failed + 1))
  echo "not ok $_count - $1"
  diag "at ${BASH_SOURCE[-1]##*/} line ${BASH_LINENO[-2]}"
  return 1
}

skip() { # skip N WHY: N assertions are not made, and this is why
  local n
  for ((n = 0; n < $1; n++)); do
    _count=$((_count + 1))
    echo "ok $_count # SKIP $2"
  done
}

skip_all() {
  echo "1..0 # SKIP $1"
  _done=yes
  exit 0
}

bail() {
  diag "stopped: $*"
  _failed=$((_failed + 1))
  exit 1
}

run() {
  "$@" >"$T/stdout" 2>"$T/stderr"
  STATUS=$?
  # Large output stays in the files.
  _take OUT "$T/stdout"
  _take ERR "$T/stderr"
  _last="$*"
}

# _take VARIABLE FILE: what $(<FILE) would be, of the first 200,000 bytes. The shell reads them itself:
# this is done after each command of a test, and would otherwise start two processes for each file.
_take() {
  LC_ALL=C IFS= read -r -N 200000 "$1" <"$2"
  while [[ ${!1} == *$'\n' ]]; do printf -v "$1" %s "${!1%$'\n'}"; done
}

_show() { # what the last `run` did
  diag "command: ${_last:-}"
  diag "status:  $STATUS"
  diag "stdout:  $(head -n 30 <<<"$OUT")"
  diag "stderr:  $(head -n 30 <<<"$ERR")"
}

must() {
  run "$@"
  [ "$STATUS" -eq 0 ] || {
    _show
    bail "$* failed (line ${BASH_LINENO[0]})"
  }
}

ok() { # ok DESC COMMAND...: it succeeds
  local desc=$1
  shift
  run "$@"
  if [ "$STATUS" -eq 0 ]; then pass "$desc"; else
    fail "$desc"
    _show
    return 1
  fi
}

exits() { # exits STATUS DESC COMMAND...
  local want=$1 desc=$2
  shift 2
  run "$@"
  if [ "$STATUS" -eq "$want" ]; then pass "$desc"; else
    fail "$desc"
    diag "wanted status $want"
    _show
    return 1
  fi
}

is() { # is GOT WANT DESC
  if [ "$1" = "$2" ]; then pass "$3"; else
    fail "$3"
    diag "got:    $(head -c 2000 <<<"$1")"
    diag "wanted: $(head -c 2000 <<<"$2")"
    return 1
  fi
}

isnt() {
  if [ "$1" != "$2" ]; then pass "$3"; else
    fail "$3"
    diag "got, but wanted anything else: $1"
    return 1
  fi
}

like() { # like GOT ERE DESC
  if grep -qE -- "$2" <<<"$1"; then pass "$3"; else
    fail "$3"
    diag "got:            $(head -c 2000 <<<"$1")"
    diag "does not match: $2"
    return 1
  fi
}

unlike() {
  if ! grep -qE -- "$2" <<<"$1"; then pass "$3"; else
    fail "$3"
    diag "got:              $(head -c 2000 <<<"$1")"
    diag "but matches:      $2"
    return 1
  fi
}

at_most() { # at_most GOT LIMIT DESC: integers
  if [[ $1 =~ ^[0-9]+$ ]] && [ "$1" -le "$2" ]; then pass "$3 ($1 <= $2)"; else
    fail "$3"
    diag "got $1, at most $2 was allowed"
    return 1
  fi
}

at_least() {
  if [[ $1 =~ ^[0-9]+$ ]] && [ "$1" -ge "$2" ]; then pass "$3 ($1 >= $2)"; else
    fail "$3"
    diag "got $1, at least $2 was wanted"
    return 1
  fi
}

same_file() { # same_file A B DESC
  if cmp -s -- "$1" "$2"; then pass "$3"; else
    fail "$3"
    diag "$(cmp -- "$1" "$2" 2>&1)"
    return 1
  fi
}

one_line() { # one_line TEXT DESC: exactly one line, and not an empty one
  is "$(grep -c . <<<"$1")" 1 "$2" || diag "text: $1"
}

# ---- The end: nothing of a test outlives it ------------------------------------------

_cleanup() {
  local status=$? dir pid
  trap - EXIT
  for pid in $(jobs -p); do kill -9 "$pid" 2>/dev/null; done
  for dir in "$T"/*/*.pid; do [ ! -e "$dir" ] || daemons_stop "${dir%/*}"; done
  awk -v d="$T/" 'index($2, d) == 1 {print $2}' /proc/self/mounts | sort -r |
    while read -r dir; do umount -l "$dir"; done
  # The server keeps everything in memory that other tests need as well.
  [ ${#_buckets[@]} -eq 0 ] || "$S3PY" empty "${_buckets[@]}" >/dev/null 2>&1
  [ -z "$_own_server" ] || "$HELPERS/radosgw" stop "$_own_server"
  cd /
  if [ -n "${KEEP:-}" ] && [ "$_failed" -gt 0 ]; then diag "kept: $T"; else rm -rf "$T"; fi
  [ -n "$_done" ] || [ "$_planned" = "$_count" ] || {
    diag "the test ended before its end"
    [ "$status" -ne 0 ] || status=1
  }
  [ "$_failed" -eq 0 ] || [ "$status" -ne 0 ] || status=1
  [ -z "${E2E_SECONDS:-}" ] || echo "$SECONDS" >"$E2E_SECONDS/${0##*/}"
  exit "$status"
}
trap _cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- drydock and the bucket ---------------------------------------------------------------

drydock() {
  "$DRYDOCK" "$@"
}

# traced ARGUMENT...: strace, also of a build with AddressSanitizer, whose leak check cannot be traced.
# With seccomp the kernel stops the program at the calls of `-e trace=` alone, not at every one.
traced() {
  ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" strace -f --seccomp-bpf "$@"
}

# piped FILE COMMAND...: its standard input is the file through a pipe, which cannot seek. With
# `- <FILE` drydock reads the file as if it had been named.
piped() {
  local file=$1
  shift
  # shellcheck disable=SC2002
  cat -- "$file" | "$@"
}

# hand_made: $T/cases leads to every hand-made archive and their table, cases.tsv. A run makes them once for all
# tests, so that none may change them.
hand_made() {
  local dir=${E2E_SHARED:-$T}/hand-made
  (
    flock 9 && { [ -e "$dir" ] || { "$HELPERS/mkarchive.py" all "$dir.new" && mv "$dir.new" "$dir"; }; }
  ) 9>"$dir.lock" || bail "no hand-made archives"
  ln -s "$dir" "$T/cases"
}

# saved_type ARCHIVE: of the manifests that docker save's archive becomes; since Docker 25 it holds OCI's (D1).
saved_type() {
  tar -xOf "$1" manifest.json | jq -r 'if any(.[]; has("LayerSources"))
    then "application/vnd.oci.image.manifest.v1+json" else "application/vnd.docker.distribution.manifest.v2+json" end'
}

# sync_to BUCKET [ARGUMENT...]: as drydock --root $T/root sync, to the test's S3 server.
# S3_VIA, if set, is an endpoint to go through instead (a proxy).
sync_to() {
  local bucket=$1
  shift
  drydock --root "${ROOT:-$T/root}" sync "s3://$bucket" --endpoint-url "${S3_VIA:-$S3_ENDPOINT}" \
    --addressing-style path "$@"
}

new_bucket() { # a bucket of this test's own, readable by all; its name is in BUCKET
  local name
  name=$(basename "$0" .t | tr -c 'a-z0-9\n' -)
  BUCKET="${name:0:30}-$$-${#_buckets[@]}"
  _buckets+=("$BUCKET")
  must "$S3PY" make-bucket "$BUCKET" public
}

bucket_keys() { # bucket_keys [PREFIX]
  "$S3PY" ls "$BUCKET" "$@" | cut -f1
}

summary() { # summary FIELD [FILE]: of the summary event in JSON Lines, default $T/stdout
  jq -r "select(.event == \"summary\") | .$1" "${2:-$T/stdout}"
}

# The server's own access log, as a second opinion on what was requested.
sql() { # sql ROOT STATEMENT: the first row of its result, in the state of that root
  python3 -c 'import sqlite3, sys
with sqlite3.connect(sys.argv[1] + "/.drydock/state.db") as db:
    print(*next(iter(db.execute(sys.argv[2])), ()))' "$@"
}

log_mark() { # remember where it ends
  sleep 0.3
  _log_at=$(wc -c <"$S3_LOG")
}

log_since() { # METHOD PATH?QUERY STATUS BYTES per request to BUCKET since log_mark
  sleep 0.3
  tail -c "+$((_log_at + 1))" "$S3_LOG" |
    sed -nE "s|.* beast: .*\"([A-Z]+) (/${BUCKET}[/?][^ ]*) HTTP/1.1\" ([0-9]+) ([0-9]+) .*|\1 \2 \3 \4|p"
}

# serve NAME [ARGUMENT...]: a scripted S3 server (tests/helpers/fake_s3.py) with its files in
# $T/NAME; U is its endpoint.
serve() {
  local name=$1
  shift
  mkdir "$T/$name"
  daemon_run "$T/$name" fake "$HELPERS/fake_s3.py" --port-file "$T/$name/port" "$@"
  daemon_wait "$T/$name" fake 10 test -s "$T/$name/port" || bail "no scripted server"
  # shellcheck disable=SC2034  # for the tests
  U=http://127.0.0.1:$(cat "$T/$name/port")
}

# proxy ARGUMENT...: a flaky proxy before the S3 server; S3_VIA is its endpoint, and
# proxy_stat FIELD reads its counters. proxy_stop ends it (and writes the last counts).
proxy() {
  mkdir -p "$T/proxy"
  "$HELPERS/flaky_proxy.py" --to "127.0.0.1:$S3_PORT" --stats "$T/proxy/stats" "$@" \
    >"$T/proxy/port" 2>"$T/proxy/log" &
  _proxy=$!
  disown "$_proxy"
  echo "$_proxy" >"$T/proxy/proxy.pid"
  for _ in $(seq 100); do
    [ ! -s "$T/proxy/port" ] || break
    sleep 0.05
  done
  [ -s "$T/proxy/port" ] || bail "the proxy did not start: $(cat "$T/proxy/log")"
  S3_VIA=http://127.0.0.1:$(cat "$T/proxy/port")
}

proxy_stat() {
  jq -r ".$1 // 0" "$T/proxy/stats"
}

proxy_stop() {
  kill "$_proxy" 2>/dev/null
  while kill -0 "$_proxy" 2>/dev/null; do sleep 0.05; done
  unset S3_VIA
}

# crash_sample DRIVER N: tests/crash/DRIVER.py at N places of each kind; its results are this test's.
crash_sample() {
  local crash=$E2E/../crash
  # Another sample every day; the seed is in the name of each failure's command.
  local seed=${CRASH_SEED:-$(date +%j)}
  must "${CC:-cc}" -std=c11 -O2 -shared -fPIC -o "$T/faults.so" "$crash/faults.c" -ldl
  diag "seed $seed"
  python3 "$crash/$1.py" --sample "$2" --seed "$seed" "$DRYDOCK" "$T/faults.so" "$T/work" >"$T/out"
  cat "$T/out"
  _count=$(grep -cE '^(not )?ok ' "$T/out")
  _failed=$(grep -c '^not ok ' "$T/out")
  [ "$_count" -gt 0 ] || bail "nothing was tried"
  _planned=$_count
}

# ---- Web servers and clients ------------------------------------------------------------------

# web BUCKET: nginx that shows the bucket's v2/ at its root, anonymously, as a client of the
# registry wants it. WEB is its HOST:PORT.
web() {
  local port
  port=$(free_port)
  mkdir -p "$T/web$port"
  cat >"$T/web$port/server.conf" <<CONF
location /v2/ {
  proxy_pass ${S3_SWIFT:-$S3_ENDPOINT}/$1/v2/;
  proxy_set_header Host 127.0.0.1;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_max_temp_file_size 0;
}
CONF
  nginx_start "$T/web$port" "$port" || bail "nginx did not start"
  WEB=localhost:$port
}

# web_dir ROOT: nginx that serves a staged root from disk, with the right types.
web_dir() {
  local port
  port=$(free_port)
  mkdir -p "$T/web$port"
  PYTHONPATH=$HELPERS python3 - "$1" >"$T/web$port/server.conf" <<'PY'
import json, os, sys
from s3 import manifest_type
root = os.path.realpath(sys.argv[1])
print(f"root {root}; types {{}}")
print("location = /v2/ { default_type application/json; return 200 '{}'; }")
print("location ~ ^/v2/(.*/tags/list|_catalog)$ { default_type application/json; }")
print("location ~ /referrers/ { default_type application/vnd.oci.image.index.v1+json; }")
print("location ^~ /.drydock { return 404; }")
for folder, _, names in os.walk(root + "/v2"):
    if folder.endswith("/manifests"):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                kind = manifest_type(json.load(file))
            print(f'location = "{path[len(root):]}" {{ default_type {kind}; }}')
PY
  nginx_start "$T/web$port" "$port" || bail "nginx did not start"
  WEB=localhost:$port
}

# Every pull function takes NAME:TAG or NAME@DIGEST on $WEB.

pull_skopeo() { # REF DIR [OPTION...]: all platforms, byte for byte, into DIR
  local ref=$1 dir=$2
  shift 2
  skopeo --insecure-policy --tmpdir "$T/tmp" copy -q --all --preserve-digests \
    --src-tls-verify=false "$@" "docker://$WEB/$ref" "dir:$dir"
}

_podman() {
  mkdir -p "$T/podman"
  : >"$T/podman/registries.conf"
  printf '[storage]\ndriver = "%s"\ngraphroot = "%s"\nrunroot = "%s"\n' \
    "${PODMAN_DRIVER:-overlay}" "$T/podman/s" "$T/podman/r" >"$T/podman/storage.conf"
  echo '{"default":[{"type":"insecureAcceptAnything"}]}' >"$T/podman/policy.json"
  CONTAINERS_STORAGE_CONF="$T/podman/storage.conf" CONTAINERS_REGISTRIES_CONF="$T/podman/registries.conf" \
    podman "$@"
}

pull_podman() { # REF: prints the image's id, which is the digest of its config
  _podman pull -q --tls-verify=false --signature-policy "$T/podman/policy.json" "$WEB/$1"
}

podman_digest() { # REF: the manifest's digest of a pulled image
  _podman image inspect --format '{{.Digest}}' "$WEB/$1"
}

# containerd's own directory has a short name, as it makes sockets in it.
pull_containerd() { # REF [OPTION...]
  local ref=$1
  shift
  [ -e "$T/c/containerd.pid" ] || containerd_start "$T/c" || return 1
  containerd_ctr "$T/c" images pull --plain-http "$@" "$WEB/$ref"
}

containerd_digest() { # REF
  containerd_ctr "$T/c" images ls "name==$WEB/$1" | awk 'NR == 2 {print $3}'
}

containerd_blob() { # DIGEST: its bytes, from containerd's store
  containerd_ctr "$T/c" content get "$1"
}

pull_docker() { # REF
  [ -e "$T/d/dockerd.pid" ] || dockerd_start "$T/d" || return 1
  dockerd_docker "$T/d" pull -q "$WEB/$1"
}

docker_digest() { # REF
  dockerd_docker "$T/d" image inspect --format '{{index .RepoDigests 0}}' "$WEB/$1" | sed 's/.*@//'
}

# ---- What is in a tree -------------------------------------------------------------------

sha256_of() {
  echo "sha256:$(sha256sum <"$1" | cut -d' ' -f1)"
}

tree_manifest() { # ROOT NAME REFERENCE: the path of a manifest in a staged root
  echo "$1/v2/$2/manifests/$3"
}

manifest_blobs() { # FILE: digests of its config and its layers, one per line
  jq -r '(.config, .layers[]?) | .digest' "$1"
}

# tree_whole ROOT: is every file named by a digest what its name says, and is everything
# there that the tags reach? Prints what is wrong. Independent of drydock's own verify.
tree_whole() {
  python3 "$HELPERS/tree.py" tree "$1"
}

# bucket_whole BUCKET: the same for a bucket, read through the S3 server.
bucket_whole() {
  python3 "$HELPERS/tree.py" bucket "$1"
}

# ---- The S3 server -----------------------------------------------------------------------

if [ -z "${S3_ENDPOINT:-}" ]; then
  # A test that is run by hand brings its own.
  _own_server=$(mktemp -d /tmp/dds3.XXXXXX)
  "$HELPERS/radosgw" start "$_own_server" >"$T/env" || bail "no S3 server"
  set -a
  # shellcheck disable=SC1091
  . "$T/env"
  set +a
fi
