#!/usr/bin/env bash
# docker://: what a killed run had received is not asked for again. tests/e2e/long kills more often.
. "$(dirname "$0")/lib.sh"
. "$E2E/registry.sh"

kill_stages 4 30000000
done_testing
