/*
 * tls: the certificate with which the server shows who it is, and its key, each a file in PEM.
 *
 *     struct tls_pair pair = TLS_PAIR_INIT;
 *     if (tls_pair_read(&pair, cert_path, key_path, err) < 0) …
 *     tls_pair_release(&pair);
 */
#ifndef DRYDOCK_STAGE_SERVE_TLS_H
#define DRYDOCK_STAGE_SERVE_TLS_H

#include "base/str.h"

enum { TLS_PEM_MAX = 1 << 20 };

/* What libmicrohttpd may speak, as GnuTLS writes it. */
#define TLS_VERSIONS "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct tls_pair {
	struct str cert; /* its chain behind it */
	struct str key;
};

#define TLS_PAIR_INIT                                                                              \
	{                                                                                          \
		STR_INIT(TLS_PEM_MAX), STR_INIT(TLS_PEM_MAX)                                       \
	}

/* ERR_CONFIG names the file: it holds no certificate, no key, or one of another certificate. */
int tls_pair_read(struct tls_pair *pair, const char *cert_path, const char *key_path,
                  struct err *err) MUST_CHECK;
/* Wipes them. Again is fine. */
void tls_pair_release(struct tls_pair *pair);

#endif
