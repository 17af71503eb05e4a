#!/bin/bash
# What long/clients.t does, with the newer clients of Debian sid, in a chroot that is made once.
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

sid=$(realpath -m "$E2E/../../build/sid-clients")
must "$HELPERS/sid" make "$sid" docker.io docker-cli podman skopeo buildah containerd crane oras ca-certificates
clients_tree
clients_of_sid "$sid"
# shellcheck disable=SC2016
diag "$(chroot "$sid" dpkg-query -W -f '${Package} ${Version}\n' docker.io podman containerd buildah skopeo crane oras)"
clients_matrix docker podman containerd buildah skopeo crane oras
done_testing
