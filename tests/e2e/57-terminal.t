#!/bin/bash
# On a terminal the live lines go, and the results stay (FN2).
. "$(dirname "$0")/lib.sh"

screen() { # COMMAND...: what stands there in the end
  "$HELPERS/terminal.py" --size 100x30 "$DRYDOCK" "$@"
}
must "$HELPERS/mkarchive.py" noise --size 30000000 --layers 3 --seed 1 --name app:v1 v1.tar
ok "stage" screen --root root stage -t app:1 v1.tar
like "$OUT" "app:1" "FN2: stage leaves its result on the terminal"
unlike "$OUT" "%" "FN2: and no live line"
ok "verify" screen --root root verify
like "$OUT" "^[0-9]+ objects, .*: every digest matches$" "FN2: so does verify"
unlike "$OUT" "%" "FN2: without a live line"
ok "rescan" screen --root root rescan
like "$OUT" "the state is rebuilt$" "FN2: so does rescan"
unlike "$OUT" "%" "FN2: without a live line"
printf x >>root/v2/app/tags/list
exits 6 "verify of a damaged root" screen --root root verify
like "$OUT" "v2/app/tags/list" "FN2: what is wrong stays"
new_bucket
ok "sync" screen --root root sync "s3://$BUCKET" --endpoint-url "$S3_ENDPOINT" --addressing-style path
like "$OUT" "uploaded" "FN2: so does the summary of sync"
ok "verify --remote" screen --root root verify --remote "s3://$BUCKET" --endpoint-url "$S3_ENDPOINT" \
  --addressing-style path
like "$OUT" "^[0-9]+ objects are there as they must be$" "FN2: and the result of verify --remote"
done_testing
