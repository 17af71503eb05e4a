#!/bin/bash
# The Debian package: made, looked at by lintian, and on bare Debian 12 and 13 installed, upgraded from an
# older version, removed and purged, and tried by autopkgtest. For the release that is not this machine's it
# is made anew there, of the source package. DEB_DIR holds packages that scripts/package-deb has made already.
. "$(dirname "$0")/../lib.sh"

source=$(cd "$E2E/../.." && pwd)
command -v mmdebstrap >/dev/null || skip_all "mmdebstrap is not installed"
if [ -z "${DEB_DIR:-}" ]; then
  DEB_DIR=$T/deb
  ok "the package is made, and lintian has no error and no warning" "$source/scripts/package-deb" "$DEB_DIR" ||
    bail "no package"
fi
version=$(dpkg-deb -f "$DEB_DIR"/drydock_*.deb Version)

# in_root DIR COMMAND...: in the system below DIR, with processes and mounts of its own.
in_root() {
  # shellcheck disable=SC2016
  unshare -m -p --fork --kill-child --propagation private bash -c '
    mount -t proc proc "$0/proc" && mount --bind /dev/shm "$0/dev/shm" &&
    exec env -i HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
      PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin chroot "$0" "$@"' "$@"
}

# bare RELEASE DIR: nothing but what dpkg and apt are made of, and no service that starts.
bare() {
  must mmdebstrap -q --variant=apt "$1" "$2"
  printf '#!/bin/sh\nexit 101\n' >"$2/usr/sbin/policy-rc.d"
  chmod 755 "$2/usr/sbin/policy-rc.d"
  mkdir "$2/packages"
  cp "$DEB_DIR"/drydock_* "$2/packages"
}

# made_anew RELEASE: the package as that release builds it, in $T/RELEASE.debs.
made_anew() {
  bare "$1" builder
  rm builder/packages/*.deb
  must in_root builder apt-get -q update
  must in_root builder apt-get -q -y install --no-install-recommends lintian
  ok "$1: Build-Depends is all that it takes" in_root builder bash -ec '
    cd /packages && apt-get -q -y build-dep --no-install-recommends ./drydock_*.dsc &&
    dpkg-source -x drydock_*.dsc tree && cd tree && dpkg-buildpackage -us -uc -b' || return
  ok "$1: lintian has no error and no warning" in_root builder bash -c \
    'cd /packages && lintian --allow-root --no-cfg --fail-on error,warning ./*.changes'
  cp builder/packages/drydock_*.deb "$T/$1.debs"
  rm -rf builder
}

# All that lies there, but for what apt and dpkg keep, and copies of the list of users.
files() {
  in_root "$1" find / -xdev \( -path /proc -o -path /dev -o -path /run -o -path /tmp -o -path /packages -o -path /var/cache \
    -o -path /var/log -o -path /var/lib/apt -o -path /var/lib/dpkg \) -prune -o -print |
    grep -vE '^/etc/(passwd|group|g?shadow|sub[ug]id)-$' | sort
}

apt() { in_root sys apt-get -q -y "$@"; }
as_drydock() { in_root sys runuser -u drydock -- /usr/bin/drydock --root /var/lib/drydock "$@"; }
holds() { [ "$(cat "sys/etc/drydock/config")" = '# mine' ] && [ -e sys/var/lib/drydock/v2/app/manifests/1 ]; }

must "$HELPERS/mkarchive.py" oci-minimal app.tar
for release in bookworm trixie; do
  mkdir "$release.debs"
  if [ "$release" = "$(debian_release)" ]; then
    cp "$DEB_DIR"/drydock_*.deb "$release.debs"
  else
    made_anew "$release" || continue
  fi
  bare "$release" sys
  cp "$release.debs"/* sys/packages
  must dpkg-deb -R "$release.debs"/drydock_*.deb old
  sed -i 's/^Version: .*/Version: 0.0.9-1/' old/DEBIAN/control
  must dpkg-deb -b old sys/packages/old.deb
  rm -rf old
  must apt update
  must apt satisfy --no-install-recommends "$(dpkg-deb -f "$release.debs"/drydock_*.deb Depends)"
  files sys >before

  ok "$release: an older version is installed" apt install --no-install-recommends /packages/old.deb
  cp app.tar sys/tmp
  ok "its user stages where the service will look" as_drydock stage -t app:1 /tmp/app.tar
  echo '# mine' >sys/etc/drydock/config
  ok "it is upgraded" apt install --no-install-recommends "/packages/drydock_${version}_amd64.deb"
  like "$(in_root sys dpkg-query -W drydock)" "[[:space:]]$version$" "to this version"
  ok "what it had staged is whole" as_drydock verify
  for file in share/man/man1/drydock-sync.1.gz share/man/man5/drydock-config.5.gz share/man/man7/drydock-faq.7.gz \
    share/bash-completion/completions/drydock share/zsh/vendor-completions/_drydock \
    share/fish/vendor_completions.d/drydock.fish share/drydock/events.schema.json share/doc/drydock/copyright \
    share/doc/drydock/changelog.Debian.gz share/doc/drydock/examples/crontab; do
    [ -s "sys/usr/$file" ] || echo "$file"
  done >missing
  is "$(cat missing)" '' "manual, completion, examples, changelog and copyright are in place"
  like "$(cat sys/lib/systemd/system/drydock-sync.service)" '^ExecStart=/usr/bin/drydock ' "and so is the service"
  ok "with its timer" test -s sys/lib/systemd/system/drydock-sync.timer
  is "$(find sys/etc/systemd -name 'drydock*')" '' "which is not enabled before there is something to send"

  ok "it is removed" apt remove drydock
  ok "and is gone" test ! -e sys/usr/bin/drydock
  ok "registry and configuration are not" holds
  ok "it is purged" apt purge drydock
  ok "what a person has made stays" holds
  ok "it comes back" apt install --no-install-recommends "/packages/drydock_${version}_amd64.deb"
  ok "to the same registry" as_drydock verify
  rm -r sys/etc/drydock/* sys/var/lib/drydock/v2 sys/var/lib/drydock/.drydock
  ok "with nothing of a person's there it is purged" apt purge drydock
  files sys >after
  is "$(comm -3 before after)" '' "and no file is left, or missing"

  must apt install --no-install-recommends autopkgtest dpkg-dev
  ok "$release: autopkgtest" in_root sys sh -c 'cd /packages &&
    autopkgtest -q --summary-file=/summary ./drydock_*.deb ./drydock_*.dsc -- null 2>&1 | tail -n 25; grep PASS /summary'
  is "$(tr -s ' ' <sys/summary | sort)" $'desk PASS\npublish PASS' \
    "pulls from a bucket what was staged, and shells and man find what is theirs"
  rm -rf sys
done
done_testing
