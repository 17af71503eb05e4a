/*
 * credential_helper: asks a program docker-credential-NAME of the user's own for what it keeps
 * about a server, as `docker login` has told it. Protocol: docker-credential-helpers' README
 * ("Development"): the program is run with the argument `get`, reads the server's name from its
 * standard input and prints {"ServerURL": …, "Username": …, "Secret": …}. When it ends with another
 * status than 0 it has printed why, and "credentials not found…" means that it keeps none. The user
 * name "<token>" means that the secret is an identity token.
 *
 * It is started without a shell, found in PATH, and has 30 seconds: some ask a person to unlock a
 * key ring, and some hang.
 */
#ifndef DRYDOCK_STAGE_REGISTRY_CREDENTIAL_HELPER_H
#define DRYDOCK_STAGE_REGISTRY_CREDENTIAL_HELPER_H

#include "stage/registry/credentials.h"

#include <stdint.h>

#define CREDENTIAL_HELPER_PREFIX "docker-credential-"

enum {
	CREDENTIAL_HELPER_NAME_MAX = 64,
	CREDENTIAL_HELPER_MS = 30 * 1000, /* for an answer */
};

/* 0, or -1 with ERR_CONFIG: a name has 1 to 64 of a-z, 0-9, - and _, so it is no path. */
int credential_helper_check_name(const char *name, struct err *err) MUST_CHECK;

/*
 * Fills in kind, username and secret of *credentials (kind REGISTRY_CREDENTIALS_NONE: it keeps
 * nothing for `server`). It may take answer_ms (CREDENTIAL_HELPER_MS, but for tests), and at most
 * until the monotonic deadline_ms of the whole run, 0: none. Errors begin with the program's name
 * and end with the first line of what it complained of:
 *
 *     ERR_CONFIG        a bad name, not in PATH, an answer that is no such JSON
 *     ERR_AUTH          it ended with another status, or did not answer and was ended
 *     ERR_MAX_DURATION, ERR_INTERRUPTED
 */
int credential_helper_get(const char *name, const char *server, int64_t answer_ms,
                          int64_t deadline_ms, struct registry_credentials *credentials,
                          struct err *err) MUST_CHECK;

#endif
