#!/bin/bash
# The commands as a person uses them: help, configuration, ls, status, untag, gc, metrics,
# completion, -q from cron, and the log file.
. "$(dirname "$0")/lib.sh"

new_bucket
mkdir -p home/.config/drydock
export HOME=$T/home XDG_CONFIG_HOME=

# Every command has a help that names itself; a mistake has one line and status 2.
for command in $("$DRYDOCK" help | sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
  ok "$command --help" drydock "$command" --help
  like "$OUT" "^usage: drydock $command" "$command --help says how it is used"
  is "$(LC_ALL=C.UTF-8 awk 'length($0) > 80' <<<"$OUT")" '' "$command --help has no line above 80 columns"
  like "$OUT" '^Example:' "$command --help has an example"
done
ok "sync --help" drydock sync --help
like "$OUT" 'requests in flight at most; stage: 4 \(default: 8\)' "a default is shown with its option"
exits 2 "no command" drydock
exits 2 "an unknown command" drydock frobnicate
one_line "$ERR" "it is one line"
exits 2 "another program's word for it" drydock push
like "$ERR" "did you mean sync\?" "names the command that does it"
exits 2 "a word that uploads does not know" drydock uploads lst
like "$ERR" "'lst' is none of list\|abort; did you mean list\?" "names the one that is meant"
exits 2 "nothing to stage" drydock stage
like "$ERR" 'SRC.* is missing' "says what is missing"
exits 2 "an unknown option" drydock ls --frobnicate
like "$ERR" 'frobnicate' "the option is named"
exits 4 "no root" drydock --root nowhere ls
for shell in bash zsh fish; do
  ok "completion for $shell" drydock completion $shell
done
ok "the bash completion is bash" bash -c "source <('$DRYDOCK' completion bash); complete -p drydock"

# A configured remote: its name may be left out when it is the only one.
cat >home/.config/drydock/config <<CONF
[core]
	root = $T/registry
[remote "prod"]
	url = s3://$BUCKET
	endpoint_url = $S3_ENDPOINT
	addressing-style = path
CONF
ok "stage makes the root that the configuration names" drydock stage "$FIXTURES/tiny.docker-save.tar"
like "$ERR" 'made a new registry root' "and says so"
ok "ls" drydock ls
like "$OUT" '^example/tiny:1 ' "shows the tag"
ok "ls --json" drydock ls --json
is "$(jq -r .tag <<<"$OUT" | sort | tr '\n' ' ')" '1 2 ' "both tags"
ok "ls --tree" drydock ls --tree example/tiny:1
like "$OUT" '^  config ' "shows the config"
exits 4 "ls of what is not there" drydock ls example/nothing
exits 4 "ls of a tag that is misspelt" drydock ls exampel/tiny:1
like "$ERR" 'did you mean example/tiny:1\?' "names the one that is meant"
exits 2 "FN16: a variable that means nothing" env DRYDOCK_DRYRUN=1 "$DRYDOCK" sync
like "$ERR" 'did you mean DRYDOCK_DRY_RUN\?' "does no real sync"
ok "sync to the only remote" drydock sync --metrics-file metrics.prom --log-file sync.log -vv
like "$(cat metrics.prom)" '^drydock_sync_status\{root="/[^"]*/registry",remote="prod"\} 0$' "the figures are written"
like "$(cat metrics.prom)" '^drydock_sync_uploaded_objects\{[^}]*\} [1-9]' "with what was sent"
is "$(grep -vE '^(#|drydock_sync_[a-z_]+\{[^}]*\} [0-9]+([.][0-9]+)?$)' metrics.prom)" '' "each figure has its labels"
is "$(ls metrics.prom*)" metrics.prom "and nothing beside them"
like "$(head -n 1 sync.log)" '^[0-9]{4}-[0-9]{2}-[0-9]{2}T.*Z ' "the log has times"
unlike "$(cat sync.log)" "$AWS_SECRET_ACCESS_KEY" "and no secret"
exits 9 "FN15: figures that cannot be written" drydock sync --metrics-file "$T/nowhere/metrics"
like "$ERR" '--metrics-file: create ' "are told by the option's name"
ok "by name" drydock sync prod -q
is "$OUT$ERR" '' "-q says nothing when all is well"
exits 2 "a remote that is not there" drydock sync staging
ok "status" drydock status
like "$OUT" 'waiting: 0 objects' "nothing waits"
ok "status --json" drydock status --json
is "$(jq -r 'select(.event == "remote").bucket' <<<"$OUT")" "$BUCKET" "names the bucket"
echo '[core]' >bad && echo 'roott = x' >>bad
exits 2 "a typo in the configuration" drydock --config bad ls
like "$ERR" 'roott' "is named"

# From cron a dead link is silent while the last success is young, and told when it is not.
dead=(--endpoint-url http://127.0.0.1:1 --connect-wait 200ms -q)
exits 5 "a dead link" drydock sync "${dead[@]}"
isnt "$ERR" '' "is told: this endpoint never worked"
"$DRYDOCK" --root registry sync "s3://$BUCKET" --endpoint-url "$S3_ENDPOINT" -q
proxy
ok "a link that works" drydock sync --endpoint-url "$S3_VIA" -q
via=$S3_VIA
proxy_stop
exits 5 "and then does not" drydock sync --endpoint-url "$via" --connect-wait 200ms -q
is "$OUT$ERR" '' "is silent at first"
sleep 1.1
exits 5 "and later" drydock sync --endpoint-url "$via" --connect-wait 200ms -q --alert-after 500ms
isnt "$ERR" '' "is told"

# untag, gc, and what they leave.
exits 2 "untag without a tag" drydock untag example/tiny
exits 4 "untag of what is not there" drydock untag exmaple/tiny:1
like "$ERR" 'did you mean example/tiny:1\?' "names what is near"
exits 3 "one of two" drydock untag example/tiny:9 example/tiny:2
exits 4 "ls no longer shows it" drydock ls example/tiny:2
before=$(find registry/v2 -type f | wc -l)
ok "gc -n" drydock gc -n
is "$(find registry/v2 -type f | wc -l)" "$before" "changes nothing"
like "$OUT" '^dry run: 3 objects, 2 blobs, ' "FN14: tells manifests from blobs"
ok "gc" drydock gc
at_most "$(find registry/v2 -type f | wc -l)" $((before - 1)) "drops what no tag reaches"
ok "the tree is whole" tree_whole registry
ok "verify agrees" drydock verify
ok "gc again" drydock gc
like "$OUT" '^0 objects, 0 blobs' "finds nothing"
ok "sync" drydock sync
unlike "$(bucket_keys)" 'manifests/2$' "the tag is gone from the bucket too"
like "$(bucket_keys)" 'manifests/1$' "the other is not"
ok "uploads list" drydock uploads list
is "$OUT" '' "nothing is under way"
exits 2 "uploads without a verb that it knows" drydock uploads count
# Every line of JSON says what it is and when that was.
dry() { drydock --json "$@" 2>/dev/null; }
for command in version ls status verify 'gc -n' rescan 'uploads list' 'uploads abort' 'sync -n' 'untag example/tiny:1'; do
  # shellcheck disable=SC2086
  is "$(dry $command | jq -c 'select((.event and (.time | test("^2.*Z$"))) | not)')" '' "$command --json: event and time"
done
is "$(dry version | jq -r .event)" version "FN8: version --json"
isnt "$(dry gc -n)$(dry rescan)" '' "and there are such lines"
done_testing
