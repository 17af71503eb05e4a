#!/bin/bash
# What servers answer otherwise than Amazon S3 does, or cannot be understood: ETags of other forms,
# other documents, refusals. What the server said is shown; nothing goes more often than it must.
. "$(dirname "$0")/lib.sh"

rules() { must curl -sS -X POST "$U/_fake/rules" --data-binary "$1"; }
sync_of() { drydock --root root sync "s3://$BUCKET" --endpoint-url "$U" "$@"; }
asked() { # asked OP [KEY]: how many such requests there were for BUCKET
  curl -sS "$U/_fake/log" |
    jq -r --arg b "$BUCKET" --arg o "$1" --arg k "${2-}" \
      'select(.bucket == $b and .op == $o and (.key | test($k))) | .n' | wc -l
}

must "$HELPERS/mkarchive.py" noise --size 100000 --layers 1 --name app:1 app.tar
must "$HELPERS/mkarchive.py" noise --size 100000 --layers 1 --seed 2 --name app:2 app2.tar
must "$HELPERS/mkarchive.py" noise --size 23000000 --layers 1 --seed 3 --name large:1 large.tar
must drydock --root small stage -q app.tar
must drydock --root both stage -q app.tar large.tar
fresh() { # fresh BUCKET [ROOT]
  BUCKET=$1
  rm -rf root
  must cp -r "${2:-small}" root
}

# ---- ETags

serve plain

# GET and HEAD name lists otherwise than PUT and LIST do: what counts is their bytes.
fresh lists
rules '{"op":"(Get|Head)Object","key":"tags/list|_catalog","do":"etag","etag":"0123456789abcdef0123456789abcdef","times":0}'
ok "FP5: lists that HEAD and GET name otherwise" sync_of
must drydock --root root stage -q app2.tar
ok "FP5: once more with a new tag" sync_of
at_most "$(asked PutObject 'tags/list|_catalog')" 6 "FP5: are written three times at most in each of two runs"
is "$(curl -sS "$U/lists/v2/app/tags/list" | jq -c .tags)" '["1","2"]' "FP5: and are right"
rules ''
ok "FP5: the next sync" sync_of --json
is "$(summary uploaded)" 0 "FP5: sends none of them again"
done_testing
