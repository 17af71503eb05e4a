#include "stage/registry/certs.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/user_file.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The names in the folder that end in .crt, .cert or .key, sorted. */
struct names {
	char **list; /* owned, and each name */
	size_t count, cap;
};

static void names_release(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->list[i]);
	free(names->list);
}

static bool ends_in(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);

	return len > end_len && strcmp(name + len - end_len, end) == 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(struct names *names, const char *name, struct err *err)
{
	if (!ends_in(name, ".crt") && !ends_in(name, ".cert") && !ends_in(name, ".key"))
		return 0;
	if (names->count == REGISTRY_CERTS_FILES_MAX)
		return err_set(err, ERR_CONFIG, "more than %d files", REGISTRY_CERTS_FILES_MAX);
	if (array_room(&names->list, names->count, &names->cap, err) < 0)
		return -1;
	names->list[names->count] = strdup(name);
	if (!names->list[names->count])
		return err_memory(err);
	names->count++;
	return 0;
}

static int read_names(DIR *dir, struct names *names, struct err *err)
{
	const struct dirent *entry;

	while ((errno = 0, entry = readdir(dir)))
		if (add_name(names, entry->d_name, err) < 0)
			return -1;
	if (errno != 0)
		return err_sys(err, "read");
	if (names->count > 0)
		qsort(names->list, names->count, sizeof(*names->list), by_name);
	return 0;
}

/* Whether a text holds certificates; it may hold other things beside them. */
static bool has_certificate(const struct str *text)
{
	BIO *bio = BIO_new_mem_buf(str_text(text), (int)text->len);
	X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	bool has = certificate != NULL;

	X509_free(certificate);
	(void)BIO_free(bio);
	ERR_clear_error();
	return has;
}

/* A file's error is the configuration's, except that memory may run out. */
static int config_error(struct err *err)
{
	if (err->code != ERR_MEMORY && err->code != ERR_INTERRUPTED)
		err->code = ERR_CONFIG;
	return -1;
}

static int add_authorities(struct str *authorities, const char *path, struct err *err)
{
	AUTO_STR struct str text = STR_INIT(REGISTRY_CERTS_PEM_MAX);

	if (user_file_read(path, &text, err) < 0)
		return config_error(err);
	if (!has_certificate(&text))
		return err_set(err, ERR_CONFIG, "%s: holds no certificate in PEM", path);
	if (text.len + 1 > authorities->max - authorities->len)
		return err_set(err, ERR_CONFIG, "%s: more than %d bytes of certificates", path,
		               REGISTRY_CERTS_PEM_MAX);
	(void)str_add(authorities, text.data, text.len);
	(void)str_addc(authorities, '\n');
	return str_check(authorities, "the certificates", err);
}

/* Whether the file beside `name` that ends in `end` instead is there. */
static bool has_partner(const struct names *names, const char *name, const char *end)
{
	size_t stem = (size_t)(strrchr(name, '.') - name);

	for (size_t i = 0; i < names->count; i++)
		if (strncmp(names->list[i], name, stem) == 0 &&
		    strcmp(names->list[i] + stem, end) == 0)
			return true;
	return false;
}

static int take_file(struct registry_certs *certs, const struct names *names, const char *name,
                     struct err *err)
{
	AUTO_STR struct str path = STR_INIT(REGISTRY_CERTS_PATH_MAX);
	bool key = ends_in(name, ".key");

	(void)str_addf(&path, "%s/%s", str_text(&certs->folder), name);
	if (str_check(&path, "a certificate's path", err) < 0)
		return -1;
	if (ends_in(name, ".crt"))
		return add_authorities(&certs->authorities, str_text(&path), err);
	if (!has_partner(names, name, key ? ".cert" : ".key"))
		return err_set(err, ERR_CONFIG, "%s: there is no %.*s%s beside it%s",
		               str_text(&path), (int)(strrchr(name, '.') - name), name,
		               key ? ".cert" : ".key",
		               key ? "" : "; an authority's certificate is named *.crt");
	if (user_file_check(str_text(&path), err) < 0)
		return config_error(err);
	if (key || certs->client_cert.len > 0)
		return 0;
	(void)str_adds(&certs->client_cert, str_text(&path));
	(void)str_addf(&certs->client_key, "%.*s.key", (int)(path.len - strlen(".cert")),
	               str_text(&path));
	return certs->client_cert.failed || certs->client_key.failed ? err_memory(err) : 0;
}

static int take_folder(struct registry_certs *certs, DIR *dir, struct err *err)
{
	struct names names = {0};
	int result = read_names(dir, &names, err);

	if (result < 0)
		(void)err_context(err, "%s", str_text(&certs->folder));
	for (size_t i = 0; i < names.count && result == 0; i++)
		result = take_file(certs, &names, names.list[i], err);
	names_release(&names);
	return result;
}

/* A host becomes a file's name: it must be one name. */
static int check_host(const char *host, struct err *err)
{
	size_t len = strspn(host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	                          ".-_:[]");

	if (len == 0 || host[len] || strcmp(host, ".") == 0 || strcmp(host, "..") == 0)
		return err_set(err, ERR_CONFIG, "a registry's host is malformed");
	return 0;
}

int registry_certs_find(const struct registry_certs_options *options, const char *host,
                        struct registry_certs *certs, struct err *err)
{
	const char *root = options->root ? options->root : "";
	const struct {
		const char *above, *folder;
	} places[] = {
		{options->home, "/.config/containers/certs.d"},
		{root, "/etc/containers/certs.d"},
		{root, "/etc/docker/certs.d"},
	};

	registry_certs_release(certs);
	if (check_host(host, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		AUTO_DIR DIR *dir = NULL;

		if (!places[i].above)
			continue;
		str_clear(&certs->folder);
		(void)str_addf(&certs->folder, "%s%s/%s", places[i].above, places[i].folder, host);
		if (str_check(&certs->folder, "the path of certificates", err) < 0)
			return -1;
		dir = opendir(str_text(&certs->folder));
		if (dir && take_folder(certs, dir, err) == 0)
			return 0;
		if (dir || (errno != ENOENT && errno != ENOTDIR && errno != EACCES)) {
			if (!dir)
				(void)err_sys(err, "%s", str_text(&certs->folder));
			registry_certs_release(certs);
			return config_error(err);
		}
	}
	str_clear(&certs->folder);
	return 0;
}

void registry_certs_release(struct registry_certs *certs)
{
	str_release(&certs->folder);
	str_release(&certs->authorities);
	str_release(&certs->client_cert);
	str_release(&certs->client_key);
	*certs = (struct registry_certs)REGISTRY_CERTS_INIT;
}
