#!/bin/bash
# While a sync plans it does not lock the root for longer than it needs it: `stage` need not wait for
# the answers about headers (--check-metadata), nor for what is asked after a run that was killed. What
# it does meanwhile goes next time, and spoils nothing of what is planned.
. "$(dirname "$0")/lib.sh"

serve fake
BUCKET=b
for seed in 1 2 3 4; do
  must "$HELPERS/mkarchive.py" noise --size 1000 --layers 1 --seed $seed --name app:1 $seed.tar
done
to_bucket() { drydock --root root sync "s3://$BUCKET" --endpoint-url "$U" --provider aws --json "$@"; }
rules() { must curl -sS -X POST "$U/_fake/rules" --data-binary "$1"; }
asked() { curl -sS "$U/_fake/log" | jq -r .op | grep -c "^$1\$"; }
header() { curl -sSI "$U/$BUCKET/$1" | tr -d '\r' | sed -n "s/^$2: //p"; }
in_bucket() { curl -sSf "$U/$BUCKET/$1" 2>/dev/null | sha256sum; }
# behind OP COUNT: waits until more than COUNT of these are answered
behind() {
  for _ in $(seq 200); do
    [ "$(asked "$1")" -le "$2" ] || return 0
    sleep 0.05
  done
  bail "no $1 was answered"
}
start() { # start OPTION...: a sync in the background
  "$DRYDOCK" --root root sync "s3://$BUCKET" --endpoint-url "$U" --provider aws --json "$@" >"$T/background" 2>"$T/background.err" &
  sync=$!
}
ends() { # ends STATUS DESC: the sync in the background
  wait "$sync"
  is "$?" "$1" "$2" || diag "$(cat "$T/background.err")"
}

# Everything is looked at, and the first answers take their time. The tag, which is wrong, comes so
# late that it was not even read from the state by then.
must drydock --root root stage -q 1.tar
for n in $(seq 40); do must drydock --root root stage -q -t "aaa:$n" 1.tar; done
must to_bucket
must curl -sSf -o body "$U/b/v2/app/manifests/1"
must curl -sSf -X PUT "$U/b/v2/app/manifests/1" --data-binary @body -H 'Content-Type: text/plain'
must to_bucket
old=$(sha256_of root/v2/app/manifests/1)
heads=$(asked HeadObject)
rules '{"op":"HeadObject","do":"delay","seconds":2,"times":3}'
start --check-metadata -j 1
behind HeadObject "$heads"
ok "staging while headers are looked at" drydock --root root stage -q 2.tar
isnt "$(sha256_of root/v2/app/manifests/1)" "$old" "moves the tag"
at_most "$(($(asked HeadObject) - heads))" 2 "before it was looked at in the bucket"
ok "so does untag" drydock --root root untag -q app:1
ok "and staging again" drydock --root root stage -q 3.tar
ends 0 "the sync ends well"
rules ''
is "$(summary repaired "$T/background")" 1 "and has repaired the tag"
is "$(header v2/app/manifests/1 x-amz-meta-docker-content-digest)" "$old" "which says what it holds"
is "$(in_bucket v2/app/manifests/1)" "$(sha256sum <body)" "and holds what was planned"
like "$(header v2/app/manifests/1 content-type)" '^application/vnd' "as what it is"
ok "the next sync" to_bucket --check-metadata
is "$(in_bucket v2/app/manifests/1)" "$(sha256sum <root/v2/app/manifests/1)" "moves the tag"
is "$(header v2/app/manifests/1 x-amz-meta-docker-content-digest)" "$(sha256_of root/v2/app/manifests/1)" "with what belongs to it"
is "$(summary 'kept + .held')" 0 "which nobody else has"

# A run is killed while its tag is on the way; it arrives after all, and the next run asks whose it is.
must drydock --root root stage -q 4.tar
moved=$(sha256sum <root/v2/app/manifests/1)
rules '{"op":"PutObject","key":"manifests/1$","do":"delay","seconds":1.5}'
start
for _ in $(seq 100); do
  [ "$(in_bucket "v2/app/manifests/$(sha256_of root/v2/app/manifests/1)")" != "$moved" ] || break
  sleep 0.05
done
sleep 0.5
kill -9 "$sync"
wait "$sync" 2>/dev/null
for _ in $(seq 100); do
  [ "$(in_bucket v2/app/manifests/1)" != "$moved" ] || break
  sleep 0.05
done
is "$(in_bucket v2/app/manifests/1)" "$moved" "a run was killed before it knew that its tag had moved"
lists=$(asked ListObjectsV2)
rules '{"op":"HeadObject","do":"delay","seconds":2}'
start
behind ListObjectsV2 "$lists"
ok "staging while a tag is asked whose it is" drydock --root root stage -q 1.tar
is "$(($(asked ListObjectsV2) - lists))" 1 "before the plan is made"
ends 0 "the sync ends well"
is "$(in_bucket v2/app/manifests/1)" "$(sha256sum <root/v2/app/manifests/1)" "the tag is moved once more"
is "$(summary 'kept + .held' "$T/background")" 0 "as it was found to be ours"
rules ''
ok "the next sync" to_bucket --check-metadata
is "$(summary 'uploaded + .repaired')" 0 "has nothing to do"
done_testing
