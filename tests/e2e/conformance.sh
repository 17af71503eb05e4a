# shellcheck shell=bash
# What the distribution specification (1.1) asks of a registry that people pull from and look around in, read-only,
# by curl: source it after serving.sh.
#
#   conformance_tree            what is asked about, into $T/root
#   conforms WHO LACKS          asks the server at $U; LACKS are the rows that it cannot do, each of the others it must
#   conformance_table WHO...    what was found, as README has it
#
# Pull: HEAD and GET of blobs and manifests, by digest and by tag, there and not there. Content discovery:
# tags/list with n and last, referrers with artifactType. What writes is not asked.

CONFORMANCE_ROWS='ping blob no-blob range manifest no-manifest digest error malformed tags no-tags n next last
  referrers missing unknown filter'
# shellcheck disable=SC2016 # no command is meant
declare -A CONFORMANCE_TEXT=(
  [ping]='`GET /v2/`'
  [blob]='blobs: HEAD and GET, size and bytes'
  [no-blob]='blobs that are not there: 404'
  [range]='ranges of a blob'
  [manifest]='manifests by digest and by tag: HEAD and GET, type, size and bytes'
  [no-manifest]='manifests and tags that are not there: 404'
  [digest]='`Docker-Content-Digest` of blobs, manifests and tags'
  [error]="errors as OCI's JSON"
  [malformed]='a malformed digest: 400 or 404'
  [tags]='`tags/list`: all tags, in order'
  [no-tags]='tags of a repository that is not there: 404'
  [n]='`tags/list?n=`: no more than that'
  [next]='… and a `Link` to the next'
  [last]='`tags/list?last=`: those behind it'
  [referrers]='referrers: all, with type and annotations'
  [missing]='… also of a manifest that is not there'
  [unknown]='… of an unknown digest: an empty index'
  [filter]='`referrers/…?artifactType=`: those of that type'
)
declare -A CONFORMANCE_FOUND

conformance_tree() {
  mkdir -p made
  must drydock --root root stage -q "$FIXTURES/tiny.docker-save.tar" "$FIXTURES/multi.ctr-export-all.tar"
  must "$HELPERS/mkarchive.py" oci-referrers made/referrers.tar
  must drydock --root root stage -q made/referrers.tar
  for tag in a B b.1 b-2 _c; do must drydock --root root stage -q --name "many:$tag" "$FIXTURES/tiny.ctr-export.tar"; done
}

# Each prints what is wrong, or nothing.
_answers() { # _answers METHOD PATH CODE...: one of these
  local method=$1 path=$2
  shift 2
  ask "$method" "$path"
  case " $* " in *" $CODE "*) ;; *) echo "$method $path: $CODE" ;; esac
}
conforms_ping() {
  _answers GET /v2/ 200
}
conforms_blob() {
  local digest file method
  for digest in $(jq -r '.config.digest, .layers[].digest' root/v2/example/tiny/manifests/1); do
    file=root/v2/example/tiny/blobs/$digest
    for method in HEAD GET; do
      _answers $method "/v2/example/tiny/blobs/$digest" 200
      [ "$(header content-length)" = "$(stat -c %s "$file")" ] || echo "$method: its size"
    done
    cmp -s body "$file" || echo "$digest: its bytes"
  done
}
conforms_no-blob() {
  _answers HEAD "/v2/example/tiny/blobs/$NOTHING" 404
  _answers GET "/v2/example/tiny/blobs/$NOTHING" 404
  _answers GET "/v2/nothing/blobs/$NOTHING" 404
}
conforms_range() {
  local digest
  digest=$(jq -r '.layers[0].digest' root/v2/example/tiny/manifests/1)
  ask GET "/v2/example/tiny/blobs/$digest" -r 5-104
  [ "$CODE $(header content-range)" = "206 bytes 5-104/$(stat -c %s "root/v2/example/tiny/blobs/$digest")" ] || echo "$CODE"
  cmp -s body <(tail -c +6 "root/v2/example/tiny/blobs/$digest" | head -c 100) || echo "its bytes"
}
_manifests() { # NAME REFERENCE FILE: tags and digests of images, of an index and of what it lists
  local file
  for file in root/v2/{example/tiny,multi,app,many}/manifests/*; do
    case $file in *sha256-*) continue ;; esac
    echo "$(sed -E 's,root/v2/(.*)/manifests/.*,\1,' <<<"$file") ${file##*/} $file"
  done
}
conforms_manifest() {
  local repo ref file method type
  while read -r repo ref file; do
    type=$(jq -r .mediaType "$file")
    for method in HEAD GET; do
      _answers $method "/v2/$repo/manifests/$ref" 200
      [ "$(header content-type) $(header content-length)" = "$type $(stat -c %s "$file")" ] ||
        echo "$method $repo $ref: $(header content-type) $(header content-length)"
    done
    cmp -s body "$file" || echo "$repo $ref: its bytes"
  done <<<"$(_manifests)"
}
conforms_no-manifest() {
  local method ref
  for method in HEAD GET; do
    for ref in nothing "$NOTHING" .INVALID_MANIFEST_NAME; do _answers $method "/v2/example/tiny/manifests/$ref" 404; done
    _answers $method /v2/nothing/manifests/1 404
  done
}
conforms_digest() {
  local repo ref file digest
  while read -r repo ref file; do
    ask HEAD "/v2/$repo/manifests/$ref"
    [ "$(header docker-content-digest)" = "$(sha256_of "$file")" ] || echo "$repo $ref: $(header docker-content-digest)"
  done <<<"$(_manifests)"
  digest=$(jq -r .config.digest root/v2/example/tiny/manifests/1)
  ask HEAD "/v2/example/tiny/blobs/$digest"
  [ "$(header docker-content-digest)" = "$digest" ] || echo "$digest: $(header docker-content-digest)"
}
conforms_error() {
  local path
  for path in "blobs/$NOTHING BLOB_UNKNOWN" "manifests/$NOTHING MANIFEST_UNKNOWN" "manifests/nothing MANIFEST_UNKNOWN"; do
    ask GET "/v2/example/tiny/${path% *}"
    [ "$(jq -r '.errors[0].code' body 2>/dev/null)" = "${path#* }" ] || echo "${path% *}"
  done
}
conforms_malformed() {
  local digest
  for digest in sha256:totallywrong sha256:abc; do
    _answers GET "/v2/example/tiny/blobs/$digest" 400 404
    _answers GET "/v2/example/tiny/manifests/$digest" 400 404
  done
}
conforms_tags() {
  _answers GET /v2/many/tags/list 200
  [ "$(header content-type) $(jq -c '[.name, .tags]' body)" = 'application/json ["many",["B","_c","a","b-2","b.1"]]' ] || cat body
}
conforms_no-tags() {
  _answers GET /v2/nothing/tags/list 404
}
conforms_n() {
  ask GET '/v2/many/tags/list?n=2'
  [ "$CODE $(jq -c .tags body)" = '200 ["B","_c"]' ] || echo "n=2: $(jq -c .tags body)"
  ask GET '/v2/many/tags/list?n=0'
  [ "$CODE $(jq -c .tags body)" = '200 []' ] || echo "n=0: $(jq -c .tags body)"
}
conforms_next() {
  local link
  ask GET '/v2/many/tags/list?n=3'
  link=$(header link | sed -n 's/^<\(.*\)>; *rel="\?next"\?$/\1/p')
  [ -n "$link" ] || { echo "no Link" && return; }
  ask GET "$link"
  [ "$CODE $(jq -c .tags body)" = '200 ["b-2","b.1"]' ] || echo "$link: $(jq -c .tags body)"
  [ -z "$(header link)" ] || echo "more behind the last"
}
conforms_last() {
  ask GET '/v2/many/tags/list?last=_c&n=2'
  [ "$CODE $(jq -c .tags body)" = '200 ["a","b-2"]' ] || jq -c .tags body
}
_referrers() { # _referrers DIGEST: what the last answer lists
  _answers GET "/v2/app/referrers/$1" 200
  [ "$(header content-type) $(jq -r .schemaVersion body)" = "application/vnd.oci.image.index.v1+json 2" ] || echo "no index: $(header content-type)"
}
conforms_referrers() {
  _referrers "$(sha256_of root/v2/app/manifests/1)"
  [ "$(jq -r '.manifests[] | .artifactType + " " + .annotations."org.example.is" + " " + .mediaType' body | sort | paste -sd,)" = \
    "application/vnd.example.sbom sbom application/vnd.oci.image.manifest.v1+json,application/vnd.example.signature signature application/vnd.oci.image.manifest.v1+json" ] || cat body
}
conforms_missing() {
  local subject
  subject=$(jq -r .subject.digest root/v2/app/manifests/orphan)
  _answers GET "/v2/app/manifests/$subject" 404
  _referrers "$subject"
  [ "$(jq -r '.manifests[].digest' body)" = "$(sha256_of root/v2/app/manifests/orphan)" ] || cat body
}
conforms_unknown() {
  _referrers "$NOTHING"
  [ "$(jq -c .manifests body)" = '[]' ] || echo "not empty"
}
conforms_filter() {
  local all
  all=$(sha256_of root/v2/app/manifests/1)
  ask GET "/v2/app/referrers/$all?artifactType=application/vnd.example.sbom"
  [ "$CODE $(header oci-filters-applied) $(jq -r '.manifests[].artifactType' body)" = "200 artifactType application/vnd.example.sbom" ] ||
    echo "$(header oci-filters-applied) $(jq '.manifests | length' body)"
}

conforms() {
  local who=$1 lacks=" $2 " row wrong
  NOTHING=sha256:$(printf '0%.0s' {1..64})
  for row in $CONFORMANCE_ROWS; do
    wrong=$("conforms_$row" 2>&1)
    if [ -z "$wrong" ]; then CONFORMANCE_FOUND[$who.$row]=yes; else CONFORMANCE_FOUND[$who.$row]=no; fi
    case $lacks in
      *" $row "*) is "${CONFORMANCE_FOUND[$who.$row]}" no "$who cannot: ${CONFORMANCE_TEXT[$row]}" ;;
      *) is "$wrong" '' "$who: ${CONFORMANCE_TEXT[$row]}" ;;
    esac
  done
  # Who does not filter must not say that it did.
  ask GET "/v2/app/referrers/$(sha256_of root/v2/app/manifests/1)?artifactType=application/vnd.example.sbom"
  is "$(header oci-filters-applied) $(jq '.manifests | length' body)" \
    "$(if [ "${CONFORMANCE_FOUND[$who.filter]}" = yes ]; then echo artifactType 1; else echo " 2"; fi)" "$who: a filter is told where there is one"
}

conformance_table() {
  local row who
  printf '| |'
  printf ' %s |' "$@"
  printf '\n|---|'
  for who; do printf -- '---|'; done
  for row in $CONFORMANCE_ROWS; do
    printf '\n| %s |' "${CONFORMANCE_TEXT[$row]}"
    for who; do printf ' %s |' "${CONFORMANCE_FOUND[$who.$row]:-?}"; done
  done
  printf '\n'
}
