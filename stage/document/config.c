#include "stage/document/config.h"

#include "base/cleanup.h"
#include "base/media_type.h"

#include <stdio.h>
#include <string.h>

bool image_config_is_known(const char *media_type)
{
	return strcmp(media_type, MT_OCI_CONFIG) == 0 || strcmp(media_type, MT_DOCKER_CONFIG) == 0;
}

static int read_diff_ids(struct image_config *config, const json_t *rootfs, struct err *err)
{
	static const char *const keys[] = {"type", "diff_ids"};
	const json_t *list = json_object_get(rootfs, "diff_ids");
	size_t count = json_array_size(list);

	if (!rootfs || json_is_null(rootfs))
		return 0;
	if (!json_is_object(rootfs))
		return err_set(err, ERR_MALFORMED, "rootfs is not an object");
	if (json_check_key_case(rootfs, keys, sizeof(keys) / sizeof(keys[0]), "rootfs", err) < 0)
		return -1;
	if (!list || json_is_null(list))
		return 0;
	if (!json_is_array(list))
		return err_set(err, ERR_MALFORMED, "rootfs.diff_ids is not an array");
	config->diff_ids = calloc(count ? count : 1, sizeof(*config->diff_ids));
	if (!config->diff_ids)
		return err_memory(err);
	config->diff_id_count = count;
	for (size_t i = 0; i < count; i++) {
		const json_t *value = json_array_get(list, i);

		if (!json_is_string(value))
			return err_set(err, ERR_MALFORMED, "rootfs.diff_ids[%zu] is not a string",
			               i);
		if (digest_parse(&config->diff_ids[i], json_string_value(value),
		                 json_string_length(value), err) < 0)
			return err_context(err, "rootfs.diff_ids[%zu]", i);
	}
	return 0;
}

int image_config_read(struct image_config *config, const char *text, size_t len,
                      const struct json_limits *limits, struct err *err)
{
	static const char *const keys[] = {"architecture", "os",         "variant", "rootfs",
	                                   "config",       "history",    "created", "author",
	                                   "os.version",   "os.features"};
	AUTO_JSON json_t *json = json_parse_limited(text, len, limits, err);

	memset(config, 0, sizeof(*config));
	if (!json)
		return -1;
	if (!json_is_object(json))
		return err_set(err, ERR_MALFORMED, "is not a JSON object");
	if (json_check_key_case(json, keys, sizeof(keys) / sizeof(keys[0]), "top level", err) < 0 ||
	    platform_read(&config->platform, json, "top level", err) < 0 ||
	    read_diff_ids(config, json_object_get(json, "rootfs"), err) < 0) {
		image_config_release(config);
		return -1;
	}
	return 0;
}

void image_config_release(struct image_config *config)
{
	free(config->diff_ids);
	memset(config, 0, sizeof(*config));
}
