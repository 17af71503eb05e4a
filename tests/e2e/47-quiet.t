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
done_testing
