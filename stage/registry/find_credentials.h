/*
 * find_credentials: looks for what a user has kept about a registry, in the places where the
 * containers' tools (containers-auth.json(5)) and docker look, in their order:
 *
 *     --authfile                                                   this one alone, if given
 *     $REGISTRY_AUTH_FILE                                          this one alone, if set
 *     $XDG_RUNTIME_DIR/containers/auth.json                        /run/containers/UID/… when unset
 *     $XDG_CONFIG_HOME/containers/auth.json                        ~/.config/… when unset
 *     $DOCKER_CONFIG/config.json                                   ~/.docker/… when unset
 *
 *     struct registry_credentials_options options = {.authfile = authfile, .env = env};
 *     struct registry_credentials c = REGISTRY_CREDENTIALS_INIT;
 *     if (registry_credentials_find(&options, "docker.io", "library/busybox", &c, err) < 0) …
 *     … "tried the credentials from %s" or, of kind NONE, "no credentials in %s" … c.from
 *     registry_credentials_release(&c);
 *
 * The first file that has something for the repository is the last that is looked at: another could
 * give another identity. For the same reason a file that cannot be understood, or a helper that
 * fails, is an error and no reason to look further. Nothing is kept between calls: a helper is run
 * at each one.
 */
#ifndef DRYDOCK_STAGE_REGISTRY_FIND_CREDENTIALS_H
#define DRYDOCK_STAGE_REGISTRY_FIND_CREDENTIALS_H

#include "stage/registry/credentials.h"

#include <stdint.h>

struct registry_credentials_options {
	const char *authfile;                 /* --authfile, borrowed; NULL: none */
	const char *(*env)(const char *name); /* getenv, or a test's */
	int64_t deadline_ms; /* monotonic, of the whole run (--max-duration); 0: none */
	int64_t helper_ms;   /* that a helper may take; 0: CREDENTIAL_HELPER_MS */
};

/*
 * Fills in *credentials, which is initialised or was filled in before; kind
 * REGISTRY_CREDENTIALS_NONE when there are none. `host` is HOST[:PORT] as people write it
 * ("docker.io"), `repository` what the registry calls it ("library/busybox"). Errors, all of them
 * with the file's path:
 *
 *     ERR_CONFIG        a file, a variable or a helper's answer is wrong; --authfile is not there
 *     ERR_AUTH          a helper failed
 *     ERR_MAX_DURATION, ERR_INTERRUPTED
 */
int registry_credentials_find(const struct registry_credentials_options *options, const char *host,
                              const char *repository, struct registry_credentials *credentials,
                              struct err *err) MUST_CHECK;

#endif
