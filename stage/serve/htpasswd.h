/*
 * htpasswd: who may pull: names and passwords as `htpasswd -B` writes them, "name:$2y$…", a line
 * each. Only bcrypt is taken: what else Apache knows can be guessed fast.
 *
 * A client sends its password with every request, and bcrypt takes a tenth of a second on purpose:
 * what was right once is known again by a hash under a key of this process (H6).
 *
 *     struct htpasswd h;
 *     if (htpasswd_read(&h, path, err) < 0) …
 *     if (!htpasswd_allows(&h, authorization, user)) …            htpasswd_release(&h);
 */
#ifndef DRYDOCK_STAGE_SERVE_HTPASSWD_H
#define DRYDOCK_STAGE_SERVE_HTPASSWD_H

#include "base/hash.h"

#include <pthread.h>
#include <stdbool.h>

enum {
	HTPASSWD_USER_MAX = 256,
	HTPASSWD_CREDENTIALS_MAX = 1024, /* name, colon and password, with the NUL */
	HTPASSWD_KNOWN = 256,            /* slots of what was right */
	HTPASSWD_FILE_MAX = 1 << 20,
};

struct htpasswd_user {
	char *name, *hash; /* owned */
};

struct htpasswd {
	struct htpasswd_user *users; /* owned */
	size_t count, cap;
	const char *dearest; /* the hash of the highest cost: of one of `users`, or a constant */
	pthread_mutex_t known_lock;                  /* of `known` */
	pthread_mutex_t guess_lock;                  /* one bcrypt at a time */
	uint8_t key[SHA256_BYTES];                   /* of `known`, random */
	uint8_t known[HTPASSWD_KNOWN][SHA256_BYTES]; /* of what was right */
};

/* ERR_CONFIG for a line that is none, or no bcrypt. */
int htpasswd_read(struct htpasswd *h, const char *path, struct err *err) MUST_CHECK;
int htpasswd_parse(struct htpasswd *h, const char *text, struct err *err) MUST_CHECK;
void htpasswd_release(struct htpasswd *h);

/*
 * Whether an Authorization header (NULL: none) has a name and its password; then *user is the name.
 * Any thread may ask.
 */
bool htpasswd_allows(struct htpasswd *h, const char *authorization, char user[HTPASSWD_USER_MAX]);

#endif
