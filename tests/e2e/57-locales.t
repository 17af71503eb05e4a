#!/bin/bash
# What a locale or a time zone must not change: words of the configuration, numbers, cases, names and dates.
S3_ENDPOINT=none
. "$(dirname "$0")/lib.sh"

# Each locale is made here: a bare system has C and C.UTF-8 alone.
export LOCPATH=$T/locale
mkdir locale
locales=()
if command -v localedef >/dev/null && [ -e /usr/share/i18n/locales/tr_TR ]; then
  for name in de_DE.UTF-8 tr_TR.UTF-8 tr_TR.ISO-8859-9; do
    must localedef -i "${name%.*}" -f "${name#*.}" "$T/locale/$name"
    locales+=("$name")
  done
fi
serve fake
export AWS_ACCESS_KEY_ID=k AWS_SECRET_ACCESS_KEY=s
must "$HELPERS/mkarchive.py" oci-minimal app.tar
# A name of a file that is no ASCII, as pax archives have it in UTF-8.
must "$HELPERS/mkarchive.py" noise --size 1000 --layers 1 --name names:1 noise.tar
mkdir utf8 && must tar -xf noise.tar -C utf8
layer=$(jq -r '.[0].Layers[0]' utf8/manifest.json)
must mv "utf8/$layer" utf8/Überzug.tar
jq -c '.[0].Layers[0] = "Überzug.tar"' utf8/manifest.json >manifest.json && mv manifest.json utf8/
must tar --format=pax -C utf8 -cf utf8.tar manifest.json Überzug.tar "$(jq -r '.[0].Config' utf8/manifest.json)"
must "${CC:-cc}" -std=c11 -O2 -shared -fPIC -o fs.so "$HELPERS/file_system.c" -ldl

# told NAME: what drydock says of a root and a bucket that are made anew, without what differs between two runs;
# of a file system that takes upper and lower case for the same.
told() {
  local root=root.$1
  say() {
    echo "== $*"
    FS_LACKS=case LD_PRELOAD=$T/fs.so ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0" \
      "$DRYDOCK" --root "$root" "$@" 2>&1
    echo "status $?"
  }
  {
    say stage -t app:i app.tar
    say stage -t names:1 utf8.tar
    say ls
    say ls --tree
    say ls apq:i
    say sync "s3://bucket-$1" --endpoint-url "$U" -vv -n
    DRYDOCK_BWLIMIT=1.5MiB DRYDOCK_MULTIPART_THRESHOLD=8Mib say sync "s3://bucket-$1" --endpoint-url "$U" -j 1 \
      --provider MINIO --metrics-file metrics
    say status --json
    say verify
    say sync "s3://bucket-$1" --endpoint-url "$U" --part-size 5,5MiB
    say help sync
    say --tag İ
    say stage -t app:I app.tar
    sed -E 's/^([^#].*) [0-9.]+$/\1 N/' metrics
  } | sed -E "s/bucket-$1/BUCKET/g; s/$root/ROOT/g; s/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/TIME/g
    s/ in [0-9.]+m?s/ in TIME/
    s/, [0-9]+ ms$//; s/(duration_ms|started_at)\":[^,}]*/\1/g; s/v2\/[^ ]*drydock-token[^ ]*//"
}
LC_ALL=C told C >C.told
like "$(cat C.told)" 'did you mean app:i\?' "near words are offered"
like "$(cat C.told)" 'tag app:I and tag app:i would be one file' "two tags that are one file are refused"
is "$(grep -c '^status 0$' C.told)" 9 "and the rest goes through"
for name in POSIX "${locales[@]}"; do
  LC_ALL=$name told "$name" >"$name.told"
  is "$(diff C.told "$name.told")" '' "$name: says and does what C does"
done
[ ${#locales[@]} -gt 0 ] || skip 3 "no locales"

# A clock that is set to another zone tells the same times, and reads them so.
mkdir .aws
printf '[default]\ncredential_process = %s/program\n' "$T" >.aws/config
printf '#!/bin/sh\ncat "%s/credentials"\n' "$T" >program
chmod +x program
zones=0
utc=$(drydock --root root.C ls --json | jq -r .staged_at)
for zone in '<+14>-14' '<-11>11' EST5EDT,M3.2.0,M11.1.0; do
  is "$(TZ=$zone "$DRYDOCK" --root root.C ls --json | jq -r .staged_at)" "$utc" "TZ=$zone: a tag is as old"
  now=$(date -u +%Y-%m-%dT%H:)
  rm -f log
  must env TZ="$zone" "$DRYDOCK" --root root.C status --log-file log
  is "$(cut -c1-14 log | sort -u)" "$now" "TZ=$zone: the log tells UTC"
  for hours in 1 -1; do
    jq -n --arg at "$(date -u -d "$hours hour" +%Y-%m-%dT%H:%M:%SZ)" \
      '{Version: 1, AccessKeyId: "k", SecretAccessKey: "s", Expiration: $at}' >credentials
    bucket=zone$((++zones))
    run env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY HOME="$T" TZ="$zone" "$DRYDOCK" --root root.C \
      sync "s3://$bucket" --endpoint-url "$U"
    is "$STATUS" "$((hours > 0 ? 0 : 7))" "TZ=$zone: credentials that end in $hours hour"
  done
done
like "$ERR" 'have expired' "those of an hour ago have expired"
done_testing
