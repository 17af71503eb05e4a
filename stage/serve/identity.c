#include "stage/serve/identity.h"

#include "base/hash.h"
#include "db/state/manifest.h"
#include "db/state/tag.h"
#include "stage/document/manifest.h"

#include <stdio.h>

static int copy_type(void *context, const struct manifest_row *row, struct err *err)
{
	(void)err;
	(void)snprintf(context, MEDIA_TYPE_MAX, "%s", row->media_type);
	return 1;
}

void identity_type(const struct identity_state *state, const struct digest *d,
                   const struct str *body, char type[MEDIA_TYPE_MAX])
{
	struct manifest doc = MANIFEST_INIT;
	struct err ignored = ERR_INIT;
	int got;

	(void)pthread_mutex_lock(state->lock);
	got = manifest_get(state->db, d, copy_type, type, &ignored);
	(void)pthread_mutex_unlock(state->lock);
	if (got > 0)
		return;
	got = manifest_read(&doc, str_text(body), body->len, NULL, &JSON_LIMITS_MANIFEST, &ignored);
	(void)snprintf(type, MEDIA_TYPE_MAX, "%s", got == 0 ? doc.media_type : MT_OCTET_STREAM);
	manifest_release(&doc);
}

static int hash_body(struct digest *d, enum digest_alg alg, const struct str *body, struct err *err)
{
	return digest_of_bytes(d, alg, str_text(body), body->len, err);
}

static int digest_of_tag(const struct identity_state *state, const struct route *route,
                         const struct str *body, struct digest *d, struct err *err)
{
	struct err ignored = ERR_INIT;
	struct tag_row tag;
	int got;

	(void)pthread_mutex_lock(state->lock);
	got = tag_get(state->db, route->repo, route->tag, &tag, &ignored);
	(void)pthread_mutex_unlock(state->lock);
	if (got > 0 && tag.digest.alg != DIGEST_SHA256) {
		if (hash_body(d, tag.digest.alg, body, err) < 0)
			return -1;
		if (digest_equal(d, &tag.digest))
			return 0;
		/* The tag moves just now: what the state says is of another manifest. */
	}
	return hash_body(d, DIGEST_SHA256, body, err);
}

int identity_digest(const struct identity_state *state, enum object_class object_class,
                    const struct route *route, const struct str *body, struct digest *d,
                    struct err *err)
{
	char name[DIGEST_TEXT_MAX];

	if (object_class == CLASS_TAG)
		return digest_of_tag(state, route, body, d, err);
	if (!object_class_immutable(object_class))
		return hash_body(d, DIGEST_SHA256, body, err);
	if (hash_body(d, route->digest.alg, body, err) < 0)
		return -1;
	if (digest_equal(d, &route->digest))
		return 0;
	return err_set(err, ERR_INTEGRITY, "%s: %s does not hash to its name", route->repo,
	               digest_text(&route->digest, name));
}
