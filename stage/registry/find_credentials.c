#include "stage/registry/find_credentials.h"

#include "stage/registry/auth_file.h"
#include "stage/registry/credential_helper.h"

#include "base/cleanup.h"

#include <string.h>
#include <unistd.h>

enum { FILES_MAX = 3, PATH_BYTES_MAX = 4096 };

/* The files to look at, in order. */
struct places {
	struct str paths[FILES_MAX]; /* owned */
	size_t count;
	const char *explicit; /* what names the only one, which must be there; NULL: several */
};

static void places_release(struct places *places)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		str_release(&places->paths[i]);
}

static const char *env_of(const struct registry_credentials_options *options, const char *name)
{
	const char *value = options->env(name);

	return value && *value ? value : NULL;
}

static struct str *next_path(struct places *places)
{
	struct str *path = &places->paths[places->count++];

	str_init(path, PATH_BYTES_MAX);
	return path;
}

/* `rest` below the folder that a variable names, else `home_rest` below the user's own. */
static void add_place(struct places *places, const struct registry_credentials_options *options,
                      const char *variable, const char *rest, const char *home_rest)
{
	const char *folder = env_of(options, variable), *home = env_of(options, "HOME");

	if (folder)
		(void)str_addf(next_path(places), "%s/%s", folder, rest);
	else if (home)
		(void)str_addf(next_path(places), "%s/%s", home, home_rest);
}

static int find_places(struct places *places, const struct registry_credentials_options *options,
                       struct err *err)
{
	const char *path = options->authfile, *runtime = env_of(options, "XDG_RUNTIME_DIR");

	if (path)
		places->explicit = "--authfile";
	else if ((path = env_of(options, "REGISTRY_AUTH_FILE")))
		places->explicit = "REGISTRY_AUTH_FILE";
	if (path) {
		(void)str_adds(next_path(places), path);
	} else {
		if (runtime)
			(void)str_addf(next_path(places), "%s/containers/auth.json", runtime);
		else
			(void)str_addf(next_path(places), "/run/containers/%u/auth.json",
			               (unsigned)getuid());
		add_place(places, options, "XDG_CONFIG_HOME", "containers/auth.json",
		          ".config/containers/auth.json");
		add_place(places, options, "DOCKER_CONFIG", "config.json", ".docker/config.json");
	}
	for (size_t i = 0; i < places->count; i++)
		if (str_check(&places->paths[i], "the path of a file of credentials", err) < 0)
			return -1;
	return 0;
}

/*
 * docker keeps what it knows of docker.io under the address of a service that no longer is, podman
 * under the name.
 */
static int ask_helper(const struct registry_credentials_options *options, const char *helper,
                      const char *host, struct registry_credentials *c, struct err *err)
{
	int64_t answer_ms = options->helper_ms ? options->helper_ms : CREDENTIAL_HELPER_MS;

	if (!auth_file_is_docker_io(host, strlen(host)))
		return credential_helper_get(helper, host, answer_ms, options->deadline_ms, c, err);
	if (credential_helper_get(helper, "https://index.docker.io/v1/", answer_ms,
	                          options->deadline_ms, c, err) < 0)
		return -1;
	if (c->kind != REGISTRY_CREDENTIALS_NONE)
		return 0;
	return credential_helper_get(helper, "docker.io", answer_ms, options->deadline_ms, c, err);
}

static int look_at(const struct registry_credentials_options *options, const char *path,
                   const char *host, const char *repository, struct registry_credentials *c,
                   struct err *err)
{
	char helper[CREDENTIAL_HELPER_NAME_MAX + 1];

	if (auth_file_find(path, host, repository, c, helper, err) < 0)
		return -1;
	if (*helper && ask_helper(options, helper, host, c, err) < 0)
		return err_context(err, "%s", path);
	if (c->kind == REGISTRY_CREDENTIALS_NONE)
		return 0;
	if (*helper)
		(void)str_addf(&c->from, CREDENTIAL_HELPER_PREFIX "%s (%s)", helper, path);
	else
		(void)str_adds(&c->from, path);
	return 0;
}

static int look_everywhere(const struct places *places,
                           const struct registry_credentials_options *options, const char *host,
                           const char *repository, struct registry_credentials *c, struct err *err)
{
	for (size_t i = 0; i < places->count; i++) {
		struct err why = ERR_INIT;

		if (look_at(options, str_text(&places->paths[i]), host, repository, c, &why) == 0) {
			if (c->kind != REGISTRY_CREDENTIALS_NONE)
				return 0;
		} else if (places->explicit || why.code != ERR_NOT_FOUND) {
			*err = why;
			if (err->code == ERR_NOT_FOUND)
				err->code = ERR_CONFIG;
			return places->explicit ? err_context(err, "%s", places->explicit) : -1;
		}
	}
	return 0;
}

/* "A, B and C" */
static void list_places(const struct places *places, struct str *list)
{
	for (size_t i = 0; i < places->count; i++) {
		if (i > 0)
			(void)str_adds(list, i + 1 == places->count ? " and " : ", ");
		(void)str_adds(list, str_text(&places->paths[i]));
	}
}

int registry_credentials_find(const struct registry_credentials_options *options, const char *host,
                              const char *repository, struct registry_credentials *credentials,
                              struct err *err)
{
	struct places places = {0};
	int result;

	registry_credentials_release(credentials);
	result = find_places(&places, options, err);
	if (result == 0)
		result = look_everywhere(&places, options, host, repository, credentials, err);
	if (result == 0 && credentials->kind == REGISTRY_CREDENTIALS_NONE)
		list_places(&places, &credentials->from);
	if (result == 0)
		result = str_check(&credentials->from, "the credentials' files", err);
	if (result < 0)
		registry_credentials_release(credentials);
	places_release(&places);
	return result;
}
