# shellcheck shell=bash
# For tests of drydock serve and of web servers on a tree: source it after lib.sh.
#
#   serving_start [ARGUMENT...]           drydock serve on $T/root; U is its URL, WEB its HOST:PORT
#   serving_stop                          it ends, politely
#   ask METHOD PATH [CURL'S OPTION...]    CODE; its answer lies in head and body
#   header NAME                           of the last answer
#   error                                 the code of OCI's JSON in the last answer

serving_start() {
  mkdir -p serving
  : >serving/serve.log
  # daemons_stop knows its processes by their folder.
  daemon_run serving serve "$DRYDOCK" --root "$T/serving/../root" serve --listen 127.0.0.1:0 "$@"
  daemon_wait serving serve 10 grep -q 'serving at' serving/serve.log || bail "serve did not start"
  U=$(sed -n 's/.*serving at //p' serving/serve.log)
  # shellcheck disable=SC2034  # for pull_skopeo and others
  WEB=${U#http*://}
}

serving_stop() {
  daemons_stop "$T/serving"
}

ask() {
  local method=(-X "$1") path=$2
  shift 2
  [ "${method[1]}" != HEAD ] || method=(-I)
  rm -f body
  # shellcheck disable=SC2034  # for the tests
  CODE=$(curl -sS --max-time 20 --path-as-is "${method[@]}" -D head -o body -w '%{http_code}' "$@" "$U$path" 2>curl.err)
}

header() {
  sed -n "s/^$1: *//Ip" head | tr -d '\r'
}

error() {
  jq -r '.errors[0].code' body
}
