#include "base/media_type.h"

#include <stddef.h>
#include <string.h>

static const struct manifest_type {
	const char *text;
	enum manifest_kind kind;
} manifest_types[] = {
	{MT_OCI_MANIFEST, MANIFEST_IMAGE},      {MT_DOCKER_MANIFEST, MANIFEST_IMAGE},
	{MT_OCI_INDEX, MANIFEST_INDEX},         {MT_DOCKER_LIST, MANIFEST_INDEX},
	{MT_OCI_ARTIFACT, MANIFEST_ARTIFACT},   {MT_DOCKER_SCHEMA1, MANIFEST_SCHEMA1},
	{MT_DOCKER_SCHEMA1S, MANIFEST_SCHEMA1},
};

static const struct manifest_type *find_type(const char *media_type)
{
	for (size_t i = 0; media_type && i < sizeof(manifest_types) / sizeof(manifest_types[0]);
	     i++)
		if (strcmp(media_type, manifest_types[i].text) == 0)
			return &manifest_types[i];
	return NULL;
}

enum manifest_kind media_type_manifest(const char *media_type)
{
	const struct manifest_type *type = find_type(media_type);

	return type ? type->kind : MANIFEST_NONE;
}

const char *media_type_constant(const char *media_type)
{
	const struct manifest_type *type = find_type(media_type);

	return type ? type->text : NULL;
}

bool media_type_is_foreign_layer(const char *media_type)
{
	static const char *const prefixes[] = {
		"application/vnd.docker.image.rootfs.foreign.",
		"application/vnd.oci.image.layer.nondistributable.",
	};

	for (size_t i = 0; media_type && i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(media_type, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}
