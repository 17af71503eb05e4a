#include "unit.h"

#include "stage/serve/htpasswd.h"

/* "secret" at the least cost, and "other" at the next. */
#define ME  "me:$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"
#define YOU "you:$2b$05$abcdefghijklmnopqrstuuVQd15VhR/oN1H3pzUR5lME0fZO6.qRW"

static bool allows(struct htpasswd *h, const char *credentials, char user[HTPASSWD_USER_MAX])
{
	char header[4 * HTPASSWD_CREDENTIALS_MAX] = "Basic ";

	user[0] = '\0';
	(void)base64_text((const uint8_t *)credentials, strlen(credentials), header + 6);
	return htpasswd_allows(h, header, user);
}

static void knows_names_and_passwords(void **state)
{
	char user[HTPASSWD_USER_MAX], long_name[HTPASSWD_USER_MAX + 10];
	struct err err = ERR_INIT;
	struct htpasswd h;

	(void)state;
	assert_int_equal(htpasswd_parse(&h, "# two\r\n\n" ME "\r\n" YOU, &err), 0);
	assert_int_equal(h.count, 2);
	assert_ptr_equal(h.dearest, h.users[1].hash);
	/* Again is the way without bcrypt. */
	for (int i = 0; i < 2; i++) {
		assert_true(allows(&h, "me:secret", user));
		assert_string_equal(user, "me");
		assert_true(allows(&h, "you:other", user));
		assert_string_equal(user, "you");
	}
	assert_false(allows(&h, "me:other", user));
	assert_string_equal(user, "");
	assert_false(allows(&h, "me", user));
	assert_false(allows(&h, "me:", user));
	assert_false(allows(&h, ":secret", user));
	assert_false(allows(&h, "them:secret", user));
	memset(long_name, 'x', sizeof(long_name));
	(void)snprintf(long_name + HTPASSWD_USER_MAX, 10, ":secret");
	assert_false(allows(&h, long_name, user));
	assert_false(htpasswd_allows(&h, NULL, user));
	assert_false(htpasswd_allows(&h, "", user));
	assert_false(htpasswd_allows(&h, "Basic", user));
	assert_false(htpasswd_allows(&h, "Basic ?", user));
	assert_false(htpasswd_allows(&h, "Bearer bWU6c2VjcmV0", user));
	assert_true(htpasswd_allows(&h, "basic  bWU6c2VjcmV0", user));
	htpasswd_release(&h);
}

static void nobody_is_in_an_empty_file(void **state)
{
	char user[HTPASSWD_USER_MAX];
	struct err err = ERR_INIT;
	struct htpasswd h;

	(void)state;
	assert_int_equal(htpasswd_parse(&h, "", &err), 0);
	assert_false(allows(&h, "me:secret", user));
	htpasswd_release(&h);
}

static void refuses_what_is_no_bcrypt(void **state)
{
	static const char *const lines[] = {
		"me",
		"me:",
		":$2y$04$abcdefghijklmnopqrstuutEr/lOCW4eYZ8MZRbF2pQGBJBJx4p7W",
		"me:secret",
		"me:$apr1$abcdefgh$0123456789abcdef",
		"me:$2x$04$abcdefghijklmnopqrstuutEr/lOCW4eYZ8MZRbF2pQGBJBJx4p7W",
		"me:$2y$20$abcdefghijklmnopqrstuutEr/lOCW4eYZ8MZRbF2pQGBJBJx4p7W",
		"me:$2y$04$abcdefghijklmnopqrstuutEr/lOCW4eYZ8MZRbF2pQGBJBJx4p7",
		"me:$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrWx",
		"me:$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW ",
		"me:$2",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct err err = ERR_INIT;
		struct htpasswd h;

		if (htpasswd_parse(&h, lines[i], &err) == 0)
			fail_msg("%s", lines[i]);
		assert_int_equal(err.code, ERR_CONFIG);
		assert_null(strstr(err.message, "abcdef"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_names_and_passwords),
		cmocka_unit_test(nobody_is_in_an_empty_file),
		cmocka_unit_test(refuses_what_is_no_bcrypt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
