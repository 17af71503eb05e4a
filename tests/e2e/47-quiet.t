#!/bin/bash
# What cron mails: with -q a link that is down is no news for a day, but nothing that a person must
# see is hidden behind it, and the worst of what happened is the status.
. "$(dirname "$0")/lib.sh"

mkdir fake
daemon_run fake fake "$HELPERS/fake_s3.py" --port-file "$T/fake/port"
daemon_wait fake fake 10 test -s "$T/fake/port" || bail "no scripted server"
S3_VIA=http://127.0.0.1:$(cat fake/port)
rules() { must curl -sS -X POST "$S3_VIA/_fake/rules" --data-binary "$1"; }

# A rotten blob beside one that is too large for --max-transfer. The bucket was synced once.
must "$HELPERS/mkarchive.py" noise --size 300000 --layers 1 --name rotten:1 rotten.tar
must "$HELPERS/mkarchive.py" noise --size 40000000 --layers 1 --name big:1 --seed 7 big.tar
must drydock --root root stage -q "$FIXTURES/tiny.ctr-export.tar"
must sync_to quiet -q
must drydock --root root stage -q rotten.tar big.tar
victim=$(find root/v2/rotten/blobs -size +100k)
cp "$victim" sound
printf x | dd of="$victim" bs=1 seek=1000 conv=notrunc status=none

stopped() { # stopped WHY OPTION...
  local why=$1
  shift
  exits 6 "$* after a rotten blob" sync_to quiet -q "$@"
  like "$ERR" "${victim#root/}: the file has changed" "the blob is named, with -q too"
  like "$ERR" "1 objects failed, and then: $why" "and so is what stopped the run"
}
stopped --max-transfer --max-transfer 6M
stopped --max-duration --max-duration 2s --bwlimit 1M
rules '{"op":"UploadPart","do":"drop","after":1000,"times":0}'
stopped "no progress" --give-up-after 1s
cp sound "$victim"
rules '{"op":"PutObject","key":"rotten/blobs","do":"status","status":403,"code":"AccessDenied","times":0}'
exits 8 "--max-transfer after an object that was refused" sync_to quiet -q --max-transfer 12M
like "$ERR" 'rotten/blobs.*AccessDenied' "the refusal is told, with -q too"
rules ''
exits 8 "--max-transfer alone" sync_to quiet -q --max-transfer 6M
is "$OUT$ERR" '' "is no news"
exits 8 "--max-transfer, no success for so long" sync_to quiet -q --max-transfer 6M --alert-after 0
like "$ERR" '^drydock: sync: --max-transfer reached' "is news"
exits 0 "and then it goes through" sync_to quiet -q
is "$OUT$ERR" '' "in silence"
# Somebody else at work, in the bucket or in the root, is no news either.
holding() { # holding LOCK COMMAND...: while another process holds it
  flock "root/.drydock/$1" "${@:2}"
}
remote_lock=$(cd root/.drydock && ls -d lock.*)
for lock in "$remote_lock" lock; do
  exits 11 "$lock is held" holding "$lock" "$DRYDOCK" --root root sync -q s3://quiet --endpoint-url "$S3_VIA"
  is "$OUT$ERR" '' "no news after a success"
  exits 11 "$lock is held, no success for so long" holding "$lock" "$DRYDOCK" --root root sync -q \
    s3://quiet --endpoint-url "$S3_VIA" --alert-after 0
  like "$ERR" '^drydock: sync: another run holds the lock' "is news"
  exits 11 "$lock is held, without -q" holding "$lock" "$DRYDOCK" --root root sync s3://quiet --endpoint-url "$S3_VIA"
  like "$ERR" '^drydock: sync: another run holds the lock' "is told"
  # A stage that is publishing: whoever syncs then would have to finish it, if it were dead.
  must sql root "INSERT INTO publication (started_at) VALUES (1)"
done
exits 11 "to a bucket that no sync has reached" holding lock "$DRYDOCK" --root root sync -q s3://new --endpoint-url "$S3_VIA"
like "$ERR" '^drydock: sync: another run holds the lock' "it is news"
ok "when it is free, it goes through" sync_to quiet -q
is "$(sql root "SELECT count(*) FROM publication")" 0 "and what was begun is finished"

# A tag that two roots have moved: nobody sends it until somebody says so.
must "$HELPERS/mkarchive.py" noise --size 100000 --layers 1 --name moved:1 --seed 1 one.tar
must "$HELPERS/mkarchive.py" noise --size 100000 --layers 1 --name moved:1 --seed 2 two.tar
must "$HELPERS/mkarchive.py" noise --size 100000 --layers 1 --name moved:1 --seed 3 three.tar
must "$HELPERS/mkarchive.py" noise --size 100000 --layers 1 --name gone:1 --seed 4 gone.tar
must drydock --root root stage -q one.tar gone.tar
must sync_to quiet -q
must drydock --root other stage -q one.tar
ROOT=$T/other must sync_to quiet -q
sleep 1.1 # times are in seconds, and the later one wins
must drydock --root other stage -q two.tar
ROOT=$T/other must sync_to quiet -q
must drydock --root root stage -q three.tar
must drydock --root root untag -q gone:1
must drydock --root root gc -q
exits 3 "a tag is held" sync_to quiet -q --delete --grace 0
like "$ERR" '^drydock: sync: warning: v2/moved/manifests/1 is held back: .*--force-tag' "it is named, with -q too"
like "$ERR" '^drydock: sync: warning: --delete: [0-9]+ objects stay for now, .* 1 were held back' \
  "and so is why nothing is deleted"
is "$OUT" '' "nothing more is said"
exits 3 "with --json" sync_to quiet -q --json
like "$ERR" 'v2/moved/manifests/1 is held back' "it is named for people, too"
exits 3 "without -q" sync_to quiet
is "$(grep -c 'moved/manifests/1' <<<"$OUT$ERR")" 1 "it is named once"
must drydock --root root stage -q big.tar -t extra:1
rules '{"op":"PutObject","key":"extra/","do":"delay","seconds":2}'
exits 10 "something else stops the run" sync_to quiet -q --max-duration 1s
like "$ERR" 'v2/moved/manifests/1 is held back' "it is named all the same"
rules ''

# --force-tag that forces nothing.
exits 2 "--force-tag without a tag" sync_to quiet -q --force-tag moved
like "$ERR" 'NAME:TAG' "says what it wants"
exits 4 "--force-tag of what is not there" sync_to quiet -q --force-tag nosuch:1
exits 4 "--force-tag of what was removed" sync_to quiet -q --force-tag gone:1
exits 4 "in a dry run as well" sync_to quiet -q -n --force-tag moved:2
exits 2 "--force-tag of what is left out" sync_to quiet -q --exclude moved --force-tag moved:1
ok "--force-tag" sync_to quiet -q --force-tag moved:1
is "$OUT$ERR" '' "in silence"

# The first sync of a large root takes many runs, each of which gets forward.
must drydock --root large stage -q big.tar
ROOT=$T/large exits 8 "a first sync that takes many runs" sync_to first -q --max-transfer 6M
is "$OUT$ERR" '' "is no news"
ROOT=$T/large exits 8 "one that has taken too long" sync_to first -q --max-transfer 6M --alert-after 0
like "$ERR" '^drydock: sync: --max-transfer reached' "is news"
done_testing
