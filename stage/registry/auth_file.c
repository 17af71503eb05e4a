#include "stage/registry/auth_file.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/user_file.h"

#include <string.h>
#include <strings.h>

enum {
	VALUES_MAX = 20000,
	KEY_MAX = 512,         /* HOST:PORT/REPOSITORY */
	KEY_SHOWN_BYTES = 200, /* of a file's key, in a message */
};

/* What is looked for in one file. */
struct search {
	const char *host;
	size_t host_len;
	const char *path;                         /* of the level that is looked at, within … */
	size_t path_len;                          /* … the repository; 0: the host's own */
	struct registry_credentials *credentials; /* borrowed: the caller's */
};

bool auth_file_is_docker_io(const char *host, size_t len)
{
	static const char *const names[] = {"docker.io", "index.docker.io", "registry-1.docker.io"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (len == strlen(names[i]) && strncasecmp(host, names[i], len) == 0)
			return true;
	return false;
}

/* Whether a file's key, written in any of its ways, is the one looked for. */
static bool key_matches(const char *key, const struct search *s)
{
	const char *start = key, *path;
	size_t host_len;

	if (strncasecmp(key, "https://", 8) == 0)
		start += 8;
	else if (strncasecmp(key, "http://", 7) == 0)
		start += 7;
	host_len = strcspn(start, "/");
	path = start + host_len + (start[host_len] == '/');
	/* The path of a URL is that of the API; so is this one, without a scheme. */
	if (start != key || strcmp(path, "v1/") == 0 || strcmp(path, "v2/") == 0)
		path = "";
	if (strlen(path) != s->path_len || memcmp(path, s->path, s->path_len) != 0)
		return false;
	if (host_len == s->host_len && strncasecmp(start, s->host, host_len) == 0)
		return true;
	return auth_file_is_docker_io(start, host_len) &&
	       auth_file_is_docker_io(s->host, s->host_len);
}

static int key_context(struct err *err, const char *section, const char *key)
{
	AUTO_STR struct str shown = STR_INIT((size_t)4 * KEY_SHOWN_BYTES);

	(void)str_add_printable(&shown, key, strnlen(key, KEY_SHOWN_BYTES));
	return err_context(err, "%s: \"%s\"", section, str_text(&shown));
}

/*
 * Decodes "username:password" into *plain and cuts it in two. Some tools have filled the password
 * with NUL bytes, and `base64` breaks its lines.
 */
static int split_auth(const char *auth, struct str *plain, const char **password, struct err *err)
{
	AUTO_WIPE struct str text = STR_INIT(AUTH_FILE_MAX);
	size_t len = strlen(auth);
	char *to, *colon;
	long got = -1;

	if (!str_reserve(&text, len) || !str_reserve(plain, len))
		return err_memory(err);
	for (; *auth; auth++)
		if (*auth != '\n' && *auth != '\r')
			(void)str_addc(&text, *auth);
	to = str_reserve(plain, len);
	if (to)
		got = base64_parse(str_text(&text), text.len, (uint8_t *)to, len);
	while (got > 0 && to[got - 1] == '\0')
		got--;
	if (got > 0)
		str_grew(plain, (size_t)got);
	colon = plain->data ? strchr(plain->data, ':') : NULL;
	if (!colon || strlen(plain->data) != plain->len)
		return err_set(err, ERR_CONFIG,
		               "\"auth\" is no base64 of a user name, a colon "
		               "and a password");
	*colon = '\0';
	*password = colon + 1;
	return 0;
}

/* A text of an entry; NULL when it is absent or empty. */
static const char *text_of(const json_t *entry, const char *key)
{
	const char *text = json_text(entry, key);

	return text && *text ? text : NULL;
}

static int take_texts(const json_t *entry, struct registry_credentials *credentials,
                      struct err *err)
{
	AUTO_WIPE struct str plain = STR_INIT(AUTH_FILE_MAX);
	const char *token = text_of(entry, "identitytoken"), *auth = text_of(entry, "auth");
	const char *username = text_of(entry, "username"), *password = json_text(entry, "password");

	if (auth) {
		if (split_auth(auth, &plain, &password, err) < 0)
			return -1;
		username = str_text(&plain);
	}
	if (token)
		return registry_credentials_set(credentials, REGISTRY_CREDENTIALS_IDENTITY_TOKEN,
		                                username ? username : "", token, err);
	if (!username)
		return 0;
	return registry_credentials_set(credentials, REGISTRY_CREDENTIALS_PASSWORD, username,
	                                password ? password : "", err);
}

static int take_entry(const struct search *s, const char *key, const json_t *entry, struct err *err)
{
	int result = 0;

	if (json_is_object(entry))
		result = take_texts(entry, s->credentials, err);
	else if (entry && !json_is_null(entry))
		result = err_set(err, ERR_CONFIG, "is no object");
	return result < 0 ? key_context(err, "auths", key) : 0;
}

/* The entries of one level: that under the very key, then those that mean the same. */
static int search_level(const struct search *s, json_t *auths, struct err *err)
{
	AUTO_STR struct str own = STR_INIT(KEY_MAX);
	const char *key;
	json_t *entry;

	(void)str_addf(&own, "%s%s%.*s", s->host, s->path_len ? "/" : "", (int)s->path_len,
	               s->path);
	if (str_check(&own, "the repository's name", err) < 0 ||
	    take_entry(s, str_text(&own), json_object_get(auths, str_text(&own)), err) < 0)
		return -1;
	json_object_foreach (auths, key, entry) {
		if (s->credentials->kind != REGISTRY_CREDENTIALS_NONE)
			return 0;
		if (key_matches(key, s) && take_entry(s, key, entry, err) < 0)
			return -1;
	}
	return 0;
}

/* From the whole repository up to the host. */
static int search_auths(struct search *s, json_t *auths, struct err *err)
{
	for (s->path_len = strlen(s->path);;) {
		if (search_level(s, auths, err) < 0)
			return -1;
		if (s->path_len == 0 || s->credentials->kind != REGISTRY_CREDENTIALS_NONE)
			return 0;
		do
			s->path_len--;
		while (s->path_len > 0 && s->path[s->path_len] != '/');
	}
}

static int take_helper(const char *name, char helper[CREDENTIAL_HELPER_NAME_MAX + 1],
                       struct err *err)
{
	if (!name)
		return err_set(err, ERR_CONFIG, "is no string");
	if (!*name)
		return 0;
	if (credential_helper_check_name(name, err) < 0)
		return -1;
	memcpy(helper, name, strlen(name) + 1);
	return 0;
}

/* The key under which credHelpers has this host: its own, or one that means the same; or NULL. */
static const char *helper_key(const struct search *s, json_t *helpers)
{
	const char *key;
	json_t *value;

	if (json_object_get(helpers, s->host))
		return s->host;
	json_object_foreach (helpers, key, value)
		if (key_matches(key, s))
			return key;
	return NULL;
}

/* A section, or NULL when it is absent or null. */
static int get_section(const json_t *doc, const char *name, json_t **section, struct err *err)
{
	*section = json_object_get(doc, name);
	if (!*section || json_is_null(*section))
		*section = NULL;
	else if (!json_is_object(*section))
		return err_set(err, ERR_CONFIG, "%s is no object", name);
	return 0;
}

static int search_file(struct search *s, const json_t *doc,
                       char helper[CREDENTIAL_HELPER_NAME_MAX + 1], struct err *err)
{
	const json_t *store = json_object_get(doc, "credsStore");
	const char *path = s->path, *key;
	json_t *auths, *helpers;

	if (get_section(doc, "auths", &auths, err) < 0 ||
	    get_section(doc, "credHelpers", &helpers, err) < 0)
		return -1;
	s->path = "";
	key = helper_key(s, helpers);
	s->path = path;
	if (key && take_helper(json_text(helpers, key), helper, err) < 0)
		return key_context(err, "credHelpers", key);
	if (*helper)
		return 0;
	if (search_auths(s, auths, err) < 0)
		return -1;
	if (key || s->credentials->kind != REGISTRY_CREDENTIALS_NONE || !store ||
	    json_is_null(store))
		return 0;
	if (take_helper(json_text(doc, "credsStore"), helper, err) < 0)
		return err_context(err, "credsStore");
	return 0;
}

int auth_file_find(const char *path, const char *host, const char *repository,
                   struct registry_credentials *credentials,
                   char helper[CREDENTIAL_HELPER_NAME_MAX + 1], struct err *err)
{
	static const struct json_limits limits = {.max_bytes = AUTH_FILE_MAX,
	                                          .max_values = VALUES_MAX,
	                                          .max_depth = JSON_DEPTH,
	                                          .secret = true};
	struct search search = {.host = host,
	                        .host_len = strlen(host),
	                        .path = repository,
	                        .credentials = credentials};
	AUTO_WIPE struct str text = STR_INIT(AUTH_FILE_MAX);
	AUTO_JSON_WIPE json_t *doc = NULL;

	credentials->kind = REGISTRY_CREDENTIALS_NONE;
	helper[0] = '\0';
	if (user_file_read(path, &text, err) < 0) {
		if (err->code == ERR_OTHER) /* a folder */
			err->code = ERR_CONFIG;
		return -1;
	}
	/* /dev/null and files that were only just made. */
	if (strspn(str_text(&text), " \t\r\n") == text.len)
		return 0;
	doc = json_parse_limited(str_text(&text), text.len, &limits, err);
	if (doc && !json_is_object(doc))
		(void)err_set(err, ERR_CONFIG, "is no JSON object");
	if (!json_is_object(doc)) {
		err->code = ERR_CONFIG;
		return err_context(err, "%s", path);
	}
	if (search_file(&search, doc, helper, err) < 0)
		return err_context(err, "%s", path);
	return 0;
}
