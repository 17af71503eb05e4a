#include "cli/remote.h"

#include "base/cleanup.h"
#include "base/nearest.h"
#include "sync/s3/endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define S3_SCHEME "s3://"

const struct config_entry *remote_setting(const struct config *root, const struct config *user,
                                          const char *name, const char *key)
{
	char section[300];
	const struct config_entry *entry;

	(void)snprintf(section, sizeof(section), "remote.%s", name);
	entry = config_get(root, section, key);
	return entry ? entry : config_get(user, section, key);
}

size_t remote_names(const struct config *root, const struct config *user,
                    const char *names[REMOTES_MAX])
{
	size_t in_root = config_remotes(root, names, REMOTES_MAX), count = in_root;
	const char *others[REMOTES_MAX];
	size_t other_count = config_remotes(user, others, REMOTES_MAX);

	for (size_t i = 0; i < other_count && count < REMOTES_MAX; i++) {
		bool seen = false;

		for (size_t k = 0; k < in_root; k++)
			seen = seen || strcmp(names[k], others[i]) == 0;
		if (!seen)
			names[count++] = others[i];
	}
	return count;
}

int remote_unknown(const struct config *root, const struct config *user, const char *name,
                   struct err *err)
{
	const char *names[REMOTES_MAX];
	size_t count = remote_names(root, user, names);
	char hint[NEAREST_HINT_MAX];
	struct nearest n;

	nearest_init(&n, name);
	for (size_t i = 0; i < count; i++)
		nearest_offer(&n, names[i]);
	if (strchr(name, ':'))
		return err_set(err, ERR_USAGE, "'%.200s' is no bucket: s3://BUCKET[/PREFIX]", name);
	return err_set(err, ERR_USAGE,
	               "there is no remote '%.200s' in the configuration (a [remote \"%.200s\"] "
	               "section with a url); s3://BUCKET[/PREFIX] works without one%s",
	               name, name, nearest_hint(&n, "", hint));
}

static const char *value_of(const struct config *c, const char *section, const char *key)
{
	const struct config_entry *entry = config_get(c, section, key);

	return entry ? entry->value : NULL;
}

int remote_check(const struct config *c, const char *name, struct err *err)
{
	char section[300];
	const char *url;
	AUTO_FREE char *bucket = NULL;
	struct endpoint_settings settings;
	struct endpoint endpoint;

	(void)snprintf(section, sizeof(section), "remote.%s", name);
	url = value_of(c, section, "url");
	if (!url)
		return 0;
	url += strlen(S3_SCHEME);
	bucket = strndup(url, strcspn(url, "/"));
	if (!bucket)
		return err_memory(err);
	settings = (struct endpoint_settings){.url = value_of(c, section, "endpoint_url"),
	                                      .region = value_of(c, section, "region"),
	                                      .provider = value_of(c, section, "provider"),
	                                      .bucket = bucket,
	                                      .prefix = url + strlen(bucket)};
	if (endpoint_make(&endpoint, &settings, err) < 0)
		return err_context(err, "remote %.100s", name);
	return 0;
}

static int use_name(const struct config *root, const struct config *user, const char *name,
                    struct remote_choice *choice, struct err *err)
{
	const struct config_entry *entry = remote_setting(root, user, name, "url");

	if (!entry)
		return remote_unknown(root, user, name, err);
	choice->name = name;
	choice->url = entry->value;
	return 0;
}

/* The length without slashes at the end, which mean nothing in a URL. */
static size_t trimmed(const char *url)
{
	size_t len = strlen(url);

	while (len > 0 && url[len - 1] == '/')
		len--;
	return len;
}

static bool same_url(const char *a, const char *b)
{
	return trimmed(a) == trimmed(b) && strncmp(a, b, trimmed(a)) == 0;
}

/* The length of s3://BUCKET. */
static size_t bucket_part(const char *url)
{
	return strlen(S3_SCHEME) + strcspn(url + strlen(S3_SCHEME), "/");
}

/* How well a remote goes with a URL. */
enum fit { FIT_NOT, FIT_PREFIX_OF_ITS_OWN, FIT_BUCKET, FIT_URL, FITS };

static enum fit fit_of(const char *url, const char *operand)
{
	size_t len = bucket_part(operand);

	if (same_url(url, operand))
		return FIT_URL;
	if (strncmp(url, S3_SCHEME, strlen(S3_SCHEME)) != 0 || bucket_part(url) != len ||
	    strncmp(url, operand, len) != 0)
		return FIT_NOT;
	return trimmed(url) == len ? FIT_BUCKET : FIT_PREFIX_OF_ITS_OWN;
}

static int name_several(const char *operand, const char *const *names, size_t count,
                        struct err *err)
{
	AUTO_STR struct str list = STR_INIT(1 << 16);

	for (size_t i = 0; i < count; i++)
		(void)str_addf(&list, "%s%s", i ? ", " : "", names[i]);
	return err_set(err, ERR_USAGE, "%.200s: the remotes %.600s are of this bucket: name one",
	               operand, str_text(&list));
}

static int use_url(const struct config *root, const struct config *user, const char *operand,
                   const char *endpoint_url, struct remote_choice *choice, struct err *err)
{
	const char *names[REMOTES_MAX], *fitting[FITS][REMOTES_MAX];
	size_t counts[FITS] = {0}, count = remote_names(root, user, names);

	choice->url = operand;
	for (size_t i = 0; i < count; i++) {
		const struct config_entry *url = remote_setting(root, user, names[i], "url");
		const struct config_entry *endpoint =
			remote_setting(root, user, names[i], "endpoint_url");
		enum fit fit = fit_of(url->value, operand);

		if (endpoint_url && endpoint && !same_url(endpoint->value, endpoint_url))
			fit = FIT_NOT;
		if (endpoint_url && fit == FIT_PREFIX_OF_ITS_OWN)
			fit = FIT_NOT;
		fitting[fit][counts[fit]++] = names[i];
	}
	for (int fit = FIT_URL; fit > FIT_NOT; fit--) {
		if (counts[fit] > 1)
			return name_several(operand, fitting[fit], counts[fit], err);
		if (counts[fit] == 1) {
			choice->name = fitting[fit][0];
			return 0;
		}
	}
	return 0;
}

int remote_choose(const struct config *root, const struct config *user, const char *operand,
                  const char *endpoint_url, struct remote_choice *choice, struct err *err)
{
	const char *names[REMOTES_MAX];
	size_t count;

	memset(choice, 0, sizeof(*choice));
	if (operand && strncmp(operand, S3_SCHEME, strlen(S3_SCHEME)) == 0)
		return use_url(root, user, operand, endpoint_url, choice, err);
	if (operand)
		return use_name(root, user, operand, choice, err);
	if (remote_setting(root, user, "default", "url"))
		return use_name(root, user, "default", choice, err);
	count = remote_names(root, user, names);
	if (count > 1)
		return err_set(err, ERR_USAGE,
		               "several remotes are configured (%s, %s, …) and none is named "
		               "default: say which",
		               names[0], names[1]);
	return count ? use_name(root, user, names[0], choice, err) : 0;
}
