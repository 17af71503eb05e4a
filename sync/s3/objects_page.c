#include "sync/s3/objects_page.h"

#include "base/array.h"
#include "base/xml.h"

#include <stdlib.h>
#include <string.h>

/* Texts live in page->text, which moves while it grows: offsets until the end. */
struct page_entry {
	size_t key, etag; /* offsets; 0: not seen */
	uint64_t size_bytes;
	bool has_size;
	int64_t modified_at_ms;
};

struct page_reader {
	struct s3_page *page;
	struct page_entry *entries; /* owned */
	size_t cap;
	struct page_entry entry; /* the one that is being read */
	bool url_encoded;        /* by what the answer says, not by what was asked for */
};

enum { PAGE_TEXT_MAX = S3_PAGE_MAX * (1024 * 3 + ETAG_MAX + 2) + 1 };

void s3_page_free(struct s3_page *page)
{
	if (!page)
		return;
	free(page->objects);
	free(page->next_token);
	str_release(&page->text);
	free(page);
}

static int page_end_entry(struct page_reader *r, struct err *err)
{
	if (r->entry.key == 0 || !r->entry.has_size)
		return s3_malformed(err, "an entry of the listing has no key or no size");
	if (r->page->count == S3_PAGE_MAX)
		return s3_malformed(err, "a page of the listing has more than 1,000 entries");
	if (array_room(&r->entries, r->page->count, &r->cap, err) < 0)
		return -1;
	r->entries[r->page->count++] = r->entry;
	memset(&r->entry, 0, sizeof(r->entry));
	r->entry.modified_at_ms = -1;
	return 0;
}

static int page_leaf(struct page_reader *r, const char *path, const struct str *text,
                     struct err *err)
{
	char etag[ETAG_MAX + 1];

	if (strcmp(path, "Contents/Key") == 0) {
		r->entry.key = s3_texts_keep(&r->page->text, str_text(text));
		return r->entry.key ? 0 : s3_malformed(err, "a key is too long");
	}
	if (strcmp(path, "Contents/ETag") == 0) {
		if (s3_parse_etag(etag, str_text(text)) < 0)
			return s3_malformed(err, "an ETag is malformed");
		r->entry.etag = s3_texts_keep(&r->page->text, etag);
		return r->entry.etag ? 0 : s3_malformed(err, "an ETag is too long");
	}
	if (strcmp(path, "Contents/Size") == 0) {
		r->entry.has_size = true;
		return s3_parse_number(str_text(text), INT64_MAX, &r->entry.size_bytes) < 0
		               ? s3_malformed(err, "a size is no number")
		               : 0;
	}
	if (strcmp(path, "Contents/LastModified") == 0)
		r->entry.modified_at_ms = s3_parse_time(str_text(text));
	else if (strcmp(path, "IsTruncated") == 0)
		r->page->truncated = strcmp(str_text(text), "true") == 0;
	else if (strcmp(path, "EncodingType") == 0)
		r->url_encoded = strcmp(str_text(text), "url") == 0;
	else if (strcmp(path, "NextContinuationToken") == 0 && text->len > 0) {
		free(r->page->next_token);
		r->page->next_token = text->len > S3_TOKEN_MAX ? NULL : strdup(str_text(text));
		if (!r->page->next_token)
			return s3_malformed(err, "the continuation token is too long");
	}
	return 0;
}

static int page_element(void *context, enum xml_what what, const char *path, const struct str *text,
                        struct err *err)
{
	struct page_reader *r = context;

	if (what == XML_ROOT)
		return s3_expect_root("ListBucketResult", path, err);
	if (what == XML_LEAF)
		return page_leaf(r, path, text, err);
	return strcmp(path, "Contents") == 0 ? page_end_entry(r, err) : 0;
}

static int page_objects(struct page_reader *r, struct err *err)
{
	struct s3_page *page = r->page;

	page->objects = calloc(page->count + 1, sizeof(*page->objects));
	if (!page->objects)
		return err_memory(err);
	for (size_t i = 0; i < page->count; i++) {
		if (r->url_encoded && s3_texts_decode(&page->text, r->entries[i].key) < 0)
			return s3_malformed(err, "a key is not URL-encoded as announced");
		page->objects[i].key = page->text.data + r->entries[i].key;
		page->objects[i].etag = page->text.data + r->entries[i].etag;
		page->objects[i].size_bytes = r->entries[i].size_bytes;
		page->objects[i].modified_at_ms = r->entries[i].modified_at_ms;
	}
	return 0;
}

static int check_page(struct s3_page *page, const char *prefix, const char *after, struct err *err)
{
	size_t prefix_len = strlen(prefix);

	for (size_t i = 0; i < page->count; i++) {
		const char *key = page->objects[i].key;

		if (strncmp(key, prefix, prefix_len) != 0)
			return s3_malformed(err,
			                    "the listing holds a key without the prefix asked for");
		key += prefix_len;
		page->objects[i].key = key;
		if (after && strcmp(key, after) <= 0)
			return s3_malformed(err, "the listing's keys are not strictly ascending");
		after = key;
	}
	if (page->truncated && !page->next_token)
		return s3_malformed(err,
		                    "the listing is truncated but names no continuation token");
	/* There would be no key to go on after. */
	if (page->truncated && page->count == 0)
		return s3_malformed(err, "the listing is truncated but holds no keys");
	return 0;
}

struct s3_page *s3_page_parse(const char *xml, size_t len, const char *prefix, const char *after,
                              struct err *err)
{
	struct page_reader r = {.entry.modified_at_ms = -1};
	int status;

	r.page = calloc(1, sizeof(*r.page));
	if (!r.page) {
		(void)err_memory(err);
		return NULL;
	}
	status = s3_texts_init(&r.page->text, PAGE_TEXT_MAX);
	if (status < 0)
		(void)err_memory(err);
	if (status == 0)
		status = xml_walk(xml, len, page_element, &r, err);
	if (status == 0)
		status = page_objects(&r, err);
	if (status == 0)
		status = check_page(r.page, prefix, after, err);
	free(r.entries);
	if (status == 0)
		return r.page;
	s3_page_free(r.page);
	return NULL;
}
