/*
 * Each source of keys beside each other one, in the order in which the AWS CLI asks them, with and
 * without a profile that was asked for; and each renewed when its keys are about to end, and when
 * the server says that they have ended.
 */
#include "identity.h"

enum { LIFE_MS = 3600 * 1000, EARLY_MS = 1000 * 1000, LATE_MS = 800 * 1000 };

enum part_kind {
	OF_PROFILE,
	OF_ENVIRONMENT, /* is not asked when a profile was */
};

/* In their order. What stands in the section of the profile, in other sections, and besides. */
static const struct part {
	const char *key;
	enum part_kind kind;
	const char *config, *sections, *credentials;
	const char *env[4];
	int64_t life_ms; /* of what the bench hands out; 0: for ever */
} parts[] = {
	{.key = "ENV", .kind = OF_ENVIRONMENT, .env = {ENV_KEYS("ENV")}},
	{.key = "w<WEB", .kind = OF_ENVIRONMENT, .env = {WEB}, .life_ms = LIFE_MS},
	{.key = "a<BASE", .config = ROLE("a") BY("base"), .sections = BASE, .life_ms = LIFE_MS},
	{.key = "Push/123", .config = SSO("Push"), .sections = SESSION, .life_ms = LIFE_MS},
	{.key = "SHARED", .credentials = KEYS("SHARED")},
	{.key = "PROC", .config = PROCESS("PROC")},
	{.key = "CONF", .config = KEYS("CONF")},
	{.key = "container", .kind = OF_ENVIRONMENT, .env = {ECS, ECS_TOKEN}, .life_ms = LIFE_MS},
	{.key = "machine", .kind = OF_ENVIRONMENT, .env = {IMDS}, .life_ms = LIFE_MS},
};

enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

static const char *given(const char *text)
{
	return text ? text : "";
}

/* The case in which both parts are there; they may be the same. */
static void make_row(struct row *row, const struct part *a, const struct part *b,
                     struct str *config, struct str *credentials)
{
	const struct part *both[] = {a, b};
	size_t at = 0;

	memset(row, 0, sizeof(*row));
	str_clear(config);
	str_clear(credentials);
	(void)str_addf(config, "[default]\n%s%s", given(a->config), a == b ? "" : given(b->config));
	(void)str_adds(credentials, "[default]\n");
	for (size_t i = 0; i < (a == b ? 1u : 2u); i++) {
		(void)str_adds(config, given(both[i]->sections));
		(void)str_adds(credentials, given(both[i]->credentials));
		for (size_t k = 0; k < 4 && both[i]->env[k]; k++)
			row->env[at++] = both[i]->env[k];
	}
	row->config = str_text(config);
	row->credentials = str_text(credentials);
	row->cache_of = "work";
	row->cache = CACHE("s3cret-access", "2100-01-01T00:00:00Z");
}

/* The access key that is found, or the message. */
static void check(const struct row *row, const char *profile, const char *key)
{
	struct err err = ERR_INIT;
	struct aws_config *config = aws_config_load(profile, fake_env, &err);
	struct credentials_settings settings = {.config = config};
	struct credentials *c = credentials_new(&settings, &err);
	const struct credential *found;

	assert_non_null(config);
	found = credentials_current(c, now_ms(), &err);
	if (!found != !key || (found && strcmp(found->access_key, key) != 0))
		fail_msg("got %s instead of %s (%s) by\n%s\n%s", found ? found->access_key : "-",
		         key ? key : "none", err.message, row->config, row->credentials);
	if (!found)
		assert_int_equal(err.code, ERR_AUTH);
	credentials_free(c);
	aws_config_free(config);
}

static void test_pairs(void **state)
{
	AUTO_STR struct str config = STR_INIT(4096), credentials = STR_INIT(4096);
	struct row row;

	(void)state;
	for (size_t i = 0; i < PARTS; i++) {
		for (size_t j = i; j < PARTS; j++) {
			const struct part *of_profile = parts[i].kind == OF_PROFILE   ? &parts[i]
			                                : parts[j].kind == OF_PROFILE ? &parts[j]
			                                                              : NULL;

			make_row(&row, &parts[i], &parts[j], &config, &credentials);
			enter(&row);
			check(&row, NULL, parts[i].key);
			check(&row, "default", of_profile ? of_profile->key : NULL);
		}
	}
}

static unsigned generation_at(struct credentials *c, int64_t now)
{
	struct err err = ERR_INIT;
	const struct credential *current = credentials_current(c, now, &err);

	if (!current)
		fail_msg("%s", err.message);
	return current->generation;
}

/* Renewed before they end, by themselves; and at once when the server says so. */
static void test_renewals(void **state)
{
	AUTO_STR struct str config = STR_INIT(4096), credentials = STR_INIT(4096);
	struct row row;

	(void)state;
	for (size_t i = 0; i < PARTS; i++) {
		struct err err = ERR_INIT;
		struct credentials_settings settings = {0};
		struct aws_config *loaded;
		struct credentials *c;
		int64_t now = now_ms();
		int refreshed;

		make_row(&row, &parts[i], &parts[i], &config, &credentials);
		enter(&row);
		settings.config = loaded = aws_config_load(NULL, fake_env, &err);
		c = credentials_new(&settings, &err);
		assert_int_equal(generation_at(c, now), 1);
		assert_int_equal(generation_at(c, now + LIFE_MS - EARLY_MS), 1);
		assert_int_equal(generation_at(c, now + LIFE_MS - LATE_MS),
		                 parts[i].life_ms ? 2 : 1);
		refreshed = credentials_refresh(c, parts[i].life_ms ? 2 : 1, now, &err);
		if (!parts[i].life_ms) {
			/* What does not change cannot be renewed: that is for people to do. */
			assert_int_equal(refreshed, -1);
			assert_int_equal(err.code, ERR_AUTH);
		} else if (refreshed < 0 || generation_at(c, now) != 3) {
			fail_msg("%s: %s", parts[i].key, err.message);
		}
		/* Another request's renewal serves as well. */
		assert_int_equal(credentials_refresh(c, 1000, now, &err), 0);
		assert_null(strstr(err.message, "s3cret"));
		credentials_free(c);
		aws_config_free(loaded);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_renewals),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, setup, teardown);
}
