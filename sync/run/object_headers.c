#include "sync/run/object_headers.h"

#include "db/state/tag.h"

#include <stdio.h>
#include <string.h>

static void add_meta(struct object_headers *a, const char *name, const char *value)
{
	a->meta[a->s3.meta_count++] = (struct s3_meta){name, value};
	a->s3.meta = a->meta;
}

/* Manifests and tags carry the media type of their bytes, which the state has by digest. */
static int find_content_type(struct object_headers *a, struct sync_run *run,
                             const struct plan_item *item, struct err *err)
{
	const char *own = object_class_content_type(item->object_class);
	struct object_row row;
	char key[KEY_MAX];
	int got;

	if (own) {
		(void)snprintf(a->content_type, sizeof(a->content_type), "%s", own);
		return 0;
	}
	got = object_get(run->db, sync_run_source_key(item, key), &row, err);
	if (got < 0)
		return -1;
	if (got == 0)
		return err_set(err, ERR_NO_STATE,
		               "%s: the state does not have the manifest that it points to (%s)",
		               item->key, key);
	(void)snprintf(a->content_type, sizeof(a->content_type), "%s", row.content_type);
	return 0;
}

/* Another root compares its own time with it, should it have no record of the tag (W1). */
static int add_staged_at(struct object_headers *a, const struct sync_run *run,
                         const struct plan_item *item, struct err *err)
{
	struct tag_row tag;
	int got = tag_get_at(run->db, item->key, &tag, err);

	if (got > 0 && digest_equal(&tag.digest, &item->digest))
		add_meta(a, META_STAGED_AT, time_text(tag.staged_at, a->staged_at));
	return got < 0 ? -1 : 0;
}

const char *object_headers_cache_control(const struct sync_options *o,
                                         enum object_class object_class)
{
	if (object_class_immutable(object_class))
		return o->cache_control_digest ? o->cache_control_digest : CACHE_CONTROL_DIGEST;
	return o->cache_control_tag ? o->cache_control_tag : CACHE_CONTROL_TAG;
}

void object_headers_chosen(struct s3_attributes *s3, const struct sync_options *o)
{
	s3->acl = o->acl;
	s3->sse = o->sse;
	s3->sse_kms_key_id = o->sse_kms_key_id;
	s3->storage_class = o->storage_class;
}

int object_headers_make(struct object_headers *a, struct sync_run *run,
                        const struct plan_item *item, const uint8_t sha256[SHA256_BYTES],
                        const char *token, struct err *err)
{
	memset(a, 0, sizeof(*a));
	if (find_content_type(a, run, item, err) < 0)
		return -1;
	a->s3.content_type = a->content_type;
	a->s3.cache_control = object_headers_cache_control(run->options, item->object_class);
	object_headers_chosen(&a->s3, run->options);
	(void)snprintf(a->token, sizeof(a->token), "%s", token);
	add_meta(a, "drydock-token", a->token);
	if (item->object_class == CLASS_BLOB || item->object_class == CLASS_MANIFEST)
		add_meta(a, META_SHA256, hex_text(sha256, SHA256_BYTES, a->sha256));
	if (item->object_class == CLASS_MANIFEST || item->object_class == CLASS_TAG)
		add_meta(a, META_DIGEST, digest_text(&item->digest, a->digest));
	return item->object_class == CLASS_TAG ? add_staged_at(a, run, item, err) : 0;
}
