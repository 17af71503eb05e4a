#include "sync/s3/uploads_page.h"

#include "base/array.h"
#include "base/part_size.h"
#include "base/xml.h"

#include <stdlib.h>
#include <string.h>

/* ---- ListParts ---- */

struct parts_reader {
	struct s3_parts *list;
	size_t cap;
	struct s3_part part; /* the one that is being read */
	uint32_t after;      /* the number of the one before */
	bool has_size, has_marker;
};

void s3_parts_free(struct s3_parts *list)
{
	if (list)
		free(list->parts);
	free(list);
}

static int parts_leaf(struct parts_reader *r, const char *path, const char *text, struct err *err)
{
	uint64_t number;

	if (strcmp(path, "Part/PartNumber") == 0) {
		if (s3_parse_number(text, PART_COUNT_MAX, &number) < 0 || number == 0)
			return s3_malformed(err, "a part's number is not 1 to 10,000");
		r->part.number = (uint32_t)number;
	} else if (strcmp(path, "Part/Size") == 0) {
		r->has_size = true;
		if (s3_parse_number(text, PART_SIZE_LIMIT, &r->part.size_bytes) < 0)
			return s3_malformed(err, "a part's size is not 0 to 5 GiB");
	} else if (strcmp(path, "Part/ETag") == 0) {
		if (s3_parse_etag(r->part.etag, text) < 0)
			return s3_malformed(err, "a part's ETag is malformed");
	} else if (strcmp(path, "IsTruncated") == 0) {
		r->list->truncated = strcmp(text, "true") == 0;
	} else if (strcmp(path, "NextPartNumberMarker") == 0 && *text) {
		if (s3_parse_number(text, PART_COUNT_MAX, &number) < 0)
			return s3_malformed(err, "the part number marker is no number");
		r->list->next_marker = (uint32_t)number;
		r->has_marker = true;
	}
	return 0;
}

static int parts_end(struct parts_reader *r, struct err *err)
{
	struct s3_parts *list = r->list;

	if (r->part.number == 0 || !r->has_size)
		return s3_malformed(err, "a part has no number or no size");
	if (r->part.number <= r->after)
		return s3_malformed(err, "the parts are not strictly ascending");
	if (list->count == S3_PAGE_MAX)
		return s3_malformed(err, "a page has more than 1,000 entries");
	if (array_room(&list->parts, list->count, &r->cap, err) < 0)
		return -1;
	list->parts[list->count++] = r->part;
	r->after = r->part.number;
	memset(&r->part, 0, sizeof(r->part));
	r->has_size = false;
	return 0;
}

static int parts_element(void *context, enum xml_what what, const char *path,
                         const struct str *text, struct err *err)
{
	if (what == XML_ROOT)
		return s3_expect_root("ListPartsResult", path, err);
	if (what == XML_LEAF)
		return parts_leaf(context, path, str_text(text), err);
	return strcmp(path, "Part") == 0 ? parts_end(context, err) : 0;
}

struct s3_parts *s3_parts_parse(const char *xml, size_t len, uint32_t after, struct err *err)
{
	struct parts_reader r = {.list = calloc(1, sizeof(*r.list)), .after = after};
	int status;

	if (!r.list) {
		(void)err_memory(err);
		return NULL;
	}
	status = xml_walk(xml, len, parts_element, &r, err);
	if (status == 0 && r.list->truncated && !r.has_marker)
		status = s3_malformed(err, "the list of parts is truncated but has no marker");
	if (status == 0 && r.list->truncated &&
	    (r.list->count == 0 || r.list->next_marker < r.after))
		status = s3_malformed(err, "the list of parts does not get ahead");
	if (status == 0)
		return r.list;
	s3_parts_free(r.list);
	return NULL;
}

/* ---- ListMultipartUploads ---- */

enum { UPLOADS_TEXT_MAX = S3_PAGE_MAX * (1024 * 3 + UPLOAD_ID_MAX + 2) + 1 };

/* Offsets into the texts, which move while they grow. */
struct upload_entry {
	size_t key, id;
	int64_t initiated_at_ms;
};

struct uploads_reader {
	struct s3_uploads *list;
	struct upload_entry *entries; /* owned */
	size_t cap;
	struct upload_entry entry; /* the one that is being read */
	size_t next_key, next_id;
	bool url_encoded;
};

void s3_uploads_free(struct s3_uploads *list)
{
	if (!list)
		return;
	free(list->uploads);
	free(list->next_key);
	free(list->next_id);
	str_release(&list->text);
	free(list);
}

static int uploads_leaf(struct uploads_reader *r, const char *path, const struct str *text,
                        struct err *err)
{
	size_t *kept = NULL;

	if (strcmp(path, "Upload/Key") == 0)
		kept = &r->entry.key;
	else if (strcmp(path, "Upload/UploadId") == 0)
		kept = &r->entry.id;
	else if (strcmp(path, "NextKeyMarker") == 0)
		kept = &r->next_key;
	else if (strcmp(path, "NextUploadIdMarker") == 0)
		kept = &r->next_id;
	else if (strcmp(path, "Upload/Initiated") == 0)
		r->entry.initiated_at_ms = s3_parse_time(str_text(text));
	else if (strcmp(path, "IsTruncated") == 0)
		r->list->truncated = strcmp(str_text(text), "true") == 0;
	else if (strcmp(path, "EncodingType") == 0)
		r->url_encoded = strcmp(str_text(text), "url") == 0;
	if (!kept)
		return 0;
	*kept = s3_texts_keep(&r->list->text, str_text(text));
	return *kept ? 0 : s3_malformed(err, "the uploads' keys and ids are too long");
}

static int uploads_end(struct uploads_reader *r, struct err *err)
{
	if (r->entry.key == 0 || r->entry.id == 0)
		return s3_malformed(err, "an upload has no key or no id");
	if (strlen(r->list->text.data + r->entry.id) > UPLOAD_ID_MAX)
		return s3_malformed(err, "an upload's id is too long");
	if (r->list->count == S3_PAGE_MAX)
		return s3_malformed(err, "a page has more than 1,000 entries");
	if (array_room(&r->entries, r->list->count, &r->cap, err) < 0)
		return -1;
	r->entries[r->list->count++] = r->entry;
	memset(&r->entry, 0, sizeof(r->entry));
	r->entry.initiated_at_ms = -1;
	return 0;
}

static int uploads_element(void *context, enum xml_what what, const char *path,
                           const struct str *text, struct err *err)
{
	if (what == XML_ROOT)
		return s3_expect_root("ListMultipartUploadsResult", path, err);
	if (what == XML_LEAF)
		return uploads_leaf(context, path, text, err);
	return strcmp(path, "Upload") == 0 ? uploads_end(context, err) : 0;
}

static int uploads_markers(struct uploads_reader *r, struct err *err)
{
	struct s3_uploads *list = r->list;

	if (!list->truncated)
		return 0;
	if (r->next_key == 0)
		return s3_malformed(err, "the list of uploads is truncated but has no marker");
	if (r->url_encoded && s3_texts_decode(&list->text, r->next_key) < 0)
		return s3_malformed(err, "a marker is not URL-encoded as announced");
	list->next_key = strdup(list->text.data + r->next_key);
	list->next_id = strdup(list->text.data + r->next_id);
	return list->next_key && list->next_id ? 0 : err_memory(err);
}

static int uploads_fill(struct uploads_reader *r, const char *prefix, struct err *err)
{
	struct s3_uploads *list = r->list;
	size_t prefix_len = strlen(prefix);

	list->uploads = calloc(list->count + 1, sizeof(*list->uploads));
	if (!list->uploads)
		return err_memory(err);
	for (size_t i = 0; i < list->count; i++) {
		const struct upload_entry *entry = &r->entries[i];
		const char *key = list->text.data + entry->key;

		if (r->url_encoded && s3_texts_decode(&list->text, entry->key) < 0)
			return s3_malformed(err, "a key is not URL-encoded as announced");
		if (strncmp(key, prefix, prefix_len) != 0)
			return s3_malformed(err, "an upload's key lacks the prefix asked for");
		list->uploads[i].key = key + prefix_len;
		list->uploads[i].id = list->text.data + entry->id;
		list->uploads[i].initiated_at_ms = entry->initiated_at_ms;
	}
	return uploads_markers(r, err);
}

struct s3_uploads *s3_uploads_parse(const char *xml, size_t len, const char *prefix,
                                    struct err *err)
{
	struct uploads_reader r = {.list = calloc(1, sizeof(*r.list)), .entry.initiated_at_ms = -1};
	int status;

	if (!r.list || s3_texts_init(&r.list->text, UPLOADS_TEXT_MAX) < 0) {
		(void)err_memory(err);
		free(r.list);
		return NULL;
	}
	status = xml_walk(xml, len, uploads_element, &r, err);
	if (status == 0)
		status = uploads_fill(&r, prefix, err);
	free(r.entries);
	if (status == 0)
		return r.list;
	s3_uploads_free(r.list);
	return NULL;
}
