#include "sync/doctor/manifest_look.h"

#include "base/json.h"
#include "base/media_type.h"

#include <stdio.h>
#include <string.h>

static bool read_blob(struct manifest_look *look, const json_t *descriptor)
{
	const char *digest = json_text(descriptor, "digest");
	const json_t *size = json_object_get(descriptor, "size");

	if (!digest || !json_is_integer(size) || json_integer_value(size) < 0 ||
	    !digest_parse_quiet(&look->blob, digest, strlen(digest))) {
		look->blob.alg = DIGEST_NONE;
		return false;
	}
	look->blob_bytes = (uint64_t)json_integer_value(size);
	return true;
}

static bool is_image_config(const json_t *config)
{
	const char *type = json_text(config, "mediaType");

	return type && (strcmp(type, MT_OCI_CONFIG) == 0 || strcmp(type, MT_DOCKER_CONFIG) == 0);
}

/* Sizes may be any number, and many: the sum stops at the largest. */
static void add_size(uint64_t *sum, const json_t *descriptor)
{
	const json_t *size = json_object_get(descriptor, "size");
	uint64_t bytes = json_is_integer(size) && json_integer_value(size) >= 0
	                         ? (uint64_t)json_integer_value(size)
	                         : UINT64_MAX;

	*sum = bytes > UINT64_MAX - *sum ? UINT64_MAX : *sum + bytes;
}

/* What is in-toto or a chart within an image's form has layers that no client unpacks. */
static bool is_layer(const json_t *layer)
{
	const char *type = json_text(layer, "mediaType");

	return type && strstr(type, "tar");
}

static void read_image(struct manifest_look *look, const json_t *config, const json_t *layers)
{
	const json_t *layer;
	size_t i;

	look->is_image = is_image_config(config) && json_array_size(layers) > 0;
	add_size(&look->image_bytes, config);
	json_array_foreach (layers, i, layer) {
		look->is_image = look->is_image && is_layer(layer);
		add_size(&look->image_bytes, layer);
	}
}

bool manifest_look(struct manifest_look *look, const char *text, size_t len)
{
	struct err ignored = ERR_INIT;
	AUTO_JSON json_t *doc = json_parse_limited(text, len, &JSON_LIMITS_MANIFEST, &ignored);
	const char *type = json_text(doc, "mediaType");
	const json_t *config = json_object_get(doc, "config");
	const json_t *layers = json_object_get(doc, "layers");
	const json_t *children = json_object_get(doc, "manifests");

	memset(look, 0, sizeof(*look));
	if (!json_is_object(doc) || (!type && !json_is_object(config) && !json_is_array(children)))
		return false;
	if (!type)
		type = json_is_array(children) ? MT_OCI_INDEX : MT_OCI_MANIFEST;
	(void)snprintf(look->media_type, sizeof(look->media_type), "%s", type);
	if (!read_blob(look, config))
		(void)read_blob(look, json_array_get(layers, 0));
	read_image(look, config, layers);
	return true;
}
