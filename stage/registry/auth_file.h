/*
 * auth_file: what one file of credentials says about a repository. Both kinds are read alike:
 * containers-auth.json(5), which podman, skopeo and buildah write, and docker's config.json
 * (docker login, "Configuration files"; Kubernetes keeps it as .dockerconfigjson):
 *
 *     {"auths":       {"HOST[:PORT][/NAMESPACE…]": {"auth": base64 of "username:password",
 *                                                   "identitytoken": …}},
 *      "credHelpers": {"HOST[:PORT]": NAME},       asks docker-credential-NAME
 *      "credsStore":  NAME}                        the same, for all hosts
 *
 * In this order, which is the containers' tools':
 *  1. credHelpers of the host. "" means none, not even credsStore.
 *  2. auths with the longest key: HOST/org/app before HOST/org before HOST. A key may be a URL, as
 *     docker has written them (its path then says nothing), and docker.io goes by the names of its
 *     servers, too: "https://index.docker.io/v1/" is docker's. The key as it is written here comes
 *     before those. Entries without credentials ({}: "a helper has them") are passed over.
 *  3. credsStore.
 */
#ifndef DRYDOCK_STAGE_REGISTRY_AUTH_FILE_H
#define DRYDOCK_STAGE_REGISTRY_AUTH_FILE_H

#include "stage/registry/credential_helper.h"
#include "stage/registry/credentials.h"

#include <stdbool.h>

enum { AUTH_FILE_MAX = 1 << 20 }; /* bytes */

/*
 * `host` is HOST[:PORT] as people write it ("docker.io"), `repository` what the registry calls it
 * ("library/busybox"). Either *credentials is filled in (its `from` stays), or `helper` is the name
 * of the one to ask; else both are none: kind REGISTRY_CREDENTIALS_NONE and "". ERR_NOT_FOUND when
 * the file is not there, ERR_CONFIG when it cannot be read or understood. Messages begin with the
 * path, name the key and quote no secret.
 */
int auth_file_find(const char *path, const char *host, const char *repository,
                   struct registry_credentials *credentials,
                   char helper[CREDENTIAL_HELPER_NAME_MAX + 1], struct err *err) MUST_CHECK;

/* docker.io, index.docker.io and registry-1.docker.io. */
bool auth_file_is_docker_io(const char *host, size_t len);

#endif
