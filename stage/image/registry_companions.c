#include "stage/image/registry_companions.h"

#include "base/array.h"
#include "stage/image/fetch_documents.h"
#include "stage/image/graph_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct registry_companion {
	enum cosign_kind kind;
	uint32_t node;
	uint32_t next; /* of the same manifest: place in `found` + 1; 0: the end */
};

/* A tag to ask for. */
struct question {
	struct digest about;
	enum cosign_kind kind;
	char tag[TAG_MAX + 1];
};

/* What is done for the manifests below each image that has a name. */
struct named {
	struct registry_companions *companions;
	const struct image *image;
	struct question *questions; /* owned */
	size_t count, cap;
};

static struct import *import_of(const struct registry_companions *c)
{
	return c->list->graph.import;
}

static int each_named(struct named *named, graph_fn fn, struct err *err)
{
	const struct image_list *list = named->companions->list;

	for (size_t i = 0; i < list->count; i++) {
		named->image = &list->images[i];
		if (named->image->node && named->image->names.count > 0 &&
		    graph_each(&list->graph, named->image->node, fn, named, err) < 0)
			return -1;
	}
	return 0;
}

static int want_tags(void *context, const struct digest *digest, uint64_t size_bytes,
                     const struct node *node, struct err *err)
{
	struct named *q = context;
	uint32_t ignored;

	(void)size_bytes;
	if (!node || digest_map_get(&q->companions->asked, digest, &ignored))
		return 0;
	if (digest_map_put(&q->companions->asked, digest, 0, err) < 0)
		return -1;
	for (enum cosign_kind kind = COSIGN_NONE; kind <= COSIGN_SBOMS; kind++) {
		if (!cosign_is_companion(kind))
			continue;
		if (array_room(&q->questions, q->count, &q->cap, err) < 0)
			return -1;
		q->questions[q->count] = (struct question){.about = *digest, .kind = kind};
		(void)cosign_tag(q->questions[q->count++].tag, kind, digest);
	}
	return 0;
}

/* What the tag stands for becomes an image of the list, beside others of the same manifest. */
static int add_found(struct registry_companions *c, const struct question *question,
                     const struct registry_tag *tag, struct err *err)
{
	struct image_list *list = c->list;
	struct descriptor d = {.media_type = tag->media_type,
	                       .digest = tag->digest,
	                       .size_bytes = tag->size_bytes};
	uint32_t number, last = 0;
	struct image *image;

	if (graph_add(&list->graph, &d, question->tag, &number, err) < 0)
		return -1;
	if (!number || !graph_node(&list->graph, number)->complete) {
		event_warning(import_of(c)->sink, "%s: %s is skipped: %s",
		              import_of(c)->source.text, question->tag,
		              number ? graph_node(&list->graph, number)->lacks
		                     : "there is no such manifest");
		return 0;
	}
	image = list_image_of(list, number, err);
	if (!image || array_room(&c->found, c->count, &c->cap, err) < 0)
		return -1;
	image->chosen = true;
	image->cosign |= cosign_bit(question->kind);
	if (!image->path[0])
		(void)snprintf(image->path, sizeof(image->path), "%.14s….%s", question->tag,
		               strrchr(question->tag, '.') + 1);
	/* One that has a name already was asked for by that, and needs no other image. */
	if (image->names.count == 0 && image->about.alg == DIGEST_NONE)
		image->about = question->about;
	(void)digest_map_get(&c->asked, &question->about, &last);
	c->found[c->count++] = (struct registry_companion){question->kind, number, last};
	return digest_map_put(&c->asked, &question->about, (uint32_t)c->count, err);
}

static int ask(struct registry_companions *c, const struct named *q, struct err *err)
{
	struct import *import = import_of(c);
	struct registry_tag *tags = calloc(q->count ? q->count : 1, sizeof(*tags));
	int result;

	if (!tags)
		return err_memory(err);
	for (size_t i = 0; i < q->count; i++)
		tags[i].tag = q->questions[i].tag;
	result = registry_resolve(import->remote.session, import->remote.ref.repo, tags, q->count,
	                          import->limits.manifest.max_bytes, err);
	if (result == 0)
		result = fetch_documents_of_tags(import, tags, q->count, err);
	for (size_t i = 0; i < q->count && result == 0; i++)
		if (tags[i].found)
			result = add_found(c, &q->questions[i], &tags[i], err);
	for (size_t i = 0; i < q->count; i++)
		str_release(&tags[i].text);
	free(tags);
	return result;
}

static int name_one(void *context, const struct digest *digest, uint64_t size_bytes,
                    const struct node *node, struct err *err)
{
	const struct named *named = context;
	const struct registry_companions *c = named->companions;
	char tag[TAG_MAX + 1];
	uint32_t at = 0;

	(void)size_bytes;
	if (node)
		(void)digest_map_get(&c->asked, digest, &at);
	for (; at; at = c->found[at - 1].next) {
		struct image *image = list_find_image(c->list, c->found[at - 1].node);

		(void)cosign_tag(tag, c->found[at - 1].kind, digest);
		for (size_t k = 0; k < named->image->names.count; k++)
			if (name_set_add(&image->names, named->image->names.names[k].repo, tag,
			                 err) < 0)
				return -1;
	}
	return 0;
}

int registry_companions_load(struct registry_companions *c, struct err *err)
{
	struct named named = {.companions = c};
	size_t before = c->count;
	int result = each_named(&named, want_tags, err);

	if (result == 0)
		result = ask(c, &named, err);
	if (result == 0 && c->count > before)
		result = each_named(&named, name_one, err);
	free(named.questions);
	return result;
}

void registry_companions_release(struct registry_companions *c)
{
	digest_map_release(&c->asked);
	free(c->found);
}
