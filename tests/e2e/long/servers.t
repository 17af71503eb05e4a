#!/bin/bash
# What drydock needs of an S3 server, on four makes of it: the suite's radosgw, radosgw of Debian sid, Swift, and
# moto, which Debian has in sid only. The table in README.md is what this prints last.
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/e2e/servers.sh
. "$E2E/servers.sh"

sid=$E2E/../../build/sid
must "$HELPERS/sid" make "$sid"
must "$HELPERS/swift" start "$T/swift"
must "$HELPERS/sid" run "$sid" "$HELPERS" "$T" -- "$HELPERS/moto" start "$T/moto"
must "$HELPERS/sid" run "$sid" "$HELPERS" "$T" -- "$HELPERS/radosgw" start "$T/rgw"
conform radosgw
conform Swift "$T/swift/env"
conform radosgw-sid "$T/rgw/env"
conform moto "$T/moto/env"

conformed radosgw "${own_radosgw[@]}"
conformed Swift "${own_Swift[@]}"
# FS4: a newer one reads If-Match with quotes too.
conformed radosgw-sid "${own_radosgw[@]}" conditions='^$'
conformed moto range='^two ranges: the whole$' read='^HEAD is refused' doctor='^doctor tells of the HEAD$' \
  refusals='^any key and any secret are good$'
diag "$("$HELPERS/conformance" --table "Ceph radosgw $(release radosgw)=radosgw.tab" \
  "Ceph radosgw $(release radosgw "$sid")=radosgw-sid.tab" "OpenStack Swift $(release python3-swift)=Swift.tab" \
  "moto $(release python3-moto "$sid")=moto.tab")"
done_testing
