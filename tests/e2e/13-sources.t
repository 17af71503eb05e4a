#!/bin/bash
# What a source is: told by a prefix where its content would say otherwise, or an engine's socket.
. "$(dirname "$0")/lib.sh"

docker=application/vnd.docker.distribution.manifest.v2+json
oci=application/vnd.oci.image.manifest.v1+json
for name in docker-25 docker-25-wrong-manifest containerd-export docker-pre25; do
  must "$HELPERS/mkarchive.py" "$name" "$name.tar"
done
stage() { # into a fresh root
  rm -rf root
  drydock --root root -q stage "$@"
}
type_of() { jq -r .mediaType root/v2/app/manifests/1; }
becomes() { # TYPE SOURCE
  ok "$2 is staged" stage -t app:1 "$2"
  is "$(type_of)" "$1" "$2: as ${1##*.}"
}
refused() { # STATUS SAYS SOURCE
  exits "$1" "$3 is refused" stage -t app:1 "$3"
  like "$ERR" "$2" "$3: and told why"
  is "$(find root/v2 -type f 2>/dev/null | grep -v _catalog)" '' "$3: nothing was published"
}

# D1 to D3: which document is the truth, and what a prefix changes.
becomes $oci docker-25.tar
becomes $docker docker-archive:docker-25.tar
becomes $oci oci-archive:docker-25.tar
is "$(sha256_of root/v2/app/manifests/1)" "$(tar -xOf docker-25.tar index.json | jq -r '.manifests[0].digest')" \
  "as an oci-archive its own manifest is the truth"
becomes $docker docker-archive:docker-25-wrong-manifest.tar
becomes $oci containerd-export.tar
becomes $docker docker-archive:containerd-export.tar
becomes $docker docker-pre25.tar
refused 6 'no index.json' oci-archive:docker-pre25.tar
refused 2 'is not a folder' oci:docker-25.tar
refused 2 'is not a folder' dir:docker-25.tar
mkdir layout && tar -xf docker-25.tar -C layout
becomes $oci layout
becomes $oci oci:layout
refused 2 'is a folder' docker-archive:layout
refused 2 'is a folder' oci-archive:layout
becomes $oci "dir:$FIXTURES/tiny.skopeo-dir"
refused 6 'no index.json' "oci:$FIXTURES/tiny.skopeo-dir"

# A name that the user gives is the user's mistake.
for wrong in UPPER:1 app:-x '' a//b localhost:5000/A:1; do
  exits 2 "--name '$wrong' is a usage error" stage -t "$wrong" docker-25.tar
  like "$ERR" '--name' "that names the option"
done

# Every name is put in Docker's familiar form, whoever gives it, and found again by either.
familiar() { # NAME REPO: staged as NAME it is in REPO
  ok "--name $1" stage -t "$1:1" docker-25.tar
  is "$(cd root/v2 && find . -path '*/manifests/1' | sed 's|^./||')" "$2/manifests/1" "is $2"
  ok "ls finds it as $1" drydock --root root ls "$1:1"
  like "$OUT" "^$2:1 " "and names it as it is"
  ok "ls of all its tags, too" drydock --root root ls "$1"
  exits 4 "but no other tag" drydock --root root ls "$1:2"
  exits 2 "untag wants a tag" drydock --root root untag "$1"
  ok "untag finds it" drydock --root root untag "$1:1"
  exits 4 "once" drydock --root root untag "$1:1"
}
familiar docker.io/library/app app
familiar library/app app
familiar index.docker.io/team/app team/app
familiar localhost:5000/app app
familiar gcr.io/team/app gcr.io/team/app
must stage -t localhost:5000/app:1 docker-25.tar
like "$(drydock --root root stage -t localhost:5000/app:1 docker-25.tar 2>&1)" 'localhost:5000/app:1 is published as app:' \
  "a host that is left out is told"
ok "--strip-host is for every name" stage --strip-host -t gcr.io/team/app:1 docker-25.tar
ok "it is left out" test -e root/v2/team/app/manifests/1
# A tree may have other names: what is there is meant as it is typed.
mkdir root/v2/library && mv root/v2/team/app root/v2/library/ && rmdir root/v2/team
must drydock --root root -q rescan
ok "ls of a name that is not familiar" drydock --root root ls library/app:1
ok "untag of it" drydock --root root untag library/app:1

# What the command line alone tells is told before a root is made.
early() { # SAYS ARGUMENT...
  local says=$1
  shift
  exits 2 "stage $*: a usage error" drydock --root never stage "$@"
  one_line "$ERR" "told in one line"
  like "$ERR" "$says" "that says why"
  ok "and no root is made" test ! -e never
}
early '--name.*Bad' -t Bad/Name docker-25.tar
early '--name.*referrers' -t "app:sha256-$(printf '%064d' 0)" docker-25.tar
early '--platform' --platform linux docker-25.tar
early '--format=oci' --compress zstd --format docker docker-25.tar
early '--compress' --compress lzma docker-25.tar
early 'max-entries' --max-entries 0 docker-25.tar
early "'oci:' says no path" docker-25.tar oci:
early "'docker-daemon:' says no name" docker-daemon:
early 'lock-wait' --lock-wait soon docker-25.tar

# --- what other tools would know ---
elsewhere() { # SOURCE COMMAND
  exits 2 "$1 is refused" drydock --root root stage "$1"
  like "$ERR" "$2\$" "$1: with what to do instead"
}
elsewhere containers-storage:localhost/app:1 'use: podman save localhost/app:1 \| drydock stage -'
elsewhere 'containers-storage:[overlay@/var/lib/x+/run/x]app' 'use: podman save app \| drydock stage -'
elsewhere containers-storage:@0123abcd 'use: podman save 0123abcd \| drydock stage -'
elsewhere 'containers-storage:a&b' 'use: podman save NAME \| drydock stage -'
elsewhere sif:app.sif 'use: skopeo copy sif:app.sif oci-archive:image.tar, and stage image.tar'
elsewhere 'ostree:a b' 'use: skopeo copy SOURCE oci-archive:image.tar, and stage image.tar'
elsewhere https://quay.io/org/app:1 'is written docker://quay.io/org/app:1'
exits 4 "a name without a scheme is a file" drydock --root root stage quay.io/org/app:1
like "$ERR" 'quay.io/org/app:1: there is no such file .*written docker://quay.io/org/app:1' "and told how it is meant otherwise"
elsewhere docker:app 'is written docker://app'
echo containers-storage:app >list
exits 2 "the same in a list" drydock --root root stage --from list
like "$ERR" 'list:1: containers-storage:app: .*podman save app' "is told with its line"
cp docker-25.tar docker:25.tar
becomes $oci docker:25.tar

# --- docker-daemon: ---
dockerd_start "$T/d" >/dev/null 2>&1 || bail "dockerd did not start"
must dockerd_docker "$T/d" load -q -i "$FIXTURES/tiny.docker-save.tar"
export DOCKER_HOST=unix://$T/d/d.sock
ok "an image of the engine" stage docker-daemon:example/tiny:1
engine=$(sha256_of root/v2/example/tiny/manifests/1)
must dockerd_docker "$T/d" save -o saved.tar example/tiny:1
ok "the same, saved" stage saved.tar
is "$engine" "$(sha256_of root/v2/example/tiny/manifests/1)" "is the same"
ok "under another name" stage -t app:1 docker-daemon:example/tiny:2
is "$(type_of)" "$(saved_type saved.tar)" "it is there"
refused 4 'No such image|reference does not exist' docker-daemon:example/nothing:1
DOCKER_HOST=tcp://127.0.0.1:2375 refused 2 'only unix://' docker-daemon:example/tiny:1
DOCKER_HOST=unix://$T/no.sock refused 5 'Docker engine at .*no.sock' docker-daemon:example/tiny:1

# An engine that stops in the middle, sends something else, or says nothing at all.
cat >engine.py <<'PY'
import socket, sys, time
path, how, body = sys.argv[1], sys.argv[2], open(sys.argv[3], "rb").read()
server = socket.socket(socket.AF_UNIX)
server.bind(path)
server.listen()
client, _ = server.accept()
client.recv(65536)
if how != "silent":
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n")
    body = {"whole": body, "cut": body[:-3000], "stall": body[:-3000], "junk": b"no tar " * 1000}[how]
    client.sendall(b"%x\r\n%s\r\n" % (len(body), body))
    if how in ("whole", "junk"):
        client.sendall(b"0\r\n\r\n")
if how in ("silent", "stall"):
    time.sleep(60)
PY
engine() { # HOW: its process is in ENGINE
  rm -f e.sock
  python3 engine.py "$T/e.sock" "$1" saved.tar &
  ENGINE=$!
  for _ in $(seq 100); do [ -S e.sock ] || sleep 0.05; done
  DOCKER_HOST=unix://$T/e.sock
}
engine whole
ok "a whole answer" stage -t app:1 docker-daemon:x
engine cut
refused 5 'Docker engine at .*e.sock' docker-daemon:x
engine junk
refused 6 'this is no tar archive, but text' docker-daemon:x
for how in silent stall; do
  engine $how
  exits 130 "an engine that goes ${how/stall/to sleep in the middle} can be interrupted" \
    timeout --preserve-status -s INT -k 20 1 "$DRYDOCK" --root root -q stage -t app:1 docker-daemon:x
  kill "$ENGINE"
  wait "$ENGINE" 2>/dev/null
done
done_testing
