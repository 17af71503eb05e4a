#!/bin/bash
# What an archive's images are called, and which of several are meant (I8, I9).
. "$(dirname "$0")/lib.sh"

must "$HELPERS/mkarchive.py" all "$T/cases"
stage() { # into a fresh root
  rm -rf root
  drydock --root root -q stage "$@"
}
# What is published, as "repo:tag repo:tag".
names() {
  find root/v2 -path '*/tags/list' -exec jq -r '.name as $name | .tags[] | $name + ":" + .' {} + 2>/dev/null | sort | paste -sd' '
}

# ---- FP1, FP2: what names an image by its digest or id gives no name
cd cases || exit 1
ok "FP1: an image by tag beside one by digest" stage containerd-by-digest-too.tar
is "$(names)" "registry.example.org/app:1" "FP1: only the tag is published"
like "$ERR" 'has no name: skipped' "FP1: what is left out is told"
must stage -t registry.example.org/app:latest docker-25.tar
latest=$(sha256_of root/v2/registry.example.org/app/manifests/latest)
exits 2 "FP1: one by digest alone" drydock --root root stage containerd-by-digest.tar
is "$(sha256_of root/v2/registry.example.org/app/manifests/latest)" "$latest" "FP1: latest does not move"
ok "FP1: with a name it is staged" stage -t app containerd-by-digest.tar
is "$(names)" "app:latest" "FP1: under that"
ok "FP2: one by its id, with a name" stage -t app containerd-by-id.tar
is "$(names)" "app:latest" "FP2: the id is no tag of it"
ok "FP1: a docker-archive, with a name" stage -t app docker-by-digest.tar
is "$(names)" "app:latest" "FP1: its digests are no tags"

done_testing
