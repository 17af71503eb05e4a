#include "stage/image/registry_images.h"

#include "base/cleanup.h"
#include "stage/image/fetch_documents.h"
#include "stage/registry/documents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	NEAR_TAGS = 5,        /* are told of a repository that has no such tag */
	TOLD_TAGS = 20,       /* of those that a pattern means */
	TEXT_MAX = 8192,      /* of either */
	RESOLVED_TAGS = 1000, /* of those at a time */
};

static void add_tags(const struct tag_list *tags, size_t from, struct str *text)
{
	for (size_t i = from; i < tags->count; i++)
		(void)str_addf(text, "%s%s", i > from ? ", " : "", tags->tags[i]);
}

/* Whether the list has what was asked for: then the registry has no manifest that was accepted. */
static bool is_listed(struct tag_list *tags, const char *tag)
{
	struct err ignored = ERR_INIT;

	return tag_list_select(tags, tag, 1, &ignored) == 0 && tags->count == 1;
}

/* Which tags there are instead, if that can be known; what stands in the way is not told. */
static int no_such_tag(const struct remote *remote, const char *what, struct err *err)
{
	struct tag_list tags = TAG_LIST_INIT;
	AUTO_STR struct str text = STR_INIT(TEXT_MAX);
	struct err ignored = ERR_INIT;
	bool known = registry_list_tags(remote->session, remote->ref.repo, &tags, &ignored) == 0;
	bool listed = known && is_listed(&tags, what);

	if (listed) {
		(void)str_adds(&text, " that is of use: it lists the tag, but has only a manifest "
		                      "of schema 1 or of no known kind for it");
	} else if (known && tag_list_select(&tags, NULL, NEAR_TAGS, &ignored) == 0) {
		(void)str_adds(&text, tags.count > 0 ? "; there are " : "; it has no tags");
		add_tags(&tags, 0, &text);
		if (tags.count == NEAR_TAGS)
			(void)str_adds(&text, " among others");
	}
	tag_list_release(&tags);
	return err_set(err, listed ? ERR_MALFORMED : ERR_NOT_FOUND, "%s has no %s in %s%s",
	               registry_session_host(remote->session), what, remote->ref.repo,
	               str_text(&text));
}

static int match_tags(const struct import *import, struct tag_list *tags, struct err *err)
{
	const struct remote *remote = &import->remote;
	AUTO_STR struct str text = STR_INIT(TEXT_MAX);
	size_t limit = registry_session_options(remote->session)->tags_limit;

	if (registry_list_tags(remote->session, remote->ref.repo, tags, err) < 0 ||
	    tag_list_select(tags, remote->ref.tag, limit, err) < 0)
		return -1;
	if (tags->count == 0)
		return err_set(err, ERR_NOT_FOUND, "no tag of %s matches %s", remote->ref.repo,
		               remote->ref.tag);
	add_tags(tags, tags->count > TOLD_TAGS ? tags->count - TOLD_TAGS : 0, &text);
	event_note(import->sink, "%s: %zu tag%s: %s%s", import->source.text, tags->count,
	           tags->count == 1 ? "" : "s", tags->count > TOLD_TAGS ? "… " : "",
	           str_text(&text));
	return 0;
}

static int name_image(struct image_list *list, struct image *image, size_t number,
                      const struct registry_tag *tag, struct err *err)
{
	struct import *import = list->graph.import;
	const struct registry_reference *ref = &import->remote.ref;
	AUTO_STR struct str name = STR_INIT(REGISTRY_REFERENCE_MAX);
	struct name_sources from = {NULL, NULL, NULL, 0};
	int chosen;

	if (ref->tag[0]) {
		if (registry_reference_name(ref, &name) < 0 || str_addf(&name, ":%s", tag->tag) < 0)
			return err_memory(err);
		from.containerd_name = str_text(&name);
	}
	chosen = image_choice_takes(&list->choice, number, &tag->digest, &from, err);
	if (chosen <= 0)
		return chosen;
	image->chosen = true;
	image->says = image_names_kind(&from);
	return image_names_choose(list->name_rules, &from, &image->names, err);
}

static int add_image(struct image_list *list, size_t i, const struct registry_tag *tag,
                     struct err *err)
{
	struct import *import = list->graph.import;
	struct descriptor d = {.media_type = tag->media_type,
	                       .digest = tag->digest,
	                       .size_bytes = tag->size_bytes};
	char found[DIGEST_TEXT_MAX];
	struct image *image;
	uint32_t number;

	if (!tag->found)
		return 0; /* it went since the tags were listed */
	if (graph_add(&list->graph, &d, tag->tag, &number, err) < 0)
		return -1;
	if (!number)
		return no_such_tag(&import->remote, digest_text(&tag->digest, found), err);
	if (!graph_node(&list->graph, number)->complete)
		return err_set(err, ERR_MALFORMED, "the image is not complete: %s",
		               graph_node(&list->graph, number)->lacks);
	image = list_image_of(list, number, err);
	if (!image)
		return -1;
	if (!image->path[0])
		(void)snprintf(image->path, sizeof(image->path), "%.39s", tag->tag);
	return name_image(list, image, i, tag, err);
}

/* Of one that was asked for by its name: that it is there, and is what it should be. */
static int check_tag(const struct remote *remote, const struct registry_tag *tag, struct err *err)
{
	char wanted[DIGEST_TEXT_MAX], found[DIGEST_TEXT_MAX];

	if (remote->ref.tag_is_pattern)
		return 0;
	if (!tag->found)
		return no_such_tag(remote, tag->tag, err);
	if (remote->ref.digest.alg == DIGEST_NONE ||
	    digest_equal(&remote->ref.digest, &tag->digest))
		return 0;
	return err_set(err, ERR_INTEGRITY, "expected %s, found %s",
	               digest_text(&remote->ref.digest, wanted), digest_text(&tag->digest, found));
}

/* Adds what the tags stand for, the first of them being number `first`. */
static int add_resolved(struct image_list *list, const struct registry_tag *tags, size_t first,
                        size_t count, struct err *err)
{
	struct import *import = list->graph.import;

	for (size_t i = 0; i < count; i++)
		if (check_tag(&import->remote, &tags[i], err) < 0)
			return -1;
	if (fetch_documents_of_tags(import, tags, count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (add_image(list, first + i, &tags[i], err) < 0)
			return import->remote.ref.tag_is_pattern
			               ? err_context(err, "%s", tags[i].tag)
			               : -1;
	return 0;
}

/* So many at a time that memory does not grow with their number. */
static int add_images(struct image_list *list, const char *const *names, size_t count,
                      struct err *err)
{
	struct import *import = list->graph.import;
	struct registry_tag *tags = calloc(RESOLVED_TAGS, sizeof(*tags));
	int result = 0;

	if (!tags)
		return err_memory(err);
	for (size_t first = 0; first < count && result == 0; first += RESOLVED_TAGS) {
		size_t n = count - first < RESOLVED_TAGS ? count - first : RESOLVED_TAGS;

		memset(tags, 0, n * sizeof(*tags));
		for (size_t i = 0; i < n; i++)
			tags[i].tag = names[first + i];
		result = registry_resolve(import->remote.session, import->remote.ref.repo, tags, n,
		                          import->limits.manifest.max_bytes, err);
		if (result == 0)
			result = add_resolved(list, tags, first, n, err);
		for (size_t i = 0; i < n; i++)
			str_release(&tags[i].text);
	}
	free(tags);
	return result;
}

int registry_images_load(struct image_list *list, struct err *err)
{
	const struct import *import = list->graph.import;
	const struct registry_reference *ref = &import->remote.ref;
	struct tag_list tags = TAG_LIST_INIT;
	char digest[DIGEST_TEXT_MAX];
	const char *name = ref->tag;
	int result;

	if (ref->tag_is_pattern) {
		result = match_tags(import, &tags, err);
		if (result == 0)
			result = add_images(list, tags.tags, tags.count, err);
		tag_list_release(&tags);
		return result;
	}
	if (!ref->tag[0])
		name = digest_text(&ref->digest, digest);
	return add_images(list, &name, 1, err);
}
