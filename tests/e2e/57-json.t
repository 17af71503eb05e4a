#!/bin/bash
# Every command with --json: each line is as the schema beside the manual says.
S3_ENDPOINT=none
. "$(dirname "$0")/lib.sh"

source=$(cd "$E2E/../.." && pwd)
export HOME=$T/home XDG_CONFIG_HOME=
serve fake
rules() { must curl -sS -X POST "$U/_fake/rules" --data-binary "$1"; }
export AWS_ACCESS_KEY_ID=k AWS_SECRET_ACCESS_KEY=s
must "$HELPERS/mkarchive.py" oci-minimal app.tar
must "$HELPERS/mkarchive.py" noise --size 13000000 --layers 1 --name big:1 big.tar

mkdir lines
number=0 RAN=' '
json() { # json STATUS ARGUMENT...: its lines are kept
  local want=$1
  shift
  number=$((number + 1))
  RAN+="$1 $1-${2-} "
  exits "$want" "drydock $* --json" drydock "$@" --json
  cp stdout "lines/$number.$1"
  is "$(jq -c . stdout 2>&1 | wc -l)" "$(wc -l <stdout)" "prints a JSON value a line" || diag "$(head -c 1000 stdout)"
}

json 0 version
json 0 init
json 0 remote add prod s3://b --endpoint-url "$U" --region us-east-1
json 0 remote set prod --transfers 4
json 0 remote list
json 0 remote show prod
json 0 config set sync.part_size 5M
json 0 config list
json 0 config get sync.part_size
json 0 stage -n -t app:1 app.tar
json 0 stage -t app:1 app.tar
json 0 stage big.tar
json 0 stage -t localhost:5000/app:2 app.tar
json 4 stage nowhere.tar
json 0 ls
json 0 ls --tree
isnt "$(jq -c 'select(.event == "child")' stdout)" '' "ls --tree --json tells the tree"
json 0 sync -n
rules '{"op":"PutObject","do":"status","status":503,"code":"SlowDown","times":1}'
json 8 sync -vv --multipart-threshold 5M --max-transfer 6M
json 0 status
json 0 uploads list
json 0 uploads abort
json 0 sync --notify 'tee lines/notified' --notify-on always
json 0 diff
json 0 page --pull-host images.example.org
json 0 verify
json 0 verify --remote
json 4 doctor --pull-host "$U"
json 0 recipe nginx
json 0 help providers
json 0 untag app:2
json 0 gc -n
json 0 gc
json 0 headers nginx
like "$(jq -r .config stdout)" '^server \{' "headers --json has the configuration"
json 0 headers lighttpd --output "$T/lighttpd.conf"
is "$(jq -r '.output, .map' stdout)" "$T/lighttpd.conf"$'\n'"$T/lighttpd.conf.map" "or says where it is"
EDITOR=true json 0 config edit
json 2 config get no.key
json 0 config unset sync.part_size
json 0 rescan
chmod 644 registry/v2/app/manifests/1
json 0 export --tree site --for netlify
printf x >>"registry/v2/app/manifests/1"
json 6 verify
must drydock --root registry headers nginx --output headers.conf
cp headers.conf headers.was && sed -i 's/sha256:/sha256:0/' headers.conf
json 0 sync --include nothing --headers "nginx:$T/headers.conf"
ok "sync makes a web server's file again" cmp headers.conf headers.was

daemon_run fake serving "$DRYDOCK" --root registry serve --listen 127.0.0.1:0 --json
daemon_wait fake serving 10 grep -q '"serving"' fake/serving.log || bail "serve did not start"
must curl -sS -o /dev/null "$(jq -r 'select(.event == "serving").url' fake/serving.log)/v2/"
daemon_wait fake serving 10 grep -q '"request"' fake/serving.log || bail "the request was not told"
grep '^{' fake/serving.log >lines/serve
json 0 remote remove prod

RAN+='serve '

# Every command is there, and each verb of those that have verbs; but what prints texts for shells
# and people.
missing=
for command in $(drydock help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
  case $command in
    help | completion) ;;
    config | remote | uploads)
      for verb in $(drydock help "$command" | sed -n '1s/.*\]… \([a-z|]*\) .*/\1/p' | tr '|' ' '); do
        [[ $RAN == *" $command-$verb "* ]] || missing+=" $command $verb"
      done
      ;;
    *) [[ $RAN == *" $command "* ]] || missing+=" $command" ;;
  esac
done
is "$missing" '' "no command, and no verb of one, is missing above"

# What the distribution has, whichever Python comes first in the PATH.
if /usr/bin/python3 -c 'import jsonschema' 2>/dev/null; then
  run /usr/bin/python3 "$HELPERS/check_events.py" "$source/cli/man/drydock-events.schema.json" lines/*
  is "$OUT$ERR" '' "each line is as the schema says, and every event of it was there"
else
  skip 1 "no python3-jsonschema"
fi
# Both tell of the same events.
manual=$(sed -n '/^\.Sh JSON/,/^\.Sh SEE/s/^\.It Ql //p' "$source/cli/man/drydock-format.5" | tr -d ' ' | tr , '\n' | sort -u)
is "$manual" "$(jq -r '.properties.event.enum[]' "$source/cli/man/drydock-events.schema.json" | sort -u)" \
  "the manual names the events of the schema"
done_testing
