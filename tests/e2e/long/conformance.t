#!/bin/bash
# Every read-only assertion of the distribution specification, of drydock serve, of four web servers with what
# drydock headers writes, and of a bucket: what a plain web server cannot do, and no more than that. README has
# the table.
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/e2e/serving.sh
. "$E2E/serving.sh"
# shellcheck source=tests/e2e/conformance.sh
. "$E2E/conformance.sh"

conformance_tree
serving_start
conforms serve ""
serving_stop
for title in nginx Apache Caddy lighttpd; do
  tree_server "${title,,}"
  # A file has no pages.
  conforms $title "n next last filter"
  daemons_stop "$T/${title,,}"
done
new_bucket
must sync_to "$BUCKET"
web "$BUCKET"
U=http://$WEB
conforms bucket "digest error n next last unknown filter"

conformance_table serve nginx Apache Caddy lighttpd bucket >table
diag "$(cat table)"
# The rows as README has them, whatever stands around them.
is "$(comm -23 <(sort -u table) <(sort -u "$E2E/../../README.md"))" "" "README tells the same"
done_testing
