#include "sync/documents/merge.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "base/listing.h"
#include "base/name.h"

#include <stdlib.h>
#include <string.h>

struct members {
	struct listing_descriptor *list; /* owned; annotations_json owned */
	size_t count, cap;
};

static void members_release(struct members *m)
{
	for (size_t i = 0; i < m->count; i++)
		free((char *)m->list[i].annotations_json);
	free(m->list);
}

/* One entry of `manifests`; text stays borrowed from the document. */
static int read_member(struct members *m, const json_t *entry, struct err *err)
{
	struct listing_descriptor *d = &m->list[m->count];
	const char *digest = json_need_text(entry, "digest", "manifests", err);
	const json_t *annotations = json_object_get(entry, "annotations");

	memset(d, 0, sizeof(*d));
	if (!digest || digest_parse(&d->digest, digest, strlen(digest), err) < 0 ||
	    json_need_size(entry, "size", &d->size_bytes, "manifests", err) < 0)
		return -1;
	d->media_type = json_need_text(entry, "mediaType", "manifests", err);
	if (!d->media_type)
		return -1;
	d->artifact_type = json_text(entry, "artifactType");
	if (json_is_object(annotations) && json_object_size(annotations) > 0) {
		d->annotations_json = json_dumps(annotations, JSON_COMPACT);
		if (!d->annotations_json)
			return err_memory(err);
	}
	m->count++;
	return 0;
}

/* What is no descriptor cannot be rendered: it is counted, and the others stay. */
static int add_member(struct members *m, const json_t *entry, size_t *skipped, struct err *err)
{
	struct err why = ERR_INIT;

	if (array_room(&m->list, m->count, &m->cap, &why) == 0 && read_member(m, entry, &why) == 0)
		return 0;
	if (why.code == ERR_MEMORY) {
		*err = why;
		return -1;
	}
	++*skipped;
	return 0;
}

static int add_members(struct members *m, const json_t *document, size_t *skipped, struct err *err)
{
	const json_t *manifests = json_object_get(document, "manifests");

	for (size_t i = 0; i < json_array_size(manifests); i++)
		if (add_member(m, json_array_get(manifests, i), skipped, err) < 0)
			return -1;
	return 0;
}

/* What is wrong with our list must not be taken for a fault of the bucket's. */
static int add_ours(struct members *m, const json_t *ours, struct err *err)
{
	size_t skipped = 0;

	if (ours && add_members(m, ours, &skipped, err) < 0)
		return -1;
	if (ours && skipped == 0)
		return 0;
	if (ours)
		(void)err_set(err, ERR_INTEGRITY, "%zu of its entries are no descriptors", skipped);
	else if (err->code == ERR_MALFORMED)
		err->code = ERR_INTEGRITY;
	return err_context(err, "the root's list of referrers");
}

static int render(struct str *out, const struct members *members, struct err *err)
{
	if (listing_referrers(out, members->list, members->count, err) == 0)
		return 0;
	/* The bucket's alone may fill the maximum: that is about this list, not about the run. */
	if (out->failed)
		return err_set(err, ERR_REFUSED,
		               "the bucket's list of referrers and ours together have more than "
		               "%zu bytes",
		               out->max);
	return -1;
}

int merge_referrers(struct str *out, const char *theirs, size_t theirs_len, const char *ours,
                    size_t ours_len, size_t *skipped, struct err *err)
{
	AUTO_JSON json_t *there = json_parse_limited(theirs, theirs_len, &JSON_LIMITS_INDEX, err);
	AUTO_JSON json_t *here = NULL;
	struct members members = {0};
	int result = -1;

	*skipped = 0;
	if (!there)
		return -1;
	here = json_parse_limited(ours, ours_len, &JSON_LIMITS_INDEX, err);
	/* Theirs first: of two with one digest the first stays. */
	if ((!here || add_members(&members, there, skipped, err) == 0) &&
	    add_ours(&members, here, err) == 0)
		result = render(out, &members, err);
	members_release(&members);
	return result;
}

typedef int check_fn(const char *text, size_t len, struct err *err);

static int add_names(struct name_list *names, const char *member, check_fn *check, const char *text,
                     size_t len, struct err *err)
{
	AUTO_JSON json_t *document = json_parse_limited(text, len, &JSON_LIMITS_INDEX, err);
	const json_t *list = json_object_get(document, member);
	struct err ignored;

	if (!document)
		return -1;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));

		if (name && check(name, strlen(name), &ignored) == 0 &&
		    name_list_add(names, name, err) < 0)
			return -1;
	}
	return 0;
}

int merge_tags(struct name_list *tags, const char *text, size_t len, struct err *err)
{
	return add_names(tags, "tags", name_check_tag, text, len, err);
}

int merge_catalog(struct name_list *repos, const char *text, size_t len, struct err *err)
{
	return add_names(repos, "repositories", name_check_repo, text, len, err);
}
