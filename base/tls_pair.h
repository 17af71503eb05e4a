/*
 * tls_pair: a certificate with which a server or a client shows who it is, and its private key, in
 * files in PEM, or in one file.
 *
 *     struct tls_pair pair = TLS_PAIR_INIT;
 *     if (tls_pair_read(&pair, cert_path, key_path, err) < 0) …
 *     tls_pair_release(&pair);
 */
#ifndef DRYDOCK_BASE_TLS_PAIR_H
#define DRYDOCK_BASE_TLS_PAIR_H

#include "base/str.h"

enum { TLS_PEM_MAX = 1 << 20 };

struct tls_pair {
	struct str cert; /* its chain behind it */
	struct str key;
};

#define TLS_PAIR_INIT                                                                              \
	{                                                                                          \
		STR_INIT(TLS_PEM_MAX), STR_INIT(TLS_PEM_MAX)                                       \
	}

/* `key_path` NULL: in cert_path too. ERR_CONFIG names the file: it holds no certificate, no key, or
 * one of another certificate. */
int tls_pair_read(struct tls_pair *pair, const char *cert_path, const char *key_path,
                  struct err *err) MUST_CHECK;
/* Wipes them. Again is fine. */
void tls_pair_release(struct tls_pair *pair);

/*
 * The same of files that something else will read: --client-cert and --client-key, NULL where they
 * are not given. ERR_USAGE for a key alone.
 */
int tls_pair_check(const char *cert_path, const char *key_path, struct err *err) MUST_CHECK;

#endif
