#include "stage/image/fetch_documents.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "stage/document/config.h"
#include "stage/document/manifest.h"
#include "stage/image/graph.h"
#include "stage/image/import_remote.h"

#include <stdlib.h>

struct wanted {
	struct digest digest;
	uint64_t size_bytes;
	enum registry_store store;
	const char *media_type; /* of a manifest, one of base/media_type.h; NULL: not said */
	unsigned depth;
};

struct fetch_documents {
	struct import *import; /* borrowed */
	struct wanted *list;   /* owned: in the order in which they are asked for */
	size_t count, cap, begun;
	struct digest_map seen;
	bool stopped; /* one has failed: graph_add says what that means */
};

struct fetch_documents *fetch_documents_new(struct import *import, struct err *err)
{
	struct fetch_documents *fetch = calloc(1, sizeof(*fetch));

	if (fetch)
		fetch->import = import;
	else
		(void)err_memory(err);
	return fetch;
}

void fetch_documents_free(struct fetch_documents *fetch)
{
	if (!fetch)
		return;
	digest_map_release(&fetch->seen);
	free(fetch->list);
	free(fetch);
}

/* --- what is below a manifest ----------------------------------------------------------------- */

static int want(struct fetch_documents *fetch, const struct wanted *wanted, struct err *err)
{
	struct import *import = fetch->import;
	struct place place;
	uint32_t ignored;

	if (wanted->size_bytes > import->limits.manifest.max_bytes ||
	    wanted->depth > GRAPH_DEPTH_MAX || fetch->count == GRAPH_EDGE_MAX ||
	    digest_map_get(&fetch->seen, &wanted->digest, &ignored))
		return 0;
	if (digest_map_put(&fetch->seen, &wanted->digest, 0, err) < 0 ||
	    import_find(import, &wanted->digest, &place, err) < 0)
		return -1;
	if (!import_is_to_be_asked(import, &place))
		return 0;
	if (array_room(&fetch->list, fetch->count, &fetch->cap, err) < 0)
		return -1;
	fetch->list[fetch->count++] = *wanted;
	return 0;
}

/* Those that the graph will ask for; bytes within the descriptor need no request. */
static int want_described(struct fetch_documents *fetch, enum manifest_kind parent,
                          const struct descriptor *d, unsigned depth, struct err *err)
{
	struct wanted wanted = {.digest = d->digest,
	                        .size_bytes = d->size_bytes,
	                        .store = REGISTRY_BLOBS,
	                        .depth = depth};
	int left_out;

	if (d->data)
		return 0;
	if (parent == MANIFEST_IMAGE)
		return image_config_is_known(d->media_type) ? want(fetch, &wanted, err) : 0;
	wanted.store = REGISTRY_MANIFESTS;
	wanted.media_type = media_type_constant(d->media_type);
	if (!wanted.media_type || media_type_manifest(wanted.media_type) == MANIFEST_SCHEMA1)
		return 0;
	left_out = remote_leaves_out(&fetch->import->remote, d, err);
	if (left_out != 0)
		return left_out < 0 ? -1 : 0;
	return want(fetch, &wanted, err);
}

/* A document that cannot be read has nothing below it here; graph_add refuses it. */
static int want_children(struct fetch_documents *fetch, const struct wanted *of, const char *text,
                         size_t len, struct err *err)
{
	struct manifest doc = MANIFEST_INIT;
	char path[DESCRIPTOR_PATH_MAX];
	struct err ignored = ERR_INIT;
	struct descriptor d;
	int result = 0;

	if (manifest_read(&doc, text, len, of->media_type, &fetch->import->limits.manifest,
	                  &ignored) < 0)
		return 0;
	if (doc.kind == MANIFEST_IMAGE)
		result = want_described(fetch, doc.kind, &doc.config, of->depth + 1, err);
	for (size_t i = 0; doc.kind == MANIFEST_INDEX && i < manifest_child_count(&doc); i++) {
		if (result < 0 || manifest_child(&doc, i, &d, path, &ignored) < 0)
			break;
		result = want_described(fetch, doc.kind, &d, of->depth + 1, err);
	}
	manifest_release(&doc);
	return result;
}

int fetch_documents_add(struct fetch_documents *fetch, const struct digest *digest,
                        uint64_t size_bytes, const char *media_type, struct err *err)
{
	struct import *import = fetch->import;
	const struct json_limits *limits = &import->limits.manifest;
	struct wanted wanted = {.digest = *digest,
	                        .size_bytes = size_bytes,
	                        .store = REGISTRY_MANIFESTS,
	                        .media_type = media_type};
	AUTO_STR struct str text = STR_INIT(limits->max_bytes);
	struct place place;

	if (import_find(import, digest, &place, err) < 0)
		return -1;
	if (place.kind != PLACE_TEMP)
		return want(fetch, &wanted, err);
	/* It came with its tag. */
	if (import_text(import, digest, &place, limits, &text, err) < 0)
		return -1;
	return want_children(fetch, &wanted, str_text(&text), text.len, err);
}

/* --- fetching --------------------------------------------------------------------------------- */

static int ask_next(void *context, struct registry_request *request, struct err *err)
{
	struct fetch_documents *fetch = context;
	const struct wanted *w;

	(void)err;
	if (fetch->stopped || fetch->begun == fetch->count)
		return 0;
	request->item = fetch->begun++;
	w = &fetch->list[request->item];
	registry_ask_document(request, fetch->import->remote.ref.repo, w->store, &w->digest,
	                      fetch->import->limits.manifest.max_bytes);
	return 1;
}

static enum registry_taken keep(struct fetch_documents *fetch, const struct wanted *wanted,
                                const struct str *body, struct err *err)
{
	/* The list may move while children are added. */
	const struct wanted w = *wanted;

	if (import_keep(fetch->import, &w.digest, str_text(body), body->len, err) < 0 ||
	    (w.store == REGISTRY_MANIFESTS &&
	     want_children(fetch, &w, str_text(body), body->len, err) < 0))
		return REGISTRY_FAILED;
	return REGISTRY_TAKEN;
}

static enum registry_taken take_answer(void *context, struct registry_request *request,
                                       const struct http_answer *answer, struct err *err)
{
	struct fetch_documents *fetch = context;
	struct remote *remote = &fetch->import->remote;
	const struct wanted *w = &fetch->list[request->item];
	struct descriptor d = {.digest = w->digest, .size_bytes = w->size_bytes};

	if (answer && answer->status == 404)
		return remote_note_absent(remote, &w->digest, err) < 0 ? REGISTRY_FAILED
		                                                       : REGISTRY_TAKEN;
	if (answer && answer->status != 200)
		(void)registry_task_refused(&request->task, answer, err);
	if (answer && answer->status == 200 &&
	    descriptor_check_bytes(&d, str_text(answer->body), answer->body->len,
	                           "the registry's answer", err) == 0)
		return keep(fetch, w, answer->body, err);
	fetch->stopped = true;
	remote_note_failure(remote, &w->digest, err);
	return REGISTRY_TAKEN;
}

int fetch_documents_run(struct fetch_documents *fetch, struct err *err)
{
	const struct remote *remote = &fetch->import->remote;
	const struct registry_requests requests = {remote->session, remote->ref.repo, ask_next,
	                                           take_answer, fetch};

	if (registry_requests_run(&requests, err) < 0)
		return -1;
	return write_queue_settle(&fetch->import->queue, err);
}

static int keep_texts(struct import *import, const struct registry_tag *tags, size_t count,
                      struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (tags[i].found && tags[i].text.len > 0 &&
		    import_keep(import, &tags[i].digest, tags[i].text.data, tags[i].text.len, err) <
		            0)
			return -1;
	return write_queue_settle(&import->queue, err);
}

int fetch_documents_of_tags(struct import *import, const struct registry_tag *tags, size_t count,
                            struct err *err)
{
	struct fetch_documents *fetch = fetch_documents_new(import, err);
	int result = fetch ? keep_texts(import, tags, count, err) : -1;

	for (size_t i = 0; result == 0 && i < count; i++)
		if (tags[i].found)
			result = fetch_documents_add(fetch, &tags[i].digest, tags[i].size_bytes,
			                             tags[i].media_type, err);
	if (result == 0)
		result = fetch_documents_run(fetch, err);
	fetch_documents_free(fetch);
	return result;
}
