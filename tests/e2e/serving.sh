# shellcheck shell=bash
# For tests of drydock serve and of web servers on a tree: source it after lib.sh.
#
#   serving_start [ARGUMENT...]           drydock serve on $T/root; U is its URL, WEB its HOST:PORT
#   serving_stop                          it ends, politely
#   ask METHOD PATH [CURL'S OPTION...]    CODE; its answer lies in head and body
#   header NAME                           of the last answer
#   tree_server nginx|apache|caddy|lighttpd  that server on $T/root, by drydock headers
#   serving_pages WHO                     what people look at, of a server on $T/root
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

# What a tree for any server holds: images of all kinds, tags that look like files, referrers. SIGNED is
# the repository with the referrer of SUBJECT.
serving_tree() {
  local tag
  mkdir made
  must drydock --root root stage -q "$FIXTURES/tiny.docker-save.tar" "$FIXTURES/multi.ctr-export-all.tar"
  must "$HELPERS/mkarchive.py" oci-sha512 made/long.tar
  must drydock --root root stage -q --name long:1 made/long.tar
  must "$HELPERS/mkarchive.py" oci-referrer made/signed.tar
  must drydock --root root stage -q made/signed.tar
  SIGNED=$(drydock --root root ls --json | jq -r 'select(.name | IN("example/tiny", "multi", "long") | not) | .name' | head -n 1)
  SUBJECT=$(cd "root/v2/$SIGNED/referrers" && grep -l artifactType -- * | head -n 1)
  for tag in 1.0.json 1.gz index.html x.tar.gz; do
    must drydock --root root stage -q --name "files:$tag" "$FIXTURES/tiny.ctr-export.tar"
  done
}

# The pages that people look at, which are at / where the root has them, and nowhere else.
serving_pages() { # serving_pages WHO
  local who=$1 path method
  must drydock --root root page -q
  for path in / /index.html /page/example/tiny/_index.html; do
    for method in HEAD GET; do
      ask $method $path
      is "$CODE $(header content-type) $(header docker-content-digest)" "200 text/html; charset=utf-8 " "$who: $method $path, a page"
    done
    like "$(header cache-control)" 'max-age=60,' "$who: … for a minute"
    [ "$path" != / ] || path=/index.html
    same_file body "root$path" "$who: … as it was made"
  done
  echo secret >root/page/secret.html
  for path in /page/ /page/example/tiny/ /page/secret.html /page/none/_index.html /page/../.drydock/_x.html /_index.html; do
    ask GET "$path"
    like "$CODE" '^40[04]$' "$who: nothing at $path"
  done
  rm -r root/page root/index.html
  ask GET /
  is "$CODE $(error)" "404 NAME_UNKNOWN" "$who: no pages, nothing at /"
}

# The read-only assertions of the distribution specification that a web server on serving_tree's root can
# fulfil, by curl, and pulls by skopeo. U and WEB are where it serves.
serving_conforms() { # serving_conforms WHO
  local who=$1 repo tag method file digest type blob none path ref
  none=sha256:$(printf '0%.0s' {1..64})
  for path in /v2/ /v2; do
    ask GET $path
    is "$CODE $(header content-type) $(cat body)" "200 application/json {}" "$who: GET $path"
  done
  while IFS=/ read -r repo tag; do
    repo=${repo//@/\/}
    file=root/v2/$repo/manifests/$tag
    case $repo in long) digest=sha512:$(sha512sum <"$file" | cut -d' ' -f1) ;; *) digest=$(sha256_of "$file") ;; esac
    type=$(jq -r '.mediaType // "application/vnd.oci.image." + (if .manifests then "index" else "manifest" end) + ".v1+json"' "$file")
    for ref in "$tag" "$digest"; do
      for method in HEAD GET; do
        ask $method "/v2/$repo/manifests/$ref"
        is "$CODE $(header content-type) $(header docker-content-digest) $(header content-length)" \
          "200 $type $digest $(stat -c %s "$file")" "$who: $method of $repo, $ref: type, digest and size"
        is "$(header content-encoding)$(header content-language)" "" "$who: … and it is not taken for something else"
      done
      same_file body "$file" "$who: … its bytes"
      case $ref in *:*) path=immutable ;; *) path='max-age=60,' ;; esac
      like "$(header cache-control)" "$path" "$who: … and how long it may be kept"
    done
  done <<<"$(
    printf '%s\n' example@tiny/1 multi/1 long/1 "${SIGNED//\//@}/$SUBJECT"
    find root/v2/files/manifests ! -name '*:*' -type f -printf 'files/%f\n'
  )"
  # The state knows children of an index, too.
  ask GET "/v2/multi/manifests/$(jq -r '.manifests[0].digest' root/v2/multi/manifests/1)"
  is "$CODE $(header content-type)" "200 $(jq -r '.manifests[0].mediaType' root/v2/multi/manifests/1)" "$who: a platform of an index"
  blob=$(jq -r '.layers | max_by(.size).digest' root/v2/example/tiny/manifests/1)
  file=root/v2/example/tiny/blobs/$blob
  ask HEAD "/v2/example/tiny/blobs/$blob"
  is "$CODE $(header content-type) $(header docker-content-digest) $(header content-length)" \
    "200 application/octet-stream $blob $(stat -c %s "$file")" "$who: HEAD of a blob"
  like "$(header cache-control)" immutable "$who: … for good"
  ask GET "/v2/example/tiny/blobs/$blob" -r 5-104
  cmp -s body <(tail -c +6 "$file" | head -c 100)
  is "$? $CODE $(header content-range)" "0 206 bytes 5-104/$(stat -c %s "$file")" "$who: a range of it"
  ask GET "/v2/example/tiny/blobs/$blob" -H "Accept-Encoding: gzip"
  same_file body "$file" "$who: its bytes"
  for path in "blobs/$none BLOB_UNKNOWN" "manifests/$none MANIFEST_UNKNOWN" "manifests/nothing MANIFEST_UNKNOWN" \
    "manifests/.INVALID_MANIFEST_NAME MANIFEST_UNKNOWN" "tagz NAME_UNKNOWN"; do
    for method in HEAD GET; do
      ask $method "/v2/example/tiny/${path% *}"
      is "$CODE $(header content-type) $(header docker-content-digest)" "404 application/json " "$who: $method of ${path% *}, which is not there"
    done
    is "$(error)" "${path#* }" "$who: … with OCI's error"
  done
  ask GET /v2/nothing/tags/list
  is "$CODE $(error)" "404 NAME_UNKNOWN" "$who: a repository that is not there"
  for path in "files/tags/list application/json" "_catalog application/json" \
    "$SIGNED/referrers/$SUBJECT application/vnd.oci.image.index.v1+json"; do
    ask GET "/v2/${path% *}"
    is "$CODE $(header content-type)" "200 ${path#* }" "$who: ${path% *}"
    same_file body "root/v2/${path% *}" "$who: … as it is"
    like "$(header cache-control)" 'max-age=60,' "$who: … for a minute"
  done
  for repo in example/tiny nothing; do
    ask GET "/v2/$repo/referrers/$none"
    is "$CODE $(header content-type) $(jq -c .manifests body)" "200 application/vnd.oci.image.index.v1+json []" \
      "$who: nothing refers to what is not there"
  done
  for method in PUT POST PATCH DELETE; do
    ask $method /v2/example/tiny/manifests/1 -d '{}'
    is "$CODE $(header content-type) $(error)" "405 application/json UNSUPPORTED" "$who: $method"
  done
  for path in / /.drydock/state.db /v2/../.drydock/state.db /v2/%2e%2e/.drydock/state.db /v2/x/..%2f..%2f.drydock/lock \
    /v2/example /v2/example/ /v2/example/tiny/manifests /v2/example/tiny/manifests/ /v2/_catalog/ //.drydock/state.db; do
    ask GET "$path"
    like "$CODE" '^40[04]$' "$who: nothing at $path"
  done
  # Debian 12's skopeo hashes by sha256 whatever a digest says, so that it can see sha512 manifests only.
  ok "$who: skopeo sees long:1" skopeo inspect --raw --tls-verify=false "docker://$WEB/long:1"
  same_file "$T/stdout" root/v2/long/manifests/1 "$who: … as it was staged"
  blob=$(jq -r '.layers[0].digest' root/v2/long/manifests/1)
  ask GET "/v2/long/blobs/$blob"
  is "$CODE $(header docker-content-digest) sha512:$(sha512sum <body | cut -d' ' -f1)" "200 $blob $blob" "$who: … and its layer"
  for ref in example/tiny:1 multi:1 files:1.0.json "$SIGNED@$SUBJECT"; do
    rm -rf got
    ok "$who: skopeo copies $ref" pull_skopeo "$ref" got
    same_file got/manifest.json "root/v2/${ref%%[:@]*}/manifests/${ref#*[:@]}" "$who: … as it was staged"
  done
}

# tree_server WHO: nginx, apache, caddy or lighttpd on $T/root by what drydock headers says, with its files in
# $T/WHO; PORT, WEB and U are where it serves. The first time it finds a port. daemons_stop "$T/WHO" ends it.
tree_server() {
  local who=$1 dir=$T/$1
  if [ ! -d "$dir" ]; then
    mkdir -p "$dir/tmp" "$dir/drydock.d"
    free_port >"$dir/port"
  fi
  PORT=$(cat "$dir/port")
  # shellcheck disable=SC2034  # for ask and pull_skopeo
  WEB=127.0.0.1:$PORT U=http://$WEB
  must drydock --root root headers "$who" --listen "127.0.0.1:$PORT" --output "$dir/drydock.conf"
  "_conf_$who" "$dir" >"$dir/own.conf"
  case $who in
    nginx) daemon_run "$dir" "$who" nginx -e "$dir/error.log" -p "$dir" -c "$dir/own.conf" ;;
    apache)
      chmod 755 "$T" # Apache does not serve as root
      daemon_run "$dir" "$who" apache2 -D FOREGROUND -d "$dir" -f "$dir/own.conf"
      ;;
    caddy) daemon_run "$dir" "$who" caddy run --adapter caddyfile --config "$dir/own.conf" ;;
    lighttpd) daemon_run "$dir" "$who" lighttpd -D -f "$dir/own.conf" ;;
  esac
  daemon_wait "$dir" "$who" 10 port_answers "$PORT" || bail "$who did not start: $(cat "$dir"/*.log)"
}

_conf_nginx() {
  local what
  echo "user $(id -un); daemon off; pid $1/own.pid; error_log $1/error.log warn; events { worker_connections 64; } http {"
  for what in client_body proxy fastcgi uwsgi scgi; do echo "${what}_temp_path $1/tmp/$what;"; done
  echo "access_log off; include drydock.conf; }"
}

_conf_apache() {
  local module
  printf '%s\n' "ServerRoot $1" "ServerName localhost" "PidFile $1/own.pid" "ErrorLog $1/error.log" "User www-data" \
    "Group www-data" "Mutex file:$1" "TypesConfig /etc/mime.types" "AddEncoding x-gzip .gz"
  for module in mpm_event authz_core rewrite headers mime dir negotiation; do
    echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
  done
  echo "Include drydock.conf"
}

_conf_caddy() {
  printf '{\n\tadmin off\n\tauto_https off\n}\nimport drydock.conf\n'
}

_conf_lighttpd() {
  cat <<CONF
server.document-root = "/nowhere"
server.port = $(free_port)
server.bind = "127.0.0.1"
mimetype.assign = ( ".json" => "text/x", ".html" => "text/html" )
index-file.names = ( "index.html" )
include "drydock.conf"
CONF
}
