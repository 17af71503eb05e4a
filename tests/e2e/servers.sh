# shellcheck shell=bash
# Servers of several makes, all tried with tests/helpers/conformance. Sourced after lib.sh:
#
#     conform radosgw                      of the environment, in the background
#     conform Swift "$T/swift/env"         of that file
#     conformed Swift read='web server'    waits for it; every check holds, those that are named in the
#                                          server's own way, which matches; what it printed is in Swift.tab
#     release radosgw [ROOT]               the version of a package, here or in a chroot, as people say it

# FS4: Ceph 16 reads an ETag without its quotes alone, and every release sends the first of two ranges.
# shellcheck disable=SC2034
own_radosgw=(conditions='^If-None-Match works, If-Match (never holds|works), If-Match unquoted works$'
  range='^two ranges: the first one alone$' doctor='^doctor warns of ranges$')
# FS3
# shellcheck disable=SC2034
own_Swift=(conditions='^If-None-Match is refused \(501\), If-Match is refused \(501\)'
  read='^not at its S3 address' doctor='^doctor warns of conditions$')

_conform() { # _conform NAME [ENVIRONMENT]
  if [ $# -gt 1 ]; then
    set -a
    # shellcheck disable=SC1090
    . "$2"
  fi
  exec "$HELPERS/conformance" >"$T/$1.tab" 2>"$T/$1.said"
}

conform() {
  _conform "$@" &
  _conforming[$1]=$!
}
declare -A _conforming=()

conformed() { # conformed NAME [CHECK=PATTERN]...
  local name=$1 check verdict text pattern
  shift
  wait "${_conforming[$name]}"
  is "$? $(wc -l <"$T/$name.tab")" "0 12" "$name: every check was made" || diag "$(tail -n 30 "$T/$name.said")"
  while IFS=$'\t' read -r check verdict text; do
    pattern=$(printf '%s\n' "$@" | sed -n "s/^$check=//p" | tail -n 1)
    if [ "$verdict" = yes ] || { [ "$verdict" = own ] && [ -n "$pattern" ] && grep -qE -- "$pattern" <<<"$text"; }; then
      pass "$name: $check${text:+: $text}"
    else
      fail "$name: $check: $verdict${text:+: $text}"
      diag "$(grep "^$check: " "$T/$name.said")"
    fi
  done <"$T/$name.tab"
}

release() {
  dpkg-query ${2:+--admindir="$2/var/lib/dpkg"} -W -f '${Version}' "$1" | sed -E 's/^([0-9]+:)?([0-9]+(\.[0-9]+)?).*/\2/'
}
