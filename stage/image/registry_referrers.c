#include "stage/image/registry_referrers.h"

#include "base/array.h"
#include "base/layout.h"
#include "stage/image/fetch_documents.h"
#include "stage/image/registry_companions.h"
#include "stage/registry/documents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGES_MAX = 10000 }; /* so that pages which lead to one another end */

/* What a list says of a manifest. */
struct found {
	uint32_t subject; /* node */
	struct digest digest;
	uint64_t size_bytes;
	const char *media_type; /* one of base/media_type.h */
};

struct search {
	struct image_list *list;
	uint32_t begun, end; /* nodes: of those up to `end` the lists are asked for */
	bool no_api;         /* the registry has no referrers API */
	unsigned pages;      /* of all lists behind their first */
	struct found *found; /* owned: of this round */
	size_t found_count, found_cap;
};

static struct import *import_of(const struct search *s)
{
	return s->list->graph.import;
}

/* --- lists of referrers ----------------------------------------------------------------------- */

static void ask_list(const struct search *s, struct registry_request *request)
{
	const struct remote *remote = &import_of(s)->remote;
	const struct node *node = graph_node(&s->list->graph, (uint32_t)request->item);
	size_t max = import_of(s)->limits.manifest.max_bytes;
	char text[DIGEST_TEXT_MAX], tag[TAG_MAX + 1];

	if (s->no_api) {
		registry_ask_tag(request, HTTP_GET, remote->ref.repo,
		                 layout_fallback_tag_name(tag, &node->digest), max);
		return;
	}
	request->method = HTTP_GET;
	request->accept = MT_OCI_INDEX;
	request->answer_max_bytes = max;
	(void)digest_text(&node->digest, text);
	(void)snprintf(request->url, sizeof(request->url), "/v2/%s/referrers/%s", remote->ref.repo,
	               text);
	(void)snprintf(request->what, sizeof(request->what), "%s: referrers of %s",
	               remote->ref.repo, text);
}

static int next_list(void *context, struct registry_request *request, struct err *err)
{
	struct search *s = context;

	(void)err;
	while (s->begun < s->end) {
		request->item = ++s->begun;
		if (!graph_node(&s->list->graph, s->begun)->complete)
			continue;
		ask_list(s, request);
		return 1;
	}
	return 0;
}

static int note_found(struct search *s, uint32_t subject, const struct descriptor *d,
                      struct err *err)
{
	const char *type = media_type_constant(d->media_type);

	if (!type || media_type_manifest(type) == MANIFEST_SCHEMA1) {
		event_warning(import_of(s)->sink,
		              "%s: a referrer is a %.200s, no manifest: skipped",
		              import_of(s)->source.text, d->media_type ? d->media_type : "");
		return 0;
	}
	if (s->found_count == GRAPH_EDGE_MAX)
		return err_set(err, ERR_REFUSED, "more than %d referrers", GRAPH_EDGE_MAX);
	if (array_room(&s->found, s->found_count, &s->found_cap, err) < 0)
		return -1;
	s->found[s->found_count++] = (struct found){subject, d->digest, d->size_bytes, type};
	return 0;
}

/* Under a fallback tag may stand anything. */
static int read_list(struct search *s, uint32_t subject, const struct str *body, bool of_api,
                     struct err *err)
{
	struct manifest doc = MANIFEST_INIT;
	char path[DESCRIPTOR_PATH_MAX];
	struct descriptor d;
	int result = manifest_read(&doc, str_text(body), body->len, of_api ? MT_OCI_INDEX : NULL,
	                           &import_of(s)->limits.manifest, err);

	for (size_t i = 0;
	     result == 0 && doc.kind == MANIFEST_INDEX && i < manifest_child_count(&doc); i++) {
		result = manifest_child(&doc, i, &d, path, err);
		if (result == 0)
			result = note_found(s, subject, &d, err);
	}
	manifest_release(&doc);
	return result;
}

/* Whether the answer is the referrers API's. Pages for people, with status 200, are none. */
static bool has_api(const struct http_answer *answer)
{
	const char *type = http_answer_header(answer, "content-type");

	return answer->status == 200 && type &&
	       strncmp(type, MT_OCI_INDEX, strlen(MT_OCI_INDEX)) == 0;
}

static bool lacks_api(const struct http_answer *answer)
{
	return answer->status == 200 || answer->status == 400 || answer->status == 404 ||
	       answer->status == 405 || answer->status == 501;
}

static enum registry_taken take_list(void *context, struct registry_request *request,
                                     const struct http_answer *answer, struct err *err)
{
	struct search *s = context;
	bool of_api = strstr(request->url, "/referrers/") != NULL;
	int more;

	if (!answer)
		return REGISTRY_FAILED;
	if (of_api && !has_api(answer) && lacks_api(answer)) {
		s->no_api = true;
		ask_list(s, request);
		return REGISTRY_ASK_AGAIN;
	}
	if (!of_api && answer->status == 404)
		return REGISTRY_TAKEN;
	if (answer->status != 200)
		return registry_request_refused(request, answer, err);
	if (read_list(s, (uint32_t)request->item, answer->body, of_api, err) < 0) {
		(void)err_context(err, "%s", request->what);
		return REGISTRY_FAILED;
	}
	more = of_api ? registry_ask_page(request, answer, err) : 0;
	if (more > 0 && ++s->pages > PAGES_MAX)
		more = err_set(err, ERR_REFUSED, "%s: more than %d pages", request->what,
		               PAGES_MAX);
	if (more < 0)
		return REGISTRY_FAILED;
	return more > 0 ? REGISTRY_ASK_AGAIN : REGISTRY_TAKEN;
}

/*
 * 1 when the manifest is here and says itself that it refers to the subject: a list may name
 * anything. 0, told, when nothing can be made of it; -1.
 */
static int add_manifest(struct search *s, const struct found *f, uint32_t *number, struct err *err)
{
	struct graph *graph = &s->list->graph;
	const struct digest *subject = &graph_node(graph, f->subject)->digest;
	struct descriptor d = {
		.media_type = f->media_type, .digest = f->digest, .size_bytes = f->size_bytes};
	char text[DIGEST_TEXT_MAX];
	const char *lacks = NULL;

	if (graph_add(graph, &d, "referrer", number, err) < 0)
		return -1;
	if (!*number)
		lacks = "there is no such manifest";
	else if (!graph_node(graph, *number)->complete)
		lacks = graph_node(graph, *number)->lacks;
	else if (!digest_equal(&graph_node(graph, *number)->subject, subject))
		lacks = "it refers to something else";
	if (lacks)
		event_warning(import_of(s)->sink, "%s: referrer %s is skipped: %s",
		              import_of(s)->source.text, digest_text(&f->digest, text), lacks);
	return !lacks;
}

static int fetch_found(const struct search *s, struct err *err)
{
	struct fetch_documents *fetch = fetch_documents_new(import_of(s), err);
	int result = fetch ? 0 : -1;

	for (size_t i = 0; result == 0 && i < s->found_count; i++)
		result = fetch_documents_add(fetch, &s->found[i].digest, s->found[i].size_bytes,
		                             s->found[i].media_type, err);
	if (result == 0)
		result = fetch_documents_run(fetch, err);
	fetch_documents_free(fetch);
	return result;
}

static int add_referrers(struct search *s, struct err *err)
{
	if (fetch_found(s, err) < 0)
		return -1;
	for (size_t i = 0; i < s->found_count; i++) {
		char text[DIGEST_TEXT_MAX];
		struct image *image;
		uint32_t number;
		int got = add_manifest(s, &s->found[i], &number, err);

		if (got < 0)
			return -1;
		if (got == 0)
			continue;
		image = list_image_of(s->list, number, err);
		if (!image)
			return -1;
		image->chosen = true;
		if (!image->path[0])
			(void)snprintf(image->path, sizeof(image->path), "referrer %.19s",
			               digest_text(&s->found[i].digest, text));
	}
	s->found_count = 0;
	return 0;
}

/* --- rounds ----------------------------------------------------------------------------------- */

static int ask_lists(struct search *s, struct err *err)
{
	const struct remote *remote = &import_of(s)->remote;
	const struct registry_requests requests = {remote->session, remote->ref.repo, next_list,
	                                           take_list, s};

	s->end = (uint32_t)s->list->graph.count;
	return registry_requests_run(&requests, err);
}

int registry_referrers_load(struct image_list *list, struct err *err)
{
	struct search s = {.list = list};
	struct registry_companions companions = REGISTRY_COMPANIONS_INIT(list);
	int result = 0;

	for (int round = 0; result == 0 && round < GRAPH_DEPTH_MAX && s.end < list->graph.count;
	     round++) {
		result = ask_lists(&s, err);
		if (result == 0)
			result = add_referrers(&s, err);
		if (result == 0)
			result = registry_companions_load(&companions, err);
	}
	registry_companions_release(&companions);
	free(s.found);
	return result;
}
