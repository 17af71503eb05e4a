#!/bin/bash
# What clients get from hosts of static files (tests/helpers/static_host.py) with what drydock export puts there:
# everything from Netlify and Cloudflare Pages, nothing from GitHub Pages.
S3_ENDPOINT=${S3_ENDPOINT-none}
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/e2e/serving.sh
. "$E2E/serving.sh"

serving_tree
for name in netlify cloudflare-pages github-pages; do
  must drydock --root root export --tree site --for $name
  PORT=$(free_port)
  WEB=127.0.0.1:$PORT
  mkdir -p host
  daemon_run "$T/host" host python3 "$HELPERS/static_host.py" $name "$T/host/../site" "$PORT"
  daemon_wait "$T/host" host 10 port_answers "$PORT" || bail "the host did not start: $(cat host/host.log)"
  for ref in example/tiny:1 multi:1 files:1.0.json; do
    for client in podman containerd docker; do
      run "pull_$client" "$ref"
      if [ $name = github-pages ]; then
        isnt "$STATUS" 0 "$name: $client cannot pull $ref"
      else
        is "$STATUS" 0 "$name: $client pulls $ref" || diag "$ERR"
      fi
    done
    [ $name = github-pages ] ||
      is "$(containerd_digest "$ref")" "$(sha256_of "root/v2/${ref%%:*}/manifests/${ref#*:}")" "$name: … the same image"
  done
  daemons_stop "$T/host"
done
done_testing
