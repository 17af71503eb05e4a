/*
 * credentials: what a registry, or the token server that it names, is told about who asks, and
 * where that was found. A value: find_credentials looks for it, the client sends it.
 *
 *     struct registry_credentials c = REGISTRY_CREDENTIALS_INIT;
 *     if (registry_credentials_find(&options, "registry.example.org", "org/app", &c, err) == 0) …
 *     registry_credentials_release(&c);                     wipes it
 *
 * A secret may hold any byte but NUL: a service account's key is JSON of several lines. It is sent
 * as base64 of "username:secret" (Basic, RFC 7617), an identity token in a form to the token server
 * (refresh_token of RFC 6749). It is never in a message.
 */
#ifndef DRYDOCK_STAGE_REGISTRY_CREDENTIALS_H
#define DRYDOCK_STAGE_REGISTRY_CREDENTIALS_H

#include "base/err.h"
#include "base/str.h"

enum {
	REGISTRY_USERNAME_MAX = 1024,    /* bytes */
	REGISTRY_SECRET_MAX = 32 * 1024, /* bytes; some tokens have several thousand */
	REGISTRY_FROM_MAX = 8 * 1024,    /* bytes; paths */
};

enum registry_credentials_kind {
	REGISTRY_CREDENTIALS_NONE,           /* ask as anybody may */
	REGISTRY_CREDENTIALS_PASSWORD,       /* user name and password */
	REGISTRY_CREDENTIALS_IDENTITY_TOKEN, /* for the token server; the user name may be "" */
};

struct registry_credentials {
	enum registry_credentials_kind kind;
	struct str username; /* owned; no control character and no colon */
	struct str secret;   /* owned; password (may be "") or identity token (never "") */
	/*
	 * Owned, for messages. The file's path, or "docker-credential-NAME (FILE)" with the file
	 * that names the helper. Of _NONE: all files that were looked for, as in "A, B and C".
	 */
	struct str from;
};

#define REGISTRY_CREDENTIALS_INIT                                                                  \
	{                                                                                          \
		REGISTRY_CREDENTIALS_NONE, STR_INIT(REGISTRY_USERNAME_MAX),                        \
			STR_INIT(REGISTRY_SECRET_MAX), STR_INIT(REGISTRY_FROM_MAX)                 \
	}

/*
 * Checks and copies both texts; ERR_CONFIG, which names no text, when they are too long or could
 * not be sent. `from` stays. `kind` is not _NONE.
 */
int registry_credentials_set(struct registry_credentials *c, enum registry_credentials_kind kind,
                             const char *username, const char *secret, struct err *err) MUST_CHECK;

/* Wipes and frees; it is then as REGISTRY_CREDENTIALS_INIT. Again is fine. */
void registry_credentials_release(struct registry_credentials *c);

#define AUTO_CREDENTIALS __attribute__((cleanup(registry_credentials_release)))

#endif
