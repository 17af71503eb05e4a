/*
 * find_credentials: the order of files, in folders of the test's own, with helpers that it writes.
 */
#include "stage/registry/find_credentials.h"

#include "base/units.h"

#include "tests/unit/check.h"

struct fixture {
	char dir[SCRATCH_MAX];
	char *path_before; /* owned */
};

static struct {
	const char *name;
	char value[SCRATCH_MAX + 64];
} environment[8];

static const char *fake_env(const char *name)
{
	for (size_t i = 0; i < COUNT(environment); i++)
		if (environment[i].name && strcmp(environment[i].name, name) == 0)
			return environment[i].value;
	return NULL;
}

/* `below` is a path in the test's folder; NULL: the variable is not set. */
static void set_env(const struct fixture *f, size_t at, const char *name, const char *below)
{
	environment[at].name = below ? name : NULL;
	if (below)
		(void)snprintf(environment[at].value, sizeof(environment[at].value), "%s/%s",
		               f->dir, below);
}

static int set_up(void **state)
{
	static struct fixture f;
	char path[4096];

	memset(environment, 0, sizeof(environment));
	scratch_make(f.dir);
	f.path_before = strdup(getenv("PATH"));
	assert_non_null(f.path_before);
	(void)snprintf(path, sizeof(path), "%s:%s", f.dir, f.path_before);
	assert_int_equal(setenv("PATH", path, 1), 0);
	set_env(&f, 0, "HOME", "home");
	set_env(&f, 1, "XDG_RUNTIME_DIR", "run");
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	(void)setenv("PATH", f->path_before, 1);
	free(f->path_before);
	scratch_remove(f->dir);
	return 0;
}

/* Makes the folders, too. Each ' of the text becomes a ". */
static void write_file(const struct fixture *f, const char *below, const char *text, mode_t mode)
{
	char path[SCRATCH_MAX + 64];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", f->dir, below);
	for (char *slash = path + strlen(f->dir) + 1; (slash = strchr(slash, '/'));
	     *slash++ = '/') {
		*slash = '\0';
		assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
	}
	file = fopen(path, "we");
	assert_non_null(file);
	for (; *text; text++)
		assert_int_not_equal(fputc(*text == '\'' ? '"' : *text, file), EOF);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void write_login(const struct fixture *f, const char *below, const char *host,
                        const char *username)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "{'auths':{'%s':{'username':'%s','password':'s3cret'}}}",
	               host, username);
	write_file(f, below, text, 0600);
}

/* Finds `username` (NULL: none) in `from`, in which each @ is the test's folder. */
static void expect(const struct fixture *f, const char *authfile, const char *username,
                   const char *from)
{
	AUTO_CREDENTIALS struct registry_credentials c = REGISTRY_CREDENTIALS_INIT;
	struct registry_credentials_options options = {.authfile = authfile, .env = fake_env};
	AUTO_STR struct str wanted = STR_INIT(4096);
	struct err err = ERR_INIT;

	for (; *from; from++)
		(void)str_addf(&wanted, *from == '@' ? "%s" : "%.1s", *from == '@' ? f->dir : from);
	/* What was found before goes. */
	MUST(registry_credentials_set(&c, REGISTRY_CREDENTIALS_PASSWORD, "old", "old", &err));
	(void)str_adds(&c.from, "old");
	MUST(registry_credentials_find(&options, "r.io", "org/app", &c, &err));
	assert_int_equal(c.kind,
	                 username ? REGISTRY_CREDENTIALS_PASSWORD : REGISTRY_CREDENTIALS_NONE);
	assert_string_equal(str_text(&c.username), username ? username : "");
	assert_string_equal(str_text(&c.secret), username ? "s3cret" : "");
	assert_string_equal(str_text(&c.from), str_text(&wanted));
	assert_int_equal(err.code, ERR_NONE);
}

/* The host that hangs gets little time, all others as much as a loaded machine may need. */
static void expect_error(const char *authfile, const char *host, enum err_code code,
                         const char *says)
{
	AUTO_CREDENTIALS struct registry_credentials c = REGISTRY_CREDENTIALS_INIT;
	struct registry_credentials_options options = {
		.authfile = authfile,
		.env = fake_env,
		.helper_ms = strcmp(host, "hang.io") == 0 ? 300 : 60000};
	struct err err = ERR_INIT;

	MUST_FAIL(registry_credentials_find(&options, host, "org/app", &c, &err), code);
	CASE(strstr(err.message, says), "%s", err.message);
	CASE(!strstr(err.message, "s3cret"), "%s", err.message);
	assert_int_equal(c.kind, REGISTRY_CREDENTIALS_NONE);
	assert_string_equal(str_text(&c.from), "");
}

/* From the last place to the first, each in front of those before it. */
static void test_order(void **state)
{
	const struct fixture *f = *state;
	char path[SCRATCH_MAX + 64], text[SCRATCH_MAX + 128];

	expect(f, NULL, NULL,
	       "@/run/containers/auth.json, @/home/.config/containers/auth.json and "
	       "@/home/.docker/config.json");
	write_login(f, "home/.docker/config.json", "r.io", "docker");
	expect(f, NULL, "docker", "@/home/.docker/config.json");
	set_env(f, 2, "DOCKER_CONFIG", "docker");
	expect(f, NULL, NULL,
	       "@/run/containers/auth.json, @/home/.config/containers/auth.json and "
	       "@/docker/config.json");
	write_login(f, "docker/config.json", "r.io", "docker-config");
	expect(f, NULL, "docker-config", "@/docker/config.json");
	write_login(f, "home/.config/containers/auth.json", "r.io", "config");
	expect(f, NULL, "config", "@/home/.config/containers/auth.json");
	set_env(f, 3, "XDG_CONFIG_HOME", "xdg");
	write_login(f, "xdg/containers/auth.json", "r.io", "xdg");
	expect(f, NULL, "xdg", "@/xdg/containers/auth.json");
	write_login(f, "run/containers/auth.json", "r.io", "runtime");
	expect(f, NULL, "runtime", "@/run/containers/auth.json");
	/* A file that has nothing for this host is no end, be its own match longer or not. */
	write_login(f, "run/containers/auth.json", "r.io/other", "runtime");
	expect(f, NULL, "xdg", "@/xdg/containers/auth.json");
	write_login(f, "run/containers/auth.json", "r.io", "runtime");
	write_login(f, "docker/config.json", "r.io/org/app", "docker-config");
	expect(f, NULL, "runtime", "@/run/containers/auth.json");
	/* One that is named is the only one. */
	set_env(f, 4, "REGISTRY_AUTH_FILE", "named.json");
	(void)snprintf(text, sizeof(text), "REGISTRY_AUTH_FILE: %s/named.json: ", f->dir);
	expect_error(NULL, "r.io", ERR_CONFIG, text);
	write_login(f, "named.json", "r.io", "named");
	expect(f, NULL, "named", "@/named.json");
	write_login(f, "named.json", "s.io", "named");
	expect(f, NULL, NULL, "@/named.json");
	(void)snprintf(path, sizeof(path), "%s/authfile.json", f->dir);
	(void)snprintf(text, sizeof(text), "--authfile: %s: ", path);
	expect_error(path, "r.io", ERR_CONFIG, text);
	write_login(f, "authfile.json", "r.io", "authfile");
	expect(f, path, "authfile", "@/authfile.json");
	expect(f, "/dev/null", NULL, "/dev/null");
}

/* Without XDG_RUNTIME_DIR podman keeps its file where root and services have theirs. */
static void test_bare_environment(void **state)
{
	AUTO_CREDENTIALS struct registry_credentials c = REGISTRY_CREDENTIALS_INIT;
	struct registry_credentials_options options = {.env = fake_env};
	struct err err = ERR_INIT;
	char text[64];

	(void)state;
	memset(environment, 0, sizeof(environment));
	MUST(registry_credentials_find(&options, "r.invalid", "app", &c, &err));
	(void)snprintf(text, sizeof(text), "/run/containers/%u/auth.json", (unsigned)getuid());
	assert_string_equal(str_text(&c.from), text);
}

/* One that cannot be understood is no reason to be another person. */
static void test_broken_file(void **state)
{
	const struct fixture *f = *state;

	write_file(f, "run/containers/auth.json", "{'auths':{'r.io':{'auth':'s3cret'}}", 0600);
	write_login(f, "home/.docker/config.json", "r.io", "docker");
	expect_error(NULL, "r.io", ERR_CONFIG, "run/containers/auth.json: not valid JSON");
}

static void test_helpers(void **state)
{
	const struct fixture *f = *state;

	write_file(f, "docker-credential-x",
	           "#!/bin/sh\nread -r server\ncase $server in\n"
	           "r.io) cat \"$0.json\" ;;\n"
	           "bad.io) echo no key ring >&2; exit 1 ;;\nhang.io) exec sleep 60 ;;\n"
	           "*) echo credentials not found in native keychain; exit 1 ;;\nesac\n",
	           0700);
	write_file(f, "docker-credential-x.json", "{'Username':'helped','Secret':'s3cret'}", 0600);
	write_file(f, "home/.config/containers/auth.json", "{'credsStore':'x'}", 0600);
	expect(f, NULL, "helped", "docker-credential-x (@/home/.config/containers/auth.json)");
	expect_error(
		NULL, "bad.io", ERR_AUTH,
		"/home/.config/containers/auth.json: docker-credential-x: ended with status 1: "
		"no key ring");
	expect_error(NULL, "hang.io", ERR_AUTH,
	             "docker-credential-x: did not answer within 300ms and was ended");
	/* One that has nothing is no end. */
	write_file(f, "home/.config/containers/auth.json", "{'credHelpers':{'s.io':'x'}}", 0600);
	write_login(f, "home/.docker/config.json", "r.io", "docker");
	expect(f, NULL, "docker", "@/home/.docker/config.json");
	write_file(f, "home/.config/containers/auth.json", "{'credsStore':'none-such'}", 0600);
	expect_error(NULL, "r.io", ERR_CONFIG,
	             "/home/.config/containers/auth.json: docker-credential-none-such: there is no "
	             "such program in PATH");
}

/* docker and podman keep docker.io's under different names: both are asked for, docker's first. */
static void test_docker_io(void **state)
{
	static const struct {
		const char *known, *username;
	} cases[] = {
		{"https://index.docker.io/v1/", "u"}, {"docker.io", "u"}, {"index.docker.io", ""}};
	const struct fixture *f = *state;
	struct registry_credentials_options options = {.env = fake_env};

	write_file(f, "home/.docker/config.json", "{'credsStore':'x'}", 0600);
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_CREDENTIALS struct registry_credentials c = REGISTRY_CREDENTIALS_INIT;
		struct err err = ERR_INIT;
		char text[512];

		(void)snprintf(
			text, sizeof(text),
			"#!/bin/sh\nread -r server\nif [ \"$server\" = %s ]; then cat \"$0.json\"\n"
			"else echo credentials not found; exit 1; fi\n",
			cases[i].known);
		write_file(f, "docker-credential-x", text, 0700);
		write_file(f, "docker-credential-x.json", "{'Username':'u','Secret':'p'}", 0600);
		MUST(registry_credentials_find(&options, "docker.io", "library/x", &c, &err));
		CASE(strcmp(str_text(&c.username), cases[i].username) == 0, "%s: %s",
		     cases[i].known, str_text(&c.username));
	}
}

/* What the run may still last counts, where that is less than a helper may take. */
static void test_deadline(void **state)
{
	const struct fixture *f = *state;
	AUTO_CREDENTIALS struct registry_credentials c = REGISTRY_CREDENTIALS_INIT;
	struct registry_credentials_options options = {.env = fake_env,
	                                               .deadline_ms = monotonic_ms() + 300};
	struct err err = ERR_INIT;

	write_file(f, "docker-credential-x", "#!/bin/sh\nexec sleep 60\n", 0700);
	write_file(f, "home/.docker/config.json", "{'credsStore':'x'}", 0600);
	MUST_FAIL(registry_credentials_find(&options, "r.io", "x", &c, &err), ERR_MAX_DURATION);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_order),   T(test_bare_environment), T(test_broken_file),
		T(test_helpers), T(test_docker_io),        T(test_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
