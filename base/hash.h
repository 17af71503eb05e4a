/*
 * hash: streaming and one-shot hashes over OpenSSL 3's EVP, HMAC-SHA256, and base64 and hex of
 * their results. The algorithms are fetched once per process (EVP_MD_fetch is slow).
 *
 *     struct hash h = HASH_INIT;
 *     if (hash_start(&h, HASH_SHA256, err) < 0 || hash_add(&h, data, len, err) < 0 ||
 *         hash_finish(&h, out, err) < 0) …
 *     hash_release(&h);                       always, also after a failure
 */
#ifndef DRYDOCK_BASE_HASH_H
#define DRYDOCK_BASE_HASH_H

#include "base/digest.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hash_kind { HASH_MD5, HASH_SHA1, HASH_SHA256, HASH_SHA512 };

enum { MD5_BYTES = 16, SHA1_BYTES = 20, SHA256_BYTES = 32, SHA512_BYTES = 64, HASH_BYTES_MAX = 64 };

struct hash {
	void *ctx; /* owned: EVP_MD_CTX */
};

#define HASH_INIT                                                                                  \
	{                                                                                          \
		NULL                                                                               \
	}

size_t hash_size(enum hash_kind kind);
enum hash_kind hash_kind_of(enum digest_alg alg); /* alg is not DIGEST_NONE */

int hash_start(struct hash *h, enum hash_kind kind, struct err *err) MUST_CHECK; /* or restart */
int hash_add(struct hash *h, const void *data, size_t len, struct err *err) MUST_CHECK;
int hash_finish(struct hash *h, uint8_t *out, struct err *err) MUST_CHECK;
void hash_release(struct hash *h);

/*
 * All zeros stand for an MD5 that was not computed. Of blobs above MULTIPART_THRESHOLD only the
 * MD5s of their parts are: that of the whole is a chain that takes longer than all the rest, and S3
 * needs it only where another tool uploaded such a blob in one PUT.
 */
bool md5_known(const uint8_t md5[MD5_BYTES]);

int hash_once(enum hash_kind kind, const void *data, size_t len, uint8_t *out,
              struct err *err) MUST_CHECK;
/* The digest of bytes, by the algorithm asked for. */
int digest_of_bytes(struct digest *d, enum digest_alg alg, const void *bytes, size_t len,
                    struct err *err) MUST_CHECK;
int hash_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
                     uint8_t out[SHA256_BYTES], struct err *err) MUST_CHECK;

/* Lower-case hex of `len` bytes and a NUL: 2 * len + 1 bytes. Returns `text`. */
const char *hex_text(const uint8_t *data, size_t len, char *text);
/* The inverse: 0, or -1 unless `text` is exactly 2 * len hex digits of either case. */
int hex_parse(const char *text, size_t text_len, uint8_t *data, size_t len);

enum { BASE64_MD5_MAX = 25 }; /* base64 of 16 bytes, with the NUL */
/* Standard base64 with padding (RFC 4648), 4 * ceil(len / 3) + 1 bytes. Returns `text`. */
const char *base64_text(const uint8_t *data, size_t len, char *text);
/* Decodes into `data` (at most `max` bytes) and returns the length, or -1 if it is no base64. */
long base64_parse(const char *text, size_t text_len, uint8_t *data, size_t max);

/* `len` random bytes from the system. */
int random_bytes(void *data, size_t len, struct err *err) MUST_CHECK;

#endif
