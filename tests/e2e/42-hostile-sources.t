#!/bin/bash
# Sources that are no plain file, change while they are read, point elsewhere, or do not fit.
. "$(dirname "$0")/lib.sh"

must "$HELPERS/mkarchive.py" docker-two-images images.tar
must "$HELPERS/mkarchive.py" oci-attestations oci.tar
must drydock --root r -q stage images.tar
before=$(find r/v2 | sort)

# refused STATUS DESC ARGUMENT...: it fails so, says it in one line, and the root is as it was.
refused() {
  local want=$1 desc=$2
  shift 2
  exits "$want" "$desc" timeout 60 "$DRYDOCK" --root r -q stage "$@"
  one_line "$ERR" "$desc: one line says why"
  is "$(diff <(find r/v2 | sort) <(echo "$before"))" "" "$desc: nothing was published"
  is "$(ls -A r/.drydock/tmp)" '' "$desc: no temporary file is left"
}

refused 6 "a device without end" /dev/zero
refused 6 "a device without anything" /dev/null
refused 4 "a file that is not there" nothing.tar
mkdir empty
refused 6 "an empty folder" empty

mkfifo pipe
cat images.tar >pipe &
ok "a FIFO is a stream like any other" timeout 20 "$DRYDOCK" --root fifo -q stage pipe
ok "and what came through it is whole" tree_whole fifo
(exec 3>pipe) &
refused 6 "a FIFO that nothing comes through" pipe

exits 130 "waiting for a FIFO's writer can be interrupted" \
  timeout --preserve-status -s INT 1 "$DRYDOCK" --root fifo -q stage pipe
exits 143 "waiting for standard input can be interrupted" \
  timeout --preserve-status -s TERM 1 "$DRYDOCK" --root fifo -q stage - < <(sleep 20)

# Another user's rights: root may read everything.
mkdir -m 777 other
install -m 600 images.tar secret.tar
for how in "" --from; do
  chmod 755 "$T" && exits 4 "FN15: ${how:+$how }a file that may not be read: no fault of the disk's" \
    setpriv --reuid=65534 --clear-groups "$DRYDOCK" --root other/r -q stage ${how:+"$how"} "$T/secret.tar"
  like "$ERR" 'secret.tar.*Permission denied' "the message names it"
done

# --- a folder whose links point out of it ---
mkdir -p outside/sha256 layout && tar -xf oci.tar -C layout
cp -r layout linked && mv linked/blobs/sha256 outside/ && ln -s ../../outside/sha256 linked/blobs/sha256
refused 6 "blobs/sha256 is a link out of the folder" linked
cp -r layout leaf
blob=$(find leaf/blobs -type f | sort | head -n 1)
mv "$blob" outside/leaf && ln -s "$PWD/outside/leaf" "$blob"
refused 6 "a blob is a link out of the folder" leaf
cp -r layout index && mv index/index.json outside/ && ln -s ../outside/index.json index/index.json
refused 6 "index.json is a link out of the folder" index
cp -r layout inside && mv inside/blobs/sha256 inside/store && ln -s ../store inside/blobs/sha256
ok "a link within the folder is followed" drydock --root inside.r -q stage -t app:1 inside
cp -r layout fifo.d && rm fifo.d/index.json && mkfifo fifo.d/index.json
refused 6 "index.json is a FIFO" fifo.d

# --- a file that changes while it is read ---
must "$HELPERS/mkarchive.py" noise --size 60000000 --layers 2 big.tar
cp big.tar changing.tar
(sleep 0.1 && truncate -s 30000000 changing.tar) &
refused 6 "an archive that shrinks under us" changing.tar
wait
cp big.tar changing.tar
(sleep 0.1 && for at in 10000000 25000000 40000000 55000000; do
  dd if=/dev/zero of=changing.tar bs=1000 count=1 seek=$((at / 1000)) conv=notrunc status=none
done) &
drydock --root changed -q stage changing.tar 2>changed.err
STATUS=$?
wait
[ "$STATUS" -eq 0 ] && what=0 || what=6
is "$STATUS" "$what" "an archive that is written to is refused, or was read before"
if [ "$STATUS" -eq 0 ]; then ok "and what is published is whole" tree_whole changed; else
  is "$(find changed/v2 -type f 2>/dev/null)" '' "and nothing of it is published"
fi

# --- what grows without end when it is unpacked ---
mkdir small && mount -t tmpfs -o size=24m tmpfs small
must drydock --root small/r -q stage -t kept:1 oci.tar
python3 - "$HELPERS" <<'PY'
import gzip, sys
sys.path.insert(0, sys.argv[1])
import mkarchive as mk
MIB = 1 << 20

def zeros(out, name, mib):
    mk.Tar(out).header(name, mib * MIB)
    for _ in range(mib):
        out.write(b"\0" * MIB)

# An entry of 2 GiB in an outer tar of 2 MB, and a document of 2 GiB.
for path, name in (("bomb.tar.gz", "junk"), ("document.tar.gz", "manifest.json")):
    with gzip.GzipFile(path, "wb", 1, mtime=0) as out:
        mk.Tar(out).header(name, 2048 * MIB)
        # No tar, which would be compressed again: it starts like a document.
        out.write(b"{" + b"\0" * (MIB - 1))
        for _ in range(2047):
            out.write(b"\0" * MIB)
        mk.Tar(out).end()
PY
for file in bomb document; do
  exits 9 "$file.tar.gz does not fit" timeout 60 "$DRYDOCK" --root small/r -q stage "$T/$file.tar.gz"
  one_line "$ERR" "$file.tar.gz: one line says why"
  is "$(ls -A small/r/.drydock/tmp)" '' "$file.tar.gz: its bytes are gone again"
done
# The disk is never full of it, neither of what tells its size nor of what does not.
python3 - "$HELPERS" <<'PY'
import gzip, sys
sys.path.insert(0, sys.argv[1])
import mkarchive as mk
layer = mk.tar_of({"noise": mk.noise(40 << 20)})
with gzip.GzipFile("noise.tar.gz", "wb", 1, mtime=0) as out:
    out.write(mk.tar_of(mk.docker_entries([layer])))
PY
for file in bomb noise; do
  (while [ ! -e ended ]; do stat -f -c %a small; done >free.log) &
  exits 9 "$file.tar.gz does not fit" timeout 60 "$DRYDOCK" --root small/r -q stage "$T/$file.tar.gz"
  touch ended && wait && rm ended
  like "$ERR" 'no space left: [0-9]+ more bytes are needed' "$file.tar.gz: it says how much is missing"
  at_least "$(sort -n free.log | head -n 1)" 1 "$file.tar.gz: there were always free blocks"
done
ok "what was there before is whole" tree_whole small/r
ok "and there is room for more" drydock --root small/r -q stage images.tar
umount small
done_testing
