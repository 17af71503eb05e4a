#include "stage/archive/foreign_scheme.h"

#include <string.h>

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@"

enum { NAME_BYTES = 200 };

/* What can be shown within a command: a name, or else the word for one. */
static const char *shown(const char *name)
{
	size_t len = strspn(name, NAME_CHARACTERS);

	return len > 0 && len <= NAME_BYTES && !name[len] && name[0] != '-' ? name : "NAME";
}

/* containers-storage:[DRIVER@ROOT+RUN]NAME, or …@ID */
static int refuse_storage(const char *rest, struct err *err)
{
	const char *end = rest[0] == '[' ? strchr(rest, ']') : NULL;
	const char *name = end ? end + 1 : rest;

	return err_set(
		err, ERR_USAGE,
		"what podman stores itself is not read; use: podman save %s | drydock stage -",
		shown(name + (name[0] == '@')));
}

static int refuse_copied(const char *text, struct err *err)
{
	return err_set(err, ERR_USAGE,
	               "this is none of the sources that are read; use: skopeo copy %s "
	               "oci-archive:image.tar, and stage image.tar",
	               strcmp(shown(text), text) == 0 ? text : "SOURCE");
}

static int refuse_registry(const char *rest, struct err *err)
{
	const char *name = rest + strspn(rest, "/");

	return err_set(err, ERR_USAGE, "an image of a registry is written docker://%s",
	               shown(name));
}

int foreign_scheme_check(const char *text, struct err *err)
{
	static const char *const copied[] = {"ostree:", "sif:", "tarball:", "atomic:"};
	static const char *const registries[] = {
		"https:", "http:", "docker:", "registry:", "oras:"};
	static const char storage[] = "containers-storage:";

	if (strncmp(text, storage, sizeof(storage) - 1) == 0)
		return refuse_storage(text + sizeof(storage) - 1, err);
	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		if (strncmp(text, copied[i], strlen(copied[i])) == 0)
			return refuse_copied(text, err);
	for (size_t i = 0; i < sizeof(registries) / sizeof(registries[0]); i++)
		if (strncmp(text, registries[i], strlen(registries[i])) == 0)
			return refuse_registry(text + strlen(registries[i]), err);
	return 0;
}
