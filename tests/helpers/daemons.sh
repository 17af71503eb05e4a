# shellcheck shell=bash
# Private copies of the container engines' daemons, for tests, for the makers of
# test images and for the demo. Source it; what starts one takes a directory of
# its own below which everything lives. Socket paths are limited to about 100
# bytes, so give directories with short names.
#
#   containerd_start DIR      then: containerd_ctr DIR images pull ...
#   dockerd_start DIR         then: dockerd_docker DIR pull ...
#   nginx_start DIR PORT      with DIR/server.conf holding the server's directives
#   daemons_stop DIR          ends whatever was started in DIR

PATH="$PATH:/usr/sbin:/sbin"

# plain_python DIR: let the PATH begin with DIR, where python3 is Python with its standard library alone: no script
# of a version manager, and nothing that packages of the system do at each start. The tests start it thousands of times.
plain_python() {
  local found
  found=$(command -v python3)
  [ ! -e "${found%/*}/pyvenv.cfg" ] || return 0
  mkdir -p "$1"
  python3 -c 'import os, sys
real = os.path.realpath(sys.executable)
os.symlink(real, sys.argv[1] + "/python3")
with open(sys.argv[1] + "/pyvenv.cfg", "w") as file:
    file.write(f"home = {os.path.dirname(real)}\ninclude-system-site-packages = false\n")' "$1"
  export PATH=$1:$PATH
}

# A port where nobody listens, of those that the system gives to no connection by itself.
free_port() {
  local port
  while port=$((RANDOM % 12000 + 20000)) && port_answers "$port"; do :; done
  echo "$port"
}

# Images are made of the packages of the machine's own release, as it calls them.
debian_release() {
  (. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")
}

# debian_part PACKAGE PATTERN: that package of PACKAGE's dependencies, whose name has a version in it.
debian_part() {
  apt-cache depends "$1" | sed -nE "s/^ *(Pre)?Depends: ($2)\$/\\2/p" | grep -m 1 . ||
    { echo "no package $2 among those of $1" >&2 && false; }
}

# port_answers PORT: is anybody listening there?
port_answers() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# daemon_run DIR NAME COMMAND...: start it in its own session, log to DIR/NAME.log.
daemon_run() {
  local dir=$1 name=$2
  shift 2
  setsid "$@" </dev/null >"$dir/$name.log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
  echo $! >"$dir/$name.pid"
  disown $!
}

# daemon_wait DIR NAME SECONDS COMMAND...: until COMMAND succeeds.
daemon_wait() {
  local dir=$1 name=$2 end=$((SECONDS + $3))
  shift 3
  until "$@" >/dev/null 2>&1; do
    if ! kill -0 "$(cat "$dir/$name.pid")" 2>/dev/null || [ "$SECONDS" -ge "$end" ]; then
      echo "$name did not start; the end of its log:" >&2
      tail -n 10 "$dir/$name.log" >&2
      return 1
    fi
    sleep 0.05
  done
}

containerd_start() {
  local dir=$1
  mkdir -p "$dir"
  cat >"$dir/containerd.toml" <<CONF
version = 2
root = "$dir/root"
state = "$dir/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt",
  "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs",
  "io.containerd.internal.v1.restart"]
[grpc]
  address = "$dir/c.sock"
[ttrpc]
  address = "$dir/t.sock"
CONF
  daemon_run "$dir" containerd containerd -c "$dir/containerd.toml"
  daemon_wait "$dir" containerd 30 ctr -a "$dir/c.sock" version
}

containerd_ctr() {
  local dir=$1
  shift
  ctr -a "$dir/c.sock" "$@"
}

dockerd_start() {
  local dir=$1
  mkdir -p "$dir"
  echo '{}' >"$dir/daemon.json"
  daemon_run "$dir" dockerd dockerd --config-file "$dir/daemon.json" --data-root "$dir/data" \
    --exec-root "$dir/x" --pidfile "$dir/docker.pid" -H "unix://$dir/d.sock" \
    --storage-driver vfs --iptables=false --ip6tables=false --bridge=none
  daemon_wait "$dir" dockerd 60 dockerd_docker "$dir" version
}

dockerd_docker() {
  local dir=$1 client=${DOCKER_CLIENT:-/usr/bin/docker}
  shift
  [ -x "$client" ] || client=docker
  # A user's own context or credentials must not change what is tested.
  DOCKER_CONFIG="$dir/client" DOCKER_HOST="unix://$dir/d.sock" DOCKER_CONTEXT='' "$client" "$@"
}

nginx_start() {
  local dir=$1 port=$2 user=nobody
  [ "$(id -u)" -eq 0 ] && user=$(id -un)
  mkdir -p "$dir/tmp"
  cat >"$dir/nginx.conf" <<CONF
user $user;
worker_processes 1;
daemon off;
error_log $dir/error.log warn;
pid $dir/nginx-own.pid;
events { worker_connections 512; }
http {
  client_body_temp_path $dir/tmp/body;
  proxy_temp_path $dir/tmp/proxy;
  fastcgi_temp_path $dir/tmp/fastcgi;
  uwsgi_temp_path $dir/tmp/uwsgi;
  scgi_temp_path $dir/tmp/scgi;
  access_log $dir/access.log;
  default_type application/octet-stream;
  server {
    listen 127.0.0.1:$port;
    include $dir/server.conf;
  }
}
CONF
  daemon_run "$dir" nginx nginx -e "$dir/error.log" -p "$dir" -c "$dir/nginx.conf"
  daemon_wait "$dir" nginx 10 port_answers "$port"
}

# Politely first: dockerd ends its own containerd, which ends its shims.
daemons_stop() {
  local dir=$1 file pid signal
  for file in "$dir"/*.pid; do
    [ -e "$file" ] || continue
    pid=$(cat "$file")
    # The same number may belong to another process by now.
    if grep -qF -- "$dir" "/proc/$pid/cmdline" 2>/dev/null; then
      for signal in TERM KILL; do
        kill -s "$signal" "$pid" 2>/dev/null || break
        for _ in $(seq 60); do
          kill -0 "$pid" 2>/dev/null || break 2
          sleep 0.05
        done
      done
    fi
    rm -f "$file"
  done
  # Mounts of snapshots that a killed daemon left behind keep the directory busy.
  awk -v d="$dir/" 'index($2, d) == 1 {print $2}' /proc/self/mounts | sort -r |
    while read -r file; do umount -l "$file" 2>/dev/null || true; done
}
