#!/bin/bash
# Every hand-made archive gets the exit status it deserves; what is refused leaves nothing.
. "$(dirname "$0")/lib.sh"

hand_made
files() { (cd "$1/v2" 2>/dev/null && find . -type f | sort); }

judge() { # NAME STATUS SOURCE SAYS: what the last run did to $ROOT
  local name=$1
  if [ "$2" -eq 0 ]; then
    ok "$name: the tree is whole" tree_whole "$ROOT"
    isnt "$(find "$ROOT/v2" -path '*/manifests/1')" '' "$name: a tag was published"
  else
    one_line "$ERR" "$name: one line says why"
    like "$ERR" "^drydock: stage: $3: .*($4)" "$name: it names the archive, and what is wrong"
    unlike "$ERR" '[[:cntrl:]]' "$name: and nothing that moves a terminal"
    is "$(files "$ROOT" | grep -vE '/_catalog$')" '' "$name: nothing was published"
  fi
  is "$(ls -A "$ROOT/.drydock/tmp" 2>/dev/null)" '' "$name: no temporary file is left"
}

while IFS=$'\t' read -r name expect names what says; do
  ROOT=$T/root.$name
  args=(-t app:1)
  [ "$names" = - ] || args=()
  exits "$expect" "$name: $what" drydock --root "$ROOT" -q stage "${args[@]}" "$T/cases/$name.tar" || continue
  judge "$name" "$expect" ".*/$name.tar" "$says"
  files "$ROOT" >"$T/from.file"
  rm -rf "$ROOT"

  exits "$expect" "$name: from a pipe" piped "$T/cases/$name.tar" \
    "$DRYDOCK" --root "$ROOT" -q stage "${args[@]}" - || continue
  judge "$name, piped" "$expect" - "$says"
  is "$(files "$ROOT")" "$(cat "$T/from.file")" "$name: it is the same from a pipe"
  rm -rf "$ROOT"
done <"$T/cases/cases.tsv"

# Names that the archive gives itself.
names() { (cd "$1/v2" && find . -path '*/manifests/*' ! -name 'sha256*' | sed 's|^\./||' | sort | paste -sd' '); }
must drydock --root a stage "$T/cases/docker-two-images.tar"
is "$(names a)" "app/manifests/1 app/manifests/2 other/manifests/1" "all names of an archive are published"
must drydock --root b stage "$T/cases/name-host-port.tar"
is "$(names b)" "team/app/manifests/1" "a host with a port is no part of the name"
must drydock --root c stage "$T/cases/docker-25.tar"
is "$(names c)" "app/manifests/1" "docker.io/library is no part of the name"
must drydock --root other stage "$T/cases/containerd-other-name.tar"
is "$(names other)" "app/manifests/1" "manifest.json gives no second name to an image of index.json"
# What cosign saves beside an image stands where cosign looks for it, and needs no other name.
for name in oci-cosign oci-cosign-tag oci-cosign-named; do
  args=(-t team/app:1)
  [ "$name" = oci-cosign ] || args=()
  must drydock --root "$name" stage "${args[@]}" "$T/cases/$name.tar"
  image=$(sha256_of "$(find "$name/v2" -path "*/manifests/1")")
  tags="1 ${image/:/-}.att ${image/:/-}.sig"
  [ "$name" != oci-cosign-tag ] || tags="1 ${image/:/-}.sig"
  is "$(find "$name/v2" -path '*/tags/list' -exec jq -r '.tags | join(" ")' {} +)" "$tags" "$name: the tags"
done
# The same where the index lists the image twice, as cosign's or as nobody's.
mkdir cosign && tar -xf "$T/cases/oci-cosign-named.tar" -C cosign
cp cosign/index.json listed
for again in '.annotations.kind' '.nothing'; do
  # shellcheck disable=SC2016
  for order in '. + [$again]' '[$again] + .'; do
    jq '.manifests |= ((.[0] | del('"$again"') |
      .annotations["org.opencontainers.image.ref.name"] = "registry.example:5000/team/app:2") as $again |
      '"$order)" listed >cosign/index.json
    rm -rf twice
    must drydock --root twice stage cosign
    is "$(jq -r '.tags | join(" ")' twice/v2/team/app/tags/list)" "1 2 ${image/:/-}.att ${image/:/-}.sig" \
      "listed again without $again, $order: the tags"
  done
done
must drydock --root d stage --name mine/tool:v2 "$T/cases/docker-25.tar"
is "$(names d)" "mine/tool/manifests/v2" "--name wins"

# A layer that every client has to get elsewhere is told, and known again as that.
ok "a layer that may not be distributed" drydock --root foreign stage "$T/cases/oci-foreign-layer.tar"
like "$ERR" "layers\[0\] .*elsewhere" "is told when it is left out"
must drydock --root foreign -q verify
rm -rf foreign/.drydock
ok "rescan keeps its image" drydock --root foreign -q rescan
is "$(names foreign)" "app/manifests/1" "and its tag"

# What an archive said is shown again later, and moves no terminal then either.
must drydock --root shown -q stage -t app:1 "$T/cases/oci-control-artifact.tar"
drydock --root shown -q stage -t app:1 "$T/cases/tar-control-name.tar" 2>/dev/null
for command in status ls 'ls --tree'; do
  # shellcheck disable=SC2086
  must drydock --root shown $command
  unlike "$OUT" '[[:cntrl:]]' "$command shows no control characters"
done
like "$(drydock --root shown status)" 'x1b]0;evil' "status quotes them instead"

# The same image, whatever way the archive was written and read.
digest() { sha256_of "$1/v2/app/manifests/1"; }
for file in docker-pre25 docker-25; do
  must drydock --root "e.$file" stage -t app:1 "$T/cases/$file.tar"
  ok "$file: staged from standard input that is a file" \
    sh -c "'$DRYDOCK' --root s.$file stage -t app:1 - <$T/cases/$file.tar"
  is "$(digest "s.$file")" "$(digest "e.$file")" "$file: the same digest as from the file"
done
mkdir x && tar -xf "$T/cases/oci-attestations.tar" -C x
must drydock --root dir stage -t app:1 x
must drydock --root file stage -t app:1 "$T/cases/oci-attestations.tar"
is "$(digest dir)" "$(digest file)" "a directory is staged like the archive it was"
done_testing
