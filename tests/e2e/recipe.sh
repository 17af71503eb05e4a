# shellcheck shell=bash
# For tests of drydock recipe: source it after lib.sh.
#
#   recipe CLIENT [ARGUMENT...]    for $BUCKET/team on the test's S3 server. What it says is done as it stands, with
#                                  /etc in $T/etc and podman's in $HOME. COMMANDS is what it says to type; its
#                                  last one pulls $IMAGE.

recipe() {
  local client=$1 i path count
  shift
  must drydock recipe "$client" "s3://$BUCKET/team" --endpoint-url "$S3_ENDPOINT" --addressing-style path --json "$@"
  cp stdout recipe.json

  count=$(jq '.files | length' recipe.json)
  for ((i = 0; i < count; i++)); do
    path=$(placed "$(jq -r ".files[$i].path" recipe.json)")
    mkdir -p "${path%/*}"
    # Of what it says itself, files may speak of other files: ca = "/etc/…".
    jq -j ".files[$i].content" recipe.json | sed "s,\"/etc/,\"$T/etc/,; s, /etc/nginx, $T/etc/nginx," >"$path"
  done
  # shellcheck disable=SC2034  # for the tests
  IMAGE=$(jq -r '.image // ""' recipe.json | sed 's,NAME:TAG$,example/tiny:1,')
  COMMANDS=$(jq -r '.commands[]' recipe.json)
  # Those that install the authority.
  while IFS= read -r i; do
    [[ $i != install* ]] || must bash -c "$(placed "$i")"
  done <<<"$COMMANDS"
}

# placed TEXT: with the paths of this test.
placed() {
  sed "s,/etc/containers/,$HOME/.config/containers/,g; s, /etc/, $T/etc/,g; s,^/etc/,$T/etc/," <<<"$1"
}

# typed PREFIX: the command of the recipe that begins so, of this image and this test's paths.
typed() {
  placed "$(grep "^$1" <<<"$COMMANDS" | sed 's,NAME:TAG$,example/tiny:1,')"
}
