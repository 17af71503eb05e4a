#!/bin/bash
# Container clients x where people may host the tree x kinds of images: each pulls what it can pull from the
# distribution's own registry, too, and knows it by the digest that was staged. Prints the table in README.
# The bucket's host is in an /etc/hosts of this test's own.
if [ -z "${OWN_MOUNTS:-}" ]; then
  OWN_MOUNTS=yes exec unshare -m --propagation private bash "$0" "$@"
fi
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/e2e/serving.sh
. "$E2E/serving.sh"
# shellcheck source=tests/e2e/registry.sh
. "$E2E/registry.sh"
# shellcheck source=tests/e2e/clients.sh
. "$E2E/clients.sh"

clients_tree
clients_matrix docker podman containerd buildah skopeo
done_testing
