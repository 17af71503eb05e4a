#!/bin/bash
# The configuration from the command line: remote, config and init. No request is sent.
S3_ENDPOINT=none
. "$(dirname "$0")/lib.sh"

export HOME=$T/home XDG_CONFIG_HOME=
user=$T/home/.config/drydock/config
here=$T/registry/.drydock/config
mode() { stat -c %a "$1"; }

# Without a root the user's file is made, and is the user's alone.
umask 022
ok "remote add" drydock remote add prod s3://my-registry/team --endpoint-url https://s3.example.com --part-size 16M
is "$OUT" "added remote prod ($user)" "says what it did, and where"
is "$(<"$user")" $'[remote "prod"]\nurl = s3://my-registry/team\nendpoint_url = https://s3.example.com\npart_size = 16M' \
  "writes what was given"
is "$(mode "$user")" 600 "nobody else can read it"
is "$(find home -name '*.new')" '' "and nothing is left beside it"
ok "remote list" drydock remote list
like "$OUT" '^prod +s3://my-registry/team  at https://s3.example.com$' "shows it"
ok "remote show" drydock remote show prod
is "$OUT" $'url = s3://my-registry/team\nendpoint_url = https://s3.example.com\npart_size = 16M' "shows all of it"
exits 2 "a second of the name" drydock remote add prod s3://other
like "$ERR" 'there is a remote prod already' "is refused"

# Comments, order, mode and a link stay.
mkdir dotfiles
cat >dotfiles/drydock <<'CONF'
# mine
[core]
	root = ~/images   ; where they are
# the bucket
[remote "prod"]
	url = s3://my-registry
CONF
chmod 640 dotfiles/drydock
ln -sf "$T/dotfiles/drydock" "$user"
cp dotfiles/drydock expected
ok "config set of a key that is there" drydock config set core.root /srv/registry
sed -i 's|~/images|/srv/registry|' expected
same_file dotfiles/drydock expected "changes that value alone"
ok "of one that is not" drydock config set remote.prod.region fra1
printf '\tregion = fra1\n' >>expected
same_file dotfiles/drydock expected "adds a line to its section"
ok "of a section that is not" drydock config set sync.max-duration 50m
printf '\n[sync]\n\tmax_duration = 50m\n' >>expected
same_file dotfiles/drydock expected "adds a section"
is "$(mode dotfiles/drydock)" 640 "the mode stays"
ok "the link stays" test -L "$user"
ok "config unset" drydock config unset remote.prod.region
sed -i '/region/d' expected
same_file dotfiles/drydock expected "takes the line away"
ok "config get" drydock config get sync.max_duration
is "$OUT" 50m "tells the value"
exits 4 "config get of what is not set" drydock config get sync.grace
exits 4 "config unset of what is not set" drydock config unset sync.grace
ok "config list --show-origin" drydock config list --show-origin
like "$OUT" "^$user:3	core.root=/srv/registry$" "names file and line"
ok "remote set" drydock remote set prod s3://elsewhere --no-verify-ssl --include 'a*' --include b --ca-bundle ca.pem --delete
is "$OUT" "changed remote prod ($T/dotfiles/drydock)" "says that it was there"
printf 'url = s3://elsewhere\nno_verify_ssl = yes\nca_bundle = %s/ca.pem\ndelete = own\ninclude = a*,b\n' "$T" >want
is "$(drydock remote show prod)" "$(<want)" "writes each kind of value as a file has it"
ok "and what it has written can be read" drydock remote list
ok "remote remove" drydock remote remove prod
is "$OUT" "removed remote prod ($T/dotfiles/drydock)" "says so"
is "$(<"$user")" $'# mine\n[core]\n\troot = /srv/registry   ; where they are\n# the bucket\n\n[sync]\n\tmax_duration = 50m' "takes its section away"

# What is wrong is not written.
cp "$user" before
exits 2 "a bad duration" drydock config set sync.grace 50
like "$ERR" "'50' is not a duration" "says why"
exits 2 "a bad choice" drydock config set remote.x.acl world
exits 2 "a bad url" drydock remote add x my-registry
exits 2 "an endpoint without a scheme" drydock remote add x s3://b --endpoint-url s3.example.com
exits 2 "an endpoint with the bucket in its path" drydock remote add x s3://b --endpoint-url https://s3.example.com/b
exits 2 "an unknown key" drydock config set sync.partsize 5M
like "$ERR" 'did you mean part_size\?' "names what is near"
exits 2 "an unknown section" drydock config get snyc.part_size
like "$ERR" 'did you mean sync\?' "names what is near, too"
exits 2 "no key at all" drydock config get root
exits 2 "root of a remote" drydock config set remote.x.root /r
exits 2 "a value that no file can hold" drydock config set core.log_file $'a\nb'
exits 2 "a value that would be cut" drydock config set core.log_file 'a #b'
exits 2 "a name that no file can hold" drydock remote add 'a"b' s3://b
exits 2 "an option that there is not, and no command" drydock --verison
like "$ERR" 'unknown option --verison .*; did you mean --version\?' "names what is near"
exits 2 "a letter that is no option" drydock -V
like "$ERR" 'unknown option -V' "is named"
exits 2 "an unknown verb, whatever else is missing" drydock uploads lsit
like "$ERR" 'did you mean list\?' "comes first"
exits 2 "a path that is none" drydock config set core.root ''
exits 2 "nor in an option" drydock --log-file '' ls
: >file
exits 4 "a root that is a file" drydock --root file ls
like "$ERR" "open file: Not a directory" "is named"
unlike "$ERR" 'config' "and not what would be in it"
exits 2 "no command" drydock --root x
like "$ERR" 'which command\?' "is asked for"
exits 2 "a URL that is none" drydock sync s3:/b
like "$ERR" "'s3:/b' is no bucket: s3://BUCKET" "says what one is"
exits 2 "an archive from the keyboard" "$HELPERS/terminal.py" --size 200x20 "$DRYDOCK" --root none stage -
like "$OUT" 'standard input is a terminal: give it an archive, as in nerdctl save' "is none"
exits 2 "an unknown verb" drydock remote lsit
like "$ERR" 'did you mean list\?' "names what is near"
exits 2 "settings of list" drydock remote list --acl private
exits 2 "set without anything" drydock remote add y s3://y --dry-run
same_file "$user" before "nothing was written"
rm -f dotfiles/drydock "$user"

# Where there is a root, its file is written; --user means the other.
ok "init" drydock init
like "$ERR" 'made a new registry root: ./registry' "makes a root"
ok "init again" drydock init
like "$ERR" 'is a registry root already' "is no error"
ok "init of a folder" drydock init other
ok "init has its place in --json" drydock init --json third
is "$(jq -r 'select(.event == "init") | "\(.event) \(.path) \(.made)"' <<<"$OUT")" 'init third true' "and tells what it made"
ok "remote add" drydock remote add prod s3://a
is "$(<"$here")" $'[remote "prod"]\nurl = s3://a' "is in the root's file"
is "$(mode "$here")" 600 "which nobody else can read"
ok "config set --user" drydock config set --user sync.part_size 6M
is "$(<"$user")" $'[sync]\npart_size = 6M' "is in the user's"
ok "config set" drydock config set sync.part_size 7M
is "$(drydock config get sync.part_size)" 7M "the root's counts"
is "$(drydock config list)" $'sync.part_size=6M\nremote.prod.url=s3://a\nsync.part_size=7M' "list shows both, the weaker first"
ok "config set core.root" drydock config set core.root "$T/registry"
is "$(drydock config get core.root --show-origin | cut -f1)" "$user:5" "is always the user's"
rm -f before && must cp -p "$here" before
printf '[core]\nroot = /elsewhere\n' >>"$here"
exits 2 "a root that names another" drydock ls
like "$ERR" "a root's own configuration cannot name another root" "is refused"
must mv before "$here"
ok "config set of another file" drydock --config mine config set core.quiet yes
is "$(<mine)" $'[core]\nquiet = yes' "writes that"
exits 4 "unset of what is in the other file" drydock config unset --user remote.prod.url
like "$ERR" 'but in .*registry/.drydock/config' "names it"
exits 2 "a remote that is not there" drydock remote remove prdo
like "$ERR" 'did you mean prod\?' "names what is near"
exits 4 "no root where one is named" drydock --root nowhere config set core.quiet yes
exits 4 "status without a state for it" drydock --root nowhere ls
is "$(drydock remote list --json | jq -c '[.event,.name,.url,.settings]')" '["remote_config","prod","s3://a",{}]' "remote list --json"
is "$(drydock config list --json | jq -c 'select(.value == "7M") | [.section,.key,.line]')" '["sync","part_size",5]' "config list --json"
ok "an environment is not written" env DRYDOCK_ACL=private "$DRYDOCK" remote add env s3://env
unlike "$(<"$here")" acl "only what was asked for"

# What a command does not use is read all the same.
cp "$here" before
printf '[sync]\n\tbwlimit = 2Mb\n' >>"$here"
exits 2 "status with a bad value of sync" drydock status
like "$ERR" "config: line [0-9]+: \[sync\] bwlimit: '2Mb' is not a rate in bytes per second" "names file, line, what is expected and what stands there"
must mv before "$here"
exits 2 "ls with a bad variable of sync" env DRYDOCK_BWLIMIT=2Mb "$DRYDOCK" ls
like "$ERR" "DRYDOCK_BWLIMIT: '2Mb' is not a rate" "names it"
exits 2 "remote set of a bad provider" drydock remote set prod --provider nowhere
exits 2 "remote set of a bad pattern" drydock remote set prod --include 'a{b,c}'

# The editor.
# shellcheck disable=SC2016
printf '#!/bin/sh\ncp "$EDITED" "$2"\n' >editor && chmod +x editor
export EDITOR="'$T/editor' --wait" EDITED=$T/edited
printf '# by hand\n[core]\nroott = x\n' >edited
cp "$here" before
exits 2 "config edit with a mistake" drydock config edit
like "$ERR" 'line 3: .* did you mean root\?' "names line and word"
like "$ERR" 'config.edit is left' "and where the text is"
same_file "$here" before "the file stays"
printf '# by hand\n[core]\ntransfers = many\n' >edited
exits 2 "config edit with a bad value" drydock config edit
like "$ERR" 'going on with' "goes on with what was left"
printf '# by hand\n[remote "prod"]\nurl = s3://c\n' >edited
ok "config edit" drydock config edit
same_file "$here" edited "puts it into place"
is "$(mode "$here")" 600 "with the mode that was"
ok "config edit of the same" drydock config edit
like "$ERR" 'nothing is changed' "changes nothing"
is "$(find registry/.drydock -name 'config.*')" '' "and leaves nothing"
printf 'broken' >"$here"
exits 2 "a broken file" drydock remote list
exits 2 "is not changed blindly" drydock config set core.quiet yes
ok "but edited" drydock config edit
ok "and then read" drydock remote list
EDITOR=false exits 1 "an editor that fails" drydock config edit
is "$(find registry/.drydock -name 'config.*')" '' "leaves nothing either"

# Two at once: none is lost.
for n in 1 2 3 4 5 6 7 8; do drydock remote add "r$n" "s3://b$n" -q & done
wait
is "$(drydock remote list | grep -c '^r[1-8] ')" 8 "eight that write at once are all there"
done_testing
