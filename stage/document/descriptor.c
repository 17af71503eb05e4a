#include "stage/document/descriptor.h"

#include "base/hash.h"
#include "base/media_type.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DESCRIPTOR_TYPE_MAX = 255 }; /* RFC 6838: 127 "/" 127 */

static const char *const DESCRIPTOR_KEYS[] = {"mediaType",   "digest", "size",     "urls",
                                              "annotations", "data",   "platform", "artifactType"};

/* The grammar of RFC 6838, section 4.2, without parameters. "" is left to the caller. */
static bool media_type_ok(const char *text)
{
	size_t len = strlen(text);

	if (len > DESCRIPTOR_TYPE_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] >= 0x7f || text[i] == '"' || text[i] == '\\')
			return false;
	return true;
}

static int read_types(struct descriptor *d, const json_t *object, const char *path, struct err *err)
{
	const json_t *artifact_type = json_object_get(object, "artifactType");

	d->media_type = json_need_text(object, "mediaType", path, err);
	if (!d->media_type)
		return -1;
	d->artifact_type = json_text(object, "artifactType");
	if (artifact_type && !json_is_null(artifact_type) && !d->artifact_type)
		return err_set(err, ERR_MALFORMED, "%s: \"artifactType\" is not a string", path);
	if (!media_type_ok(d->media_type) || (d->artifact_type && !media_type_ok(d->artifact_type)))
		return err_set(err, ERR_MALFORMED, "%s: '%.300s' is not a media type", path,
		               d->media_type);
	return 0;
}

static int read_optional(struct descriptor *d, const json_t *object, const char *path,
                         struct err *err)
{
	char platform_path[DESCRIPTOR_PATH_MAX + 16];
	const json_t *annotations = json_object_get(object, "annotations");
	const json_t *platform = json_object_get(object, "platform");
	const json_t *data = json_object_get(object, "data");
	static const char *const platform_keys[] = {"os", "architecture", "variant", "os.version",
	                                            "os.features"};

	if (annotations && !json_is_null(annotations) && !json_is_object(annotations))
		return err_set(err, ERR_MALFORMED, "%s: \"annotations\" is not an object", path);
	d->annotations = json_is_object(annotations) ? annotations : NULL;
	d->foreign = media_type_is_foreign_layer(d->media_type);
	d->data = json_text(object, "data");
	d->url = json_string_value(json_array_get(json_object_get(object, "urls"), 0));
	if (data && !json_is_null(data) && !d->data)
		return err_set(err, ERR_MALFORMED, "%s: \"data\" is not a string", path);
	if (!platform || json_is_null(platform))
		return 0;
	(void)snprintf(platform_path, sizeof(platform_path), "%s.platform", path);
	if (json_check_key_case(platform, platform_keys,
	                        sizeof(platform_keys) / sizeof(platform_keys[0]), platform_path,
	                        err) < 0)
		return -1;
	return platform_read(&d->platform, platform, platform_path, err);
}

static void read_attestation(struct descriptor *d)
{
	const char *type = descriptor_annotation(d, "vnd.docker.reference.type");
	const char *of = descriptor_annotation(d, "vnd.docker.reference.digest");

	d->attestation = (type && strcmp(type, "attestation-manifest") == 0) ||
	                 platform_is_unknown(&d->platform);
	if (!of || !digest_parse_quiet(&d->attested, of, strlen(of)))
		d->attested.alg = DIGEST_NONE;
}

int descriptor_read(struct descriptor *d, const json_t *object, const char *path, struct err *err)
{
	const char *digest;

	memset(d, 0, sizeof(*d));
	if (!json_is_object(object))
		return err_set(err, ERR_MALFORMED, "%s is not an object", path);
	if (json_check_key_case(object, DESCRIPTOR_KEYS,
	                        sizeof(DESCRIPTOR_KEYS) / sizeof(DESCRIPTOR_KEYS[0]), path,
	                        err) < 0 ||
	    read_types(d, object, path, err) < 0 ||
	    json_need_size(object, "size", &d->size_bytes, path, err) < 0)
		return -1;
	digest = json_need_text(object, "digest", path, err);
	if (!digest)
		return -1;
	if (digest_parse(&d->digest, digest, strlen(digest), err) < 0)
		return err_context(err, "%s", path);
	if (read_optional(d, object, path, err) < 0)
		return -1;
	read_attestation(d);
	return 0;
}

const char *descriptor_annotation(const struct descriptor *d, const char *key)
{
	return d->annotations ? json_text(d->annotations, key) : NULL;
}

int descriptor_check_bytes(const struct descriptor *d, const void *bytes, size_t len,
                           const char *what, struct err *err)
{
	char wanted_text[DIGEST_TEXT_MAX], found_text[DIGEST_TEXT_MAX];
	struct digest found;

	if (len != d->size_bytes)
		return err_set(err, ERR_INTEGRITY, "%s: size is %zu, the descriptor says %" PRIu64,
		               what, len, d->size_bytes);
	if (digest_of_bytes(&found, d->digest.alg, bytes, len, err) < 0)
		return -1;
	if (digest_equal(&found, &d->digest))
		return 0;
	return err_set(err, ERR_INTEGRITY, "%s: expected %s, found %s", what,
	               digest_text(&d->digest, wanted_text), digest_text(&found, found_text));
}

int descriptor_data(const struct descriptor *d, const char *path, struct str *out, struct err *err)
{
	char what[DESCRIPTOR_PATH_MAX + 8];
	size_t text_len = strlen(d->data), room = text_len / 4 * 3 + 3;
	char *to = str_reserve(out, room);
	long len;

	if (!to)
		return str_check(out, "embedded data", err);
	len = base64_parse(d->data, text_len, (uint8_t *)to, room);
	if (len < 0)
		return err_set(err, ERR_MALFORMED, "%s.data is not base64", path);
	str_grew(out, (size_t)len);
	(void)snprintf(what, sizeof(what), "%s.data", path);
	return descriptor_check_bytes(d, out->data, out->len, what, err);
}
