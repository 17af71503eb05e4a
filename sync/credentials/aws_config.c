#include "sync/credentials/aws_config.h"

#include "base/ini.h"

#include "base/cleanup.h"
#include "base/user_file.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { KEYS_MAX = 128 }; /* of one profile */

struct entry {
	char *key;   /* owned */
	char *value; /* owned; wiped when freed */
};

struct table {
	struct entry entries[KEYS_MAX];
	size_t count;
	bool found; /* the section is there, be it empty */
};

struct aws_config {
	env_fn *env;
	char *profile; /* owned */
	bool profile_explicit;
	struct table files[AWS_FILES]; /* the profile's section in each file */
	struct table services;         /* the services section that the profile names */
	struct table sso_session;      /* and the sso-session section */
	char *exposed;                 /* owned; as aws_config_exposed says */
};

static void wipe_free(char *text)
{
	if (text)
		OPENSSL_cleanse(text, strlen(text));
	free(text);
}

static void table_clear(struct table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		free(table->entries[i].key);
		wipe_free(table->entries[i].value);
	}
	table->count = 0;
}

static const char *table_get(const struct table *table, const char *key)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->entries[i].key, key) == 0)
			return table->entries[i].value;
	return NULL;
}

/* The last of two with one key counts. */
static int table_put(struct table *table, const char *key, const char *value, struct err *err)
{
	AUTO_FREE char *copy = strdup(value);

	if (!copy)
		return err_memory(err);
	for (size_t i = 0; i < table->count; i++) {
		if (strcmp(table->entries[i].key, key) == 0) {
			wipe_free(table->entries[i].value);
			table->entries[i].value = STEAL(copy);
			return 0;
		}
	}
	if (table->count == KEYS_MAX)
		return err_set(err, ERR_CONFIG, "a profile has more than %d keys", KEYS_MAX);
	table->entries[table->count].key = strdup(key);
	if (!table->entries[table->count].key)
		return err_memory(err);
	table->entries[table->count++].value = STEAL(copy);
	return 0;
}

/* Which section of a file goes to which table. */
struct wanted {
	struct table *table;
	const char *kind; /* "profile" and its like, or NULL: the section is the bare name */
	const char *name;
	bool bare_default;   /* [default] stands for [profile default] */
	bool proper_default; /* [profile default] was seen: [default] no longer counts */
};

/* Quotes around a name do not belong to it. */
static bool is_name(const char *text, const char *name)
{
	size_t len = strlen(text);

	if (len >= 2 && (*text == '"' || *text == '\'') && text[len - 1] == *text)
		return strlen(name) == len - 2 && strncmp(text + 1, name, len - 2) == 0;
	return strcmp(text, name) == 0;
}

/* Whether `section` is "kind name", the two words with one space between them. */
static bool is_kind(const char *section, const char *kind, const char *name)
{
	size_t len = strlen(kind);

	return strncmp(section, kind, len) == 0 && section[len] == ' ' &&
	       is_name(section + len + 1, name);
}

static int take_key(void *context, const char *section, const char *key, const char *value,
                    unsigned line, struct err *err)
{
	struct wanted *w = context;
	bool bare = is_name(section, w->name);

	(void)line;
	if (w->kind && is_kind(section, w->kind, w->name)) {
		if (w->bare_default && !w->proper_default) {
			w->proper_default = true;
			table_clear(w->table);
		}
	} else if (!bare || (w->kind && (!w->bare_default || w->proper_default))) {
		return 0;
	}
	w->table->found = true;
	return *key ? table_put(w->table, key, value, err) : 0;
}

/* The path of a shared file: its variable, or NAME in ~/.aws. NULL (no error) without a HOME. */
static char *shared_file_path(env_fn *env, const char *variable, const char *name)
{
	const char *path = env(variable);
	const char *home = env("HOME");
	AUTO_STR struct str s = STR_INIT(4096);

	if (path && *path) {
		if (path[0] == '~' && path[1] == '/' && home)
			(void)str_addf(&s, "%s%s", home, path + 1);
		else
			(void)str_adds(&s, path);
		return str_steal(&s);
	}
	if (!home || !*home)
		return NULL;
	(void)str_addf(&s, "%s/.aws/%s", home, name);
	return str_steal(&s);
}

static int load_section(const char *path, struct wanted *wanted, bool *has_secret, struct err *err)
{
	AUTO_WIPE struct str text = STR_INIT(INI_FILE_MAX);

	if (!path)
		return 0;
	if (user_file_read(path, &text, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		*err = (struct err)ERR_INIT;
		return 0;
	}
	*has_secret |= strstr(str_text(&text), "aws_secret_access_key") != NULL;
	if (ini_parse(str_text(&text), text.len, INI_AWS, take_key, wanted, err) < 0)
		return err_context(err, "%s", path);
	return 0;
}

static int load_files(struct aws_config *c, struct err *err)
{
	AUTO_FREE char *credentials =
		shared_file_path(c->env, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
	AUTO_FREE char *config = shared_file_path(c->env, "AWS_CONFIG_FILE", "config");
	struct wanted in_credentials = {.table = &c->files[AWS_FILE_CREDENTIALS],
	                                .name = c->profile};
	struct wanted in_config = {.table = &c->files[AWS_FILE_CONFIG],
	                           .kind = "profile",
	                           .name = c->profile,
	                           .bare_default = strcmp(c->profile, "default") == 0};
	struct wanted services = {.table = &c->services, .kind = "services"};
	struct wanted session = {.table = &c->sso_session, .kind = "sso-session"};
	bool secret_credentials = false, secret_config = false;

	if (load_section(credentials, &in_credentials, &secret_credentials, err) < 0 ||
	    load_section(config, &in_config, &secret_config, err) < 0)
		return -1;
	services.name = aws_config_get(c, AWS_FILE_CONFIG, "services");
	session.name = aws_config_value(c, "sso_session");
	if (services.name && load_section(config, &services, &secret_config, err) < 0)
		return -1;
	if (session.name && load_section(config, &session, &secret_config, err) < 0)
		return -1;
	/* Of whichever profile: one may be the source of another. */
	if (secret_credentials && user_file_is_exposed(credentials))
		c->exposed = STEAL(credentials);
	else if (secret_config && user_file_is_exposed(config))
		c->exposed = STEAL(config);
	return 0;
}

struct aws_config *aws_config_load(const char *profile, env_fn *env, struct err *err)
{
	struct aws_config *c = calloc(1, sizeof(*c));
	const char *named;

	if (!c) {
		(void)err_memory(err);
		return NULL;
	}
	c->env = env;
	c->profile_explicit = profile && *profile;
	named = c->profile_explicit ? profile : aws_config_env(c, "AWS_PROFILE");
	if (!named)
		named = aws_config_env(c, "AWS_DEFAULT_PROFILE");
	c->profile = strdup(named ? named : "default");
	if (!c->profile) {
		(void)err_memory(err);
		goto failed;
	}
	if (load_files(c, err) < 0)
		goto failed;
	if (named && strcmp(named, "default") != 0 && !c->files[AWS_FILE_CREDENTIALS].found &&
	    !c->files[AWS_FILE_CONFIG].found) {
		(void)err_set(err, ERR_CONFIG,
		              "profile \"%s\" is in neither the AWS credentials file nor the AWS "
		              "config file",
		              named);
		goto failed;
	}
	return c;

failed:
	aws_config_free(c);
	return NULL;
}

void aws_config_free(struct aws_config *c)
{
	if (!c)
		return;
	for (int i = 0; i < AWS_FILES; i++)
		table_clear(&c->files[i]);
	table_clear(&c->services);
	table_clear(&c->sso_session);
	free(c->exposed);
	free(c->profile);
	free(c);
}

const char *aws_config_exposed(const struct aws_config *c)
{
	return c->exposed;
}

const char *aws_config_profile(const struct aws_config *c)
{
	return c->profile;
}

bool aws_config_profile_explicit(const struct aws_config *c)
{
	return c->profile_explicit;
}

const char *aws_config_env(const struct aws_config *c, const char *name)
{
	const char *value = c->env(name);

	return value && *value ? value : NULL;
}

static const char *if_any(const char *text)
{
	return text && *text ? text : NULL;
}

const char *aws_config_get(const struct aws_config *c, enum aws_file file, const char *key)
{
	return if_any(table_get(&c->files[file], key));
}

const char *aws_config_value(const struct aws_config *c, const char *key)
{
	const char *value = aws_config_get(c, AWS_FILE_CREDENTIALS, key);

	return value ? value : aws_config_get(c, AWS_FILE_CONFIG, key);
}

const char *aws_config_sso_session(const struct aws_config *c, const char *key)
{
	return if_any(table_get(&c->sso_session, key));
}

struct aws_config *aws_config_other(const struct aws_config *c, const char *profile,
                                    struct err *err)
{
	return aws_config_load(profile, c->env, err);
}

static const char *env_or_profile(const struct aws_config *c, const char *first, const char *second,
                                  const char *key)
{
	const char *value = aws_config_env(c, first);

	if (!value && second)
		value = aws_config_env(c, second);
	if (!value)
		value = aws_config_get(c, AWS_FILE_CONFIG, key);
	/* AWS's own tools write everything but secrets to the config file, yet read both. */
	return value ? value : aws_config_get(c, AWS_FILE_CREDENTIALS, key);
}

bool aws_config_flag(const struct aws_config *c, const char *variable, const char *key)
{
	const char *value = env_or_profile(c, variable, NULL, key);

	return value && strcasecmp(value, "true") == 0;
}

const char *aws_config_region(const struct aws_config *c)
{
	return env_or_profile(c, "AWS_REGION", "AWS_DEFAULT_REGION", "region");
}

const char *aws_config_ca_bundle(const struct aws_config *c)
{
	return env_or_profile(c, "AWS_CA_BUNDLE", NULL, "ca_bundle");
}

/* AWS_ENDPOINT_URL_SSO_OIDC and its like. */
static const char *service_variable(const struct aws_config *c, const char *service)
{
	char name[64] = "AWS_ENDPOINT_URL_";
	size_t len = strlen(name);

	for (; *service && len < sizeof(name) - 1; service++)
		name[len++] = (char)(*service >= 'a' && *service <= 'z' ? *service - 'a' + 'A'
		                                                        : *service);
	name[len] = '\0';
	return aws_config_env(c, name);
}

const char *aws_config_endpoint_url(const struct aws_config *c, const char *service)
{
	char key[64];
	const char *url;

	if (aws_config_flag(c, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
	                    "ignore_configured_endpoint_urls"))
		return NULL;
	url = service_variable(c, service);
	if (!url)
		url = aws_config_env(c, "AWS_ENDPOINT_URL");
	(void)snprintf(key, sizeof(key), "%s.endpoint_url", service);
	if (!url)
		url = if_any(table_get(&c->services, key));
	return url ? url : aws_config_get(c, AWS_FILE_CONFIG, "endpoint_url");
}
