#!/usr/bin/env bash
# docker://: a stage that is killed at twenty moments receives no byte of a blob again but the last buffer.
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/e2e/registry.sh
. "$E2E/registry.sh"

kill_stages 20 150000000
done_testing
