#include "sync/doctor/sample.h"

#include "sync/doctor/probe.h"

#include <stdio.h>
#include <string.h>

enum {
	PAGES_MAX = 20, /* of a bucket whose first repositories have blobs alone */
	ROWS = 32,
};

/* False: it is full. */
static bool take(struct sample *s, const char *key)
{
	struct key_parts parts;

	if (strlen(key) >= KEY_MAX || !layout_parse(&parts, key) ||
	    (parts.object_class != CLASS_MANIFEST && parts.object_class != CLASS_TAG))
		return true;
	if (s->count == SAMPLE_MAX) {
		s->more = true;
		return false;
	}
	memcpy(s->keys[s->count++], key, strlen(key) + 1);
	return true;
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
	bool room = true;

	for (size_t i = 0; result == 0 && room && p.page && i < p.page->count; i++)
		room = take(s, p.page->objects[i].key);
	if (result == 0 && room && p.page && p.page->truncated && p.page->count > 0) {
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

	sample->count = 0;
	for (int i = 0; i < PAGES_MAX && more > 0; i++)
		more = take_page(sample, session, after, err);
	sample->more = sample->more || more > 0;
	return more < 0 ? -1 : 0;
}

int sample_of_root(struct sample *sample, struct db *db, struct err *err)
{
	struct object_row rows[ROWS];
	char after[KEY_MAX] = "";
	int got;

	sample->count = 0;
	while ((got = object_page(db, after, NULL, rows, ROWS, err)) > 0) {
		for (int i = 0; i < got; i++)
			if (!take(sample, rows[i].key))
				return 0;
		go_on_after(after, rows[got - 1].key);
	}
	return got;
}
