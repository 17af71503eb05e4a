#include "sync/credentials/credentials.h"

#include "sync/credentials/from_metadata.h"
#include "sync/credentials/from_role.h"
#include "sync/credentials/from_web_identity.h"
#include "sync/credentials/profile.h"

#include "base/units.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

enum {
	REFRESH_BEFORE_MS = 15 * 60 * 1000,
	/* A source that gave no newer credential is not asked again at once. */
	ASK_AGAIN_MS = 60 * 1000,
};

enum when {
	ALWAYS,
	WITHOUT_PROFILE, /* an explicit profile disables the environment and the machine */
};

static const struct {
	credential_source_fn *fetch;
	enum when when;
} sources[] = {
	{credential_from_env, WITHOUT_PROFILE},
	{credential_from_web_identity, WITHOUT_PROFILE},
	{credential_from_role, ALWAYS},
	{credential_from_profile, ALWAYS},
	{credential_from_container, WITHOUT_PROFILE},
	{credential_from_instance, WITHOUT_PROFILE},
};

enum { SOURCES = sizeof(sources) / sizeof(sources[0]) };

struct credentials {
	struct credentials_settings settings;
	struct aws_config *reread; /* owned; what settings.config is after a renewal, or NULL */
	size_t source;             /* index of the one that answered; SOURCES: none yet */
	struct credential current;
	int64_t asked_at_ms; /* when a refresh was tried last; 0: never */
};

struct credentials *credentials_new(const struct credentials_settings *settings, struct err *err)
{
	struct credentials *c = calloc(1, sizeof(*c));

	if (!c) {
		(void)err_memory(err);
		return NULL;
	}
	c->settings = *settings;
	c->source = SOURCES;
	return c;
}

void credentials_free(struct credentials *c)
{
	if (!c)
		return;
	aws_config_free(c->reread);
	OPENSSL_cleanse(c, sizeof(*c));
	free(c);
}

/*
 * The files are read again for each renewal: people and programs that log in anew write the keys
 * there. Files that cannot be read at this moment count as they were.
 */
static void read_files(struct credentials *c)
{
	struct err ignored = ERR_INIT;
	struct aws_config *reread = aws_config_other(
		c->settings.config, aws_config_profile(c->settings.config), &ignored);

	if (!reread)
		return;
	aws_config_free(c->reread);
	c->reread = reread;
	c->settings.config = reread;
}

static int fetch_from(struct credentials *c, size_t source, struct err *err)
{
	struct credential fetched;
	int found;

	if (c->source != SOURCES)
		read_files(c);
	memset(&fetched, 0, sizeof(fetched));
	found = sources[source].fetch(&c->settings, &fetched, err);
	if (found > 0) {
		fetched.generation = c->current.generation + 1;
		c->current = fetched;
		c->source = source;
	}
	OPENSSL_cleanse(&fetched, sizeof(fetched));
	return found;
}

static int find(struct credentials *c, struct err *err)
{
	bool explicit_profile = aws_config_profile_explicit(c->settings.config);

	for (size_t i = 0; i < SOURCES; i++) {
		int found;

		if (explicit_profile && sources[i].when == WITHOUT_PROFILE)
			continue;
		found = fetch_from(c, i, err);
		if (found != 0)
			return found > 0 ? 0 : err_context(err, "credentials");
	}
	if (explicit_profile)
		return err_set(err, ERR_AUTH,
		               "profile \"%s\" holds no credentials (looked in the shared "
		               "credentials file and the config file)",
		               aws_config_profile(c->settings.config));
	return err_set(err, ERR_AUTH,
	               "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write "
	               "profile \"%s\" to ~/.aws/credentials",
	               aws_config_profile(c->settings.config));
}

static bool ends_within(const struct credential *credential, int64_t now, int64_t ms)
{
	return credential->expires_at_ms != 0 && credential->expires_at_ms - now < ms;
}

const struct credential *credentials_current(struct credentials *c, int64_t now, struct err *err)
{
	struct err ignored = ERR_INIT;

	if (c->settings.anonymous)
		return &c->current;
	if (c->source == SOURCES)
		return find(c, err) < 0 ? NULL : &c->current;
	if (!ends_within(&c->current, now, REFRESH_BEFORE_MS))
		return &c->current;
	if (ends_within(&c->current, now, 0))
		return credentials_refresh(c, c->current.generation, now, err) < 0 ? NULL
		                                                                   : &c->current;
	if (c->asked_at_ms == 0 || now - c->asked_at_ms >= ASK_AGAIN_MS) {
		c->asked_at_ms = now;
		(void)fetch_from(c, c->source, &ignored);
	}
	return &c->current;
}

static bool same(const struct credential *a, const struct credential *b)
{
	return strcmp(a->access_key, b->access_key) == 0 &&
	       strcmp(a->session_token, b->session_token) == 0 &&
	       a->expires_at_ms == b->expires_at_ms;
}

int credentials_refresh(struct credentials *c, unsigned generation, int64_t now, struct err *err)
{
	struct credential old = c->current;
	bool unchanged;
	int found;

	if (c->settings.anonymous || generation != c->current.generation)
		return 0;
	if (c->source == SOURCES)
		return find(c, err);
	c->asked_at_ms = now;
	found = fetch_from(c, c->source, err);
	unchanged = found == 0 || same(&old, &c->current);
	OPENSSL_cleanse(&old, sizeof(old));
	if (found < 0)
		return err_context(err, "the credentials have expired");
	if (unchanged)
		return err_set(err, ERR_AUTH,
		               "the credentials from the %s have expired; renew them",
		               c->current.source);
	return 0;
}
