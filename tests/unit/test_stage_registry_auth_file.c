/*
 * auth_file: which entry of a file counts for which repository, and files that are wrong.
 */
#include "stage/registry/auth_file.h"

#include "base/hash.h"

#include "tests/unit/check.h"

struct fixture {
	char dir[SCRATCH_MAX];
	char path[SCRATCH_MAX + 32];
};

static int set_up(void **state)
{
	static struct fixture f;

	scratch_make(f.dir);
	(void)snprintf(f.path, sizeof(f.path), "%s/auth.json", f.dir);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	scratch_remove(f->dir);
	return 0;
}

static void write_bytes(const struct fixture *f, const char *text, size_t len)
{
	FILE *file = fopen(f->path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

/* Writes `text` with each ' as ", so that a table can be read; ~NAME~ is base64 of "NAME:s3cret".
 */
static void write_file(const struct fixture *f, const char *text)
{
	AUTO_STR struct str out = STR_INIT(1 << 20);

	for (; *text; text++) {
		if (*text == '~') {
			char plain[64], encoded[128];
			size_t len = strcspn(++text, "~");

			(void)snprintf(plain, sizeof(plain), "%.*s:s3cret", (int)len, text);
			(void)str_adds(&out,
			               base64_text((const uint8_t *)plain, strlen(plain), encoded));
			text += len;
		} else {
			(void)str_addc(&out, *text == '\'' ? '"' : *text);
		}
	}
	write_bytes(f, str_text(&out), out.len);
}

/* "user:password", "token=TOKEN" (with "user " before it, if any), "helper=NAME" or "none". */
static void describe(const struct registry_credentials *c, const char *helper, char *text,
                     size_t size)
{
	if (*helper)
		(void)snprintf(text, size, "helper=%s", helper);
	else if (c->kind == REGISTRY_CREDENTIALS_NONE)
		(void)snprintf(text, size, "none");
	else if (c->kind == REGISTRY_CREDENTIALS_PASSWORD)
		(void)snprintf(text, size, "%s:%s", str_text(&c->username), str_text(&c->secret));
	else
		(void)snprintf(text, size, "%s%stoken=%s", str_text(&c->username),
		               c->username.len ? " " : "", str_text(&c->secret));
}

static void test_find(void **state)
{
	static const char levels[] =
		"{'auths':{'r.io':{'auth':'~host~'},'r.io/org':{'auth':'~org~'},"
		"'r.io/org/app':{'auth':'~app~'},'r.io/empty':{},'r.io/null/x':null,"
		"'r.io:5000':{'auth':'~port~'},'https://r.io/far/away':{'auth':'~url~'}}}";
	static const char docker[] = "{'auths':{'https://index.docker.io/v1/':{'auth':'~url~'},"
				     "'docker.io/mine':{'auth':'~mine~'}}}";
	static const char store[] = "{'auths':{'r.io':{},'s.io':{'auth':'~plain~'},"
				    "'t.io':{'auth':'~t~'}},'credsStore':'desk-top_1',"
				    "'credHelpers':{'t.io':'ecr-login','u.io':'','s.io':'',"
				    "'https://index.docker.io/v1/':'hub','v.io:5000':'port'}}";
	static const struct {
		const char *file, *host, *repository, *found;
	} cases[] = {
		/* longest match */
		{levels, "r.io", "app", "host:s3cret"},
		{levels, "r.io", "org", "org:s3cret"},
		{levels, "r.io", "org/other", "org:s3cret"},
		{levels, "r.io", "org/app", "app:s3cret"},
		{levels, "r.io", "org/app/sub/deep", "app:s3cret"},
		{levels, "r.io", "organic/app", "host:s3cret"},
		{levels, "r.io", "org/apple", "org:s3cret"},
		{levels, "R.IO", "org/app", "app:s3cret"},
		{levels, "r.io", "", "host:s3cret"},
		{levels, "r.io", "empty/app", "host:s3cret"},
		{levels, "r.io", "null/x", "host:s3cret"},
		{levels, "r.io:5000", "org/app", "port:s3cret"},
		{levels, "r.io:5001", "org/app", "none"},
		{levels, "sub.r.io", "org/app", "none"},
		{levels, "io", "org/app", "none"},
		{levels, "docker.io", "org/app", "none"},
		/* docker.io has several names, and a host may be written as a URL */
		{docker, "docker.io", "library/busybox", "url:s3cret"},
		{docker, "registry-1.docker.io", "library/busybox", "url:s3cret"},
		{docker, "docker.io", "mine/app", "mine:s3cret"},
		{docker, "hub.docker.io", "library/busybox", "none"},
		{"{'auths':{'index.docker.io':{'auth':'~a~'},'docker.io':{'auth':'~b~'}}}",
	         "docker.io", "x/y", "b:s3cret"},
		{"{'auths':{'http://r.io':{'auth':'~a~'}}}", "r.io", "x", "a:s3cret"},
		{"{'auths':{'https://r.io/v2/':{'auth':'~a~'}}}", "r.io", "x", "a:s3cret"},
		{"{'auths':{'r.io/v1/':{'auth':'~a~'}}}", "r.io", "x", "a:s3cret"},
		{"{'auths':{'r.io/':{'auth':'~a~'}}}", "r.io", "x", "a:s3cret"},
		{"{'auths':{'r.io/v2':{'auth':'~a~'}}}", "r.io", "x", "none"},
		{"{'auths':{'https://r.io/v2/':{'auth':'~a~'},'r.io':{'auth':'~b~'}}}", "r.io", "x",
	         "b:s3cret"},
		{"{'auths':{'[::1]:5000/x':{'auth':'~a~'}}}", "[::1]:5000", "x/y", "a:s3cret"},
		/* what an entry may hold */
		{"{'auths':{'r.io':{'auth':'dTpwOnE='}}}", "r.io", "x", "u:p:q"},
		{"{'auths':{'r.io':{'auth':'dTo='}}}", "r.io", "x", "u:"},
		{"{'auths':{'r.io':{'auth':'dTpw\\nAAAA\\r\\n'}}}", "r.io", "x", "u:p"},
		{"{'auths':{'r.io':{'username':'u','password':'p'}}}", "r.io", "x", "u:p"},
		{"{'auths':{'r.io':{'username':'u','auth':'~a~','email':'e'}}}", "r.io", "x",
	         "a:s3cret"},
		{"{'auths':{'r.io':{'identitytoken':'a.b'}}}", "r.io", "x", "token=a.b"},
		{"{'auths':{'r.io':{'auth':'dTo=','identitytoken':'a.b'}}}", "r.io", "x",
	         "u token=a.b"},
		{"{'auths':{'r.io':{'auth':'','identitytoken':''}}}", "r.io", "x", "none"},
		{"{'auths':{'r.io':{'auth':7}}}", "r.io", "x", "none"},
		/* helpers */
		{store, "r.io", "x", "helper=desk-top_1"},
		{store, "other.io", "x", "helper=desk-top_1"},
		{store, "s.io", "x", "plain:s3cret"},
		{store, "t.io", "x", "helper=ecr-login"},
		{store, "T.io", "x", "helper=ecr-login"},
		{store, "u.io", "x", "none"},
		{store, "docker.io", "library/x", "helper=hub"},
		{store, "v.io", "x", "helper=desk-top_1"},
		{store, "v.io:5000", "x", "helper=port"},
		/* nothing */
		{"{}", "r.io", "x", "none"},
		{"", "r.io", "x", "none"},
		{" \n", "r.io", "x", "none"},
		{"{'auths':null,'credHelpers':null,'credsStore':null}", "r.io", "x", "none"},
		{"{'auths':{},'credHelpers':{},'credsStore':''}", "r.io", "x", "none"},
		{"{'Auths':{'r.io':{'auth':'~a~'}},'HttpHeaders':{}}", "r.io", "x", "none"},
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_CREDENTIALS struct registry_credentials c = REGISTRY_CREDENTIALS_INIT;
		char helper[CREDENTIAL_HELPER_NAME_MAX + 1], text[256];
		struct err err = ERR_INIT;

		write_file(f, cases[i].file);
		MUST(auth_file_find(f->path, cases[i].host, cases[i].repository, &c, helper, &err));
		describe(&c, helper, text, sizeof(text));
		CASE(strcmp(text, cases[i].found) == 0, "%s/%s in %s: %s, not %s", cases[i].host,
		     cases[i].repository, cases[i].file, text, cases[i].found);
	}
}

static void test_wrong(void **state)
{
	static const struct {
		const char *file, *says;
	} cases[] = {
		{"{'auths':{'r.io':{'auth':'~a~'}}", "not valid JSON: line 1: '}' expected"},
		{"{'auths':{'r.io':{'auth':'a' 's3cret'}}}", "not valid JSON"},
		{"{'auths':{'r.io':{}},'auths':{}}", "duplicate object key"},
		{"[]", "is no JSON object"},
		{"s3cret", "not valid JSON"},
		{"{'auths':[]}", "auths is no object"},
		{"{'credHelpers':'x'}", "credHelpers is no object"},
		{"{'auths':{'r.io':'s3cret'}}", "auths: \"r.io\": is no object"},
		{"{'auths':{'r.io/x':{'auth':'s3cret!!'}}}",
	         "auths: \"r.io/x\": \"auth\" is no base64"},
		{"{'auths':{'r.io':{'auth':'czNjcmV0'}}}", "\"auth\" is no base64"}, /* no colon */
		{"{'auths':{'r.io':{'auth':'dTpzM2NyZXQAcw=='}}}",
	         "\"auth\" is no base64"}, /* NUL */
		{"{'auths':{'r.io':{'auth':'OnMzY3JldA=='}}}", "without a user name"},
		{"{'auths':{'https://r.io/\\u001b[2J':{'auth':'cwo6czNjcmV0'}}}",
	         "auths: \"https://r.io/\\x1b[2J\": the user name"},
		{"{'auths':{'r.io':{'identitytoken':'s3cret\\r\\nX: 1'}}}", "identity token"},
		{"{'credsStore':'../../bin/sh'}", "credsStore: a credential helper's name"},
		{"{'credsStore':['x']}", "credsStore: is no string"},
		{"{'credHelpers':{'r.io':'a b'}}", "credHelpers: \"r.io\": a credential helper's"},
		{"{'credHelpers':{'r.io':null}}", "credHelpers: \"r.io\": is no string"},
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_CREDENTIALS struct registry_credentials c = REGISTRY_CREDENTIALS_INIT;
		char helper[CREDENTIAL_HELPER_NAME_MAX + 1];
		struct err err = ERR_INIT;

		write_file(f, cases[i].file);
		CASE(auth_file_find(f->path, "r.io", "x", &c, helper, &err) == -1, "%s",
		     cases[i].file);
		CASE(err.code == ERR_CONFIG, "%s: code %d", cases[i].file, err.code);
		CASE(strncmp(err.message, f->path, strlen(f->path)) == 0, "%s", err.message);
		CASE(strstr(err.message, cases[i].says), "%s: %s", cases[i].file, err.message);
		CASE(!strstr(err.message, "s3cret"), "%s", err.message);
		CASE(c.kind == REGISTRY_CREDENTIALS_NONE && !*helper, "%s", cases[i].file);
		/* What is wrong about another registry is no fault of this one's. */
		if (strstr(cases[i].says, "r.io"))
			MUST(auth_file_find(f->path, "other.io", "x", &c, helper, &err));
	}
}

static void test_bounds(void **state)
{
	const struct fixture *f = *state;
	AUTO_CREDENTIALS struct registry_credentials c = REGISTRY_CREDENTIALS_INIT;
	AUTO_STR struct str text = STR_INIT(2 << 20);
	char helper[CREDENTIAL_HELPER_NAME_MAX + 1];
	struct err err = ERR_INIT;

	MUST_FAIL(auth_file_find(f->path, "r.io", "x", &c, helper, &err), ERR_NOT_FOUND);
	MUST_FAIL(auth_file_find(f->dir, "r.io", "x", &c, helper, &err), ERR_CONFIG);
	MUST(auth_file_find("/dev/null", "r.io", "x", &c, helper, &err));
	/* Many entries and a repository of many parts. */
	(void)str_adds(&text, "{\"auths\":{\"z.io\":{\"auth\":\"dTpw\"}");
	for (int i = 0; i < 4000; i++)
		(void)str_addf(&text, ",\"r.io/a/%d\":{\"auth\":\"\"}", i);
	(void)str_adds(&text, "}}");
	write_bytes(f, text.data, text.len);
	MUST(auth_file_find(f->path, "r.io",
	                    "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a", &c,
	                    helper, &err));
	assert_int_equal(c.kind, REGISTRY_CREDENTIALS_NONE);
	while (text.len <= AUTH_FILE_MAX)
		(void)str_adds(&text, "                                                        ");
	write_bytes(f, text.data, text.len);
	MUST_FAIL(auth_file_find(f->path, "r.io", "x", &c, helper, &err), ERR_CONFIG);
	/* A password that is as long as it may be, and one that is longer. */
	for (size_t len = REGISTRY_SECRET_MAX; len <= REGISTRY_SECRET_MAX + 1; len++) {
		AUTO_STR struct str plain = STR_INIT(1 << 20);
		AUTO_FREE char *encoded = malloc(1 << 20);

		assert_non_null(encoded);
		(void)str_adds(&plain, "u:");
		for (size_t i = 0; i < len; i++)
			(void)str_addc(&plain, 'p');
		str_clear(&text);
		(void)str_addf(&text, "{\"auths\":{\"r.io\":{\"auth\":\"%s\"}}}",
		               base64_text((const uint8_t *)plain.data, plain.len, encoded));
		write_bytes(f, text.data, text.len);
		if (len == REGISTRY_SECRET_MAX) {
			MUST(auth_file_find(f->path, "r.io", "x", &c, helper, &err));
			assert_int_equal(c.secret.len, len);
		} else {
			MUST_FAIL(auth_file_find(f->path, "r.io", "x", &c, helper, &err),
			          ERR_CONFIG);
		}
	}
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {T(test_find), T(test_wrong), T(test_bounds)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
