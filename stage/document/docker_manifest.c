#include "stage/document/docker_manifest.h"

#include "base/cleanup.h"
#include "base/media_type.h"

#include <inttypes.h>
#include <string.h>

#define MT_DOCKER_LAYER_PLAIN "application/vnd.docker.image.rootfs.diff.tar"

enum { ENCODINGS = LAYER_ZSTD + 1 };

static const char *const layer_types[2][ENCODINGS] = {
	[MANIFEST_DOCKER] = {MT_DOCKER_LAYER_PLAIN, MT_DOCKER_LAYER, NULL},
	[MANIFEST_OCI] = {MT_OCI_LAYER, MT_OCI_LAYER_GZIP, MT_OCI_LAYER_ZSTD},
};

/* In Docker's own order: type, size, digest. */
static void add_descriptor(struct str *out, const char *type, const struct manifest_blob *blob)
{
	char text[DIGEST_TEXT_MAX];

	(void)str_addf(out, "{\"mediaType\":\"%s\",\"size\":%" PRIu64 ",\"digest\":\"%s\"}", type,
	               blob->size_bytes, digest_text(&blob->digest, text));
}

int docker_manifest_write(struct str *out, enum manifest_format format,
                          const struct manifest_blob *config, const struct manifest_blob *layers,
                          size_t layer_count, struct err *err)
{
	bool oci = format == MANIFEST_OCI;

	(void)str_addf(out, "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":",
	               oci ? MT_OCI_MANIFEST : MT_DOCKER_MANIFEST);
	add_descriptor(out, oci ? MT_OCI_CONFIG : MT_DOCKER_CONFIG, config);
	(void)str_adds(out, ",\"layers\":[");
	for (size_t i = 0; i < layer_count; i++) {
		const char *type = layer_types[format][layers[i].encoding];

		if (!type)
			return err_set(err, ERR_USAGE,
			               "layers[%zu] is zstd, which Docker's manifest format does "
			               "not know: use --format=oci",
			               i);
		if (i > 0)
			(void)str_addc(out, ',');
		add_descriptor(out, type, &layers[i]);
	}
	(void)str_adds(out, "]}");
	return str_check(out, "manifest", err);
}

/* The encoding that a layer's type says; -1 for a type that is never written here. */
static int encoding_of(enum manifest_format format, const char *type)
{
	for (int i = 0; i < ENCODINGS; i++)
		if (layer_types[format][i] && strcmp(layer_types[format][i], type) == 0)
			return i;
	return -1;
}

int docker_manifest_is_own(const struct manifest *doc, const struct str *text, struct err *err)
{
	enum manifest_format format =
		strcmp(doc->media_type, MT_OCI_MANIFEST) == 0 ? MANIFEST_OCI : MANIFEST_DOCKER;
	struct manifest_blob config = {doc->config.digest, doc->config.size_bytes, LAYER_PLAIN};
	size_t count = manifest_child_count(doc);
	AUTO_FREE struct manifest_blob *layers = calloc(count + 1, sizeof(*layers));
	AUTO_STR struct str again = STR_INIT(text->max);
	char path[DESCRIPTOR_PATH_MAX];
	struct descriptor d;

	if (!layers)
		return err_memory(err);
	if (doc->kind != MANIFEST_IMAGE)
		return 0;
	for (size_t i = 0; i < count; i++) {
		int encoding;

		if (manifest_child(doc, i, &d, path, err) < 0)
			return -1;
		encoding = encoding_of(format, d.media_type);
		if (encoding < 0)
			return 0;
		layers[i] = (struct manifest_blob){d.digest, d.size_bytes,
		                                   (enum layer_encoding)encoding};
	}
	/* A longer text than this one is another text. */
	if (docker_manifest_write(&again, format, &config, layers, count, err) < 0)
		return err->code == ERR_MEMORY ? -1 : 0;
	return again.len == text->len && memcmp(again.data, text->data, text->len) == 0;
}
