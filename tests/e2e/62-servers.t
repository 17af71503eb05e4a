#!/bin/bash
# Another make of S3 server than all other tests have: OpenStack Swift. What drydock needs of a server is tried
# on both, side by side.
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/servers.sh
. "$E2E/servers.sh"

conform radosgw
must "$HELPERS/swift" start "$T/swift"
conform Swift "$T/swift/env"

conformed radosgw "${own_radosgw[@]}"
conformed Swift "${own_Swift[@]}"
done_testing
