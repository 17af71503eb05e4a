#!/bin/bash
# Two roots and one repository of one bucket, at the same time, 50 rounds over: each adds a tag and
# a signature of the image that both have, and untags what it added before; one moves `latest`, the
# other has an old one. After each round lists and referrers are complete and right.
. "$(dirname "$0")/../lib.sh"

rounds=${ROUNDS:-50}
for n in 1 2 3; do
  must "$HELPERS/mkarchive.py" noise --size 100000 --layers 1 --seed $n --name app:v$n v$n.tar
done
stage() { must drydock --root "$1" stage -q -t "app:$2" "$3"; }
sync_of() { ROOT=$1 sync_to "$BUCKET" --provider "$PROVIDER" "${@:2}"; }
get() { "$S3PY" get "$BUCKET" "v2/app/$1"; }
members() { jq -c '[.manifests[].digest] | sort'; }
# What is wrong now, in one word each.
judge() {
  [ "$(get tags/list | jq -c '.tags | sort')" = "$(printf '%s\n' "${tags[@]}" | jq -Rnc '[inputs] | sort')" ] || echo tags
  local want
  want=$(cat ra/v2/app/referrers/"$image" rb/v2/app/referrers/"$image" | jq -sc '[.[].manifests[].digest] | unique')
  [ "$(jq length <<<"$want")" = $((2 * round)) ] || echo staged
  [ "$(get "referrers/$image" | members)" = "$want" ] || echo referrers
  [ "$(get "manifests/${image/:/-}" | members)" = "$want" ] || echo fallback
  [ "$(get manifests/latest | sha256sum)" = "$(sha256sum <rb/v2/app/manifests/latest)" ] || echo latest
}

for PROVIDER in ceph other; do
  new_bucket
  rm -rf ra rb
  tags=(latest)
  wrong=''
  stage ra latest v1.tar
  must sync_of ra -q
  sleep 1.1
  for round in $(seq "$rounds"); do
    for root in a b; do
      must "$HELPERS/mkarchive.py" signed "$root$round" signed.tar
      stage "r$root" "$root$round" signed.tar
      tags+=("$root$round")
      # Every fifth stays.
      if [ "$round" -eq 1 ] || [ $((round % 5)) -eq 0 ]; then continue; fi
      must drydock --root "r$root" untag -q "app:$root$((round - 1))"
      mapfile -t tags < <(printf '%s\n' "${tags[@]}" | grep -vx "$root$((round - 1))")
    done
    stage rb latest "v$((2 + round % 2)).tar"
    image=sha256:$(sha256sum <ra/v2/app/manifests/"a$round" | cut -d' ' -f1)
    sync_of ra -q >a.log 2>&1 &
    first=$!
    sync_of rb -q >b.log 2>&1 &
    second=$!
    wait $first || wrong+=" $round:a:$?:$(head -c 300 a.log)"
    wait $second || wrong+=" $round:b:$?:$(head -c 300 b.log)"
    now=$(judge)
    [ -z "$now" ] || wrong+=" $round:${now//$'\n'/,}"
  done
  is "$wrong" '' "$PROVIDER: $rounds rounds at the same time, and everything is complete and right"
  ok "the bucket is whole" bucket_whole "$BUCKET"
done
done_testing
