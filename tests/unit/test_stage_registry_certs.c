/*
 * certs: folders of certificates of the test's own; a home and a root that it makes up.
 */
#include "stage/registry/certs.h"

#include "tests/unit/check.h"

/* Signed by itself. */
static const char certificate[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBbjCCARWgAwIBAgIUXNNNAFHp7u1Vz7WKHxGzU8Z8DGQwCgYIKoZIzj0EAwIw\n"
	"DDEKMAgGA1UEAwwBYTAgFw0yNjExMjgyMTExMTdaGA8yMTI2MTEwNDIxMTExN1ow\n"
	"DDEKMAgGA1UEAwwBYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEoE8q+5lRlN\n"
	"Grfc3dGQx4U+2UPYzcWtevd6pVz1A2PDTMw4gqQ1bLbL8HpZvcsSz0amyIHzovI5\n"
	"OQLiZPRiVsCjUzBRMB0GA1UdDgQWBBRgFOk/PHj8laXAeQVhNHRuPdX6qjAfBgNV\n"
	"HSMEGDAWgBRgFOk/PHj8laXAeQVhNHRuPdX6qjAPBgNVHRMBAf8EBTADAQH/MAoG\n"
	"CCqGSM49BAMCA0cAMEQCIFEQNX0pL6zWJ8ZI18e4KlFoRyfnJSDEMUd0lw8+nyGs\n"
	"AiBhMhpGn4JkXicjFCr6tQxq1CMbH6nHwvJ7Q5+Ra8vzjg==\n"
	"-----END CERTIFICATE-----\n";

struct fixture {
	char dir[SCRATCH_MAX];
};

static int set_up(void **state)
{
	static struct fixture f;

	scratch_make(f.dir);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	scratch_remove(f->dir);
	return 0;
}

/* Makes the folders, too. */
static void write_file(const struct fixture *f, const char *below, const char *text)
{
	char path[SCRATCH_MAX + 128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", f->dir, below);
	for (char *slash = path + strlen(f->dir) + 1; (slash = strchr(slash, '/'));
	     *slash++ = '/') {
		*slash = '\0';
		assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
	}
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int find(const struct fixture *f, const char *host, struct registry_certs *certs,
                struct err *err)
{
	char home[SCRATCH_MAX + 8];
	struct registry_certs_options options = {.home = home, .root = f->dir};

	(void)snprintf(home, sizeof(home), "%s/home", f->dir);
	return registry_certs_find(&options, host, certs, err);
}

/* Whether `path` is `below` in the test's folder; both may be "". */
static bool is_below(const struct fixture *f, const struct str *path, const char *below)
{
	size_t len = strlen(f->dir);

	if (!*below)
		return path->len == 0;
	return strncmp(str_text(path), f->dir, len) == 0 &&
	       strcmp(str_text(path) + len + 1, below) == 0;
}

static void test_nothing(void **state)
{
	struct registry_certs certs = REGISTRY_CERTS_INIT;
	struct registry_certs_options bare = {0};
	const struct fixture *f = *state;
	struct err err = ERR_INIT;

	MUST(find(f, "r.io", &certs, &err));
	assert_int_equal(certs.folder.len + certs.authorities.len + certs.client_cert.len, 0);
	MUST(registry_certs_find(&bare, "r.invalid", &certs, &err));
	assert_int_equal(certs.folder.len, 0);
	/* A folder with nothing of interest counts as one. */
	write_file(f, "home/.config/containers/certs.d/r.io/README", "x");
	write_file(f, "etc/docker/certs.d/r.io/ca.crt", certificate);
	MUST(find(f, "r.io", &certs, &err));
	assert_true(is_below(f, &certs.folder, "home/.config/containers/certs.d/r.io"));
	assert_int_equal(certs.authorities.len + certs.client_cert.len + certs.client_key.len, 0);
	registry_certs_release(&certs);
}

/* From the last place to the first; HOST and HOST:PORT are two registries. */
static void test_places(void **state)
{
	static const char *const folders[] = {
		"etc/docker/certs.d/r.io:5000",
		"etc/containers/certs.d/r.io:5000",
		"home/.config/containers/certs.d/r.io:5000",
	};
	struct registry_certs certs = REGISTRY_CERTS_INIT;
	const struct fixture *f = *state;
	struct err err = ERR_INIT;
	char path[128];

	for (size_t i = 0; i < COUNT(folders); i++) {
		(void)snprintf(path, sizeof(path), "%s/ca.crt", folders[i]);
		write_file(f, path, certificate);
		MUST(find(f, "r.io:5000", &certs, &err));
		CASE(is_below(f, &certs.folder, folders[i]), "%s", str_text(&certs.folder));
		MUST(find(f, "r.io", &certs, &err));
		assert_int_equal(certs.folder.len, 0);
	}
	/* A file where a folder should be is as nothing. */
	write_file(f, "etc/docker/certs.d/s.io", "x");
	MUST(find(f, "s.io", &certs, &err));
	assert_int_equal(certs.folder.len, 0);
	registry_certs_release(&certs);
}

static void test_content(void **state)
{
	struct registry_certs certs = REGISTRY_CERTS_INIT;
	AUTO_STR struct str wanted = STR_INIT(1 << 20);
	const struct fixture *f = *state;
	struct err err = ERR_INIT;

	write_file(f, "etc/docker/certs.d/r.io/b.crt", "# comment\n");
	MUST_FAIL(find(f, "r.io", &certs, &err), ERR_CONFIG);
	write_file(f, "etc/docker/certs.d/r.io/b.crt", certificate);
	write_file(f, "etc/docker/certs.d/r.io/a.crt", "# first");
	MUST_FAIL(find(f, "r.io", &certs, &err), ERR_CONFIG);
	(void)str_addf(&wanted, "# first\n%s", certificate);
	write_file(f, "etc/docker/certs.d/r.io/a.crt", str_text(&wanted));
	(void)str_addf(&wanted, "\n%s\n", certificate);
	write_file(f, "etc/docker/certs.d/r.io/z.cert", "z");
	write_file(f, "etc/docker/certs.d/r.io/z.key", "z");
	write_file(f, "etc/docker/certs.d/r.io/client.x.cert", "c");
	write_file(f, "etc/docker/certs.d/r.io/client.x.key", "k");
	write_file(f, "etc/docker/certs.d/r.io/.key", "no");
	write_file(f, "etc/docker/certs.d/r.io/ca.crt.bak", "no");
	MUST(find(f, "r.io", &certs, &err));
	assert_string_equal(str_text(&certs.authorities), str_text(&wanted));
	assert_true(is_below(f, &certs.client_cert, "etc/docker/certs.d/r.io/client.x.cert"));
	assert_true(is_below(f, &certs.client_key, "etc/docker/certs.d/r.io/client.x.key"));
	registry_certs_release(&certs);
	assert_int_equal(certs.client_key.len, 0);
}

static void test_wrong(void **state)
{
	static const struct {
		const char *file, *text, *says;
	} cases[] = {
		{"ca.crt", "", "ca.crt: holds no certificate in PEM"},
		{"ca.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	         "ca.crt: holds no certificate in PEM"},
		{"client.cert", "x",
	         "client.cert: there is no client.key beside it; an authority's certificate is "
	         "named *.crt"},
		{"client.key", "x", "client.key: there is no client.cert beside it"},
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct registry_certs certs = REGISTRY_CERTS_INIT;
		struct err err = ERR_INIT;
		char host[16], path[128];

		(void)snprintf(host, sizeof(host), "r%zu.io", i);
		(void)snprintf(path, sizeof(path), "etc/docker/certs.d/%s/%s", host, cases[i].file);
		write_file(f, path, cases[i].text);
		MUST_FAIL(find(f, host, &certs, &err), ERR_CONFIG);
		CASE(strstr(err.message, cases[i].says), "%s", err.message);
		CASE(strstr(err.message, host), "%s", err.message);
		assert_int_equal(certs.folder.len, 0);
	}
}

static void test_unreadable(void **state)
{
	struct registry_certs certs = REGISTRY_CERTS_INIT;
	const struct fixture *f = *state;
	struct err err = ERR_INIT;
	char path[SCRATCH_MAX + 64];
	AUTO_STR struct str large = STR_INIT(8 << 20);

	(void)snprintf(path, sizeof(path), "%s/etc/docker/certs.d/r.io/ca.crt", f->dir);
	write_file(f, "etc/docker/certs.d/r.io/x", "x");
	assert_int_equal(symlink("/nonexistent/ca.crt", path), 0);
	MUST_FAIL(find(f, "r.io", &certs, &err), ERR_CONFIG);
	assert_non_null(strstr(err.message, path));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	MUST_FAIL(find(f, "r.io", &certs, &err), ERR_CONFIG);
	while (large.len < 5 << 20)
		(void)str_adds(&large, certificate);
	write_file(f, "etc/docker/certs.d/s.io/ca.crt", str_text(&large));
	MUST_FAIL(find(f, "s.io", &certs, &err), ERR_CONFIG);
	large.data[REGISTRY_CERTS_PEM_MAX - 1] = '\0';
	write_file(f, "etc/docker/certs.d/t.io/a.crt", str_text(&large));
	MUST(find(f, "t.io", &certs, &err));
	write_file(f, "etc/docker/certs.d/t.io/b.crt", certificate);
	MUST_FAIL(find(f, "t.io", &certs, &err), ERR_CONFIG);
	assert_non_null(strstr(err.message, "b.crt: more than 4194304 bytes of certificates"));
}

static void test_hosts(void **state)
{
	static const char *const bad[] = {"", ".", "..", "../etc", "a/b", "r.io\n", "r io", "/"};
	struct registry_certs certs = REGISTRY_CERTS_INIT;
	const struct fixture *f = *state;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < COUNT(bad); i++)
		MUST_FAIL(find(f, bad[i], &certs, &err), ERR_CONFIG);
	write_file(f, "etc/containers/certs.d/[::1]:5000/ca.crt", certificate);
	MUST(find(f, "[::1]:5000", &certs, &err));
	assert_true(certs.authorities.len > 0);
	registry_certs_release(&certs);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_nothing), T(test_places),     T(test_content),
		T(test_wrong),   T(test_unreadable), T(test_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
