#include "sync/credentials/sigv4.h"

#include "base/http/uri.h"

#include "base/cleanup.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	/* Signed URLs stay far below: keys have 1 KiB, tokens 8 KiB, session tokens 16 KiB. */
	CANONICAL_MAX = 128 * 1024,
	HEX_MAX = 2 * SHA256_BYTES + 1,
	DAY_LEN = 8, /* the leading YYYYMMDD of a date */
};

#define ALGORITHM "AWS4-HMAC-SHA256"

const char *sigv4_date(int64_t seconds, char text[SIGV4_DATE_MAX])
{
	time_t time = (time_t)seconds;
	struct tm tm;

	/* gmtime_r fails for years that do not fit an int only. */
	if (!gmtime_r(&time, &tm) || strftime(text, SIGV4_DATE_MAX, "%Y%m%dT%H%M%SZ", &tm) == 0)
		memcpy(text, "19700101T000000Z", SIGV4_DATE_MAX);
	return text;
}

static int compare_pair_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/*
 * Each pair is encoded into one text "name=value" before sorting. `=` sorts after the digits and
 * before the letters, so comparing whole texts could misplace a name that is a prefix of another;
 * a byte that sorts first stands in for it meanwhile.
 */
#define PAIR_SEPARATOR '\001'

static int encode_pair(const struct sigv4_pair *pair, char **text)
{
	AUTO_STR struct str s = STR_INIT(CANONICAL_MAX);

	(void)uri_encode(&s, pair->name, strlen(pair->name), URI_ENCODE_SLASH);
	(void)str_addc(&s, PAIR_SEPARATOR);
	(void)uri_encode(&s, pair->value, strlen(pair->value), URI_ENCODE_SLASH);
	*text = str_steal(&s);
	return *text ? 0 : -1;
}

int sigv4_canonical_query(struct str *out, const struct sigv4_pair *pairs, size_t count)
{
	char *texts[SIGV4_QUERY_MAX];
	size_t made = 0;
	int status = 0;

	assert(count <= SIGV4_QUERY_MAX);
	while (made < count && encode_pair(&pairs[made], &texts[made]) == 0)
		made++;
	if (made < count) {
		out->failed = true;
		status = -1;
	} else if (count > 0) {
		qsort(texts, count, sizeof(texts[0]), compare_pair_text);
	}
	for (size_t i = 0; i < made; i++) {
		if (status == 0) {
			*strchr(texts[i], PAIR_SEPARATOR) = '=';
			(void)str_addf(out, "%s%s", i ? "&" : "", texts[i]);
		}
		free(texts[i]);
	}
	return out->failed ? -1 : status;
}

static int compare_header(const void *a, const void *b)
{
	return strcmp((*(const struct sigv4_pair *const *)a)->name,
	              (*(const struct sigv4_pair *const *)b)->name);
}

static void sort_headers(const struct sigv4_request *r, const struct sigv4_pair **sorted)
{
	assert(r->header_count <= SIGV4_HEADERS_MAX);
	for (size_t i = 0; i < r->header_count; i++)
		sorted[i] = &r->headers[i];
	if (r->header_count > 0)
		qsort(sorted, r->header_count, sizeof(sorted[0]), compare_header);
}

/* Without spaces at the ends, and with one space for every run of them. */
static void add_header_value(struct str *out, const char *value)
{
	static const char blanks[] = " \t";
	size_t len;

	for (value += strspn(value, blanks); *value; value += strspn(value, blanks)) {
		len = strcspn(value, blanks);
		(void)str_add(out, value, len);
		value += len;
		if (value[strspn(value, blanks)])
			(void)str_addc(out, ' ');
	}
}

static void add_signed_names(struct str *out, const struct sigv4_pair **sorted, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			(void)str_addc(out, ';');
		(void)str_adds(out, sorted[i]->name);
	}
}

int sigv4_canonical_request(const struct sigv4_request *r, struct str *out, struct err *err)
{
	const struct sigv4_pair *sorted[SIGV4_HEADERS_MAX] = {NULL};

	sort_headers(r, sorted);
	(void)str_addf(out, "%s\n%s\n%s\n", r->method, r->path, r->query);
	for (size_t i = 0; i < r->header_count; i++) {
		(void)str_adds(out, sorted[i]->name);
		(void)str_addc(out, ':');
		add_header_value(out, sorted[i]->value);
		(void)str_addc(out, '\n');
	}
	(void)str_addc(out, '\n');
	add_signed_names(out, sorted, r->header_count);
	(void)str_addf(out, "\n%s", r->payload);
	return str_check(out, "canonical request", err);
}

static void add_scope(struct str *out, const struct sigv4_request *r)
{
	(void)str_add(out, r->date, DAY_LEN);
	(void)str_addc(out, '/');
	(void)str_adds(out, r->region);
	(void)str_addc(out, '/');
	(void)str_adds(out, r->service);
	(void)str_adds(out, "/aws4_request");
}

int sigv4_string_to_sign(const struct sigv4_request *r, const struct str *canonical,
                         struct str *out, struct err *err)
{
	uint8_t hash[SHA256_BYTES];
	char hex[HEX_MAX];

	if (hash_once(HASH_SHA256, str_text(canonical), canonical->len, hash, err) < 0)
		return -1;
	(void)str_addf(out, ALGORITHM "\n%s\n", r->date);
	add_scope(out, r);
	(void)str_addf(out, "\n%s", hex_text(hash, sizeof(hash), hex));
	return str_check(out, "string to sign", err);
}

/* kDate, kRegion, kService, kSigning: each key signs the next word. */
static int derive(const struct sigv4_request *r, uint8_t key[SHA256_BYTES], struct err *err)
{
	AUTO_WIPE struct str first = STR_INIT(CANONICAL_MAX);
	const char *const words[] = {r->region, r->service, "aws4_request"};
	uint8_t next[SHA256_BYTES];
	int status;

	(void)str_addf(&first, "AWS4%s", r->secret_key);
	status = str_check(&first, "secret key", err);
	if (status == 0)
		status = hash_hmac_sha256(str_text(&first), first.len, r->date, DAY_LEN, key, err);
	for (size_t i = 0; status == 0 && i < sizeof(words) / sizeof(words[0]); i++) {
		status = hash_hmac_sha256(key, SHA256_BYTES, words[i], strlen(words[i]), next, err);
		memcpy(key, next, sizeof(next));
	}
	OPENSSL_cleanse(next, sizeof(next));
	return status;
}

static int current_key(struct sigv4_signer *signer, const struct sigv4_request *r, struct err *err)
{
	AUTO_WIPE struct str what = STR_INIT(CANONICAL_MAX);
	uint8_t scope[SHA256_BYTES];

	(void)str_adds(&what, r->secret_key);
	(void)str_addc(&what, '\n');
	add_scope(&what, r);
	if (str_check(&what, "signing scope", err) < 0 ||
	    hash_once(HASH_SHA256, str_text(&what), what.len, scope, err) < 0)
		return -1;
	if (signer->valid && memcmp(scope, signer->scope, sizeof(scope)) == 0)
		return 0;
	signer->valid = 0;
	if (derive(r, signer->key, err) < 0)
		return -1;
	memcpy(signer->scope, scope, sizeof(scope));
	signer->valid = 1;
	return 0;
}

int sigv4_sign(struct sigv4_signer *signer, const struct sigv4_request *r,
               struct str *authorization, struct err *err)
{
	AUTO_STR struct str canonical = STR_INIT(CANONICAL_MAX);
	AUTO_STR struct str to_sign = STR_INIT(CANONICAL_MAX);
	const struct sigv4_pair *sorted[SIGV4_HEADERS_MAX] = {NULL};
	uint8_t signature[SHA256_BYTES];
	char hex[HEX_MAX];

	if (sigv4_canonical_request(r, &canonical, err) < 0 ||
	    sigv4_string_to_sign(r, &canonical, &to_sign, err) < 0 ||
	    current_key(signer, r, err) < 0 ||
	    hash_hmac_sha256(signer->key, sizeof(signer->key), str_text(&to_sign), to_sign.len,
	                     signature, err) < 0)
		return -1;
	sort_headers(r, sorted);
	(void)str_addf(authorization, ALGORITHM " Credential=%s/", r->access_key);
	add_scope(authorization, r);
	(void)str_adds(authorization, ", SignedHeaders=");
	add_signed_names(authorization, sorted, r->header_count);
	(void)str_addf(authorization, ", Signature=%s",
	               hex_text(signature, sizeof(signature), hex));
	return str_check(authorization, "Authorization header", err);
}

void sigv4_signer_wipe(struct sigv4_signer *signer)
{
	OPENSSL_cleanse(signer, sizeof(*signer));
}
