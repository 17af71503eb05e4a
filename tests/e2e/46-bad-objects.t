#!/bin/bash
# One object that cannot be read, sent or looked at fails alone (F3): what needs it is held back,
# everything else is published.
. "$(dirname "$0")/lib.sh"

serve fake
rules() { must curl -sS -X POST "$U/_fake/rules" --data-binary "$1"; }
# Without the rights that let root read everything.
sync_of() {
  setpriv --bounding-set=-dac_override,-dac_read_search "$DRYDOCK" --root "$1" sync "s3://$BUCKET" \
    --endpoint-url "$U" "${@:2}"
}
published() { curl -sSf -o /dev/null "$U/$BUCKET/v2/$1/manifests/1"; }

must "$HELPERS/mkarchive.py" noise --size 13000000 --layers 1 --seed 1 --name bad:1 bad.tar
must "$HELPERS/mkarchive.py" noise --size 100000 --layers 1 --seed 2 --name small:1 small.tar
must "$HELPERS/mkarchive.py" noise --size 100000 --layers 1 --seed 3 --name zgood:1 good.tar
for n in bad small good; do must drydock --root staged stage -q $n.tar; done
blob_of() { (cd staged && find "v2/$1/blobs" -type f -size +90k); }
large=$(blob_of bad) small=$(blob_of small)
number=0
fresh() { # fresh [same]: a copy of the root, and an empty bucket
  rm -rf root
  must cp -a staged root
  number=$((number + 1))
  BUCKET=b$number
  rules ''
}
alone() { # alone STATUS REPO WHAT
  local told=$ERR
  is "$STATUS" "$1" "$3: status $1"
  ok "the other image is published" published zgood
  ok "its neighbour too" published "$([ "$2" = bad ] && echo small || echo bad)"
  exits 22 "the one that needs it is not" published "$2"
  one_line "$(grep '^drydock: ' <<<"$told" | grep -v 'objects failed')" "it is told once"
}

while IFS=, read -r repo blob what; do
  fresh
  case $what in
    *link) must mv "root/$blob" elsewhere && must ln -s "$T/elsewhere" "root/$blob" ;;
    *gone) must rm "root/$blob" ;;
    *folder) must rm "root/$blob" && must mkdir "root/$blob" ;;
    *forbidden) must chmod 0 "root/$blob" ;;
  esac
  run sync_of root
  alone "$([ "$what" = forbidden ] && echo 9 || echo 6)" "$repo" "a blob, $what"
done <<LIST
small,$small,a link
bad,$large,a link
small,$small,gone
small,$small,a folder
small,$small,forbidden
bad,$large,forbidden
LIST

# It becomes shorter while its parts are sent.
fresh
rules '{"op":"CreateMultipartUpload","do":"delay","seconds":2}'
sync_of root >out 2>err &
syncing=$!
sleep 1
must truncate -s 7000000 "root/$large"
wait $syncing
STATUS=$?
ERR=$(cat err)
alone 6 bad "a blob that is cut meanwhile"

# An upload that is to be resumed with parts of another size, of a file that cannot be read.
fresh
rules '{"op":"UploadPart","do":"status","status":403,"code":"AccessDenied","times":0}'
run sync_of root
alone 3 bad "parts that may not be sent"
rules ''
must sql root "DELETE FROM blob_parts"
must chmod 0 "root/$large"
run sync_of root
alone 9 bad "the rest of an upload, forbidden"

# What the bucket has instead cannot be explained: an ETag of parts, and a file that is a link.
fresh
must sync_of root -q
rules '{"op":"PutObject","key":"blobs","do":"etag","etag":"0123456789abcdef0123456789abcdef-2","effect":true}'
must curl -sSf -X PUT "$U/$BUCKET/$large" --data-binary "@staged/$large"
must mv "root/$large" elsewhere
must ln -s "$T/elsewhere" "root/$large"
must drydock --root root stage -q -t later:1 good.tar
exits 6 "an ETag that only a bad file could explain" sync_of root
ok "what is new is published" published later

# It may not be looked at.
for blob in "$small" "$large"; do
  fresh
  must truncate -s 0 zeros
  must truncate -r "staged/$blob" zeros
  must curl -sSf -X PUT "$U/$BUCKET/$blob" --data-binary @zeros
  rules "{\"op\":\"HeadObject\",\"key\":\"$blob\",\"do\":\"status\",\"status\":403,\"times\":0}"
  must drydock --root root stage -q -t "also:1" "$([ "$blob" = "$small" ] && echo small || echo bad).tar"
  run sync_of root
  repo=${blob#v2/}
  alone 3 "${repo%%/*}" "a blob that may not be looked at"
  ok "another repository with its bytes is published" published also
  run drydock --root root diff "s3://$BUCKET" --endpoint-url "$U"
  like "$OUT" "^held +${blob:0:30}.* what the bucket has is not known" "a dry run says so"
  rules ''
  ok "when it may" sync_of root
  is "$(curl -sS "$U/$BUCKET/$blob" | sha256sum | cut -d' ' -f1)" "${blob##*:}" "it is mended"
done
done_testing
