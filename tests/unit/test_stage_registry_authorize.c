/*
 * What is said of ourselves with each request, in the order in which registries ask for it. The
 * credentials are in a file of the test's own.
 */
#include "stage/registry/authorize.h"

#include "base/http/transport.h"
#include "base/units.h"

#include "tests/unit/check.h"

#define BEARER                                                                                     \
	"www-authenticate: Bearer realm=\"https://auth.r.io/token\",service=\"r.io\","             \
	"scope=\"repository:a/b:pull\""
#define BASIC "www-authenticate: Basic realm=\"r\""

struct fixture {
	char dir[SCRATCH_MAX], file[SCRATCH_MAX + 16];
	struct registry_options options;
	struct registry_auth auth;
};

static const char *no_env(const char *name)
{
	(void)name;
	return NULL;
}

/* Each ' becomes a ". */
static void write_logins(const struct fixture *f, const char *text)
{
	FILE *file = fopen(f->file, "we");

	assert_non_null(file);
	for (; *text; text++)
		assert_int_not_equal(fputc(*text == '\'' ? '"' : *text, file), EOF);
	assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
	static struct fixture f;

	scratch_make(f.dir);
	(void)snprintf(f.file, sizeof(f.file), "%s/auth.json", f.dir);
	f.options = (struct registry_options){.env = no_env, .authfile = f.file};
	f.auth = (struct registry_auth){.options = &f.options, .host = "r.io"};
	write_logins(&f, "{}");
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	registry_auth_release(&f->auth);
	scratch_remove(f->dir);
	return 0;
}

static struct registry_scope *scope_of(struct fixture *f, const char *repo)
{
	struct err err = ERR_INIT;
	struct registry_scope *scope = registry_auth_scope(&f->auth, repo, &err);

	assert_non_null(scope);
	return scope;
}

static int challenge(struct fixture *f, struct registry_scope *scope, const char *line,
                     struct err *err)
{
	AUTO_STR struct str headers = STR_INIT(10000);

	assert_int_equal(http_headers_add(&headers, line, strlen(line)), 0);
	return registry_auth_challenged(&f->auth, scope, &headers, true, err);
}

static void note(struct fixture *f, const char *line)
{
	AUTO_STR struct str headers = STR_INIT(10000);

	assert_int_equal(http_headers_add(&headers, line, strlen(line)), 0);
	registry_auth_note(&f->auth, &headers, true);
}

static void give_token(struct registry_scope *scope, const char *answer)
{
	struct err err = ERR_INIT;

	MUST(registry_token_read(&scope->token, answer, strlen(answer), now_ms(), monotonic_ms(),
	                         &err));
}

static void expect_header(struct fixture *f, struct registry_scope *scope, const char *wanted)
{
	AUTO_STR struct str line = STR_INIT(10000);
	struct err err = ERR_INIT;

	MUST(registry_auth_header(&f->auth, scope, &line, &err));
	assert_string_equal(str_text(&line), wanted);
}

/* Who was not asked says nothing, and does not even look for what the user has kept. */
static void test_nothing(void **state)
{
	struct fixture *f = *state;
	struct registry_scope *scope = scope_of(f, "a/b");
	struct err err = ERR_INIT;

	write_logins(f, "not JSON");
	expect_header(f, scope, "");
	assert_false(registry_auth_needs_token(&f->auth, scope));
	assert_false(scope->looked);
	MUST_FAIL(challenge(f, scope, "x: y", &err), ERR_AUTH);
	assert_non_null(strstr(err.message, "without saying how"));
	MUST_FAIL(challenge(f, scope, "www-authenticate: Negotiate", &err), ERR_AUTH);
}

static void test_basic(void **state)
{
	struct fixture *f = *state;
	struct registry_scope *scope = scope_of(f, "a/b");
	struct err err = ERR_INIT;

	/* RFC 7617, 2: "Aladdin" and "open sesame". */
	write_logins(f, "{'auths':{'r.io':{'username':'Aladdin','password':'open sesame'},"
	                "'r.io/a/c':{'username':'c','password':''}}}");
	MUST(challenge(f, scope, BASIC, &err));
	expect_header(f, scope, "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
	assert_false(registry_auth_needs_token(&f->auth, scope));
	/* Another repository, which has credentials of its own. */
	expect_header(f, scope_of(f, "a/c"), "Authorization: Basic Yzo=");
	/* They were not enough: that is the end. */
	MUST_FAIL(challenge(f, scope, BASIC, &err), ERR_AUTH);
	assert_non_null(strstr(err.message, "(tried the credentials from "));
	assert_non_null(strstr(err.message, "/auth.json); docker login"));
	assert_null(strstr(err.message, "sesame"));
}

static void test_basic_without(void **state)
{
	struct fixture *f = *state;
	struct registry_scope *scope = scope_of(f, "a/b");
	struct err err = ERR_INIT;

	MUST_FAIL(challenge(f, scope, BASIC, &err), ERR_AUTH);
	assert_non_null(strstr(err.message, "a user and a password (no credentials in "));
	expect_header(f, scope, "");
	/* An identity token is for token servers. */
	write_logins(f, "{'auths':{'r.io':{'auth':'dTpw','identitytoken':'s3cret'}}}");
	scope = scope_of(f, "a/c");
	MUST_FAIL(challenge(f, scope, BASIC, &err), ERR_AUTH);
	expect_header(f, scope, "");
}

/* Looked for once for each repository; a file that cannot be read is no anonymous user. */
static void test_looks_once(void **state)
{
	struct fixture *f = *state;
	struct registry_scope *scope = scope_of(f, "a/b");
	struct err err = ERR_INIT;

	write_logins(f, "not JSON");
	MUST_FAIL(challenge(f, scope, BASIC, &err), ERR_CONFIG);
	write_logins(f, "{'auths':{'r.io':{'username':'u','password':'p'}}}");
	MUST(challenge(f, scope, BASIC, &err));
	write_logins(f, "not JSON");
	expect_header(f, scope, "Authorization: Basic dTpw");
}

static void test_bearer(void **state)
{
	struct fixture *f = *state;
	struct registry_scope *scope = scope_of(f, "a/b"), *other;
	struct err err = ERR_INIT;

	MUST(challenge(f, scope, BEARER, &err));
	assert_true(registry_auth_needs_token(&f->auth, scope));
	expect_header(f, scope, "");
	give_token(scope, "{\"token\":\"t1\",\"expires_in\":300}");
	assert_false(registry_auth_needs_token(&f->auth, scope));
	expect_header(f, scope, "Authorization: Bearer t1");
	/* A token is for one repository; what belongs to none needs none. */
	other = scope_of(f, "a/c");
	assert_true(registry_auth_needs_token(&f->auth, other));
	expect_header(f, other, "");
	assert_false(registry_auth_needs_token(&f->auth, scope_of(f, "")));
	assert_ptr_equal(scope_of(f, "a/b"), scope);
	/* One that is over. */
	scope->token.stale_at = monotonic_ms();
	assert_true(registry_auth_needs_token(&f->auth, scope));
	/* One that was refused is of no use, however long it should have held. */
	give_token(scope, "{\"token\":\"t2\",\"expires_in\":300}");
	MUST(challenge(f, scope, BEARER, &err));
	assert_true(registry_auth_needs_token(&f->auth, scope));
	expect_header(f, scope, "");
	/* A registry that has changed its mind hears one thing. */
	give_token(scope, "{\"token\":\"t3\"}");
	write_logins(f, "{'auths':{'r.io':{'username':'u','password':'p'}}}");
	MUST(challenge(f, scope, BASIC, &err));
	expect_header(f, scope, "Authorization: Basic dTpw");
}

/* Bearer is taken where both are offered: a token says less than a password. */
static void test_both(void **state)
{
	struct fixture *f = *state;
	struct registry_scope *scope = scope_of(f, "a/b");
	struct err err = ERR_INIT;

	MUST(challenge(f, scope, "www-authenticate: Basic realm=\"r\", Bearer realm=\"https://t/\"",
	               &err));
	assert_true(registry_auth_needs_token(&f->auth, scope));
}

static void test_bad_realm(void **state)
{
	static const char *const lines[] = {
		"www-authenticate: Bearer service=\"r.io\"",
		"www-authenticate: Bearer realm=\"http://auth.r.io/token\"",
		"www-authenticate: Bearer realm=\"https://me@auth.r.io/token\"",
		"www-authenticate: Bearer realm=\"file:///etc/passwd\"",
		"www-authenticate: Basic realm=\"r\", Bearer realm=\"http://auth.r.io/\"",
	};
	struct fixture *f = *state;
	struct registry_scope *scope = scope_of(f, "a/b");

	for (size_t i = 0; i < COUNT(lines); i++) {
		struct err err = ERR_INIT;

		CASE(challenge(f, scope, lines[i], &err) == -1, "%s", lines[i]);
		note(f, lines[i]);
		CASE(f->auth.scheme == REGISTRY_NO_AUTH, "%s", lines[i]);
	}
}

/* What an answer to nobody in particular tells of how to ask. */
static void test_note(void **state)
{
	struct fixture *f = *state;
	struct registry_scope *scope = scope_of(f, "a/b");

	write_logins(f, "{'auths':{'r.io':{'username':'u','password':'p'}}}");
	note(f, "x: y");
	expect_header(f, scope, "");
	note(f, BASIC);
	expect_header(f, scope, "Authorization: Basic dTpw");
	note(f, BEARER);
	assert_true(registry_auth_needs_token(&f->auth, scope));
	expect_header(f, scope, "");
}

static void expect_request(struct fixture *f, struct registry_scope *scope, const char *url,
                           const char *form, const char *header)
{
	struct registry_token_request request;
	struct err err = ERR_INIT;

	MUST(registry_auth_token_request(&f->auth, scope, &request, &err));
	assert_string_equal(str_text(&request.url), url);
	assert_string_equal(str_text(&request.form), form);
	assert_string_equal(str_text(&request.header), header);
	registry_token_request_release(&request);
}

static void test_token_requests(void **state)
{
	struct fixture *f = *state;
	struct registry_scope *scope = scope_of(f, "a/b");
	struct err err = ERR_INIT;

	write_logins(f, "{'auths':{'r.io':{'username':'u','password':'p'},"
	                "'r.io/x':{'auth':'dTpw','identitytoken':'s3cret+/'}}}");
	note(f, "www-authenticate: Bearer realm=\"https://auth.r.io/token\",service=\"r.io\"");
	expect_request(f, scope,
	               "https://auth.r.io/"
	               "token?service=r.io&scope=repository%3Aa%2Fb%3Apull&account=u",
	               "", "Authorization: Basic dTpw");
	/* The scope of the challenge is asked for as it is. */
	MUST(challenge(f, scope,
	               "www-authenticate: Bearer realm=\"https://auth.r.io/token\","
	               "scope=\"repository:a/b:pull,push\"",
	               &err));
	expect_request(f, scope,
	               "https://auth.r.io/token?scope=repository%3Aa%2Fb%3Apull%2Cpush&account=u",
	               "", "Authorization: Basic dTpw");
	/* Only for the repository that was asked for. */
	expect_request(f, scope_of(f, "x/y"), "https://auth.r.io/token",
	               "grant_type=refresh_token&client_id=drydock&"
	               "scope=repository%3Ax%2Fy%3Apull&refresh_token=s3cret%2B%2F",
	               "");
	/* Nobody. */
	write_logins(f, "{}");
	expect_request(f, scope_of(f, "n"), "https://auth.r.io/token?scope=repository%3An%3Apull",
	               "", "");
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_nothing),    T(test_basic),  T(test_basic_without),
		T(test_looks_once), T(test_bearer), T(test_both),
		T(test_bad_realm),  T(test_note),   T(test_token_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
