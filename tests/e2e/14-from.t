#!/bin/bash
# --from: sources out of a list, with options of their own.
. "$(dirname "$0")/lib.sh"

must "$HELPERS/mkarchive.py" docker-pre25 'with blank.tar'
must "$HELPERS/mkarchive.py" docker-25 app.tar
must "$HELPERS/mkarchive.py" docker-two-images two.tar
cp "$FIXTURES/tiny.docker-save.tar" tiny.tar
multi=$FIXTURES/multi.buildah-oci-archive.tar
stage() { # into a fresh root
  rm -rf root
  drydock --root root stage "$@"
}
tags() { drydock --root root ls --json | jq -r '"\(.name):\(.tag)"' | sort | tr '\n' ' '; }
platforms() { jq -r '.manifests[].platform | select(.os != "unknown") | .architecture' "root/v2/$1" | sort | tr '\n' ' '; }

mkdir lists
cat >lists/mirror <<LIST
# what we publish
'with blank.tar'   --name=blank:1   # the old one

app.tar -t escaped/name:2 --compress none
oci-archive:$multi -t multi:amd --platform linux/amd64
$multi -t multi:all
LIST
ok "a list of sources" stage --from lists/mirror
is "$(tags)" 'blank:1 escaped/name:2 multi:all multi:amd ' "each has the name that its line says"
is "$(platforms multi/manifests/amd)" 'amd64 ' "--platform is that of its line"
isnt "$(platforms multi/manifests/all)" 'amd64 ' "and of no other"
is "$(jq -r '.layers[0].mediaType' root/v2/escaped/name/manifests/2)" application/vnd.oci.image.layer.v1.tar \
  "so is --compress"
is "$(jq -r '.layers[0].mediaType' root/v2/blank/manifests/1)" application/vnd.docker.image.rootfs.diff.tar.gzip \
  "other lines have the default"

both() { drydock --root both stage tiny.tar --from - --from <(echo app.tar -t second:1) <<<'app.tar -t first:1'; }
ok "from standard input, beside a source and a second list" both
is "$(cd both/v2 && find . -path '*/manifests/*' ! -name 'sha256*' | sort | tr '\n' ' ')" \
  './example/tiny/manifests/1 ./example/tiny/manifests/2 ./first/manifests/1 ./second/manifests/1 ' "all of them are staged"
printf 'app.tar\n' >plain
ok "options of the command line are for lines without" stage --from plain -t cmd:1
is "$(tags)" 'cmd:1 ' "as here"
printf 'app.tar -t line:1\n' >plain
ok "what a line says counts instead" stage --from plain -t cmd:1
is "$(tags)" 'line:1 ' "as here"

# One that fails does not stop the others.
printf '%s\n' 'app.tar -t one:1' 'missing.tar' 'two.tar -t both:1' 'app.tar -t two:1' 'oci:app.tar' \
  'docker-daemon:nothing:1' 'app.tar -t three:1' >broken
DOCKER_HOST=unix://$T/no.sock exits 3 "some fail" stage --from broken
is "$(tags)" 'one:1 three:1 two:1 ' "the others are staged"
is "$(grep -c . <<<"$(grep -oE 'broken:[0-9]+: ' <<<"$ERR" | sort -u)")" 4 "each is told with its line"
like "$ERR" 'broken:2: missing.tar: open' "one that is not there"
like "$ERR" 'broken:3: two.tar: 2 images are in it' "one that --name cannot be meant for"
like "$ERR" 'broken:5: oci:app.tar: .*not a folder' "one whose prefix is wrong"
like "$ERR" 'broken:6: docker-daemon:nothing:1: ' "an engine that is away"
like "$(tail -n 1 <<<"$ERR")" '4 of 7 sources failed' "and how many there are"
printf 'missing.tar\n' >one
exits 4 "the only source fails" stage --from one
one_line "$ERR" "told once"
like "$ERR" 'one:1: missing.tar: open' "with its line"
ok "no root is made for it" test ! -e root

# A list that cannot be understood does nothing at all.
wrong() { # SAYS LINE...
  local says=$1
  shift
  printf '%s\n' 'app.tar -t one:1' "$@" >wrong
  exits 2 "refused: $*" stage --from wrong
  one_line "$ERR" "in one line"
  like "$ERR" "$says" "that says: $says"
  ok "and nothing is done" test ! -e root
}
wrong 'wrong:2: a . that is not closed' "'app.tar"
wrong 'wrong:3: unknown option --frobnicate' '' 'app.tar --frobnicate'
wrong 'wrong:2: --root is no option of one source' 'app.tar --root x'
wrong 'wrong:2: 2 sources' 'app.tar tiny.tar'
wrong 'wrong:2: --name: ' 'app.tar -t Bad/Name'
wrong 'wrong:2: --platform: ' 'app.tar --platform linux'
wrong "wrong:2: the source 'oci:' says no path" oci:
printf 'app.tar\0\n' >wrong
exits 2 "a NUL byte" stage --from wrong
like "$ERR" 'wrong:1: a NUL byte' "is told"
exits 6 "a file that does not end" stage --from /dev/zero
like "$ERR" '--from /dev/zero: more than 16777216 bytes' "is told"
exits 4 "no such list" stage --from nowhere
like "$ERR" '--from nowhere: ' "is told"
itself() { stage --from - <<<-; }
exits 2 "standard input as list and source" itself
like "$ERR" 'standard input cannot be the list' "is told"
exits 2 "neither list nor source" stage
printf '# nothing\n' >empty
ok "an empty list" stage --from empty
like "$ERR" 'warning: --from lists no sources' "is told"
ok "and no root is made" test ! -e root

# ---- from cron: a registry that is away is no news until it has been for long

printf 'docker://127.0.0.1:1/app:1\n' >away
quietly() { drydock --root news stage -q --connect-wait 100ms --from "$@"; }
exits 5 "a registry that was never reached" quietly away
like "$ERR" 'away:1: docker://127.0.0.1:1/app:1' "is told"
must drydock --root news stage -q "$FIXTURES/tiny.docker-save.tar"
exits 5 "once stage has succeeded" quietly away
is "$ERR" '' "it is not"
exits 5 "until --alert-after" quietly away --alert-after 0
like "$ERR" 'away:1: ' "when it is"
(cat away && echo "$FIXTURES/tiny2.podman-oci-archive.tar") >half
exits 3 "beside a source that is there" quietly half
is "$ERR" '' "it is no news either"
echo nowhere.tar >>half
exits 3 "but a source that is not there" quietly half
like "$ERR" 'half:3: nowhere.tar' "is told each time"
exec 7<news/.drydock/lock
must flock -s 7
exits 11 "nor is another run" quietly away
is "$ERR" '' "that has the lock"
exec 7<&-
done_testing
