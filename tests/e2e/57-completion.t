#!/bin/bash
# What bash, zsh and fish offer at a Tab: asked of the shells themselves.
. "$(dirname "$0")/lib.sh"

source=$(cd "$E2E/../.." && pwd)
export HOME=$T/home XDG_CONFIG_HOME=
mkdir -p home/.config/drydock bin
ln -s "$DRYDOCK" bin/drydock
PATH=$T/bin:$PATH
printf '[core]\nroot = %s/registry\n[remote "prod"]\nurl = s3://a\n' "$T" >home/.config/drydock/config
must "$HELPERS/mkarchive.py" oci-minimal app.tar
ok "an image is there" drydock stage -t tools/app:1.0 app.tar
for shell in bash zsh fish; do drydock completion $shell >completion.$shell; done

# Each offers what stands for LINE, a word a line.
offer_bash() {
  # shellcheck disable=SC2016
  bash -c 'source completion.bash; COMP_LINE=$1 COMP_POINT=${#1}; _drydock
    printf "%s\n" "${COMPREPLY[@]}"' - "$1"
}
offer_zsh() {
  # compadd tells what it is given instead of offering it.
  # shellcheck disable=SC2016
  zsh -fc 'compdef() { :; }; compadd() { shift; print -l -- "$@"; }; _files() { :; }
    source completion.zsh; words=("${(@s: :)1}"); CURRENT=$#words; _drydock' - "$1"
}
offer_fish() {
  # shellcheck disable=SC2016
  fish --no-config -c 'source completion.fish; complete -C $argv[1]' -- "$1" | cut -f1
}

offers() { # offers LINE WORD
  local shell
  for shell in bash zsh fish; do
    like "$(offer_$shell "$1" 2>&1)" "^$2\$" "$shell: '$1' offers $2"
  done
}

offers 'drydock sy' sync
offers 'drydock sync --dr' --dry-run
offers 'drydock sync --progress pl' plain
offers 'drydock sync pr' prod
offers 'drydock untag to' tools/app:1.0
offers 'drydock remote ad' add
offers 'drydock remote set pr' prod
offers 'drydock config get remote.prod.endp' remote.prod.endpoint_url
offers 'drydock sync --include to' tools/app
offers 'drydock help un' untag
offers 'drydock help pr' providers
offers 'drydock ls --tree to' tools/app
offers 'drydock export --for netl' netlify
offers 'drydock headers cl' cloudflare-pages
like "$(offer_bash 'drydock untag tools/app:1')" '^1.0$' "bash: behind a colon the rest alone is offered"
rm home/.config/drydock/config
is "$(offer_bash 'drydock sync pr' 2>&1)" '' "nothing is offered, and nothing told, where nothing is known"
exits 2 "another shell is a usage error" drydock completion csh

ok "make install puts them in place" make -s -C "$source" install PREFIX="$T/usr"
for file in bash-completion/completions/drydock zsh/site-functions/_drydock fish/vendor_completions.d/drydock.fish; do
  ok "$file is there" test -s "usr/share/$file"
done
# An install that knows of the options no more than BSD's and GNU's have in common.
cat >bin/install-bsd <<'SH'
#!/bin/sh
while getopts dm: option; do
  case $option in d) folders=yes ;; m) mode=$OPTARG ;; *) exit 64 ;; esac
done
shift $((OPTIND - 1))
[ -z "$folders" ] || exec mkdir -p -m 755 -- "$@"
for to; do :; done
while [ $# -gt 1 ]; do
  file=$to
  [ ! -d "$to" ] || file=$to/${1##*/}
  cp -- "$1" "$file" && chmod "${mode:-755}" "$file" || exit
  shift
done
SH
chmod +x bin/install-bsd
ok "so it does with another install than GNU's" make -s -C "$source" install PREFIX="$T/other" \
  INSTALL=install-bsd
placed() { (cd "$1" && find . -printf '%y %m %p\n' | sort); }
is "$(placed other)" "$(placed usr)" "with the same files and rights"
ok "make uninstall takes all away" make -s -C "$source" uninstall PREFIX="$T/usr"
is "$(find usr -type f)" '' "nothing is left"
done_testing
