#!/bin/bash
# What servers answer otherwise than Amazon S3 does, or cannot be understood: ETags of other forms,
# other documents, refusals. What the server said is shown; nothing goes more often than it must.
. "$(dirname "$0")/lib.sh"

rules() { must curl -sS -X POST "$U/_fake/rules" --data-binary "$1"; }
sync_of() { drydock --root root sync "s3://$BUCKET" --endpoint-url "$U" "$@"; }
asked() { # asked OP [KEY]: how many such requests there were for BUCKET
  curl -sS "$U/_fake/log" |
    jq -r --arg b "$BUCKET" --arg o "$1" --arg k "${2-}" \
      'select(.bucket == $b and (.op | test("^(" + $o + ")$")) and (.key | test($k))) | .n' | wc -l
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

# ---- refusals

refusing() { # refusing STATUS CASE RULE: the listing is refused
  BUCKET=refused
  rules "{\"op\":\"ListObjects.*\",\"times\":0,\"do\":$3}"
  exits "$1" "$2" sync_of --connect-wait 2s
}
fresh refused
refusing 7 "FP7: a 403 about something else" \
  '"status","status":403,"code":"SecondLevelDomainForbidden","message":"Please use virtual hosted style to access."'
like "$ERR" '403 SecondLevelDomainForbidden .*"Please use virtual hosted style to access."' "FP7: is told in the server's words"
unlike "$ERR" "may lack" "FP7: and not guessed at"
refusing 7 "FP7: a 403 about the permission" '"status","status":403,"code":"AccessDenied","message":"No such luck"'
like "$ERR" '"No such luck": the key may lack s3:ListBucket' "FP7: has its words and the hint"
refusing 7 "FP7: a firewall's page" '"garbage","status":403'
like "$ERR" "403, and no answer of S3's but an HTML page" "FP7: is named as one"
unlike "$ERR" "may lack" "FP7: and tells nothing about the key"
refusing 2 "FP8: a redirect to https" \
  '"status","status":301,"headers":{"Location":"https://s3.example:9000/refused?list-type=2"}'
like "$ERR" "give it as --endpoint-url https://s3.example:9000\$" "FP8: names the endpoint to give"
unlike "$ERR" "region" "FP8: and no region"
at_most "$(asked 'HeadBucket')" 0 "FP8: nor is it asked for one"
refusing 2 "FP8: a redirect to another place" \
  '"status","status":307,"headers":{"Location":"http://other.example/"}'
like "$ERR" "the server sends its clients to http://other.example: check --endpoint-url" "FP8: tells the place"
refusing 7 "FY6: a proxy that wants a password" '"status","status":407'
like "$ERR" "the proxy wants a user and a password" "FY6: says so"
refusing 5 "FY6: headers without end" '"status","status":200,"pad":200000'
like "$ERR" "a line of the answer's headers is too long" "FY6: are no answer"
before=$(asked 'ListObjects.*')
refusing 5 "FS2: an answer that cannot be read" '"garbage"'
is "$(($(asked 'ListObjects.*') - before))" 2 "FS2: is asked for once more"
rules ''
ok "and nothing of it lasts" sync_of

# A server that is busy without end.
busy() {
  local start=${EPOCHREALTIME/./}
  exits 5 "$1" sync_of --give-up-after 2s --json
  took=$(((${EPOCHREALTIME/./} - start) / 1000))
}
rules '{"op":"ListObjects.*","do":"status","status":503,"code":"SlowDown","times":0}'
busy "FY7: a server that is busy without end"
at_most "$took" 3000 "FY7: is given up after --give-up-after"
is "$(tail -n 1 stdout | jq -r .event)" summary "FY8: the summary is the last line"
like "$(tail -n 2 stdout)" '"event":"error".*no progress for' "FY8: after the error"
rules ''

done_testing
