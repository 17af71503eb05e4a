/*
 * Manifests, indexes and configs, and the descriptors in them. The first byte says what the rest is
 * taken for.
 */
#include "stage/document/config.h"
#include "stage/document/manifest.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a descriptor promises must be usable as it is: in a path, in an allocation. */
static void use_descriptor(const struct descriptor *d, const char *path)
{
	AUTO_STR struct str out = STR_INIT(1 << 20);
	char text[DIGEST_TEXT_MAX], platform[PLATFORM_TEXT_MAX];
	struct err err = ERR_INIT;

	if (d->digest.alg == DIGEST_NONE || strpbrk(digest_text(&d->digest, text), "/."))
		abort();
	(void)platform_text(&d->platform, platform);
	(void)descriptor_annotation(d, "org.opencontainers.image.ref.name");
	if (d->data && d->size_bytes < 1 << 20 && descriptor_data(d, path, &out, &err) == 0 &&
	    descriptor_check_bytes(d, out.data ? out.data : "", out.len, path, &err) < 0)
		abort();
}

static void use_document(const struct manifest *doc)
{
	char path[DESCRIPTOR_PATH_MAX];
	struct descriptor child;
	struct err err = ERR_INIT;

	if (doc->kind == MANIFEST_IMAGE)
		use_descriptor(&doc->config, "config");
	if (doc->subject.digest.alg != DIGEST_NONE)
		use_descriptor(&doc->subject, "subject");
	for (size_t i = 0; i < manifest_child_count(doc); i++)
		if (manifest_child(doc, i, &child, path, &err) == 0)
			use_descriptor(&child, path);
	(void)manifest_artifact_type(doc);
}

static void read_document(const char *text, size_t len, const char *media_type)
{
	struct manifest doc = MANIFEST_INIT;
	struct err err = ERR_INIT;

	if (manifest_read(&doc, text, len, media_type, &JSON_LIMITS_MANIFEST, &err) == 0) {
		if (media_type && strcmp(doc.media_type, media_type) != 0)
			abort();
		use_document(&doc);
	}
	manifest_release(&doc);
}

static void read_layout_index(const char *text, size_t len)
{
	struct manifest doc = MANIFEST_INIT;
	struct err err = ERR_INIT;

	if (manifest_read_layout_index(&doc, text, len, &JSON_LIMITS_INDEX, &err) == 0)
		use_document(&doc);
	manifest_release(&doc);
}

static void read_config(const char *text, size_t len)
{
	struct image_config config = IMAGE_CONFIG_INIT;
	char platform[PLATFORM_TEXT_MAX];
	struct err err = ERR_INIT;

	if (image_config_read(&config, text, len, &JSON_LIMITS_MANIFEST, &err) == 0) {
		for (size_t i = 0; i < config.diff_id_count; i++)
			if (config.diff_ids[i].alg == DIGEST_NONE)
				abort();
		(void)platform_text(&config.platform, platform);
	}
	image_config_release(&config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = {NULL, MT_OCI_MANIFEST, MT_OCI_INDEX, MT_DOCKER_MANIFEST,
	                                    MT_DOCKER_LIST};
	const char *text = (const char *)data + 1;

	if (size == 0)
		return 0;
	switch (data[0] % 8) {
	case 5:
		read_layout_index(text, size - 1);
		break;
	case 6:
	case 7:
		read_config(text, size - 1);
		break;
	default:
		read_document(text, size - 1, types[data[0] % 8]);
	}
	return 0;
}
