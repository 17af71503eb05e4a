#!/bin/bash
# How much of an archive is read is limited, and every limit can be set: on the command line, in
# the environment, in a file. The message of a refusal names the option.
. "$(dirname "$0")/lib.sh"

for name in docker-pre25 docker-gzip-layers oci-minimal oci-huge-manifest docker-huge-config docker-huge-list \
  oci-huge-index json-many-values json-deep tar-many-entries; do
  must "$HELPERS/mkarchive.py" "$name" "$name.tar"
done
python3 - "$HELPERS" <<'PY'
import sys
sys.path.insert(0, sys.argv[1])
import mkarchive as mk

def nested(depth):
    layout = mk.Layout()
    manifest = layout.manifest(drop=("manifest",))
    return layout.top(layout.add(manifest[:-1] + b',"x":' + b"[" * depth + b"]" * depth + b"}"),
                      kind=mk.OCI_MANIFEST).tar()

def write(name, data):
    with open(name + ".tar", "wb") as file:
        file.write(data)

write("nested-100", nested(100))
write("folders", mk.gz(b"".join([mk.Tar().dir("d/").bytes()] * 100_001) + mk.tar_of(mk.docker_entries(mk.two()))))
# Entries whose long names need more memory than the usual number of entries may.
tar = mk.Tar()
for name, data in mk.docker_entries(mk.two()).items():
    tar.file(name, data)
for number in range(40_000):
    tar.pax({"path": "%0900d" % number}).symlink("x", "y")
write("long-names", mk.gz(tar.end().bytes()))
# A layer of 100 KB that is 64 MiB of zeros, in an archive that keeps it as it is.
plain = mk.tar_of({"zeros": b"\0" * (64 << 20)})
config = mk.config_of([plain])
write("bomb", mk.tar_of({"l.tar.gz": mk.gz(plain), "c.json": config, "manifest.json": mk.compact(
    [{"Config": "c.json", "RepoTags": ["app:1"], "Layers": ["l.tar.gz"]}])}))
PY

published() { find root/v2 -path '*/manifests/1' 2>/dev/null | wc -l; }
stage() {
  rm -rf root
  drydock --root root -q stage -t app:1 "$@"
}
stream() { # as stage, of a pipe
  rm -rf root
  piped "${@: -1}" "$DRYDOCK" --root root -q stage -t app:1 "${@:1:$#-1}" -
}

# limit OPTION VALUE ARCHIVE: refused by name as it is, accepted with the option.
limit() {
  local option=$1 value=$2 archive=$3.tar how
  for how in stage stream; do
    exits 6 "$3 is refused ($how)" $how "$archive"
    like "$ERR" "--$option allows more" "and the message says what allows it"
    is "$(published)" 0 "nothing was published"
    ok "--$option=$value allows it ($how)" $how "--$option=$value" "$archive"
    is "$(published)" 1 "it was published"
  done
  ok "and its tree is whole" tree_whole root
}
limit max-manifest-size 8MiB oci-huge-manifest
limit max-manifest-size 8MiB docker-huge-config
limit max-index-size 32MiB docker-huge-list
limit max-index-size 32MiB oci-huge-index
limit max-json-values 2000000 json-many-values
limit max-json-depth 200 nested-100
limit max-entries 200000 tar-many-entries
limit max-entries 200000 folders
limit max-entries 200000 long-names
exits 6 "100,000 levels are refused whatever is allowed" stage --max-json-depth=2000 json-deep.tar

# lower OPTION VALUE ARCHIVE...: what is read as a rule is refused with a lower limit.
lower() {
  local option=$1 value=$2 archive how
  for archive in "${@:3}"; do
    for how in stage stream; do
      ok "$archive is read ($how)" $how "$archive.tar"
      exits 6 "--$option=$value refuses $archive ($how)" $how "--$option=$value" "$archive.tar"
      one_line "$ERR" "in one line"
      is "$(published)" 0 "nothing was published"
    done
  done
}
lower max-manifest-size 100 docker-pre25 oci-minimal
lower max-index-size 100 docker-pre25 oci-minimal
lower max-json-values 5 docker-pre25 oci-minimal
lower max-json-depth 2 docker-pre25 oci-minimal
lower max-entries 3 docker-pre25 oci-minimal
lower max-uncompressed-size 1KiB docker-pre25
lower max-uncompressed-size 16MiB bomb

# --- what an outer compression may ask for ---
python3 - "$HELPERS" <<'PY'
import lzma, struct, sys, zlib
sys.path.insert(0, sys.argv[1])
import mkarchive as mk

plain = mk.CASES["oci-minimal"][0]()

def write(name, data):
    with open("xz-" + name + ".tar", "wb") as file:
        file.write(data)

def xz(data, **more):
    return lzma.compress(data, lzma.FORMAT_XZ, **more)

def large(stream, which):
    """The stream, whose block number `which` wants 768 MiB: a header says so, and its check sum is right."""
    at = 12
    while True:
        size = (stream[at] + 1) * 4
        header = bytearray(stream[at:at + size - 4])
        if stream[at] and zlib.crc32(header) == struct.unpack("<I", stream[at + size - 4:at + size])[0]:
            if which == 0:
                found = header.index(b"\x21\x01")
                header[found + 2] = 35
                return stream[:at] + header + struct.pack("<I", zlib.crc32(header)) + stream[at + size:]
            which -= 1
        at += 4

half = len(plain) // 2
lzma2 = {"id": lzma.FILTER_LZMA2, "preset": 1}
for name, check in ("none", lzma.CHECK_NONE), ("crc32", lzma.CHECK_CRC32), ("sha256", lzma.CHECK_SHA256):
    write("check-" + name, xz(plain, check=check))
write("filters", xz(plain, filters=[{"id": lzma.FILTER_DELTA, "dist": 4}, {"id": lzma.FILTER_X86}, lzma2]))
write("streams", xz(plain[:half]) + b"\0" * 8 + xz(b"") + xz(plain[half:]) + b"\0" * 4)
write("first-large", large(xz(plain), 0))
write("stream-large", xz(plain[:half]) + large(xz(plain[half:]), 0))
write("twice", xz(xz(plain)))
write("damaged", xz(plain[:half]) + b"not xz")
# 100 MB in many chunks of both kinds.
layer = mk.tar_of({"noise": mk.noise(3 << 20), "zeros": b"\0" * (50 << 20), "more": mk.noise(2 << 20, 2)})
write("chunks", xz(mk.tar_of(mk.docker_entries([layer])), preset=0))
with open("plain", "wb") as file:
    file.write(mk.tar_of(mk.docker_entries([layer])))
PY
must xz -k -0 --block-size=1MiB -T2 -c plain && mv stdout xz-blocks.tar
python3 - <<'PY'
import struct, zlib
stream = open("xz-blocks.tar", "rb").read()
# The third header of a block that can be found.
at, which = 12, 2
while True:
    size = (stream[at] + 1) * 4
    header = bytearray(stream[at:at + size - 4])
    if stream[at] and zlib.crc32(header) == struct.unpack("<I", stream[at + size - 4:at + size])[0]:
        if which == 0:
            break
        which -= 1
    at += 4
header[header.index(b"\x21\x01") + 2] = 35
open("xz-block-large.tar", "wb").write(stream[:at] + header + struct.pack("<I", zlib.crc32(header)) + stream[at + size:])
PY
pieces() { dd if="$1" bs=777 status=none | "$DRYDOCK" --root pieces -q stage -t app:1 -; }
for name in check-none check-crc32 check-sha256 filters streams chunks blocks; do
  ok "xz: $name is read" stage "xz-$name.tar"
  ok "xz: $name, in small pieces" pieces "xz-$name.tar"
done
for name in first-large stream-large block-large; do
  exits 6 "xz: a dictionary of 768 MiB ($name)" stage "xz-$name.tar"
  like "$ERR" "dictionary is 805306368 bytes" "is refused"
done
exits 6 "xz: what follows a stream must be one" stage xz-damaged.tar
must sh -c 'bzip2 -c oci-minimal.tar | zstd -q >bz2-in-zst.tar'
exits 6 "xz within xz is refused" stage xz-twice.tar
like "$ERR" "compressed more than once" "because it could go on like that"
exits 6 "so is bzip2 within zstd" stage bz2-in-zst.tar
like "$ERR" "bzip2 within a compression: unpack it once" "with the remedy"
# pzstd, and whoever has something to say, begins with frames that are to be skipped.
must sh -c 'zstd -q -c oci-minimal.tar | cat - >z; printf "\120\052\115\030\004\000\000\000abcd" >skip
  cat skip z >skip-first.tar; cat skip skip z skip >skip-two.tar
  { printf "\137\052\115\030\100\102\017\000"; head -c 1000000 /dev/zero; cat skip z skip; } >skip-long.tar
  cat skip oci-minimal.tar >skip-nothing.tar; cat skip skip >skip-only.tar
  head -c 5 skip >skip-cut.tar
  { cat skip; xz -c oci-minimal.tar; } >skip-xz.tar'
must pzstd -q -f -o pzstd.tar oci-minimal.tar
for name in skip-first skip-two skip-long pzstd; do
  ok "$name is read" stage "$name.tar"
  ok "$name, through a pipe" stream "$name.tar"
done
for name in skip-nothing skip-only skip-cut skip-xz; do
  exits 6 "$name is refused" stage "$name.tar"
done

# A manifest that is larger than usual can be read again, by whoever is told so.
must stage --max-manifest-size=8MiB oci-huge-manifest.tar
rm -rf root/.drydock
exits 6 "rescan has the limit too" drydock --root root rescan
like "$ERR" "--max-manifest-size allows more" "and says what allows it"
ok "and the option" drydock --root root rescan --max-manifest-size=8MiB
is "$(drydock --root root ls | wc -l)" 1 "then the image is there again"

# Where it is said: the option beats the environment, that beats the root's file, that the user's.
export DRYDOCK_MAX_ENTRIES=3
exits 6 "the environment" stage oci-minimal.tar
ok "the command line beats it" stage --max-entries=100 oci-minimal.tar
export DRYDOCK_MAX_ENTRIES=100
mkdir -p home/.config/drydock
printf '[stage]\n\tmax_entries = 3\n' >home/.config/drydock/config
ok "the environment beats the user's file" stage oci-minimal.tar
unset DRYDOCK_MAX_ENTRIES
exits 6 "the user's file" stage oci-minimal.tar
mkdir -p root/.drydock
printf '[core]\n\tmax-entries = 100\n' >root/.drydock/config
ok "the root's file beats it" drydock --root root -q stage -t app:1 oci-minimal.tar
rm home/.config/drydock/config

for wrong in max-manifest-size=0 max-manifest-size=2GiB max-index-size=many max-json-values=-1 max-json-depth=5000 \
  max-entries=10000001 max-entries=1.5 max-uncompressed-size=0; do
  exits 2 "--$wrong is a usage error" stage "--$wrong" oci-minimal.tar
  like "$ERR" "--${wrong%=*}" "that names the option"
done
exits 2 "sync has no such option" drydock --root root sync --max-entries=5
done_testing
