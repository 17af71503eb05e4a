#include "stage/image/docker_archive.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "stage/document/descriptor.h"

#include <stdio.h>
#include <string.h>

static const char MANIFEST_JSON[] = "manifest.json";

int docker_archive_open(struct docker_archive *archive, struct import *import, struct err *err)
{
	const struct json_limits *limits = &import->limits.index;
	AUTO_STR struct str text = STR_INIT(limits->max_bytes);
	struct entry entry;
	int got = source_find(&import->source, MANIFEST_JSON, &entry, err);

	archive->json = NULL;
	if (got <= 0)
		return got;
	if (import_entry_text(import, &entry, limits, &text, err) < 0)
		return -1;
	archive->json = json_parse_limited(str_text(&text), text.len, limits, err);
	if (!archive->json)
		return err_context(err, "%s", MANIFEST_JSON);
	if (json_is_array(archive->json))
		return 1;
	docker_archive_close(archive);
	return 0;
}

void docker_archive_close(struct docker_archive *archive)
{
	json_decref(archive->json);
	archive->json = NULL;
}

size_t docker_archive_count(const struct docker_archive *archive)
{
	return json_array_size(archive->json);
}

bool docker_archive_has_layer_sources(const struct docker_archive *archive)
{
	for (size_t i = 0; i < docker_archive_count(archive); i++)
		if (json_is_object(
			    json_object_get(json_array_get(archive->json, i), "LayerSources")))
			return true;
	return false;
}

/* A key that is absent, null, or a list of strings. NULL for the first two. */
static int need_list(const json_t *object, const char *key, const json_t **list, struct err *err)
{
	const json_t *value = json_object_get(object, key);

	*list = NULL;
	if (!value || json_is_null(value))
		return 0;
	if (!json_is_array(value))
		return err_set(err, ERR_MALFORMED, "\"%s\" is not a list", key);
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *item = json_array_get(value, i);

		if (!json_is_string(item) ||
		    strlen(json_string_value(item)) != json_string_length(item))
			return err_set(err, ERR_MALFORMED, "%s[%zu] is not a string", key, i);
	}
	*list = value;
	return 0;
}

static int read_repo_tags(struct docker_image *image, const json_t *list, struct err *err)
{
	size_t count = json_array_size(list);

	image->repo_tags = calloc(count + 1, sizeof(*image->repo_tags));
	if (!image->repo_tags)
		return err_memory(err);
	image->repo_tag_count = count;
	for (size_t i = 0; i < count; i++)
		image->repo_tags[i] = json_string_value(json_array_get(list, i));
	return 0;
}

/*
 * Most tools name a config by its digest: <hex>.json, sha256:<hex>, blobs/sha256/<hex>. Where the
 * name promises one it must hold, or a flipped bit would become another image.
 */
static int check_config_name(const char *name, const struct digest *found, struct err *err)
{
	const char *base = strrchr(name, '/');
	char text[DIGEST_TEXT_MAX], found_text[DIGEST_TEXT_MAX];
	struct digest promised;
	size_t len;

	base = base ? base + 1 : name;
	if (strncmp(base, "sha256:", 7) == 0)
		base += 7;
	len = strcspn(base, ".");
	if (len != 64 || (base[len] != '\0' && strcmp(base + len, ".json") != 0))
		return 0;
	(void)snprintf(text, sizeof(text), "sha256:%.64s", base);
	if (!digest_parse_quiet(&promised, text, strlen(text)) || digest_equal(&promised, found))
		return 0;
	return err_set(err, ERR_INTEGRITY, "config %s: expected %s, found %s", name, text,
	               digest_text(found, found_text));
}

static int read_config(struct docker_image *image, struct import *import, const char *name,
                       struct err *err)
{
	const struct json_limits *limits = &import->limits.manifest;
	AUTO_STR struct str text = STR_INIT(limits->max_bytes);
	struct image_config config = IMAGE_CONFIG_INIT;
	struct entry entry;
	int got = source_find(&import->source, name, &entry, err);

	if (got == 0)
		return err_set(err, ERR_MALFORMED, "config %.300s is not in the archive", name);
	if (got < 0 || import_entry_text(import, &entry, limits, &text, err) < 0 ||
	    digest_of_bytes(&image->config.digest, DIGEST_SHA256, str_text(&text), text.len, err) <
	            0 ||
	    check_config_name(entry.name, &image->config.digest, err) < 0)
		return -1;
	image->config.size_bytes = text.len;
	if (image_config_read(&config, str_text(&text), text.len, limits, err) < 0)
		return err_context(err, "config %.300s", name);
	image->platform = config.platform;
	image->diff_ids = STEAL(config.diff_ids);
	if (config.diff_id_count != image->layer_count) {
		return err_set(err, ERR_MALFORMED,
		               "%zu layers are listed, but config %.300s has %zu diff_ids",
		               image->layer_count, name, config.diff_id_count);
	}
	if (import_keep(import, &image->config.digest, str_text(&text), text.len, err) < 0)
		return -1;
	return write_queue_settle(&import->queue, err);
}

static int read_image(struct docker_image *image, struct import *import, const json_t *object,
                      struct err *err)
{
	static const char *const keys[] = {"Config", "RepoTags", "Layers", "LayerSources",
	                                   "Parent"};
	const json_t *repo_tags;
	const char *config;

	if (!json_is_object(object))
		return err_set(err, ERR_MALFORMED, "is not an object");
	if (json_check_key_case(object, keys, sizeof(keys) / sizeof(keys[0]), "entry", err) < 0 ||
	    need_list(object, "RepoTags", &repo_tags, err) < 0 ||
	    need_list(object, "Layers", &image->layers, err) < 0)
		return -1;
	config = json_need_text(object, "Config", "entry", err);
	if (!config || read_repo_tags(image, repo_tags, err) < 0)
		return -1;
	image->layer_count = json_array_size(image->layers);
	return read_config(image, import, config, err);
}

int docker_image_open(struct docker_image *image, const struct docker_archive *archive,
                      struct import *import, size_t index, struct err *err)
{
	memset(image, 0, sizeof(*image));
	(void)snprintf(image->path, sizeof(image->path), "%s[%u]", MANIFEST_JSON, (unsigned)index);
	if (read_image(image, import, json_array_get(archive->json, index), err) == 0)
		return 0;
	docker_image_release(image);
	return err_context(err, "%s[%zu]", MANIFEST_JSON, index);
}

void docker_image_release(struct docker_image *image)
{
	free(image->diff_ids);
	free(image->repo_tags);
	memset(image, 0, sizeof(*image));
}
