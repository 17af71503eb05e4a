#include "sync/doctor/sample.h"

#include "sync/doctor/probe.h"

#include <stdio.h>
#include <string.h>

enum {
	PAGES_MAX = 20, /* of a bucket whose first repositories have blobs alone */
	ROWS = 32,
};

static void take(struct sample *s, const char *key)
{
	struct key_parts parts;

	if (strlen(key) >= KEY_MAX || !layout_parse(&parts, key))
		return;
	if (parts.object_class == CLASS_REFERRERS && !s->referrers[0])
		memcpy(s->referrers, key, strlen(key) + 1);
	if (parts.object_class == CLASS_FALLBACK_TAG && !s->fallback[0])
		memcpy(s->fallback, key, strlen(key) + 1);
	if (parts.object_class != CLASS_MANIFEST && parts.object_class != CLASS_TAG)
		return;
	if (s->count == SAMPLE_MAX)
		s->more = true;
	else
		memcpy(s->keys[s->count++], key, strlen(key) + 1);
}

/* Where to go on after a key: of a repository's many blobs only the first ones are looked at. */
static void go_on_after(char after[KEY_MAX], const char *key)
{
	struct key_parts parts;
	char folder[KEY_MAX];

	if (layout_parse(&parts, key) && parts.object_class == CLASS_BLOB)
		(void)snprintf(after, KEY_MAX, "%.*s~", KEY_MAX - 2,
		               layout_folder(folder, parts.repo, LAYOUT_BLOBS));
	else
		(void)snprintf(after, KEY_MAX, "%s", key);
}

/* 1 there is more, 0 not, -1. */
static int take_page(struct sample *s, struct session *session, char after[KEY_MAX],
                     struct err *err)
{
	struct s3_request r = {
		.op = S3_LIST, .prefix = LAYOUT_PREFIX, .after = *after ? after : NULL};
	struct probe p;
	int result = probe_send(session, &r, PROBE_ORDERLY, &p, err);

	for (size_t i = 0; result == 0 && p.page && i < p.page->count; i++)
		take(s, p.page->objects[i].key);
	if (result == 0 && !s->more && p.page && p.page->truncated && p.page->count > 0) {
		go_on_after(after, p.page->objects[p.page->count - 1].key);
		result = 1;
	}
	probe_release(&p);
	return result;
}

int sample_of_bucket(struct sample *sample, struct session *session, struct err *err)
{
	char after[KEY_MAX] = "";
	int more = 1;

	memset(sample, 0, sizeof(*sample));
	for (int i = 0; i < PAGES_MAX && more > 0; i++)
		more = take_page(sample, session, after, err);
	sample->more = sample->more || more > 0;
	return more < 0 ? -1 : 0;
}

int sample_of_root(struct sample *sample, struct db *db, struct err *err)
{
	struct object_row rows[ROWS];
	char after[KEY_MAX] = "";
	int got = 0;

	memset(sample, 0, sizeof(*sample));
	while (!sample->more && (got = object_page(db, after, NULL, rows, ROWS, err)) > 0) {
		for (int i = 0; i < got; i++)
			take(sample, rows[i].key);
		go_on_after(after, rows[got - 1].key);
	}
	return got < 0 ? -1 : 0;
}
