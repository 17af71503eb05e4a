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
plain=$U

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

recorded() { sql root "SELECT etag FROM remote_object WHERE key = '$1'"; }
large=$(cd both && find v2/large/blobs -size +8M)
same() { # same WHAT: the next sync finds nothing to do
  ok "$1: the next sync" sync_of --json
  is "$(summary 'uploaded + .resumed + .copied')" 0 "$1: sends nothing"
  ok "$1: verify --remote" drydock --root root verify --remote "s3://$BUCKET" --endpoint-url "$U"
}

serve upper --upper-etags
fresh upper both
ok "FP4: a server whose ETags are in upper case" sync_of
like "$(recorded "$large")" '^[0-9A-F]{32}-5$' "FP4: they are recorded as they came"
same FP4
rules '{"op":"CompleteMultipartUpload","do":"status","status":403,"code":"AccessDenied"}'
must curl -sS -X DELETE "$U/upper/$large"
exits 3 "FP4: an upload that is not completed" sync_of
ok "FY5: goes on" sync_of --json
is "$(summary resumed),$(asked UploadPart)" 1,10 "FY5: with the parts that are there"
must drydock --root root stage -q app2.tar
ok "FP4: If-Match" sync_of

serve weak --weak-etags '.*'
fresh weak both
ok "FP5: weak ETags" sync_of
at_most "$(asked PutObject 'tags/list|_catalog')" 3 "FP5: lists are written once"
same FP5

serve whole --whole-etags
fresh whole both
ok "FS1: a server whose Complete makes the MD5 of the whole" sync_of
same FS1

serve opaque --opaque-etags
fresh opaque both
exits 6 "FY11: ETags of which nobody said that they are opaque" timeout 60 "$DRYDOCK" --root root \
  sync "s3://$BUCKET" --endpoint-url "$U"
like "$ERR" "$large: the server answered ETag [0-9a-f]{32} where [0-9a-f]{32} was expected; if its ETags are no MD5s, name it with --provider" "FY11: it is said"
at_most "$(asked UploadPart)" 9 "FY11: parts go a few times"
at_most "$(asked PutObject 'tags/list|_catalog')" 9 "FP5: lists are written three times at most"
rules ''

serve moto --moto
fresh moto both
rules '{"op":"CompleteMultipartUpload","do":"status","status":403,"code":"AccessDenied"}'
exits 3 "FY4: an upload that is not completed" sync_of
ok "FY4: goes on with moto's ListParts" sync_of --json
is "$(summary resumed),$(asked UploadPart),$(asked AbortMultipartUpload)" 1,5,0 "FY4: nothing goes again"
fresh unread both
rules '{"op":"CompleteMultipartUpload","do":"status","status":403,"code":"AccessDenied"}
{"op":"ListParts","do":"garbage","times":0}'
exits 3 "FY4: another one" sync_of
ok "FY4: goes on with a ListParts that cannot be read" sync_of --json
is "$(summary resumed),$(asked UploadPart),$(asked AbortMultipartUpload)" 1,5,0 "FY4: nothing goes again"
ok "FY4: and is right" test "$(curl -sS "$U/unread/$large" | sha256sum | cut -d' ' -f1)" = "${large##*:}"

# An upload that the server does not abort.
fresh abort both
rules '{"op":"CompleteMultipartUpload","do":"status","status":403,"code":"AccessDenied"}
{"op":"AbortMultipartUpload","do":"status","status":405,"times":0}'
exits 3 "FS2: an upload that is not completed" sync_of
must drydock --root root untag -q large:1
must drydock --root root gc -q
ok "FS2: its blob is not wanted any more" sync_of
like "$ERR" "warning: an upload of $large was not aborted: .*405" "FS2: and the server will not abort it"
ok "FS2: the next sync" sync_of
is "$(asked AbortMultipartUpload)" 1 "FS2: does not try again"
rules ''

# ---- refusals

refusing() { # refusing STATUS CASE RULE: the listing is refused
  BUCKET=refused
  rules "{\"op\":\"ListObjects.*\",\"times\":0,\"do\":$3}"
  exits "$1" "$2" sync_of --connect-wait 2s
}
U=$plain
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
U=$plain
rules '{"op":"ListObjects.*","do":"status","status":503,"code":"SlowDown","times":0}'
busy "FY7: a server that is busy without end"
at_most "$took" 3000 "FY7: is given up after --give-up-after"
is "$(tail -n 1 stdout | jq -r .event)" summary "FY8: the summary is the last line"
like "$(tail -n 2 stdout)" '"event":"error".*no progress for' "FY8: after the error"
rules ''

# The end of --max-duration.
fresh slow both
start=${EPOCHREALTIME/./}
exits 10 "FY7: --max-duration on a thin link" sync_of --max-duration 1s --bwlimit 1M
at_most "$(((${EPOCHREALTIME/./} - start) / 1000))" 1700 "FY7: ends then"

# ---- what is learned of a server holds for the next run, and is shown

serve quoting
refused() { curl -sS "$U/_fake/log" | jq -r --arg b "$BUCKET" 'select(.bucket == $b and .status == 412) | .n' | wc -l; }
learned() { # learned JQ: of what remote show has of BUCKET
  drydock --root root remote show "$BUCKET" --json | jq -c ".learned$1"
}
fresh quotes
must drydock --root root remote add quotes s3://quotes --endpoint-url "$U"
must sync_of
is "$(learned '')" '[]' "nothing is learned where all is as it is taken to be"
must drydock --root root stage -q app2.tar
must sync_of
at_least "$(refused)" 1 "a server that holds If-Match with quotes alone refuses it without"
is "$(learned '[0] | [.endpoint, .if_match_quoted]')" "[\"$U/\",true]" "which is learned"
like "$(drydock --root root remote show quotes | tail -n 1)" "^# learned of $U/: If-Match holds with quotes alone$" "and told"
before=$(refused)
must drydock --root root stage -q -t app:3 app.tar
must sync_of
is "$(refused)" "$before" "the next run begins with that"
run drydock --root root doctor quotes --read-only --no-pull
like "$ERR" "learned of $U/: If-Match holds with quotes alone" "doctor tells it, too"

# ---- v2/

serve folders --folders
fresh folders
ok "FP3: a server that takes no bytes under v2/" sync_of
is "$(curl -sS -o body -w '%{http_code}' "$U/folders/v2/"),$(wc -c <body)" 200,0 "FP3: has an empty one"
ok "FP3: and does not list it" sync_of --json
is "$(summary uploaded)" 0 "FP3: which is learned"
must curl -sS -X DELETE "$U/folders/v2/"
ok "FP3: when it is gone" sync_of --json
is "$(summary uploaded)" 1 "FP3: it is sent again"

done_testing
