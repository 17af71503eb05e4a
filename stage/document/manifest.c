#include "stage/document/manifest.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

static const char *const DOCUMENT_KEYS[] = {"schemaVersion", "mediaType", "artifactType",
                                            "config",        "layers",    "manifests",
                                            "blobs",         "subject",   "annotations"};

static bool is_there(const json_t *value)
{
	return value && !json_is_null(value);
}

static const char *const CHILDREN[] = {
	[MANIFEST_IMAGE] = "layers", [MANIFEST_INDEX] = "manifests", [MANIFEST_ARTIFACT] = "blobs"};

static int set_kind(struct manifest *doc, enum manifest_kind kind, struct err *err)
{
	doc->kind = kind;
	doc->children = json_object_get(doc->json, CHILDREN[kind]);
	if (!is_there(doc->children))
		doc->children = NULL;
	if (doc->children && !json_is_array(doc->children))
		return err_set(err, ERR_MALFORMED, "\"%s\" is not an array", CHILDREN[kind]);
	return 0;
}

/* Of an image manifest "blobs" says nothing: only the media type makes an artifact manifest. */
static bool is_artifact(const struct manifest *doc, const char *said)
{
	const char *own = json_text(doc->json, "mediaType");

	return media_type_manifest(own ? own : said) == MANIFEST_ARTIFACT;
}

static int artifact_shape(struct manifest *doc, struct err *err)
{
	static const char *const others[] = {"manifests", "config", "layers"};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (json_object_get(doc->json, others[i]))
			return err_set(err, ERR_REFUSED,
			               "is an artifact manifest and has \"%s\": it could be taken "
			               "for something else",
			               others[i]);
	return set_kind(doc, MANIFEST_ARTIFACT, err);
}

/* manifest.md and image-index.md: the two must never be taken for each other (CVE-2021-41190). */
static int find_shape(struct manifest *doc, const char *said, struct err *err)
{
	const json_t *manifests = json_object_get(doc->json, "manifests");
	const json_t *layers = json_object_get(doc->json, "layers");
	const json_t *config = json_object_get(doc->json, "config");

	if (is_artifact(doc, said))
		return artifact_shape(doc, err);
	if (json_object_get(doc->json, "fsLayers") ||
	    (json_is_integer(json_object_get(doc->json, "schemaVersion")) &&
	     json_integer_value(json_object_get(doc->json, "schemaVersion")) == 1))
		return err_set(err, ERR_REFUSED,
		               "is a schema 1 manifest, which no current client reads: save the "
		               "image again with a current tool");
	if (manifests && (config || layers))
		return err_set(err, ERR_REFUSED,
		               "has both \"manifests\" and \"%s\": it could be taken for an index "
		               "and for an image",
		               config ? "config" : "layers");
	if (!manifests && !config && !layers)
		return err_set(err, ERR_MALFORMED,
		               "is neither an image manifest nor an index: it has no \"config\", "
		               "\"layers\" or \"manifests\"");
	if (!manifests && !layers)
		return err_set(
			err, ERR_MALFORMED,
			"has a \"config\", but no \"layers\", which an image manifest needs");
	return set_kind(doc, manifests ? MANIFEST_INDEX : MANIFEST_IMAGE, err);
}

/* Settles the media type from the document, its descriptor and its shape, which must agree. */
static int find_type(struct manifest *doc, const char *said, struct err *err)
{
	const json_t *own_value = json_object_get(doc->json, "mediaType");
	const char *own = json_text(doc->json, "mediaType");
	const char *type = own ? own : said;

	if (is_there(own_value) && !own)
		return err_set(err, ERR_MALFORMED, "\"mediaType\" is not a string");
	if (own && said && strcmp(own, said) != 0)
		return err_set(err, ERR_REFUSED,
		               "\"mediaType\" is '%.200s', but its descriptor says '%.200s'", own,
		               said);
	if (!type)
		type = doc->kind == MANIFEST_INDEX ? MT_OCI_INDEX : MT_OCI_MANIFEST;
	doc->media_type = media_type_constant(type);
	if (!doc->media_type || media_type_manifest(type) != doc->kind)
		return err_set(err, ERR_REFUSED,
		               "media type '%.200s' does not fit what the document holds (%s)",
		               type,
		               doc->kind == MANIFEST_INDEX ? "an index" : "an image manifest");
	if (!own && strcmp(type, MT_OCI_MANIFEST) != 0 && strcmp(type, MT_OCI_INDEX) != 0)
		return err_set(
			err, ERR_MALFORMED,
			"its descriptor says '%s', but \"mediaType\", which that type needs, "
			"is missing",
			type);
	return 0;
}

static int check_version(const struct manifest *doc, struct err *err)
{
	const json_t *version = json_object_get(doc->json, "schemaVersion");

	if (json_is_integer(version) && json_integer_value(version) == 2)
		return 0;
	if (doc->kind == MANIFEST_ARTIFACT && !is_there(version)) /* it has none */
		return 0;
	return err_set(err, ERR_MALFORMED, "\"schemaVersion\" is not 2");
}

static int read_members(struct manifest *doc, struct err *err)
{
	const json_t *subject = json_object_get(doc->json, "subject");
	const json_t *annotations = json_object_get(doc->json, "annotations");
	const json_t *artifact_type = json_object_get(doc->json, "artifactType");

	if (is_there(subject) && descriptor_read(&doc->subject, subject, "subject", err) < 0)
		return -1;
	if (doc->kind == MANIFEST_IMAGE &&
	    descriptor_read(&doc->config, json_object_get(doc->json, "config"), "config", err) < 0)
		return -1;
	if (is_there(annotations) && !json_is_object(annotations))
		return err_set(err, ERR_MALFORMED, "\"annotations\" is not an object");
	doc->annotations = is_there(annotations) ? annotations : NULL;
	doc->artifact_type = json_text(doc->json, "artifactType");
	if (is_there(artifact_type) && !doc->artifact_type)
		return err_set(err, ERR_MALFORMED, "\"artifactType\" is not a string");
	return 0;
}

static int read_limited(struct manifest *doc, const char *text, size_t len,
                        const struct json_limits *limits, struct err *err)
{
	memset(doc, 0, sizeof(*doc));
	doc->json = json_parse_limited(text, len, limits, err);
	if (!doc->json)
		return -1;
	if (!json_is_object(doc->json))
		return err_set(err, ERR_MALFORMED, "is not a JSON object");
	return json_check_key_case(doc->json, DOCUMENT_KEYS,
	                           sizeof(DOCUMENT_KEYS) / sizeof(DOCUMENT_KEYS[0]), "top level",
	                           err);
}

int manifest_read(struct manifest *doc, const char *text, size_t len, const char *media_type,
                  const struct json_limits *limits, struct err *err)
{
	if (read_limited(doc, text, len, limits, err) < 0 || find_shape(doc, media_type, err) < 0 ||
	    check_version(doc, err) < 0 || find_type(doc, media_type, err) < 0 ||
	    read_members(doc, err) < 0) {
		manifest_release(doc);
		return -1;
	}
	return 0;
}

int manifest_read_layout_index(struct manifest *doc, const char *text, size_t len,
                               const struct json_limits *limits, struct err *err)
{
	if (read_limited(doc, text, len, limits, err) < 0 || find_shape(doc, NULL, err) < 0 ||
	    check_version(doc, err) < 0)
		goto fail;
	if (doc->kind != MANIFEST_INDEX) {
		(void)err_set(err, ERR_MALFORMED, "has no \"manifests\"");
		goto fail;
	}
	if (find_type(doc, NULL, err) < 0 || read_members(doc, err) < 0)
		goto fail;
	return 0;
fail:
	manifest_release(doc);
	return -1;
}

void manifest_release(struct manifest *doc)
{
	json_decref(doc->json);
	memset(doc, 0, sizeof(*doc));
}

size_t manifest_child_count(const struct manifest *doc)
{
	return json_array_size(doc->children);
}

int manifest_child(const struct manifest *doc, size_t index, struct descriptor *child,
                   char path[DESCRIPTOR_PATH_MAX], struct err *err)
{
	(void)snprintf(path, DESCRIPTOR_PATH_MAX, "%s[%zu]", CHILDREN[doc->kind], index);
	return descriptor_read(child, json_array_get(doc->children, index), path, err);
}

const char *manifest_artifact_type(const struct manifest *doc)
{
	if (doc->artifact_type && doc->artifact_type[0])
		return doc->artifact_type;
	return doc->kind == MANIFEST_IMAGE ? doc->config.media_type : NULL;
}
