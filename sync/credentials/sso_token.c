#include "sync/credentials/sso_token.h"

#include "sync/credentials/patient_fetch.h"
#include "sync/credentials/service_url.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/units.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	CACHE_MAX = 64 * 1024,
	RENEW_BEFORE_MS = 15 * 60 * 1000,
	OIDC_MS = 10000,
	LIFE_MAX_S = 366 * 24 * 3600,
};

static json_t *parse(const struct str *text, struct err *err)
{
	static const struct json_limits limits = {
		.max_bytes = CACHE_MAX, .max_values = 200, .max_depth = 8};

	return json_parse_limited(str_text(text), text->len, &limits, err);
}

/* ---- the cache ---- */

int sso_token_path(const struct aws_config *config, const struct sso_login *login, struct str *path,
                   struct err *err)
{
	const char *home = aws_config_env(config, "HOME");
	uint8_t sha1[SHA1_BYTES];
	char hex[2 * SHA1_BYTES + 1];

	if (!home)
		return err_set(err, ERR_CONFIG, "HOME is not set: where is .aws/sso/cache?");
	if (hash_once(HASH_SHA1, login->name, strlen(login->name), sha1, err) < 0)
		return -1;
	(void)str_addf(path, "%s/.aws/sso/cache/%s.json", home, hex_text(sha1, sizeof(sha1), hex));
	return str_check(path, "the token cache's path", err);
}

/* NULL and ERR_AUTH when nobody logged in. */
static json_t *read_cache(const char *path, struct err *err)
{
	AUTO_WIPE struct str text = STR_INIT(CACHE_MAX);
	json_t *cache;

	if (credential_read_token(path, CACHE_MAX, &text, err) < 0) {
		if (err->code == ERR_NOT_FOUND)
			err->code = ERR_AUTH;
		return NULL;
	}
	cache = parse(&text, err);
	if (!cache) {
		(void)err_context(err, "%s", path);
		err->code = ERR_CONFIG;
	}
	return cache;
}

/* When it ends; 0 when it holds no token. */
static int64_t token_ends_at(const json_t *cache)
{
	const char *text = json_text(cache, "expiresAt");
	int64_t ends_at_ms;

	if (!json_text(cache, "accessToken") || !text || credential_time(text, &ends_at_ms) < 0)
		return 0;
	return ends_at_ms;
}

/* ---- renewal ---- */

static bool may_renew(const json_t *cache)
{
	const char *until = json_text(cache, "registrationExpiresAt");
	int64_t until_ms;

	return json_text(cache, "refreshToken") && json_text(cache, "clientId") &&
	       json_text(cache, "clientSecret") &&
	       (!until || (credential_time(until, &until_ms) == 0 && until_ms > now_ms()));
}

static char *make_question(const json_t *cache)
{
	AUTO_JSON json_t *question =
		json_pack("{s:s, s:s, s:s, s:s}", "clientId", json_text(cache, "clientId"),
	                  "clientSecret", json_text(cache, "clientSecret"), "grantType",
	                  "refresh_token", "refreshToken", json_text(cache, "refreshToken"));

	return question ? json_dumps(question, JSON_COMPACT) : NULL;
}

/* The answer's token goes into the cache's object. */
static int take_answer(json_t *cache, const struct str *text, struct err *err)
{
	AUTO_JSON json_t *answer = parse(text, err);
	const char *token = json_text(answer, "accessToken");
	const char *next = json_text(answer, "refreshToken");
	json_int_t seconds = json_integer_value(json_object_get(answer, "expiresIn"));
	char ends[UNITS_TEXT_MAX];

	if (!answer)
		return -1;
	if (!token || seconds <= 0 || seconds > LIFE_MAX_S)
		return err_set(err, ERR_AUTH, "the answer holds no token");
	(void)time_text(now_ms() / 1000 + seconds, ends);
	if (json_object_set_new(cache, "accessToken", json_string(token)) < 0 ||
	    json_object_set_new(cache, "expiresAt", json_string(ends)) < 0 ||
	    (next && json_object_set_new(cache, "refreshToken", json_string(next)) < 0))
		return err_memory(err);
	return 0;
}

static int create_token(const struct credentials_settings *settings, const char *region,
                        json_t *cache, struct err *err)
{
	static const char *const type = "Content-Type: application/json";
	AUTO_WIPE struct str answer = STR_INIT(CACHE_MAX);
	AUTO_STR struct str url = STR_INIT(1024);
	AUTO_FREE char *question = make_question(cache);
	struct http_fetch fetch = {.method = HTTP_POST,
	                           .headers = &type,
	                           .header_count = 1,
	                           .body = question,
	                           .timeout_ms = OIDC_MS,
	                           .ca_bundle = credentials_ca_bundle(settings)};
	struct service_url at;
	int status = service_url_make(&at, settings->config, "sso_oidc", "oidc", region, err);

	if (status == 0)
		(void)str_addf(&url, "%stoken", str_text(&at.url));
	service_url_release(&at);
	if (status < 0 || str_check(&url, "the token's URL", err) < 0)
		return -1;
	if (!question)
		return err_memory(err);
	fetch.url = str_text(&url);
	status = patient_fetch(&fetch, &answer, err);
	OPENSSL_cleanse(question, strlen(question));
	if (status < 0)
		return err_context(err, "%s", str_text(&url));
	if (status != 200)
		return err_set(err, status >= 500 || status == 429 ? ERR_TEMPORARY : ERR_AUTH,
		               "%s answered %d", str_text(&url), status);
	return take_answer(cache, &answer, err);
}

static int write_cache(int fd, const json_t *cache, const char *path, struct err *err)
{
	char *text = json_dumps(cache, JSON_COMPACT);
	int status;

	if (!text)
		return err_memory(err);
	status = file_write(fd, text, strlen(text), path, err);
	OPENSSL_cleanse(text, strlen(text));
	free(text);
	return status;
}

/*
 * The file that takes the cache's place is made first: a token that could not be kept would leave
 * the person's other programs with one that is used up.
 */
static int renew(const struct credentials_settings *settings, const char *region, const char *path,
                 json_t *cache, struct err *err)
{
	AUTO_STR struct str beside = STR_INIT(8192);
	int fd, status;

	(void)str_addf(&beside, "%s.drydock-%ld", path, (long)getpid());
	if (str_check(&beside, path, err) < 0)
		return -1;
	fd = file_create(AT_FDCWD, str_text(&beside), FILE_MODE_PRIVATE, err);
	if (fd < 0)
		return -1;
	status = create_token(settings, region, cache, err);
	if (status == 0)
		status = write_cache(fd, cache, str_text(&beside), err);
	if (close(fd) < 0 && status == 0)
		status = err_sys(err, "%s", str_text(&beside));
	if (status == 0)
		status = file_rename(AT_FDCWD, str_text(&beside), path, err);
	if (status < 0)
		(void)unlink(str_text(&beside));
	return status;
}

/* The token of the cache if it holds. */
static int take_token(const json_t *cache, struct str *out)
{
	if (!cache || token_ends_at(cache) <= now_ms())
		return -1;
	return str_adds(out, json_text(cache, "accessToken"));
}

int sso_token_get(const struct credentials_settings *settings, const struct sso_login *login,
                  struct str *out, struct err *err)
{
	AUTO_STR struct str path = STR_INIT(4096);
	AUTO_JSON json_t *cache = NULL;
	AUTO_JSON json_t *newer = NULL;
	struct err ignored = ERR_INIT;
	bool renewed = true;

	if (sso_token_path(settings->config, login, &path, err) < 0)
		return -1;
	cache = read_cache(str_text(&path), err);
	if (!cache)
		return -1;
	if (login->renewable && token_ends_at(cache) - now_ms() < RENEW_BEFORE_MS &&
	    may_renew(cache))
		renewed = renew(settings, login->region, str_text(&path), cache, err) == 0;
	if (take_token(cache, out) == 0)
		return 0;
	/* Another program may have been faster, so that our refreshToken was used up. */
	newer = read_cache(str_text(&path), &ignored);
	if (take_token(newer, out) == 0)
		return 0;
	return renewed ? err_set(err, ERR_AUTH, "the token has ended") : -1;
}
