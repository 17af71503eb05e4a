#include "sync/merge.h"

#include "base/cleanup.h"
#include "base/json.h"
#include "base/listing.h"
#include "base/name.h"

#include <stdlib.h>
#include <string.h>

struct members {
	struct listing_descriptor *list; /* owned; annotations_json owned */
	size_t count;
};

static void members_release(struct members *m)
{
	for (size_t i = 0; i < m->count; i++)
		free((char *)m->list[i].annotations_json);
	free(m->list);
}

/* One entry of `manifests`; text stays borrowed from the document. */
static int add_member(struct members *m, const json_t *entry, struct err *err)
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

static int add_members(struct members *m, const json_t *document, struct err *err)
{
	const json_t *manifests = json_object_get(document, "manifests");
	size_t more = json_array_size(manifests);
	struct listing_descriptor *list = realloc(m->list, (m->count + more + 1) * sizeof(*list));

	if (!list)
		return err_memory(err);
	m->list = list;
	for (size_t i = 0; i < more; i++)
		if (add_member(m, json_array_get(manifests, i), err) < 0)
			return -1;
	return 0;
}

int merge_referrers(struct str *out, const char *theirs, size_t theirs_len, const char *ours,
                    size_t ours_len, struct err *err)
{
	AUTO_JSON json_t *there = json_parse_limited(theirs, theirs_len, &JSON_LIMITS_INDEX, err);
	AUTO_JSON json_t *here = NULL;
	struct members members = {0};
	int result = -1;

	if (!there)
		return -1;
	here = json_parse_limited(ours, ours_len, &JSON_LIMITS_INDEX, err);
	if (here && add_members(&members, there, err) == 0 && add_members(&members, here, err) == 0)
		result = listing_referrers(out, members.list, members.count, err);
	members_release(&members);
	return result;
}

int merge_catalog(struct names *repos, const char *text, size_t len, struct err *err)
{
	AUTO_JSON json_t *document = json_parse_limited(text, len, &JSON_LIMITS_INDEX, err);
	const json_t *list = json_object_get(document, "repositories");
	struct err ignored;

	if (!document)
		return -1;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));

		if (name && name_check_repo(name, strlen(name), &ignored) == 0 &&
		    names_add(repos, name, err) < 0)
			return -1;
	}
	return 0;
}
