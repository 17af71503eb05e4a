#include "base/hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <string.h>

static const struct {
	const char *name;
	size_t size;
} kinds[] = {
	[HASH_MD5] = {"MD5", MD5_BYTES},
	[HASH_SHA1] = {"SHA1", SHA1_BYTES},
	[HASH_SHA256] = {"SHA256", SHA256_BYTES},
	[HASH_SHA512] = {"SHA512", SHA512_BYTES},
};

enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

/* Fetched once and kept for the life of the process. */
static EVP_MD *fetched[KIND_COUNT];
static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;

static void fetch_all(void)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		fetched[i] = EVP_MD_fetch(NULL, kinds[i].name, NULL);
}

static const EVP_MD *md_of(enum hash_kind kind)
{
	(void)pthread_once(&fetch_once, fetch_all);
	return fetched[kind];
}

static int openssl_failed(const char *what, struct err *err)
{
	return err_set(err, ERR_OTHER, "OpenSSL: %s failed (is the algorithm disabled here?)",
	               what);
}

size_t hash_size(enum hash_kind kind)
{
	return kinds[kind].size;
}

enum hash_kind hash_kind_of(enum digest_alg alg)
{
	return alg == DIGEST_SHA512 ? HASH_SHA512 : HASH_SHA256;
}

int hash_start(struct hash *h, enum hash_kind kind, struct err *err)
{
	const EVP_MD *md = md_of(kind);

	if (!h->ctx)
		h->ctx = EVP_MD_CTX_new();
	if (!h->ctx)
		return err_memory(err);
	if (!md || EVP_DigestInit_ex2(h->ctx, md, NULL) != 1)
		return openssl_failed(kinds[kind].name, err);
	return 0;
}

int hash_add(struct hash *h, const void *data, size_t len, struct err *err)
{
	if (EVP_DigestUpdate(h->ctx, data, len) != 1)
		return openssl_failed("EVP_DigestUpdate", err);
	return 0;
}

int hash_finish(struct hash *h, uint8_t *out, struct err *err)
{
	if (EVP_DigestFinal_ex(h->ctx, out, NULL) != 1)
		return openssl_failed("EVP_DigestFinal_ex", err);
	return 0;
}

void hash_release(struct hash *h)
{
	EVP_MD_CTX_free(h->ctx);
	h->ctx = NULL;
}

bool md5_known(const uint8_t md5[MD5_BYTES])
{
	static const uint8_t zeros[MD5_BYTES];

	return memcmp(md5, zeros, MD5_BYTES) != 0;
}

int hash_once(enum hash_kind kind, const void *data, size_t len, uint8_t *out, struct err *err)
{
	const EVP_MD *md = md_of(kind);

	if (!md || EVP_Digest(data, len, out, NULL, md, NULL) != 1)
		return openssl_failed(kinds[kind].name, err);
	return 0;
}

int hash_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
                     uint8_t out[SHA256_BYTES], struct err *err)
{
	const EVP_MD *md = md_of(HASH_SHA256);

	if (!md || key_len > 1u << 20 || !HMAC(md, key, (int)key_len, data, len, out, NULL))
		return openssl_failed("HMAC", err);
	return 0;
}

const char *hex_text(const uint8_t *data, size_t len, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digits[data[i] >> 4];
		text[2 * i + 1] = digits[data[i] & 15];
	}
	text[2 * len] = '\0';
	return text;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int hex_parse(const char *text, size_t text_len, uint8_t *data, size_t len)
{
	if (text_len != 2 * len)
		return -1;
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -1;
		data[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

const char *base64_text(const uint8_t *data, size_t len, char *text)
{
	(void)EVP_EncodeBlock((unsigned char *)text, data, (int)len);
	return text;
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	if (c == '/')
		return 63;
	return -1;
}

/*
 * Written out because OpenSSL's decoder counts padding as data and accepts white space; `data` in
 * manifests must be strict (OCI descriptor.md, "data").
 */
long base64_parse(const char *text, size_t text_len, uint8_t *data, size_t max)
{
	size_t out = 0, padding = 0;

	if (text_len % 4 != 0)
		return -1;
	if (text_len)
		padding = text[text_len - 1] != '=' ? 0 : text[text_len - 2] != '=' ? 1 : 2;
	if (text_len / 4 * 3 - padding > max)
		return -1;
	for (size_t i = 0; i < text_len; i += 4) {
		size_t wanted = i + 4 == text_len ? 3 - padding : 3;
		uint32_t word = 0;

		for (size_t k = 0; k < 4; k++) {
			int value = k <= wanted ? base64_value(text[i + k]) : 0;

			if (value < 0)
				return -1;
			word = word << 6 | (uint32_t)value;
		}
		if (wanted < 3 && (word & (wanted == 2 ? 0xFFu : 0xFFFFu)))
			return -1; /* bits beyond the data must be zero: one encoding per value */
		for (size_t k = 0; k < wanted; k++)
			data[out++] = (uint8_t)(word >> (16 - 8 * k));
	}
	return (long)out;
}

int random_bytes(void *data, size_t len, struct err *err)
{
	if (RAND_bytes(data, (int)len) != 1)
		return openssl_failed("RAND_bytes", err);
	return 0;
}

int digest_of_bytes(struct digest *d, enum digest_alg alg, const void *bytes, size_t len,
                    struct err *err)
{
	memset(d, 0, sizeof(*d));
	d->alg = alg;
	return hash_once(hash_kind_of(alg), bytes, len, d->bytes, err);
}
