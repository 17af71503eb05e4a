#include "stage/serve/htpasswd.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/user_file.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* For a file without names. */
static const char NO_HASH[] = "$2y$10$abcdefghijklmnopqrstuuaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

enum { COST_AT = 4, SALT_AT = 7, SALT_AND_HASH = 53 }; /* in "$2y$10$…" */

/* $2a$, $2b$ or $2y$, the cost, and 53 characters of salt and hash. */
static bool is_bcrypt(const char *hash)
{
	static const char alphabet[] =
		"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

	return hash[0] == '$' && hash[1] == '2' && hash[2] && strchr("aby", hash[2]) &&
	       hash[3] == '$' && (hash[COST_AT] == '0' || hash[COST_AT] == '1') && hash[5] >= '0' &&
	       hash[5] <= '9' && hash[6] == '$' &&
	       strspn(hash + SALT_AT, alphabet) == SALT_AND_HASH && !hash[SALT_AT + SALT_AND_HASH];
}

static int refuse_line(const char *line, size_t name_len, struct err *err)
{
	/* The rest of the line is secret enough not to be shown. */
	return err_set(err, ERR_CONFIG,
	               "'%.*s': a line must be NAME:$2y$…, as htpasswd -B writes it, of a cost "
	               "below 20",
	               name_len > 40 ? 40 : (int)name_len, line);
}

static int add_line(struct htpasswd *h, const char *line, size_t len, struct err *err)
{
	const char *colon = memchr(line, ':', len);
	size_t name_len = colon ? (size_t)(colon - line) : 0;
	AUTO_FREE char *hash = colon ? strndup(colon + 1, len - name_len - 1) : NULL;
	struct htpasswd_user *user;

	if (colon && !hash)
		return err_memory(err);
	if (name_len == 0 || name_len >= HTPASSWD_USER_MAX || !is_bcrypt(hash))
		return refuse_line(line, name_len, err);
	if (array_room(&h->users, h->count, &h->cap, err) < 0)
		return -1;
	user = &h->users[h->count];
	user->name = strndup(line, name_len);
	if (!user->name)
		return err_memory(err);
	user->hash = STEAL(hash);
	h->count++;
	if (h->dearest == NO_HASH || strncmp(h->dearest + COST_AT, user->hash + COST_AT, 2) < 0)
		h->dearest = user->hash;
	return 0;
}

int htpasswd_parse(struct htpasswd *h, const char *text, struct err *err)
{
	memset(h, 0, sizeof(*h));
	h->dearest = NO_HASH;
	if (random_bytes(h->key, sizeof(h->key), err) < 0)
		return -1;
	if (pthread_mutex_init(&h->known_lock, NULL) != 0)
		return err_memory(err);
	if (pthread_mutex_init(&h->guess_lock, NULL) != 0) {
		(void)pthread_mutex_destroy(&h->known_lock);
		return err_memory(err);
	}
	while (*text) {
		size_t len = strcspn(text, "\r\n");

		if (len > 0 && *text != '#' && add_line(h, text, len, err) < 0) {
			htpasswd_release(h);
			return -1;
		}
		text += len + strspn(text + len, "\r\n");
	}
	return 0;
}

int htpasswd_read(struct htpasswd *h, const char *path, struct err *err)
{
	AUTO_WIPE struct str text = STR_INIT(HTPASSWD_FILE_MAX);

	if (user_file_read(path, &text, err) < 0)
		return -1;
	if (htpasswd_parse(h, str_text(&text), err) < 0)
		return err_context(err, "%s", path);
	return 0;
}

void htpasswd_release(struct htpasswd *h)
{
	for (size_t i = 0; i < h->count; i++) {
		free(h->users[i].name);
		free(h->users[i].hash);
	}
	free(h->users);
	(void)pthread_mutex_destroy(&h->known_lock);
	(void)pthread_mutex_destroy(&h->guess_lock);
	memset(h, 0, sizeof(*h));
}

/* "Basic " and base64 of NAME:PASSWORD. Returns the colon in `text`, or NULL. */
static char *decode(const char *authorization, char text[HTPASSWD_CREDENTIALS_MAX])
{
	long len;

	if (!authorization || strncasecmp(authorization, "Basic ", 6) != 0)
		return NULL;
	authorization += 6 + strspn(authorization + 6, " ");
	len = base64_parse(authorization, strlen(authorization), (uint8_t *)text,
	                   HTPASSWD_CREDENTIALS_MAX - 1);
	if (len < 0 || memchr(text, '\0', (size_t)len))
		return NULL;
	text[len] = '\0';
	return strchr(text, ':');
}

static bool same_text(const char *a, const char *b)
{
	size_t len = strlen(a);
	unsigned differs = 0;

	if (strlen(b) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		differs |= (unsigned)(a[i] ^ b[i]);
	return differs == 0;
}

/* For an unknown name as much is done as for one that is known. */
static bool password_matches(struct htpasswd *h, const char *user, const char *password)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	const char *hash = NULL, *made = NULL;
	bool matches;

	for (size_t i = 0; i < h->count; i++)
		if (strcmp(h->users[i].name, user) == 0)
			hash = h->users[i].hash;
	(void)pthread_mutex_lock(&h->guess_lock);
	if (data)
		made = crypt_r(password, hash ? hash : h->dearest, data);
	matches = made && same_text(made, hash ? hash : h->dearest) && hash;
	(void)pthread_mutex_unlock(&h->guess_lock);
	if (data)
		OPENSSL_cleanse(data, sizeof(*data));
	free(data);
	return matches;
}

/* Whether the sum is one of those that were right; `add`: from now on it is. */
static bool is_known(struct htpasswd *h, const uint8_t sum[SHA256_BYTES], bool add)
{
	uint8_t *slot = h->known[sum[0] % HTPASSWD_KNOWN];
	bool known;

	(void)pthread_mutex_lock(&h->known_lock);
	if (add)
		memcpy(slot, sum, SHA256_BYTES);
	known = memcmp(slot, sum, SHA256_BYTES) == 0;
	(void)pthread_mutex_unlock(&h->known_lock);
	return known;
}

bool htpasswd_allows(struct htpasswd *h, const char *authorization, char user[HTPASSWD_USER_MAX])
{
	char text[HTPASSWD_CREDENTIALS_MAX], *colon = decode(authorization, text);
	uint8_t sum[SHA256_BYTES];
	struct err ignored = ERR_INIT;
	bool allowed = false;

	if (colon && colon - text < HTPASSWD_USER_MAX &&
	    hash_hmac_sha256(h->key, sizeof(h->key), text, strlen(text), sum, &ignored) == 0) {
		*colon = '\0';
		allowed = is_known(h, sum, false) ||
		          (password_matches(h, text, colon + 1) && is_known(h, sum, true));
		if (allowed)
			memcpy(user, text, (size_t)(colon - text) + 1);
	}
	OPENSSL_cleanse(text, sizeof(text));
	return allowed;
}
