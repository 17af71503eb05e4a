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
mkdir signed && tar -xf oci-referrer.tar -C signed
jq '.manifests |= [.[] | if .annotations == null then
  .annotations["io.containerd.image.name"] = "registry.example.org/app@" + .digest else . end]' signed/index.json >listed &&
  mv listed signed/index.json
ok "FP1: a signature that is named by its digest" stage -t app:1 signed
is "$(jq '.manifests | length' root/v2/app/manifests/sha256-*)" 1 "FP1: joins its subject like one without a name"

# ---- FT2: what another entry of index.json lists is no image of its own
ok "FT2: an index whose manifests are listed too" stage -t app oci-oras.tar
is "$(names)" "app:1" "FT2: is one image, by its tag"
is "$ERR" '' "FT2: nothing is told of its manifests"
is "$(jq '.manifests | length' root/v2/app/manifests/1)" 2 "FT2: which are published"
mkdir turned && tar -xf oci-oras.tar -C turned
jq '.manifests |= reverse' turned/index.json >listed && mv listed turned/index.json
ok "FT2: the manifests first" stage -t app turned
is "$(names)" "app:1" "FT2: are the same"
ok "FT2: by a whole name" stage oci-oras-named.tar
is "$ERR" '' "FT2: nothing is told of its manifests then either"
exits 2 "FT2: a tag needs a repository" stage oci-oras.tar
like "$ERR" 'a tag, but no name' "FT2: and that is said"
ok "FT2: of one platform" stage -t app --platform linux/arm64 oci-oras.tar
is "$(names)" "app:1" "FT2: is one image"
mkdir several && tar -xf oci-two-tags.tar -C several
ok "FT2: tags without a repository, with one" stage -t team/app several
is "$(names)" "team/app:1 team/app:2" "FT2: each is its image's"
jq '.manifests |= . + [.[0] | del(.annotations)]' several/index.json >listed && mv listed several/index.json
ok "FT2: one of them listed again without its tag" stage -t team/app several
is "$(names)" "team/app:1 team/app:2" "FT2: gets no second one"
exits 2 "FT2: whole names of several images" stage -t app docker-two-images.tar
exits 2 "FT2: and one without a tag beside others" stage -t app oci-tag-and-unnamed.tar
# A sparse layout: the manifest that is not whole is told as absent from its index, and is no error.
mkdir sparse && tar -xf oci-oras.tar -C sparse
child=$(jq -r '.manifests[1].digest' sparse/index.json)
rm "sparse/blobs/sha256/$(jq -r '.layers[0].digest[7:]' "sparse/blobs/sha256/${child#sha256:}")"
ok "FT2: a listed manifest whose layer is not there" stage -t app sparse
is "$(names)" "app:1" "FT2: its index is staged"
one_line "$ERR" "FT2: and one line tells it"

# ---- FP12: --platform is applied before names are claimed
for name in oci-name-by-platform docker-name-by-platform; do
  for arch in amd64 arm64; do
    ok "FP12: $name: one name for two platforms, of which $arch is wanted" stage --platform "linux/$arch" "$name.tar"
    is "$(names)" "app:1" "FP12: $name: is one image"
    config=$(jq -r '.config.digest' root/v2/app/manifests/1)
    is "$(jq -r .architecture "root/v2/app/blobs/$config")" "$arch" "FP12: $name: that of $arch"
    like "$ERR" 'is for none of the platforms that are wanted: skipped' "FP12: $name: the other one is told"
  done
  ok "FP12: $name: so it is under --name" stage --platform linux/amd64 -t team/app:2 "$name.tar"
  is "$(names)" "team/app:2" "FP12: $name: one --name stands for what is wanted"
  exits 4 "FP12: $name: none is wanted" stage --platform linux/s390x "$name.tar"
  exits 6 "FP12: $name: both are wanted" stage --platform linux/amd64 --platform linux/arm64 "$name.tar"
  is "$(names)" "" "FP12: $name: nothing is published"
done

# ---- FP13: a ref.name that is no tag
exits 6 "FP13: a version with a plus names no tag" stage oci-ref-plus.tar
like "$ERR" "Helm writes '_' for '\+'" "FP13: and Helm's way is told"
ok "FP13: with a name it is staged" stage -t chart oci-ref-plus.tar
is "$(names)" "chart:latest" "FP13: under that"
ok "FP13: with a tag too" stage -t chart:1.0.0_build.5 oci-ref-plus.tar
is "$(names)" "chart:1.0.0_build.5" "FP13: under that"
ok "FP13: another name counts" stage oci-ref-plus-named.tar
is "$(names)" "registry.example.org/app:1" "FP13: and that one alone"
mkdir plus && tar -xf oci-ref-plus.tar -C plus
jq '.manifests |= . + [.[0] | .annotations["org.opencontainers.image.ref.name"] = "1.0.0"]' plus/index.json >listed && mv listed plus/index.json
ok "FP13: listed again by a tag" stage -t chart plus
is "$(names)" "chart:1.0.0" "FP13: it has that tag alone"
exits 2 "FP13: a plus in --name" stage -t chart:1.0.0+build.5 oci-ref-plus.tar
like "$ERR" "Helm writes '_' for '\+'" "FP13: is answered alike"


# One image of several, as skopeo's users write it, or by --image (FP11).
chosen() { # what the last run staged
  sed -nE 's/^staged ([^ ]+) .*/\1/p' <<<"$OUT" | sort | paste -sd' '
}
must "$HELPERS/mkarchive.py" docker-two-images two.tar
must "$HELPERS/mkarchive.py" oci-minimal oci.tar
mkdir -p layout && tar -xf oci.tar -C layout
cp -r layout "layout:2"
manifest=$(jq -r '.manifests[0].digest' layout/index.json)
while IFS='|' read -r source wanted; do
  # shellcheck disable=SC2086 # a source, perhaps with options
  ok "FP11: stage $source" drydock --root chosen stage $source
  is "$(chosen)" "$wanted" "FP11: $source is $wanted"
done <<CASES
docker-archive:two.tar:app:1|app:1
docker-archive:two.tar:docker.io/library/app:2|app:2
docker-archive:two.tar:other:1|other:1
docker-archive:two.tar:@1|app:2 other:1
docker-archive:two.tar|app:1 app:2 other:1
--image app:2 two.tar|app:2
--image app:1 -t x/y:3 two.tar|x/y:3
--image @0 two.tar|app:1
oci:layout:app:1|app:1
oci-archive:oci.tar:app:1|app:1
--image $manifest layout|app:1
--image app@$manifest oci.tar|app:1
oci:layout:2|app:1
oci:layout:2:app:1|app:1
CASES
exits 4 "FP11: an image that is not in it" drydock --root chosen stage docker-archive:two.tar:nosuch:1
like "$ERR" "no image 'nosuch:1' in it; it has app:1, app:2, other:1$" "FP11: is told with those that are"
exits 4 "FP11: --image that is not in it" drydock --root chosen stage --image 7 layout
like "$ERR" "no image '7' in it; it has app:1$" "FP11: likewise"
exits 4 "FP11: a file that is not there" drydock --root chosen stage oci-archive:nosuch.tar:1
like "$ERR" "nosuch.tar:1: open: No such file" "FP11: is named as it was typed"
ok "FP11: from a stream" piped two.tar "$DRYDOCK" --root chosen stage --image other:1 -
is "$(chosen)" "other:1" "FP11: the one"

# FP11, with what is published of each.
mkdir layouts && tar -xf oci-two-tags.tar -C layouts
ok "FP11: oci:DIR:TAG" stage -t app oci:layouts:2
is "$(names)" "app:2" "FP11: is the one image of that tag"
is "$(sha256_of root/v2/app/manifests/2)" "$(jq -r '.manifests[1].digest' layouts/index.json)" "FP11: the right one"
ok "FP11: oci-archive:FILE:TAG" stage -t app oci-archive:oci-two-tags.tar:1
is "$(names)" "app:1" "FP11: of an archive"
ok "FP11: docker-archive:FILE:REF" stage docker-archive:docker-two-images.tar:app:2
is "$(names)" "app:2" "FP11: is the one image of that name, and of its names that one"
ok "FP11: a whole name in another form" stage docker-archive:docker-two-images.tar:docker.io/library/other:1
is "$(names)" "other:1" "FP11: is that image, too"
is "$(find root/v2/other/blobs -type f | wc -l)" 3 "FP11: with all of its layers"
ok "FP11: @N" stage docker-archive:docker-two-images.tar:@1
is "$(names)" "app:2 other:1" "FP11: is an entry with all its names"
ok "FP11: --image" stage --image app:1 docker-two-images.tar
is "$(names)" "app:1" "FP11: is for sources without a prefix"
rm -rf root
ok "FP11: of standard input behind a prefix" piped docker-two-images.tar "$DRYDOCK" --root root -q stage docker-archive:-:app:1
is "$(names)" "app:1" "FP11: too"
ok "FP11: --image twice" stage --image app:1 --image other:1 docker-two-images.tar
is "$(names)" "app:1 other:1" "FP11: are two images"
ok "FP11: --image of one source, another behind the other's path" \
  stage --image app:1 docker-two-images.tar docker-archive:docker-two-images.tar:other:1
is "$(names)" "app:1 other:1" "FP11: what the source says is stronger"
exits 4 "FP11: none of that name" stage docker-archive:docker-two-images.tar:app:3
like "$ERR" "docker-archive:docker-two-images.tar:app:3: no image 'app:3' in it; it has app:1, app:2, other:1" "FP11: the names that are there are told"
exits 4 "FP11: nor by --image" stage --image web docker-two-images.tar
like "$ERR" "no image 'web' in it; it has app:1, app:2, other:1" "FP11: that tells them as well"
exits 4 "FP11: no such number" stage -t app oci-archive:oci-two-tags.tar:@2
like "$ERR" "it has 1, 2$" "FP11: a layout's tags are told"
exits 2 "FP11: an empty --image" stage --image '' docker-two-images.tar
exits 4 "FP11: no such file" stage oci-archive:nosuch.tar:1
like "$ERR" 'oci-archive:nosuch.tar:1: .*No such file' "FP11: is what it was"
exits 4 "FP11: without a prefix a colon is the path's" stage docker-two-images.tar:app:1
exits 2 "FP11: two images for one --name" stage -t app:1 docker-two-images.tar
like "$ERR" '--image' "FP11: --image is the remedy that is told"
# The longest path that exists.
cp oci-two-tags.tar one:1 && cp docker-two-images.tar one
ok "FP11: a file with a colon in its name" stage -t app:7 oci-archive:one:1:2
is "$(names)" "app:7" "FP11: is meant before the one that is shorter"
ok "FP11: the shorter one" stage docker-archive:one:app:1
is "$(names)" "app:1" "FP11: where the longer is not there"
exits 2 "FP11: all of it" stage -t app:1 oci-archive:one:1
like "$ERR" '2 images are in it' "FP11: is a path before it is a name"
ok "FP11: a colon at the end" stage docker-archive:one:
is "$(names)" "app:1 app:2 other:1" "FP11: names no image"
# What was not asked for may be broken; what belongs to it stays away, what belongs to the image comes along.
mkdir broken && tar -xf oci-two-tags.tar -C broken
other=$(jq -r '.manifests[1].digest' broken/index.json)
rm "broken/blobs/sha256/${other#sha256:}"
ok "FP11: beside an image that is not there" stage -t app oci:broken:1
is "$(names)" "app:1" "FP11: one is staged"
exits 6 "FP11: the one that is not there" stage -t app oci:broken:2
must stage -t app:1 oci-referrer.tar
both=$(find root/v2 -path '*/manifests/sha256:*' | wc -l)
mkdir signed-tag && tar -xf oci-referrer.tar -C signed-tag
jq '.manifests[0].annotations["org.opencontainers.image.ref.name"] = "1"' signed-tag/index.json >listed && mv listed signed-tag/index.json
ok "FP11: an image with a signature" stage -t app oci:signed-tag:1
is "$(find root/v2 -path '*/manifests/sha256:*' | wc -l)" "$both" "FP11: comes with it"
cp -r layouts/blobs signed-tag/
jq --slurpfile more layouts/index.json '.manifests += [$more[0].manifests[1]]' signed-tag/index.json >listed && mv listed signed-tag/index.json
cp -r signed-tag unsigned && jq 'del(.manifests[1])' signed-tag/index.json >unsigned/index.json
must stage -t app oci:unsigned:1
before=$(find root/v2 -path '*/manifests/sha256:*' | wc -l)
ok "FP11: another one, beside the first in the root" drydock --root root -q stage -t app oci:signed-tag:2
is "$(find root/v2 -path '*/manifests/sha256:*' | wc -l)" $((before + 1)) "FP11: brings itself alone"
ok "FP11: where the first is not" stage -t app oci:signed-tag:2
is "$ERR" '' "FP11: its signature is not told of"
must stage oci-cosign-named.tar
all=$(names)
ok "FP11: an image that cosign saved" stage --image team/app:1 oci-cosign-named.tar
is "$(names)" "$all" "FP11: comes with its signatures"
ok "FP11: by its number" stage --image @0 oci-cosign-named.tar
is "$(names)" "$all" "FP11: too"
ok "FP11: a manifest that an index lists, by its number" stage -t app:arm oci-archive:oci-oras.tar:@1
is "$(jq -r '.config.mediaType != null' root/v2/app/manifests/arm)" true "FP11: is an image of its own then"
ok "FP11: one without a name, by its number" stage -t app oci-archive:oci-tag-and-unnamed.tar:@1
is "$(names)" "app:latest" "FP11: takes --name"
ok "FP11: containerd's export, by tag" stage oci-archive:containerd-export.tar:app:1
is "$(names)" "app:1" "FP11: is found by its name"
for arch in amd64 arm64; do
  ok "FP11: one name for two platforms, with --platform" stage --image app:1 --platform "linux/$arch" oci-name-by-platform.tar
  is "$(names)" "app:1" "FP11: is the image of $arch"
done
ok "FP11: the folder of skopeo has one image" stage -t app --image @0 "$FIXTURES/tiny.skopeo-dir"
exits 4 "FP11: and no name" stage -t app --image tiny "$FIXTURES/tiny.skopeo-dir"

done_testing
