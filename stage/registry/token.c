#include "stage/registry/token.h"

#include "base/http/uri.h"
#include "base/json.h"
#include "base/units.h"

#include "base/cleanup.h"

#include <openssl/crypto.h>
#include <string.h>

#define ANSWER "answer of the token server"
#define REALM  "WWW-Authenticate: realm"

/* ---- answers ---- */

/* How long the token holds from when it was issued. */
static int64_t read_life_ms(const json_t *doc)
{
	const json_t *value = json_object_get(doc, "expires_in");
	double seconds = json_is_number(value) ? json_number_value(value) : 0;

	if (!(seconds >= (double)TOKEN_LIFE_MIN_SECONDS))
		return (int64_t)TOKEN_LIFE_MIN_SECONDS * 1000;
	if (seconds > (double)TOKEN_LIFE_MAX_SECONDS)
		return (int64_t)TOKEN_LIFE_MAX_SECONDS * 1000;
	return (int64_t)(seconds * 1000);
}

static int64_t read_stale_at(const json_t *doc, int64_t now_wall_ms, int64_t now_monotonic_ms)
{
	const char *issued_at = json_text(doc, "issued_at");
	int64_t left_ms = read_life_ms(doc) - TOKEN_MARGIN_MS, issued_ms;

	if (issued_at && time_parse(issued_at, &issued_ms) == 0 && issued_ms < now_wall_ms &&
	    now_wall_ms - issued_ms < left_ms)
		left_ms -= now_wall_ms - issued_ms;
	return now_monotonic_ms + left_ms;
}

/* The text of a key, NULL when it is absent or empty. */
static const char *find_text(const json_t *doc, const char *key)
{
	const char *text = json_text(doc, key);

	return text && *text ? text : NULL;
}

/* jansson does not wipe what it frees. */
static void wipe_texts(json_t *doc)
{
	const char *key;
	json_t *value;

	json_object_foreach (doc, key, value)
		if (json_is_string(value))
			OPENSSL_cleanse((char *)(uintptr_t)json_string_value(value),
			                json_string_length(value));
}

static int read_document(struct registry_token *token, const json_t *doc, int64_t now_wall_ms,
                         int64_t now_monotonic_ms, struct err *err)
{
	const char *text = find_text(doc, "token");
	char *copy;

	if (!text)
		text = find_text(doc, "access_token");
	if (!text)
		return err_set(err, ERR_MALFORMED, ANSWER ": there is no token in it");
	for (const char *p = text; *p; p++)
		if (*p <= ' ' || *p >= 0x7f)
			return err_set(err, ERR_MALFORMED,
			               ANSWER ": the token has a character that no header has");
	copy = strdup(text);
	if (!copy)
		return err_memory(err);
	registry_token_release(token);
	token->text = copy;
	token->stale_at = read_stale_at(doc, now_wall_ms, now_monotonic_ms);
	return 0;
}

int registry_token_read(struct registry_token *token, const char *json, size_t len,
                        int64_t now_wall_ms, int64_t now_monotonic_ms, struct err *err)
{
	static const struct json_limits limits = {
		.max_bytes = TOKEN_ANSWER_BYTES, .max_values = 1000, .max_depth = 8};
	struct err why = ERR_INIT;
	AUTO_JSON json_t *doc = json_parse_limited(json, len, &limits, &why);
	int status;

	if (!doc && why.code == ERR_MALFORMED) /* jansson's words quote what it was given */
		return err_set(err, ERR_MALFORMED, ANSWER ": not valid JSON");
	if (!doc) {
		*err = why;
		return err_context(err, ANSWER);
	}
	status = read_document(token, doc, now_wall_ms, now_monotonic_ms, err);
	wipe_texts(doc);
	return status;
}

bool registry_token_is_stale(const struct registry_token *token, int64_t now_monotonic_ms)
{
	return !token->text || now_monotonic_ms >= token->stale_at;
}

void registry_token_release(struct registry_token *token)
{
	if (token->text)
		OPENSSL_clear_free(token->text, strlen(token->text));
	memset(token, 0, sizeof(*token));
}

/* ---- requests ---- */

int registry_token_check_realm(const char *realm, bool registry_is_https, struct err *err)
{
	AUTO_STR struct str origin = STR_INIT(TOKEN_URL_MAX);
	struct err why = ERR_INIT;
	struct uri_endpoint uri;
	const char *authority;

	if (!realm)
		return err_set(err, ERR_MALFORMED, REALM " is missing");
	for (const char *p = realm; *p; p++)
		if (*p <= ' ' || *p >= 0x7f || strchr("\"<>\\#", *p))
			return err_set(err, ERR_MALFORMED, REALM " is no URL");
	if (strncmp(realm, "https://", 8) != 0 && strncmp(realm, "http://", 7) != 0)
		return err_set(err, ERR_MALFORMED, REALM " is no URL of http or https");
	authority = strstr(realm, "://") + 3;
	(void)str_add(&origin, realm, (size_t)(authority - realm) + strcspn(authority, "/?"));
	if (origin.failed || strlen(realm) > TOKEN_URL_MAX)
		return err_set(err, ERR_REFUSED, REALM " is longer than %d bytes", TOKEN_URL_MAX);
	if (uri_parse_endpoint(&uri, str_text(&origin), &why) < 0)
		return err_set(err, ERR_MALFORMED, REALM " has no valid host");
	if (registry_is_https && !uri.https)
		return err_set(err, ERR_REFUSED,
		               REALM " would send credentials to %s without encryption", uri.host);
	return 0;
}

static void add_field(struct str *out, const char *before, const char *name, const char *value)
{
	(void)str_addf(out, "%s%s=", before, name);
	(void)uri_encode(out, value, strlen(value), URI_ENCODE_SLASH);
}

int registry_token_url(struct str *url, const char *realm, const char *service,
                       const char *const *scopes, size_t scope_count, const char *account,
                       struct err *err)
{
	const char *before = strchr(realm, '?') ? "&" : "?";

	(void)str_adds(url, realm);
	if (service) {
		add_field(url, before, "service", service);
		before = "&";
	}
	for (size_t i = 0; i < scope_count; i++) {
		add_field(url, before, "scope", scopes[i]);
		before = "&";
	}
	if (account)
		add_field(url, before, "account", account);
	return str_check(url, "the token server's URL", err);
}

int registry_token_form(struct str *form, const char *service, const char *const *scopes,
                        size_t scope_count, const char *identity_token, struct err *err)
{
	(void)str_adds(form, "grant_type=refresh_token&client_id=drydock");
	if (service)
		add_field(form, "&", "service", service);
	for (size_t i = 0; i < scope_count; i++) {
		if (i == 0)
			(void)str_adds(form, "&scope=");
		else
			(void)str_adds(form, "%20");
		(void)uri_encode(form, scopes[i], strlen(scopes[i]), URI_ENCODE_SLASH);
	}
	add_field(form, "&", "refresh_token", identity_token);
	return str_check(form, "the request to the token server", err);
}
