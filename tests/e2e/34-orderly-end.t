#!/bin/bash
# A run that ends early leaves a note for the next, which then lists the bucket once more to find what
# nobody wrote down. It need not where everything that was sent has been answered and recorded.
. "$(dirname "$0")/lib.sh"

serve fake
must "$HELPERS/mkarchive.py" noise --size 13000000 --layers 1 --name large:1 large.tar
for seed in 1 2 3; do
  must "$HELPERS/mkarchive.py" noise --size 100000 --layers 2 --seed $seed --name "small:$seed" $seed.tar
done
must drydock --root base stage -q 1.tar
must drydock --root small stage -q 1.tar 2.tar 3.tar
must drydock --root large stage -q large.tar

rules() { must curl -sS -X POST "$U/_fake/rules" --data-binary "$1"; }
requests() { curl -sS "$U/_fake/log" | jq -r --arg b "$BUCKET" 'select(.bucket == $b)'; }
lists() { requests | jq -r 'select(.op == "ListObjectsV2" and .query.prefix == "v2/") | .n' | wc -l; }
keys() { curl -sS "$U/_fake/state" | jq -r --arg b "$BUCKET" '.[$b].objects | keys[]' | wc -l; }
to_bucket() { drydock --root root sync "s3://$BUCKET" --endpoint-url "$U" --provider aws -q "$@"; }
number=0
fresh() { # fresh ROOT RULE: a copy of a root, and an empty bucket
  number=$((number + 1))
  BUCKET=bucket-$number
  rm -rf root
  must cp -r "$1" root
  rules "${2-}"
}
# recorded DESC: the state has a record of each object that the bucket has
recorded() {
  is "$(sql root 'select count(*) from remote_object where sent_by_us')" "$(keys)" "$1: what is there is recorded"
}
# goes_on LISTINGS DESC: the next run finishes, and lists the bucket so often
goes_on() {
  local before
  rules ''
  before=$(lists)
  ok "$2: the next run goes on" to_bucket
  is "$(($(lists) - before))" "$1" "$2: and lists the bucket $1 times"
  before=$(lists)
  ok "$2: one more run" to_bucket
  is "$(($(lists) - before))" 1 "$2: lists it once"
  recorded "$2"
}

# While the answers come, an end is orderly.
fresh small
exits 8 "--max-transfer" to_bucket --max-transfer 250k
at_least "$(keys)" 2 "sends something"
recorded --max-transfer
goes_on 1 --max-transfer

fresh small '{"op":"PutObject","key":"blobs","do":"delay","seconds":1,"times":0}'
exits 10 "--max-duration" to_bucket --max-duration 500ms -j 2
at_least "$(keys)" 2 "keeps what arrives meanwhile"
recorded --max-duration
goes_on 1 --max-duration

fresh small '{"op":"PutObject","key":"blobs","do":"delay","seconds":1,"times":0}'
exits 143 "SIGTERM" timeout --foreground --preserve-status -s TERM 0.5 "$DRYDOCK" --root root sync "s3://$BUCKET" --endpoint-url "$U" --provider aws -q -j 2
recorded SIGTERM
goes_on 1 SIGTERM

# Parts that nobody waits for are no objects, and their upload is in the state.
fresh large '{"op":"UploadPart","nth":2,"do":"delay","seconds":5,"times":0}'
exits 10 "in the middle of a large blob" to_bucket --max-duration 700ms
goes_on 1 "large blob"
is "$(requests | jq -r 'select(.op == "CreateMultipartUpload") | .n' | wc -l)" 1 "its upload goes on"

# An answer that is not waited for, or never comes.
fresh small '{"op":"PutObject","key":"blobs","do":"delay","seconds":5}'
exits 10 "an answer that takes too long" to_bucket --max-duration 500ms
sleep 2.5 # until the object is there all the same
goes_on 2 "late answer"

fresh large '{"op":"CompleteMultipartUpload","do":"delay","seconds":5}'
exits 10 "a Complete that takes too long" to_bucket --max-duration 1s
sleep 2.5
goes_on 2 "late Complete"

fresh small '{"op":"PutObject","key":"blobs","do":"lost","times":0}'
exits 5 "answers that are lost" to_bucket --give-up-after 500ms --retry-max-delay 50ms
goes_on 2 "lost answers"

# Nothing was left to do but to say so: the next sync is a whole one although it has nothing to do.
fresh small '{"op":"PutObject","key":"_catalog","do":"delay","seconds":1}'
exits 10 "an end while the last answer is awaited" to_bucket --max-duration 500ms
is "$(sql root 'select synced_at is null from remote')" 1 "is no whole sync"
ok "the next one" to_bucket --json
is "$(sql root 'select synced_at is null, (select count(*) from meta where name like "unrec%") from remote')" "0 0" "is"

# A tag is moved, and then the run ends: the next does not take it for somebody else's.
fresh base
must to_bucket
must drydock --root root stage -q -t small:1 2.tar
must drydock --root root stage -q -t another:1 3.tar
rules '{"op":"PutObject","key":"small/manifests/1$","do":"lost","times":0}'
exits 5 "the answer about a moved tag is lost" to_bucket --give-up-after 500ms --retry-max-delay 50ms
rules ''
must drydock --root root stage -q -t small:1 3.tar
ok "which is moved once more" to_bucket
is "$(curl -sS "$U/$BUCKET/v2/small/manifests/1" | sha256sum)" "$(sha256sum <root/v2/small/manifests/1)" "and goes where it points now"
done_testing
