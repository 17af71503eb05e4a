#include "base/digest.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	size_t size;
} algs[] = {
	[DIGEST_NONE] = {"", 0},
	[DIGEST_SHA256] = {"sha256", 32},
	[DIGEST_SHA512] = {"sha512", 64},
};

size_t digest_size(enum digest_alg alg)
{
	return algs[alg].size;
}

const char *digest_alg_name(enum digest_alg alg)
{
	return algs[alg].name;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool parse_hex(uint8_t *out, const char *hex, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		int high = hex_value(hex[2 * i]);
		int low = hex_value(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool digest_parse_quiet(struct digest *d, const char *text, size_t len)
{
	static const enum digest_alg known[] = {DIGEST_SHA256, DIGEST_SHA512};

	memset(d, 0, sizeof(*d));
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const char *name = algs[known[i]].name;
		size_t name_len = strlen(name), size = algs[known[i]].size;

		if (len != name_len + 1 + 2 * size || memcmp(text, name, name_len) != 0 ||
		    text[name_len] != ':')
			continue;
		if (parse_hex(d->bytes, text + name_len + 1, size)) {
			d->alg = known[i];
			return true;
		}
		memset(d, 0, sizeof(*d));
	}
	return false;
}

int digest_parse(struct digest *d, const char *text, size_t len, struct err *err)
{
	int shown = len > 160 ? 160 : (int)len;

	if (digest_parse_quiet(d, text, len))
		return 0;
	return err_set(err, ERR_MALFORMED,
	               "'%.*s' is not a digest (sha256: with 64, or sha512: with 128 lower-case "
	               "hex digits)",
	               shown, text);
}

struct digest digest_from_sha256(const uint8_t sha256[32])
{
	struct digest d = {.alg = DIGEST_SHA256};

	memcpy(d.bytes, sha256, 32);
	return d;
}

static void write_hex(const struct digest *d, char *text)
{
	static const char digits[] = "0123456789abcdef";
	size_t size = digest_size(d->alg);

	for (size_t i = 0; i < size; i++) {
		text[2 * i] = digits[d->bytes[i] >> 4];
		text[2 * i + 1] = digits[d->bytes[i] & 15];
	}
	text[2 * size] = '\0';
}

const char *digest_hex(const struct digest *d, char text[DIGEST_TEXT_MAX])
{
	write_hex(d, text);
	return text;
}

const char *digest_text(const struct digest *d, char text[DIGEST_TEXT_MAX])
{
	size_t n = strlen(algs[d->alg].name);

	memcpy(text, algs[d->alg].name, n);
	text[n] = ':';
	write_hex(d, text + n + 1);
	return text;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return digest_compare(a, b) == 0;
}

int digest_compare(const struct digest *a, const struct digest *b)
{
	if (a->alg != b->alg)
		return a->alg < b->alg ? -1 : 1;
	return memcmp(a->bytes, b->bytes, digest_size(a->alg));
}

size_t digest_to_blob(const struct digest *d, uint8_t blob[DIGEST_BLOB_MAX])
{
	size_t size = digest_size(d->alg);

	blob[0] = (uint8_t)d->alg;
	memcpy(blob + 1, d->bytes, size);
	return 1 + size;
}

bool digest_from_blob(struct digest *d, const void *blob, size_t len)
{
	const uint8_t *in = blob;

	memset(d, 0, sizeof(*d));
	if (len < 1 || (in[0] != DIGEST_SHA256 && in[0] != DIGEST_SHA512))
		return false;
	d->alg = (enum digest_alg)in[0];
	if (len != 1 + digest_size(d->alg))
		return false;
	memcpy(d->bytes, in + 1, len - 1);
	return true;
}
