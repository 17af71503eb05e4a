/*
 * certs: certificates that a machine keeps for one registry, as containers-certs.d(5) and docker
 * ("Verify repository client with certificates") have them:
 *
 *     FOLDER/HOST[:PORT]/ *.crt        authorities to trust besides the system's, PEM
 *                         X.cert       certificate to show to the registry, PEM …
 *                         X.key        … and its private key
 *
 * FOLDER is ~/.config/containers/certs.d, /etc/containers/certs.d or /etc/docker/certs.d: the first
 * in which the host has a folder counts, and no other. Other names in it mean nothing.
 *
 *     struct registry_certs_options options = {.home = getenv("HOME")};
 *     struct registry_certs certs = REGISTRY_CERTS_INIT;
 *     if (registry_certs_find(&options, "registry.local:5000", &certs, err) < 0) …
 *     registry_certs_release(&certs);
 */
#ifndef DRYDOCK_STAGE_REGISTRY_CERTS_H
#define DRYDOCK_STAGE_REGISTRY_CERTS_H

#include "base/err.h"
#include "base/str.h"

enum {
	REGISTRY_CERTS_PEM_MAX = 4 << 20, /* bytes of all authorities together */
	REGISTRY_CERTS_PATH_MAX = 4096,   /* bytes */
	REGISTRY_CERTS_FILES_MAX = 1000,  /* that count, in one folder */
};

struct registry_certs_options {
	const char *home; /* the user's, borrowed; NULL: none */
	const char *root; /* put before /etc, borrowed: for tests; NULL: "" */
};

/* Owned. All are "" when there is no folder, or nothing in it. */
struct registry_certs {
	struct str folder;      /* FOLDER/HOST, for messages */
	struct str authorities; /* all *.crt files, one after the other: a text in PEM */
	struct str client_cert; /* path; of several pairs the first by name */
	struct str client_key;  /* path; "" exactly if client_cert is */
};

#define REGISTRY_CERTS_INIT                                                                        \
	{                                                                                          \
		STR_INIT(REGISTRY_CERTS_PATH_MAX), STR_INIT(REGISTRY_CERTS_PEM_MAX),               \
			STR_INIT(REGISTRY_CERTS_PATH_MAX), STR_INIT(REGISTRY_CERTS_PATH_MAX)       \
	}

/*
 * `host` is HOST[:PORT] as people write it. Folders that are not there or may not be entered are
 * passed over; in the one that counts all must be right. ERR_CONFIG names the file: a *.crt without
 * a certificate, one of a pair alone, a file that cannot be read. The pair's content is left to
 * whatever uses it.
 */
int registry_certs_find(const struct registry_certs_options *options, const char *host,
                        struct registry_certs *certs, struct err *err) MUST_CHECK;

/* It is then as REGISTRY_CERTS_INIT. Again is fine. */
void registry_certs_release(struct registry_certs *certs);

#endif
