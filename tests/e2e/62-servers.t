#!/bin/bash
# Another make of S3 server than all other tests have: OpenStack Swift. What drydock needs of a server is tried
# on both, side by side.
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/servers.sh
. "$E2E/servers.sh"

conform radosgw
must "$HELPERS/swift" start "$T/swift"
conform Swift "$T/swift/env"

# FS3: what Swift refuses is learned by one try for each list under way, and the next run knows it.
refused() { # the lists of $BUCKET that were refused since log_mark
  log_since | sed -nE 's|^PUT /[^/]*/(.*) 501 .*|\1|p'
}
on_swift() {
  set -a
  # shellcheck disable=SC1091
  . "$T/swift/env"
  set +a
  new_bucket
  must drydock --root root stage "$FIXTURES/tiny.podman-oci-archive.tar"
  exits 3 "a 501 for another reason" sync_to "$BUCKET" --sse AES256
  is "$(sql root "SELECT quirks IS NULL FROM remote")" 1 "FS3: teaches nothing of conditions"
  log_mark
  must sync_to "$BUCKET"
  isnt "$(refused)" '' "FS3: Swift refuses conditions"
  is "$(refused | sort | uniq -d)" '' "FS3: which one try tells, of a list"
  must drydock --root root stage "$FIXTURES/tiny2.podman-oci-archive.tar"
  must sync_to "$BUCKET" -n --json
  cp stdout plan.json
  log_mark
  must sync_to "$BUCKET" --json
  is "$(refused)" '' "FS3: the next run asks for none"
  puts='requests.PUT'
  is "$(summary $puts)" "$(summary $puts plan.json)" "FS3: and sends as many PUT as its dry run said"
  must sql root "UPDATE remote SET quirks = '{\"no_conditions_since\":$(($(date +%s) - 8 * 86400))}'"
  must drydock --root root untag tiny:1
  log_mark
  must sync_to "$BUCKET"
  isnt "$(refused)" '' "FS3: after a week it is asked again"
  at_least "$(sql root "SELECT quirks FROM remote" | tr -dc 0-9)" $(($(date +%s) - 600)) "FS3: and what it says is kept"
}
on_swift

conformed radosgw "${own_radosgw[@]}"
conformed Swift "${own_Swift[@]}"
done_testing
