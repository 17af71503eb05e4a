#!/bin/bash
# README's line under Debian's own cron: 20 runs of --max-duration 10s over a link that is down half of
# the time. All that was staged is published in the end, and mail comes only where a person is needed.
#
# cron starts a job once a minute at most. So its table has the line four times, three of them after a
# sleep of 15, 30 and 45 seconds: 20 runs take five minutes of real time, with cron's own clock.
if [ -z "${OWN_MOUNTS:-}" ]; then
  # cron's tables, its pid file and the mailer are where Debian has put them; its children end with it.
  OWN_MOUNTS=yes exec unshare -m -p --fork --kill-child --mount-proc --propagation private bash "$0" "$@"
fi
. "$(dirname "$0")/../lib.sh"

[ -x /usr/sbin/cron ] || skip_all "cron is not installed"
source=$(cd "$E2E/../.." && pwd)
RUNS=20 pulled=0

# ---- an empty system for cron: its table, its mail, the program where README has it

mkdir etc crontabs cron.d sbin real-sbin local mail
mount --bind /usr/sbin real-sbin
ln -s "$T"/real-sbin/* sbin/
rm -f sbin/sendmail
cat >sbin/sendmail <<SH
#!/bin/sh
# One file a mail, whole when it has its name.
new=\$(mktemp "$T/mail/new.XXXXXX") && cat >"\$new" && mv "\$new" "\$new.mail"
SH
chmod 755 sbin/sendmail
cp "$DRYDOCK" local/drydock
for place in sbin:/usr/sbin local:/usr/local/bin cron.d:/etc/cron.d crontabs:/var/spool/cron/crontabs; do
  mount --bind "$T/${place%%:*}" "${place#*:}" || bail "nothing can be mounted"
done
mount -t tmpfs none /run
: >etc/crontab
mount --bind etc/crontab /etc/crontab

line=$(sed -nE 's/^    [0-9*]+ \* \* \* \* +(.* sync .*)/\1/p' "$source/README.md" | sort -u)
like "$line" '^/usr/local/bin/drydock sync -q --max-duration 50m$' "README's line for cron"
line=${line/50m/10s}
# What the line is wrapped in says when it began and how it ended, and leaves its output to cron.
cat >job <<SH
#!/bin/sh
sleep "\$1"
shift
echo "\$(date +%s.%N) begin" >>"$T/runs"
"\$@"
echo "\$(date +%s.%N) \$?" >>"$T/runs"
SH
chmod 755 job
# table LINE...: what cron is to run from the next minute on, as root. It looks at the folder's time alone.
table() {
  {
    printf 'SHELL=/bin/sh\nMAILTO=me\nHOME=%s\nAWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n' \
      "$HOME" "$AWS_ACCESS_KEY_ID" "${KEY:-$AWS_SECRET_ACCESS_KEY}"
    [ $# -eq 0 ] || printf '* * * * *  %s\n' "$@"
  } >crontabs/new
  chmod 600 crontabs/new
  mv crontabs/new crontabs/root
}
statuses() { sed -n 's/.* \([0-9]*\)$/\1/p' runs; }
ended() { statuses | wc -l; }
mails() { find mail -name '*.mail' | wc -l; }
cron_starts() {
  daemon_run "$T" cron /usr/sbin/cron -f -L 5
  daemon_wait "$T" cron 10 test -s /run/crond.pid || bail "cron did not start"
}
# until_ended N SECONDS
until_ended() {
  local until=$((SECONDS + $2))
  while [ "$(ended)" -lt "$1" ] && [ "$SECONDS" -lt "$until" ]; do sleep 0.5; done
}

# ---- what is to be published: 25 MB, with layers around the sizes that decide, and 60 small images

must "$HELPERS/mkarchive.py" noise --size 12000000 --layers 1 --name large:1 large.tar
must "$HELPERS/mkarchive.py" noise --size 7800000 --layers 1 --seed 2 --name middle:1 middle.tar
must "$HELPERS/mkarchive.py" noise --size 5000000 --layers 3 --seed 3 --name middle:2 middle2.tar
must "$HELPERS/many_images.py" repos 60 "$T/many"
for archive in large.tar middle.tar middle2.tar; do must drydock --root root stage -q "$archive"; done
must drydock --root root stage -q oci:many
new_bucket
proxy --rate 2M --rtt 60 --up 5 --down 5
mkdir -p "$HOME/.config/drydock"
cat >"$HOME/.config/drydock/config" <<INI
[core]
root = $T/root
[remote "default"]
url = s3://$BUCKET
endpoint_url = $S3_VIA
region = $AWS_REGION
INI

# ---- 20 runs

: >runs
table "$T/job 0 $line" "$T/job 15 $line" "$T/job 30 $line" "$T/job 45 $line"
cron_starts
until_ended "$RUNS" 420
table
at_least "$(ended)" "$RUNS" "cron has run it $RUNS times"
is "$(mails)" 0 "without a word" || diag "$(head -n 30 mail/*.mail)"
diag "statuses: $(statuses | tr '\n' ' ')"
is "$(statuses | grep -vxE '0|5|10|11')" '' "each has ended as one that the next goes on with, or well"
is "$(statuses | tail -n 1)" 0 "the last had nothing left to do"
diag "$(proxy_stat up) bytes over the link, $(proxy_stat cuts) cuts, $(proxy_stat refused) connections refused"

# ---- it is all there

ok "the bucket is whole" bucket_whole "$BUCKET"
run drydock --root root diff "s3://$BUCKET" --endpoint-url "$S3_ENDPOINT" --exit-code
is "$STATUS" 0 "and diff finds nothing to do"
is "$("$S3PY" get "$BUCKET" v2/_catalog | jq '.repositories | length')" 62 "the catalogue has each repository"
web "$BUCKET"
while read -r tag; do
  pull_skopeo "$tag" "$T/pulled" || fail "skopeo pulls $tag"
  rm -rf pulled
  pulled=$((pulled + 1))
done < <(drydock --root root ls --json | jq -r '.name + ":" + .tag')
is "$pulled" 63 "skopeo has pulled each tag"

# ---- a person is needed

# … at once, although the last success was a moment ago.
rm -f mail/*.mail
KEY=wrong table "$T/job 0 $line"
for _ in $(seq 300); do
  [ "$(mails)" -eq 0 ] || break
  sleep 0.5
done
table
is "$(mails)" 1 "a key that is refused is mailed"
is "$(statuses | tail -n 1)" 7 "with status 7"
diag "$(cat mail/*.mail)"
is "$(sed '1,/^$/d' mail/*.mail | grep -c .)" 1 "in one line"
like "$(cat mail/*.mail)" '^drydock: sync: .*SignatureDoesNotMatch' "that says what is wrong"
done_testing
