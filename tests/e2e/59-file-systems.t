#!/bin/bash
# What a root's file system cannot do is refused at the door, or done without (FT4).
. "$(dirname "$0")/lib.sh"

must "$HELPERS/mkarchive.py" oci-minimal good.tar
must "${CC:-cc}" -std=c11 -O2 -shared -fPIC -o fs.so "$HELPERS/file_system.c" -ldl
# A preloaded library stands before AddressSanitizer's, which does not like that.
lacking() { # lacking WHAT[=ERRNO] ARGUMENT...
  local what=${1%=*} number=${1#*=}
  shift
  FS_LACKS=$what FS_ERRNO=$number FS_LOG=$T/probes LD_PRELOAD=$T/fs.so \
    ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0" "$DRYDOCK" "$@"
}
number() { python3 -c 'import errno, sys; print(getattr(errno, sys.argv[1]))' "$1"; }
left() { ls -A registry 2>/dev/null; }

# ---- refused -----------------------------------------------------------------------------------

refused() { # refused WHAT ERRNO ERE
  exits 9 "FT4: a new root without $1 ($2) is refused" lacking "$1=$(number "$2")" stage -t app:1 good.tar
  like "$ERR" "the file system of \./registry $3.*(ext4|XFS)" "FT4: says what $1 lacks, of which root, and the remedy"
  is "$(wc -l <<<"$ERR")" 1 "FT4: in one line"
  is "$(find . -name registry)" "" "FT4: no root is left behind without $1 ($2)"
}
refused colon ENOENT "has no names with ':'"
refused stream ENOENT "has no names with ':'"
for error in ENOLCK ENOSYS ENOTSUP EINVAL; do
  refused lock $error "cannot lock files"
done
mkdir -p mine/.drydock
echo '[remote "x"]' >mine/.drydock/config
exits 9 "FT4: a folder that was there is refused" lacking colon --root mine stage -t app:1 good.tar
is "$(cd mine && find . -type f)" ./.drydock/config "FT4: and holds what it held"
exits 9 "FT4: so is one that was there without locks" lacking "lock=$(number ENOLCK)" --root mine stage -t app:1 good.tar
is "$(cd mine && find . -type f)" ./.drydock/config "FT4: and it holds what it held, too"

exits 9 "a disk that fails while the root's folders are made" \
  lacking "folder-sync=$(number EIO)" stage -t app:1 good.tar
is "$(find . -name registry)" "" "leaves none of them behind"
mkdir empty
exits 9 "in a folder that was there, too" lacking "folder-sync=$(number EIO)" --root empty stage -t app:1 good.tar
is "$(ls -A empty)" "" "which is as empty as before"
must drydock --root tree stage -q -t app:1 good.tar
rm -r tree/.drydock
exits 9 "FT4: rescan of a tree without a state is refused" lacking "lock=$(number ENOLCK)" --root tree rescan
is "$(ls -A tree)" v2 "FT4: and makes no folder for one"
rm -r tree/v2/_catalog
mkdir tree/v2/_catalog
exits 6 "a rescan of it that fails late" drydock --root tree rescan
is "$(ls -A tree)" v2 "leaves none, either"
rmdir tree/v2/_catalog
ok "one that does not" drydock --root tree rescan
ok "makes its state" drydock --root tree -q verify

# A root that comes to such a file system: its state tells of another device.
ok "a root on a good file system" drydock stage -q -t app:1 good.tar
moved() { must sql registry "INSERT OR REPLACE INTO meta VALUES ('file_system', '1')" >/dev/null; }
for command in "stage -t app:2 good.tar" "untag app:1" gc rescan; do
  moved
  # shellcheck disable=SC2086
  exits 9 "FT4: ${command%% *} refuses a root that was moved where colon is lacking" lacking colon $command
  is "$(ls -A registry/.drydock/tmp)" "" "FT4: and leaves no file in tmp/"
done
ok "FT4: ls does not ask for colon" lacking colon ls
exits 9 "FT4: gc refuses a root without locks" lacking "lock=$(number ENOLCK)" gc
exits 9 "FT4: so does sync" lacking "lock=$(number ENOLCK)" sync s3://bucket --endpoint-url http://127.0.0.1:1
like "$ERR" "the file system of \./registry cannot lock files" "FT4: and names the root, not the lock's file"
ok "FT4: the root stays whole" drydock -q verify
ok "FT4: and can be written where nothing is lacking" drydock stage -q -t app:3 good.tar

# ---- done without ------------------------------------------------------------------------------

for error in ENOSYS EINVAL ENOTSUP EPERM; do
  rm -rf registry
  ok "FT4: stage copies where link() says $error" lacking "link=$(number $error)" stage -t app:1 good.tar
  like "$ERR" "has no hard links" "FT4: and notes it for $error"
  ok "FT4: the next stage, too" lacking "link=$(number $error)" stage -t other/app:2 good.tar
  unlike "$ERR" "has no hard links" "FT4: which does not note it again"
  ok "FT4: untag" lacking "link=$(number $error)" untag -q app:1
  ok "FT4: gc" lacking "link=$(number $error)" gc -q
  ok "FT4: rescan" lacking "link=$(number $error)" rescan -q
  ok "FT4: the root without links is whole ($error)" drydock -q verify
  is "$(find registry/v2 -type f -links +1)" "" "FT4: no file is a link"
done
rm -rf registry
run lacking "link=$(number EIO)" stage -t app:1 good.tar
isnt "$STATUS" 0 "FT4: a disk that fails at link() is no file system without links"
is "$(sql registry "SELECT count(*) FROM meta WHERE name = 'file_system'")" 0 "FT4: nothing is kept of it"
ok "FT4: what it left open is carried out by copies" lacking "link=$(number ENOSYS)" gc
ok "FT4: and the root is whole" drydock -q verify
for error in EINVAL ENOTSUP ENOSYS; do
  rm -rf registry
  ok "FT4: stage goes on where folders cannot be synced ($error)" lacking "folder-sync=$(number $error)" stage -t app:1 good.tar
  like "$ERR" "cannot sync folders" "FT4: and notes it for $error"
  ok "FT4: the root is whole" drydock -q verify
done

# Upper and lower case: two tags must not be one file.
rm -rf registry
must "$HELPERS/mkarchive.py" docker-two-images two.tar
ok "FT4: stage where case is folded" lacking case stage -t app:v1 good.tar
like "$ERR" "takes upper and lower case for the same: no two tags" "FT4: and it is noted"
exits 6 "FT4: a tag that would be another one's file" lacking case stage -t app:V1 good.tar
like "$ERR" "tag app:V1 and tag app:v1 would be one file: .*choose another tag" "FT4: is refused, with the remedy"
ok "FT4: the tag itself can move" lacking case stage -q -t app:v1 --image app:1 two.tar
ok "FT4: verify" lacking case verify
is "$(sql registry "SELECT group_concat(name) FROM tag")" v1 "FT4: the other is not there"
ok "FT4: untag" lacking case untag -q app:v1
ok "FT4: now it may be in upper case" lacking case stage -q -t app:V1 good.tar
ok "FT4: verify it" lacking case verify
rm -rf registry
must "$HELPERS/mkarchive.py" oci-two-tags tags.tar
mkdir tags && tar -xf tags.tar -C tags
jq '(.manifests[0], .manifests[1]).annotations["org.opencontainers.image.ref.name"] |= if . == "1" then "a" else "A" end' \
  tags/index.json >index.json && mv index.json tags/index.json
exits 6 "FT4: two at once" lacking case stage -t app tags
like "$ERR" "would be one file" "FT4: are refused as well"
rm -rf registry
ok "FT4: where case counts" drydock stage -q -t app:v1 good.tar
ok "FT4: both are there" drydock stage -q -t app:V1 good.tar

# ---- asked once --------------------------------------------------------------------------------

rm -rf registry probes
ok "FT4: a new root" lacking none stage -t app:1 good.tar
is "$(wc -l <probes)" 2 "FT4: is probed"
like "$(sql registry "SELECT value FROM meta WHERE name = 'file_system'")" "^$(stat -c %d registry)$" "FT4: and what was found is kept with the device"
ok "FT4: a second run" lacking none stage -t app:2 good.tar
ok "FT4: and a gc" lacking none gc
is "$(wc -l <probes)" 2 "FT4: do not probe again"
moved
ok "FT4: on another device" lacking none stage -t app:3 good.tar
is "$(wc -l <probes)" 4 "FT4: it is probed again"
ok "FT4: and only once" lacking none stage -t app:4 good.tar
is "$(wc -l <probes)" 4 "FT4: there, too"
done_testing
