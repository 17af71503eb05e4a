# shellcheck shell=bash
# Container clients and what they pull, for tests/e2e/long/clients*.t: source it after lib.sh and serving.sh.
#
#   clients_tree                  $T/root with one image of each kind; KINDS
#   clients_pull CLIENT KIND      pulls it from $WEB, says why not; the digest that the client has seen is in DIGEST
#   clients_ref KIND              NAME:TAG, or NAME@DIGEST where there is no tag
#   clients_file KIND             its manifest in the root
#   clients_registry              the distribution's own registry with the same images, the first server to try; WEB
#                                 is its HOST:PORT
#   clients_try SERVER CLIENT...  fills the cells of a server, which is at $WEB, for these clients
#   clients_matrix CLIENT...      all servers, and all of what follows; in mounts of the caller's own, see long/clients.t
#   clients_of_sid ROOT           before it: the clients are those of ROOT, which tests/helpers/sid has made
#   clients_judge CLIENT...       an assertion for each server and client
#   clients_table CLIENT...       what came of it as a table for README, and what its notes mean
#
# No cell is known beforehand, as clients differ from release to release. A cell is yes when the client has pulled
# the image and knows it by the digest that was staged. Where it has not, it must have said why, the reason must be
# one of those below, and it must have said it of every server.

KINDS='single index nested schema2 untyped zstd chunked signed artifact sha512'

# Why a client pulls an image of a kind from nowhere: a note, the kinds, the client's words, and what they mean.
REASONS=(
  'a|nested|manifest list instead of|no matching manifest|takes no index within an index'
  # Where no header says otherwise, which a bucket cannot send, docker and containerd then ask for another digest.
  'b|sha512|[Dd]igest|sha512:[0-9a-f]|unsupported hash|NoSuchKey|[Nn]ot [Ff]ound|goes by sha256 alone'
  'c|artifact|operation on artifact|unsupported media type|mismatched image rootfs|pulls images, no other artifacts'
  'd|zstd chunked|unexpected EOF|invalid tar header|unpacks no zstd'
  "e|$KINDS|missing required header .Docker-Content-Digest|asks for tags by HEAD and a header that a bucket cannot send"
)
SERVERS=() UNKNOWN=''
declare -A CELL

_image() { # _image KIND ARCHIVE [OPTION...]
  must drydock --root root stage -q --name "$1:1" "$2" "${@:3}"
}

clients_tree() {
  mkdir -p made
  _image single "$FIXTURES/tiny.podman-oci-archive.tar"
  _image index "$FIXTURES/multi.buildah-oci-archive.tar"
  PYTHONPATH=$HELPERS python3 -c 'import sys
from mkarchive import Layout
l = Layout()
both = l.index([(l.manifest(arch), arch) for arch in ("amd64", "arm64")])
sys.stdout.buffer.write(l.top(l.index([(both, None)])).tar())' >made/nested.tar || bail "no nested index"
  must "$HELPERS/mkarchive.py" oci-docker-types made/schema2.tar
  must "$HELPERS/mkarchive.py" oci-untyped made/untyped.tar
  must "$HELPERS/mkarchive.py" oci-zstd made/zstd.tar
  must "$HELPERS/mkarchive.py" oci-referrer made/signed.tar
  must "$HELPERS/mkarchive.py" oci-sha512 made/sha512.tar
  must skopeo --insecure-policy --tmpdir "$T/tmp" copy -q --dest-compress-format zstd:chunked \
    "oci-archive:$FIXTURES/tiny.podman-oci-archive.tar" oci:made/chunked:1
  grep -rqF zstd-chunked made/chunked/blobs || bail "this skopeo makes no zstd:chunked"
  tar -C made/chunked -cf made/chunked.tar .
  local kind
  for kind in nested schema2 untyped zstd chunked signed sha512; do _image "$kind" "made/$kind.tar"; done
  ARTIFACT=$(cd root/v2/signed/manifests && grep -l '"subject"' sha256:*)
}

clients_file() {
  case $1 in artifact) echo "root/v2/signed/manifests/$ARTIFACT" ;; *) echo "root/v2/$1/manifests/1" ;; esac
}

clients_ref() {
  case $1 in artifact) echo "signed@$ARTIFACT" ;; *) echo "$1:1" ;; esac
}

_digest_of() { # of a kind's manifest, by the algorithm of its name
  case $1 in sha512) echo "sha512:$(sha512sum <"$(clients_file "$1")" | cut -d' ' -f1)" ;; *) sha256_of "$(clients_file "$1")" ;; esac
}

# Each pulls REF and prints the digest of the manifest that REF names. Nothing of it stays: layers that are there
# would not be fetched from the next server.
_pull_skopeo() {
  local file bad=0
  rm -rf skopeo-dir
  pull_skopeo "$1" skopeo-dir || return 1
  for file in skopeo-dir/*; do
    file=${file##*/} repo=${1%%[:@]*}
    case $file in
      version) continue ;;
      manifest.json) sha256_of skopeo-dir/manifest.json ;;
      *.manifest.json) cmp -s "skopeo-dir/$file" "root/v2/$repo/manifests/sha256:${file%%.*}" || bad=1 ;;
      *) cmp -s "skopeo-dir/$file" "root/v2/$repo/blobs/sha256:$file" || bad=1 ;;
    esac
  done
  return "$bad"
}

_pull_podman() {
  pull_podman "$1" >/dev/null && _podman image inspect --format '{{json .RepoDigests}}' "$WEB/$1" | jq -r '.[]' | sed 's/.*@//'
  local status=$?
  _podman rmi -a -f >/dev/null 2>&1
  return $status
}

_buildah() {
  CONTAINERS_STORAGE_CONF="$T/podman/storage.conf" CONTAINERS_REGISTRIES_CONF="$T/podman/registries.conf" buildah "$@"
}

_pull_buildah() {
  _podman --version >/dev/null # writes the configuration that both share
  _buildah pull -q --tls-verify=false --signature-policy "$T/podman/policy.json" "$WEB/$1" >/dev/null &&
    _podman image inspect --format '{{json .RepoDigests}}' "$WEB/$1" | jq -r '.[]' | sed 's/.*@//'
  local status=$?
  _podman rmi -a -f >/dev/null 2>&1
  return $status
}

_pull_containerd() {
  pull_containerd "$1" >/dev/null && containerd_digest "$1"
  local status=$?
  containerd_ctr "$T/c" images rm --sync "$WEB/$1" >/dev/null 2>&1
  containerd_ctr "$T/c" content prune references >/dev/null 2>&1
  return $status
}

_pull_docker() {
  pull_docker "$1" >/dev/null && docker_digest "$1"
  local status=$?
  dockerd_docker "$T/d" rmi -f "$WEB/$1" >/dev/null 2>&1
  return $status
}

_pull_crane() {
  rm -rf crane-layout
  crane pull --insecure --format=oci "$WEB/$1" crane-layout && jq -r '.manifests[].digest' crane-layout/index.json
}

# With what refers to it.
_pull_oras() {
  rm -rf oras-layout
  oras copy -r --from-plain-http --to-oci-layout "$WEB/$1" oras-layout:1 >/dev/null &&
    jq -r '.manifests[].digest' oras-layout/index.json
}

# clients_of_sid ROOT: from now on the clients are those of a Debian sid that tests/helpers/sid has made.
clients_of_sid() {
  local name
  mkdir -p "$T/sid"
  for name in docker dockerd podman skopeo buildah containerd ctr crane oras; do
    # shellcheck disable=SC2016  # for the script that is written
    printf '#!/bin/sh\nexec %q run %q /sys %q -- env -C "$PWD" PATH=/usr/sbin:/usr/bin %s "$@"\n' \
      "$HELPERS/sid" "$1" "$T" "$name" >"$T/sid/$name"
    chmod 755 "$T/sid/$name"
  done
  PATH=$T/sid:$PATH CLIENTS_ROOT=$1
  # shellcheck disable=SC2034  # for dockerd_docker
  DOCKER_CLIENT=$T/sid/docker
}

clients_pull() { # clients_pull CLIENT KIND: status; DIGEST is a list of those that the client knows it by
  DIGEST=$("_pull_$1" "$(clients_ref "$2")" 2>"$T/pull.err")
}

clients_registry() {
  local kind archive
  serve_registry
  for kind in $KINDS; do
    archive=made/$kind.tar
    case $kind in
      single) archive=$FIXTURES/tiny.podman-oci-archive.tar ;;
      index) archive=$FIXTURES/multi.buildah-oci-archive.tar ;;
      artifact) continue ;; # it lies beside signed
    esac
    if push "$kind" "$archive" >push.out 2>push.err; then
      grep -q '^1 ' push.out || bail "$kind has no tag 1: $(cat push.out)"
    else
      diag "the registry takes no $kind: $(tail -n 1 push.err)"
      UNKNOWN+=" $kind "
    fi
  done
  WEB=$REG
}

# What is said in pull.err about a kind: a note, or the words themselves.
_note() {
  local reason note kinds words
  for reason in "${REASONS[@]}"; do
    IFS='|' read -r note kinds words <<<"$reason"
    [[ " $kinds " != *" $1 "* ]] || ! grep -qE "${words%|*}" pull.err || { echo "$note" && return; }
  done
  tr '\n' ' ' <pull.err | tail -c 600
}

clients_try() {
  local server=$1 client kind cell
  shift
  SERVERS+=("$server")
  for client; do
    for kind in $KINDS; do
      if clients_pull "$client" "$kind"; then
        cell=yes
        # docker knows by sha256 what is staged by sha512.
        grep -qxF -e "$(_digest_of "$kind")" -e "$(sha256_of "$(clients_file "$kind")")" <<<"$DIGEST" || cell="other digests: $DIGEST"
      else
        cell=$(_note "$kind")
      fi
      CELL[$server,$client,$kind]=$cell
      [[ -z ${SHOW-} ]] || diag "$server $client $kind: $cell"
    done
  done
}

# Whether all is well with a server, for a client; what is not is said.
_judged() {
  local server=$1 client=$2 kind cell control well=0
  for kind in $KINDS; do
    cell=${CELL[$server,$client,$kind]}
    control=${CELL[registry,$client,$kind]}
    [[ $UNKNOWN != *" $kind "* && "$cell $server" != "e "*[Bb]ucket* && "$cell $server" != "e Swift"* ]] || control='any'
    case $cell in
      yes) continue ;;
      ?) [[ $control != any && $control != "$cell" ]] || continue ;;
    esac
    diag "$server, $client, $kind: $cell; from the registry: $control"
    well=1
  done
  return $well
}

clients_judge() {
  local server client
  for server in "${SERVERS[@]}"; do
    [ "$server" != registry ] || continue
    for client; do
      if _judged "$server" "$client"; then pass "$client pulls from $server what it can pull"; else
        fail "$client pulls from $server what it can pull"
      fi
    done
  done
}

clients_table() {
  local kind client server cell cells reason more='' notes=''
  printf '| Image |'
  printf ' %s |' "$@"
  printf '\n|---|'
  printf -- '---|%.0s' "$@"
  for kind in $KINDS; do
    printf '\n| %s |' "$kind"
    for client; do
      cells=$(for server in "${SERVERS[@]}"; do
        [ "$server" = registry ] || echo "${CELL[$server,$client,$kind]}"
      done | sort -u)
      notes+=" $cells"
      printf ' %s |' "$(paste -sd/ <<<"$cells")"
      [[ $cells == *$'\n'* ]] || continue
      for server in "${SERVERS[@]}"; do
        cell=${CELL[$server,$client,$kind]}
        [ "$server" = registry ] || [ "$cell" = yes ] || more+="$client, $kind, $server: $cell"$'\n'
      done
    done
  done
  printf '\n\n'
  for reason in "${REASONS[@]}"; do
    ! grep -qE "(^|[^a-z])${reason%%|*}([^a-z]|\$)" <<<"$notes" || echo "${reason%%|*}: ${reason##*|}"
  done
  printf '%s' "$more"
}

# WEB is nginx before a bucket of OpenStack Swift, whose S3 address serves nobody without a key.
clients_swift() {
  local port
  must "$HELPERS/swift" start "$T/swift"
  port=$(free_port)
  mkdir swift-web
  (
    # shellcheck disable=SC1091
    set -a && . "$T/swift/env"
    "$S3PY" make-bucket images && "$S3PY" make-public images &&
      "$DRYDOCK" --root root sync -q s3://images --endpoint-url "$S3_ENDPOINT" --addressing-style path &&
      echo "location /v2/ { proxy_pass $S3_SWIFT/images/v2/; proxy_http_version 1.1; }" >swift-web/server.conf
  ) || bail "nothing was sent to Swift"
  nginx_start "$T/swift-web" "$port" || bail "nginx did not start"
  WEB=localhost:$port
}

# All of it, for these clients. The bucket's host is in an /etc/hosts that the caller's own mounts hold.
clients_matrix() {
  local server
  new_bucket
  must drydock --root root sync -q "s3://$BUCKET" --endpoint-url "$S3_ENDPOINT" --addressing-style path
  cat /etc/hosts - >hosts <<<"127.0.0.1 $BUCKET.$S3_DNS_NAME"
  for server in /etc/hosts "${CLIENTS_ROOT:+$CLIENTS_ROOT/etc/hosts}"; do
    [ -z "$server" ] || must mount --bind hosts "$server"
  done
  # Daemons of clients start now, with what they will ever see of these mounts.
  clients_registry
  clients_try registry "$@"
  WEB=$BUCKET.$S3_DNS_NAME:$S3_PORT
  clients_try 'a bucket' "$@"
  web "$BUCKET"
  clients_try 'a bucket behind nginx' "$@"
  clients_swift
  clients_try 'Swift behind nginx' "$@"
  for server in nginx apache caddy lighttpd; do
    tree_server "$server"
    clients_try "$server" "$@"
    daemons_stop "$T/$server"
  done
  serving_start
  clients_try 'drydock serve' "$@"
  clients_judge "$@"
  diag "$(clients_table "$@")"
}
