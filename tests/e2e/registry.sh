# shellcheck shell=bash
# Registries for end-to-end tests, beside lib.sh, which is sourced first:
#
#     . "$(dirname "$0")/lib.sh"
#     . "$(dirname "$0")/registry.sh"
#     serve_registry                       the distribution's own (docker-registry), anonymous
#     serve_registry me:secret             the same, with htpasswd
#     serve_fake NAME ARGUMENT...          a scripted one, tests/helpers/fake_registry.py
#     push team/app two-tags.tar           fill the distribution's
#
# All of them are on 127.0.0.1 and have a folder of their own below $T. REG is the HOST:PORT of
# the one that was started last.

# serve_registry [USER:PASSWORD]: REG and REG_USER are set; its files are in $T/registry-PORT.
serve_registry() {
  local port dir
  REG_USER=${1-}
  port=$(free_port)
  dir=$T/registry-$port
  mkdir -p "$dir/storage"
  cat >"$dir/config.yml" <<CONF
version: 0.1
log: {level: warn}
storage:
  filesystem: {rootdirectory: $dir/storage}
  delete: {enabled: true}
http:
  addr: 127.0.0.1:$port
validation:
  manifests: {urls: {allow: ['.*']}}
CONF
  if [ -n "$REG_USER" ]; then
    # The registry wants bcrypt. A fixed salt and the least cost are good enough for a test.
    printf '%s:%s\n' "${REG_USER%%:*}" \
      "$(perl -e 'print crypt($ARGV[0], q($2y$05$abcdefghijklmnopqrstuu))' "${REG_USER#*:}")" >"$dir/htpasswd"
    printf 'auth:\n  htpasswd: {realm: test, path: %s}\n' "$dir/htpasswd" >>"$dir/config.yml"
  fi
  daemon_run "$dir" registry docker-registry serve "$dir/config.yml"
  daemon_wait "$dir" registry 20 port_answers "$port" || bail "no registry"
  REG=127.0.0.1:$port
}

# push [-p HOST:PORT] [-u USER:PASSWORD] NAME SOURCE [OPTION...]: all of an image archive, or of a folder with an
# OCI layout, into the repository, each of its names as a tag; by default in the registry started last. It
# prints "TAG DIGEST" for each tag. A docker-archive becomes a layout first.
push() {
  local to=$REG user=${REG_USER-} name source
  while [[ $1 == -* ]]; do
    case $1 in
      -p) to=$2 ;;
      -u) user=$2 ;;
      *) bail "push: $1?" ;;
    esac
    shift 2
  done
  name=$1 source=$2
  shift 2
  if [ -f "$source" ] && ! grep -qxE "(\./)?index\.json" <<<"$(tar -tf "$source")"; then
    layout_of "$source" "$source.layout" || return 1
    source=$source.layout
  fi
  python3 "$HELPERS/push_registry.py" ${user:+--user "$user"} "$@" "$to/$name" "$source"
}

# layout_of ARCHIVE DIR: a docker-archive as an OCI layout, with a tag for each of its names.
layout_of() {
  local archive=$1 name
  while read -r name; do
    skopeo --insecure-policy --tmpdir "$T/tmp" copy -q "docker-archive:$archive:$name" "oci:$2:${name##*:}" || return 1
  done < <(tar -xOf "$archive" manifest.json | jq -r '.[].RepoTags[]')
}

# serve_fake NAME ARGUMENT...: a scripted registry (tests/helpers/fake_registry.py) with its files in $T/NAME. REG is
# its HOST:PORT, U its URL, REG_STORAGE the HOST:PORT that it redirects blobs to.
serve_fake() {
  local name=$1 scheme=http
  shift
  [[ " $* " != *' --cert '* ]] || scheme=https
  mkdir -p "$T/$name"
  daemon_run "$T/$name" fake "$HELPERS/fake_registry.py" --port-file "$T/$name/port" "$@"
  daemon_wait "$T/$name" fake 10 test -s "$T/$name/port" || bail "no scripted registry"
  REG=127.0.0.1:$(cat "$T/$name/port")
  REG_USER=''
  # shellcheck disable=SC2034  # for the tests
  U=$scheme://$REG REG_STORAGE=127.0.0.1:$(cat "$T/$name/port.storage")
}

# fake WHAT [FILE]: ask the scripted registry for its log or state, or post rules, tag,
# layout (of FILE or standard input), expire, reset.
fake() {
  local post=()
  case $1 in
    log | state) ;;
    expire | reset) post=(-X POST) ;;
    *) post=(--data-binary "@${2:--}") ;;
  esac
  curl -sSk ${FAKE_CERT:+--cert "$FAKE_CERT"} "${post[@]}" "$U/_fake/$1"
}

# fake_rules RULE...: these rules, and no others.
fake_rules() {
  printf '%s\n' "$@" | fake rules
}

# fake_manifest NAME TAG TYPE FILE: the scripted registry has these bytes, whatever they are, as that manifest.
fake_manifest() {
  fake "manifest?$(printf 'name=%s&tag=%s&type=%s' "$1" "$2" "${3//+/%2B}")" "$4"
}

# fake_log [FILTER [OPTION...]]: the log through jq -r; without a filter "METHOD PATH STATUS BYTES" of each request.
fake_log() {
  local filter=${1:-'"\(.method) \(.path) \(.status) \(.bytes)"'}
  [ $# -eq 0 ] || shift
  fake log | jq -r "$@" "$filter"
}

# make_certs DIR: an authority (ca.crt), a certificate of 127.0.0.1 and localhost (server.pem, server-key.pem) and one
# of a client (client.cert, client.key): DIR may be a folder of certs.d. client.pem has both of the client's.
make_certs() {
  local dir=$1 who
  mkdir -p "$dir"
  (
    cd "$dir" || exit 1
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj '/CN=test authority' \
      -keyout ca-key.pem -out ca.crt || exit 1
    printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\n' >server.ext
    printf 'extendedKeyUsage=clientAuth\n' >client.ext
    for who in server client; do
      openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$who" -keyout "$who.key" -out "$who.csr" &&
        openssl x509 -req -in "$who.csr" -CA ca.crt -CAkey ca-key.pem -CAcreateserial -days 2 -extfile "$who.ext" \
          -out "$who.pem" || exit 1
    done
    mv server.key server-key.pem
    mv client.pem client.cert
    cat client.cert client.key >client.pem
  ) 2>"$dir/log" || bail "no certificates: $(cat "$dir/log")"
}

# kill_stages KILLS BYTES: an image of three layers with so many bytes, from a slow scripted registry, staged by a
# process that gets SIGKILL at so many moments, then by one that does not. What comes twice is counted by the
# server: in each layer where one request broke off and from where the next one asks.
kill_stages() {
  local kills=$1 bytes=$2 rate i pid asked killed=0
  must "$HELPERS/mkarchive.py" noise --size "$bytes" --layers 3 --name noise:1 "$T/noise.tar"
  layout_of "$T/noise.tar" "$T/noise" || bail "no layout"
  serve_fake slow noise="$T/noise"
  # All three at once; each run gets some 2 MB or more of each.
  rate=$((bytes * 10 / 12 / kills))
  fake_rules "{\"op\": \"GetBlob\", \"times\": 0, \"rate\": $rate}"
  for ((i = 0; i < kills; i++)); do
    "$DRYDOCK" --root "$T/killed" stage -q "docker://$REG/noise:1" 2>"$T/stderr" &
    pid=$!
    disown "$pid"
    sleep "0.$((RANDOM % 200 + 300))"
    kill -9 "$pid" 2>/dev/null && killed=$((killed + 1))
    while kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
  done
  at_least "$killed" "$kills" "so often it was killed"
  ok "the run after that ends well" drydock --root "$T/killed" stage "docker://$REG/noise:1"
  ok "… with all bytes" drydock --root "$T/killed" verify
  is "$(ls "$T/killed/.drydock/tmp")" '' "… and none is left over"
  fake_log 'select(.op == "GetBlob") | [.path, ((.headers.range // "bytes=0-") | capture("=(?<n>[0-9]+)").n | tonumber), .bytes]' \
    -c >"$T/asked"
  asked=$(jq -s '[group_by(.[0])[] | . as $r | range(1; length) | $r[. - 1][1] + $r[. - 1][2] - $r[.][1]]' "$T/asked")
  diag "lost with each kill: $(jq -c . <<<"$asked")"
  at_least "$(jq length <<<"$asked")" "$kills" "layers were gone on with"
  at_most "$(jq max <<<"$asked")" $((1 << 20)) "bytes that came twice"
}
