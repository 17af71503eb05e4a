#include "stage/docker_manifest.h"

#include "base/media_type.h"

#include <inttypes.h>

#define MT_DOCKER_LAYER_PLAIN "application/vnd.docker.image.rootfs.diff.tar"

static const char *layer_type(enum manifest_format format, enum layer_encoding encoding)
{
	static const char *const types[2][3] = {
		[MANIFEST_DOCKER] = {MT_DOCKER_LAYER_PLAIN, MT_DOCKER_LAYER, NULL},
		[MANIFEST_OCI] = {MT_OCI_LAYER, MT_OCI_LAYER_GZIP, MT_OCI_LAYER_ZSTD},
	};

	return types[format][encoding];
}

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
		const char *type = layer_type(format, layers[i].encoding);

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
