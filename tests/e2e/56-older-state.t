#!/bin/bash
# A state that is older than its tree, as a restored backup is, publishes nothing; rescan is the
# remedy, and remembers what was removed (FY9).
. "$(dirname "$0")/lib.sh"

for n in 1 2 3; do
  must "$HELPERS/mkarchive.py" noise --size 100000 --layers 1 --seed $n --name app:v$n v$n.tar
done
stage() { must drydock --root root stage -q -t "$1" "$2"; }
backup() { # STATE FILE
  python3 -c 'import sqlite3, sys
sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True).backup(sqlite3.connect(sys.argv[2]))' "$1" "$2"
}
restore() { # FILE: the state as it was saved
  rm -f root/.drydock/state.db*
  must cp "$1" root/.drydock/state.db
}
tombstones() { sql root "SELECT group_concat(repo || ':' || name) FROM (SELECT repo, name FROM tag
  WHERE removed_at IS NOT NULL ORDER BY repo, name)"; }

stage app:1 v1.tar
stage app:2 v2.tar
stage gone:1 v1.tar
must drydock --root root -q verify
must backup root/.drydock/state.db old.db
cp root/.drydock/changes old.changes
at_least "$(cat root/.drydock/changes)" 3 "FY9: the changes of a root are counted beside its state"
is "$(sql root "SELECT value FROM meta WHERE name = 'changes'")" "$(cat root/.drydock/changes)" \
  "FY9: and in it"

stage app:3 v3.tar
must drydock --root root untag -q app:1
must drydock --root root untag -q gone:1
must drydock --root root gc -q

restore old.db
for command in ls status verify "untag app:2" gc "stage -t app:4 v1.tar" "sync -n s3://bucket" "sync s3://bucket" \
  "diff s3://bucket"; do
  # shellcheck disable=SC2086 # a command and its operands
  exits 4 "FY9: with a state that is older than the tree: $command" drydock --root root $command
  like "$ERR" "older than the tree" "FY9: it says why: $command"
  like "$ERR" "rescan" "FY9: and what helps: $command"
done
ok "FY9: rescan takes the state from the tree" drydock --root root rescan
like "$OUT" "removed tags.*: 2" "FY9: and tells of removed tags"
ok "FY9: which is whole" drydock --root root -q verify
is "$(drydock --root root ls | cut -d' ' -f1 | sort | xargs)" "app:2 app:3" "FY9: the newer tag is there"
is "$(tombstones)" "app:1,gone:1" "FY9: tags that are gone from tree and lists are remembered as removed"
at_least "$(cat root/.drydock/changes)" "$(($(cat old.changes) + 1))" "FY9: the count goes on"
restore old.db
exits 4 "FY9: the backup is older than the rescan too" drydock --root root ls
must drydock --root root -q rescan

# What the lists still name was not untagged: it was lost.
must backup root/.drydock/state.db lost.db
rm root/v2/app/manifests/3
rm -f root/.drydock/changes
restore lost.db
ok "FY9: rescan of a tree that lost a tag" drydock --root root rescan
is "$(tombstones)" "app:1,gone:1" "FY9: a tag that its list still names is not taken for removed"

# Tombstones of a state that is not older stay as they are, with those of the tree.
must drydock --root root untag -q app:2
must drydock --root root -q rescan
is "$(tombstones)" "app:1,app:2,gone:1" "FY9: rescan keeps the tombstones that the state has"
# A rescan died while its state took the old one's place: the old one has another name then.
for part in '' -wal -shm; do
  [ ! -e "root/.drydock/state.db$part" ] ||
    must mv "root/.drydock/state.db$part" "root/.drydock/state.db.broken-99991231T235959Z$part"
done
exits 4 "a root without its state" drydock --root root ls
ok "is rescanned" drydock --root root -q rescan
is "$(tombstones)" "app:1,app:2,gone:1" "and the tombstones come from the state that was kept last"
stage app:1 v1.tar
must drydock --root root -q rescan
is "$(tombstones)" "app:2,gone:1" "FY9: a tag that is there again is none"

# A state that cannot be read says nothing, and stops nothing.
python3 - root/.drydock/state.db <<'PY'
import sys
with open(sys.argv[1], "r+b") as file:
    data = bytearray(file.read())
    for at in range(4096, len(data)):
        data[at] = 0x55
    file.seek(0)
    file.write(data)
PY
rm -f root/.drydock/state.db-wal root/.drydock/state.db-shm
ok "FY9: rescan works beside a state that is damaged" drydock --root root rescan
is "$(tombstones)" None "FY9: tombstones are lost with it"

# A root of an older program has no count, and a copy without it loses nothing.
rm root/.drydock/changes
ok "FY9: without the count the root works" drydock --root root ls
stage app:5 v2.tar
is "$(cat root/.drydock/changes)" "$(sql root "SELECT value FROM meta WHERE name = 'changes'")" \
  "FY9: the next change writes it again"
printf 'no number' >root/.drydock/changes
ok "FY9: what is no count counts for nothing" drydock --root root ls
rm root/.drydock/changes
must ln -s /dev/zero root/.drydock/changes
ok "FY9: nor does what is no file" drydock --root root ls

# Since when a tag points where it does is known by the old state: the file may be another, older tag's.
rm -rf root
dated() { sql root "SELECT staged_at FROM tag WHERE repo = 'app' AND name = '$1'"; }
stage app:old v1.tar
touch -d '2 days ago' "root/v2/app/manifests/$(sha256sum root/v2/app/manifests/old | sed 's/ .*//; s/^/sha256:/')"
stage app:moved v2.tar
must backup root/.drydock/state.db dated.db
before=$(dated old) moved=$(dated moved)
stage app:moved v1.tar
restore dated.db
must drydock --root root -q rescan
is "$(dated old)" "$before" "a tag is as old as the old state says"
at_least "$(dated moved)" "$moved" "one that was moved after that is no older"
done_testing
