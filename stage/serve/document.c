#include "stage/serve/document.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "stage/serve/answer.h"

#include <stdio.h>
#include <string.h>

int document_describe(struct MHD_Response *response, const struct document_head *head,
                      char etag[ETAG_MAX], struct err *err)
{
	char digest[DIGEST_TEXT_MAX];

	(void)snprintf(etag, ETAG_MAX, "\"%s\"", digest_text(&head->digest, digest));
	if (answer_begin(response, head->content_type, head->cache_control, err) < 0 ||
	    answer_add_header(response, "ETag", etag, err) < 0 ||
	    (head->named && answer_add_header(response, "Docker-Content-Digest", digest, err) < 0))
		return -1;
	return head->ranges ? answer_add_header(response, "Accept-Ranges", "bytes", err) : 0;
}

static struct MHD_Response *make_response(struct str *body, int *fd)
{
	struct MHD_Response *response;
	size_t len = body->len;
	char *text;

	if (len > DOCUMENT_MEMORY_BYTES) {
		response = MHD_create_response_from_fd_at_offset64(len, *fd, 0);
		if (response)
			*fd = -1;
		return response;
	}
	text = str_steal(body);
	response = text ? MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE) : NULL;
	if (!response)
		free(text);
	return response;
}

struct document *document_new(const struct document_head *head, struct str *body, int *fd,
                              struct err *err)
{
	struct document *document = calloc(1, sizeof(*document));

	if (!document) {
		(void)err_memory(err);
		return NULL;
	}
	atomic_init(&document->references, 1);
	document->bytes = body->len;
	document->response = make_response(body, fd);
	if (document_describe(document->response, head, document->etag, err) == 0)
		return document;
	document_drop(document);
	return NULL;
}

void document_drop(struct document *document)
{
	if (!document || atomic_fetch_sub(&document->references, 1) > 1)
		return;
	if (document->response)
		MHD_destroy_response(document->response);
	free(document->key);
	free(document);
}

int document_cache_init(struct document_cache *cache, struct err *err)
{
	memset(cache, 0, sizeof(*cache));
	if (pthread_mutex_init(&cache->lock, NULL) == 0)
		return 0;
	return err_memory(err);
}

static void forget_all(struct document_cache *cache)
{
	for (size_t i = 0; i < DOCUMENT_SLOTS; i++) {
		document_drop(cache->slots[i]);
		cache->slots[i] = NULL;
	}
	cache->bytes = 0;
}

void document_cache_release(struct document_cache *cache)
{
	forget_all(cache);
	(void)pthread_mutex_destroy(&cache->lock);
}

/* FNV-1a: two keys in one slot only push each other out. */
static size_t slot_of(const char *key)
{
	uint32_t hash = 2166136261U;

	for (; *key; key++)
		hash = (hash ^ (uint8_t)*key) * 16777619U;
	return (hash ^ hash >> 16) % DOCUMENT_SLOTS;
}

static uint64_t cost(const struct document *document)
{
	return document->bytes > DOCUMENT_MEMORY_BYTES ? DOCUMENT_FILE_COST : document->bytes;
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       same_time(file_modified_at(a), file_modified_at(b)) &&
	       same_time(file_changed_at(a), file_changed_at(b));
}

struct document *document_cache_find(struct document_cache *cache, const char *key,
                                     const struct stat *file)
{
	struct document *document;

	(void)pthread_mutex_lock(&cache->lock);
	document = cache->slots[slot_of(key)];
	if (document && strcmp(document->key, key) == 0 && same_file(&document->file, file))
		(void)atomic_fetch_add(&document->references, 1);
	else
		document = NULL;
	(void)pthread_mutex_unlock(&cache->lock);
	return document;
}

void document_cache_keep(struct document_cache *cache, struct document *document, const char *key,
                         const struct stat *file)
{
	struct document **slot = &cache->slots[slot_of(key)];

	document->file = *file;
	document->key = strdup(key);
	if (!document->key)
		return;
	(void)pthread_mutex_lock(&cache->lock);
	if (cache->bytes + cost(document) > DOCUMENT_CACHE_BYTES)
		forget_all(cache);
	if (*slot) {
		cache->bytes -= cost(*slot);
		document_drop(*slot);
	}
	(void)atomic_fetch_add(&document->references, 1);
	*slot = document;
	cache->bytes += cost(document);
	(void)pthread_mutex_unlock(&cache->lock);
}
