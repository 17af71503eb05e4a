#include "sync/recipe/recipe_internal.h"

#include "tests/unit/unit.h"

/* What the remote says of itself, and for each client the file, its content and the commands. */
struct setting {
	const char *url, *bucket, *prefix, *pull_host, *ca_bundle;
	bool no_verify;
};

static void make(struct recipe *r, enum recipe_client client, const struct setting *s)
{
	const struct endpoint_settings settings = {
		.url = s->url, .bucket = s->bucket, .prefix = s->prefix, .region = "eu-west-1"};
	struct str object_url = STR_INIT(4096), object_host = STR_INIT(1024);
	struct err err = ERR_INIT;
	struct pull_address address;
	struct endpoint e;
	struct recipe_place place = {.address = &address,
	                             .endpoint = &e,
	                             .url = "s3://b/p",
	                             .ca_bundle = s->ca_bundle,
	                             .no_verify = s->no_verify,
	                             .host_given = s->pull_host != NULL};

	assert_int_equal(endpoint_make(&e, &settings, &err), 0);
	assert_int_equal(pull_address_make(&address, s->pull_host, &e, &err), 0);
	assert_int_equal(endpoint_origin(&e, &object_url), 0);
	assert_int_equal(endpoint_path(&e, "", &object_url), 0);
	assert_int_equal(endpoint_host(&e, &object_host), 0);
	place.object_url = str_text(&object_url);
	place.object_host = str_text(&object_host);
	recipe_init(r);
	if (recipe_write(r, client, &place, &err) < 0) {
		assert_int_equal(err_exit_status(err.code), 2);
		(void)str_addf(&r->what, "%s", err.message);
	}
	str_release(&object_url);
	str_release(&object_host);
}

static const struct setting PUBLIC = {.bucket = "bkt"};
static const struct setting PUBLIC_PREFIX = {.bucket = "bkt", .prefix = "Team/a"};
static const struct setting DOTTED = {.bucket = "my.bucket"};
static const struct setting PATH = {.url = "http://10.0.0.1:7480", .bucket = "b_c"};
static const struct setting ADDRESS = {.url = "https://10.0.0.1", .bucket = "b"};
static const struct setting PATH_CA = {
	.url = "https://s3.example.org", .bucket = "b", .ca_bundle = "ca.pem"};
static const struct setting HOST = {
	.bucket = "images", .prefix = "p", .pull_host = "r.example.org"};
static const struct setting HTTP = {.bucket = "b", .pull_host = "http://r.example.org:8080"};
static const struct setting LOCAL = {.bucket = "b", .pull_host = "127.0.0.1:5000"};
static const struct setting LOCAL_80 = {.bucket = "b", .pull_host = "localhost"};
static const struct setting CA = {
	.bucket = "b", .pull_host = "r.example.org:8443", .ca_bundle = "my ca's.pem"};
static const struct setting UNCHECKED = {
	.bucket = "b", .pull_host = "r.example.org", .no_verify = true};

/* The settings stand twice: of the host, and of the server that is asked last. */
#define CAPABLE     "capabilities = [\"pull\", \"resolve\"]\n"
#define TOML_1(url) "server = \"" url "\"\n" CAPABLE "\n[host.\"" url "\"]\n  " CAPABLE
#define TOML_2(url, line)                                                                          \
	"server = \"" url "\"\n" CAPABLE line "\n[host.\"" url "\"]\n  " CAPABLE "  " line

#define CERTS           "/etc/containerd/certs.d/"
#define REFUSED(client) client " knows hosts"

static const struct {
	enum recipe_client client;
	const struct setting *setting;
	const char *path;     /* of the first file; NULL: there is none, or the recipe is refused */
	const char *content;  /* the whole of it */
	const char *commands; /* the whole, or NULL and… */
	const char *refused;  /* …a part of the message */
} cases[] = {
	/* Where nothing is needed, nothing is said. */
	{RECIPE_DOCKER, &PUBLIC, NULL, NULL,
         "docker pull bkt.s3.eu-west-1.amazonaws.com/NAME:TAG\n", NULL},
	{RECIPE_PODMAN, &HOST, NULL, NULL, "podman pull r.example.org/NAME:TAG\n", NULL},
	{RECIPE_CONTAINERD, &HOST, NULL, NULL, "ctr images pull r.example.org/NAME:TAG\n", NULL},
	{RECIPE_NERDCTL, &PUBLIC, NULL, NULL,
         "nerdctl pull bkt.s3.eu-west-1.amazonaws.com/NAME:TAG\n", NULL},
	{RECIPE_K3S, &HOST, NULL, NULL, "k3s crictl pull r.example.org/NAME:TAG\n", NULL},
	{RECIPE_DOCKER, &LOCAL, NULL, NULL, "docker pull 127.0.0.1:5000/NAME:TAG\n", NULL},
	{RECIPE_CONTAINERD, &LOCAL, NULL, NULL, "ctr images pull 127.0.0.1:5000/NAME:TAG\n", NULL},

	/* http */
	{RECIPE_DOCKER, &HTTP, "/etc/docker/daemon.json",
         "{\n  \"insecure-registries\": [\"r.example.org:8080\"]\n}\n",
         "systemctl reload docker\ndocker pull r.example.org:8080/NAME:TAG\n", NULL},
	{RECIPE_PODMAN, &HTTP, "/etc/containers/registries.conf.d/r.example.org-8080.conf",
         "[[registry]]\nlocation = \"r.example.org:8080\"\ninsecure = true\n",
         "podman pull r.example.org:8080/NAME:TAG\n", NULL},
	{RECIPE_PODMAN, &LOCAL, "/etc/containers/registries.conf.d/127.0.0.1-5000.conf",
         "[[registry]]\nlocation = \"127.0.0.1:5000\"\ninsecure = true\n",
         "podman pull 127.0.0.1:5000/NAME:TAG\n", NULL},
	{RECIPE_CONTAINERD, &HTTP, CERTS "r.example.org:8080/hosts.toml",
         TOML_1("http://r.example.org:8080"),
         "systemctl restart containerd\nctr images pull --hosts-dir /etc/containerd/certs.d "
         "r.example.org:8080/NAME:TAG\n",
         NULL},
	{RECIPE_NERDCTL, &LOCAL_80, CERTS "localhost/hosts.toml", TOML_1("http://localhost"),
         "nerdctl pull localhost/NAME:TAG\n", NULL},
	{RECIPE_K3S, &HTTP, "/etc/rancher/k3s/registries.yaml",
         "mirrors:\n  \"r.example.org:8080\":\n    endpoint:\n"
         "      - \"http://r.example.org:8080\"\n",
         "systemctl restart k3s\nk3s crictl pull r.example.org:8080/NAME:TAG\n", NULL},

	/* an authority of one's own, and a certificate that is not checked */
	{RECIPE_DOCKER, &CA, NULL, NULL,
         "install -D -m 644 'my ca'\\''s.pem' /etc/docker/certs.d/r.example.org:8443/ca.crt\n"
         "docker pull r.example.org:8443/NAME:TAG\n",
         NULL},
	{RECIPE_DOCKER, &UNCHECKED, "/etc/docker/daemon.json",
         "{\n  \"insecure-registries\": [\"r.example.org\"]\n}\n",
         "systemctl reload docker\ndocker pull r.example.org/NAME:TAG\n", NULL},
	{RECIPE_PODMAN, &CA, NULL, NULL,
         "install -D -m 644 'my ca'\\''s.pem' "
         "/etc/containers/certs.d/r.example.org:8443/ca.crt\n"
         "podman pull r.example.org:8443/NAME:TAG\n",
         NULL},
	{RECIPE_NERDCTL, &CA, CERTS "r.example.org:8443/hosts.toml",
         TOML_2("https://r.example.org:8443", "ca = \"" CERTS "r.example.org:8443/ca.crt\"\n"),
         "install -D -m 644 'my ca'\\''s.pem' " CERTS "r.example.org:8443/ca.crt\n"
         "nerdctl pull r.example.org:8443/NAME:TAG\n",
         NULL},
	{RECIPE_NERDCTL, &UNCHECKED, CERTS "r.example.org/hosts.toml",
         TOML_2("https://r.example.org", "skip_verify = true\n"),
         "nerdctl pull r.example.org/NAME:TAG\n", NULL},
	{RECIPE_K3S, &UNCHECKED, "/etc/rancher/k3s/registries.yaml",
         "mirrors:\n  \"r.example.org\":\n    endpoint:\n      - \"https://r.example.org\"\n"
         "configs:\n  \"r.example.org\":\n    tls:\n      insecure_skip_verify: true\n",
         "systemctl restart k3s\nk3s crictl pull r.example.org/NAME:TAG\n", NULL},

	/* below a path */
	{RECIPE_DOCKER, &PATH, NULL, NULL, NULL, REFUSED("docker")},
	{RECIPE_DOCKER, &DOTTED, NULL, NULL, NULL, REFUSED("docker")},
	{RECIPE_PODMAN, &PUBLIC_PREFIX, NULL, NULL, NULL, REFUSED("podman")},
	{RECIPE_NERDCTL, &PATH, CERTS "b-c.internal/hosts.toml",
         TOML_2("http://10.0.0.1:7480/b_c/v2", "override_path = true\n"),
         "nerdctl pull b-c.internal/NAME:TAG\n", NULL},
	{RECIPE_NERDCTL, &PUBLIC_PREFIX, CERTS "team-a.bkt.internal/hosts.toml",
         TOML_2("https://bkt.s3.eu-west-1.amazonaws.com/Team/a/v2", "override_path = true\n"),
         "nerdctl pull team-a.bkt.internal/NAME:TAG\n", NULL},
	{RECIPE_K3S, &PATH_CA, "/etc/rancher/k3s/registries.yaml",
         "mirrors:\n  \"b.internal\":\n    endpoint:\n      - \"https://s3.example.org/b/v2\"\n"
         "configs:\n  \"s3.example.org\":\n    tls:\n"
         "      ca_file: \"/etc/rancher/k3s/certs/b.internal/ca.crt\"\n",
         "install -D -m 644 ca.pem /etc/rancher/k3s/certs/b.internal/ca.crt\n"
         "systemctl restart k3s\nk3s crictl pull b.internal/NAME:TAG\n",
         NULL},
};

static void test_clients(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct recipe r;

		print_message("# case %zu\n", i);
		make(&r, cases[i].client, cases[i].setting);
		if (cases[i].refused) {
			assert_non_null(strstr(str_text(&r.what), cases[i].refused));
			assert_non_null(strstr(str_text(&r.what), "drydock recipe nginx"));
		} else {
			assert_string_equal(str_text(&r.commands), cases[i].commands);
		}
		assert_int_equal(r.file_count > 0, cases[i].path != NULL);
		if (cases[i].path) {
			assert_string_equal(str_text(&r.files[0].path), cases[i].path);
			assert_string_equal(str_text(&r.files[0].content), cases[i].content);
		}
		recipe_release(&r);
	}
}

/* nginx maps whatever the bucket is; the unit's drop-in is for a name that must be looked up. */
static void test_nginx(void **state)
{
	struct recipe r;

	(void)state;
	make(&r, RECIPE_NGINX, &PATH_CA);
	assert_string_equal(str_text(&r.files[0].path), "/etc/nginx/snippets/drydock-b.conf");
	assert_non_null(strstr(str_text(&r.files[0].content),
	                       "proxy_pass \"https://s3.example.org/b/v2/\";\n"));
	assert_non_null(strstr(str_text(&r.files[0].content), "Host \"s3.example.org\";\n"));
	assert_non_null(strstr(str_text(&r.files[0].content),
	                       "proxy_ssl_trusted_certificate /etc/nginx/drydock/b/ca.crt;\n"));
	assert_int_equal(r.file_count, 2);
	assert_string_equal(str_text(&r.commands),
	                    "install -D -m 644 ca.pem /etc/nginx/drydock/b/ca.crt\n"
	                    "systemctl daemon-reload\nnginx -t && systemctl reload nginx\n"
	                    "drydock doctor s3://b/p --pull-host HOST\n");
	recipe_release(&r);

	make(&r, RECIPE_NGINX, &PATH);
	assert_non_null(strstr(str_text(&r.files[0].content),
	                       "proxy_pass \"http://10.0.0.1:7480/b_c/v2/\";\n"));
	assert_null(strstr(str_text(&r.files[0].content), "proxy_ssl"));
	assert_int_equal(r.file_count, 1);
	recipe_release(&r);

	/* nginx compares the names of certificates, not their addresses. */
	make(&r, RECIPE_NGINX, &ADDRESS);
	assert_null(strstr(str_text(&r.files[0].content), "proxy_ssl_verify on"));
	assert_non_null(strstr(str_text(&r.files[0].content), "is not checked"));
	recipe_release(&r);

	make(&r, RECIPE_NGINX, &HOST);
	assert_string_equal(str_text(&r.files[0].path),
	                    "/etc/nginx/snippets/drydock-images-p.conf");
	assert_non_null(
		strstr(str_text(&r.files[0].content),
	               "proxy_pass \"https://images.s3.eu-west-1.amazonaws.com/p/v2/\";\n"));
	assert_non_null(strstr(str_text(&r.files[0].content), "/etc/ssl/certs/"));
	assert_non_null(strstr(str_text(&r.commands), "--pull-host r.example.org\n"));
	recipe_release(&r);
}

static void test_names(void **state)
{
	(void)state;
	for (int i = 0; i < RECIPE_CLIENTS; i++)
		assert_int_equal(recipe_client_named(recipe_client_name((enum recipe_client)i)), i);
	assert_int_equal(recipe_client_named("rkt"), RECIPE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clients),
		cmocka_unit_test(test_nginx),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
