/*
 * classify_input: everything that diff_classify may want to know of one key: what the root has,
 * what the bucket lists, what was recorded, and which ETags our bytes would have there.
 */
#ifndef DRYDOCK_SYNC_DIFF_CLASSIFY_INPUT_H
#define DRYDOCK_SYNC_DIFF_CLASSIFY_INPUT_H

#include "sync/diff/classify.h"
#include "sync/run/run.h"
#include "sync/s3/client.h"

#include "db/state/object.h"
#include "db/state/remote_object.h"

/* Whether a file of the root may be read to explain an ETag: match_etag.h. */
enum evidence_reading { READ_FILES, READ_NOTHING };

/* With the storage of what `in` points to: not to be copied. */
struct evidence {
	struct diff_local local;
	struct diff_listed listed;
	struct remote_object_row row;
	struct diff_remembered remembered;
	struct etag composites[4];
	struct diff_input in;
};

/* Adds what was recorded of the key; ev->local is set. */
int evidence_remember(struct engine *e, const char *key, struct evidence *ev,
                      struct err *err) MUST_CHECK;
/* `object` is NULL when the bucket lacks the key. */
int evidence_gather(struct engine *e, const struct object_row *row, const struct s3_object *object,
                    struct evidence *ev, enum evidence_reading reading, struct err *err) MUST_CHECK;

/* Whether the key is of a tag that --force-tag names. */
bool evidence_is_forced(const struct engine *e, const char *key);
/* What the provider's ETags, of this form, tell of the bytes. */
enum diff_opacity evidence_opacity(const struct engine *e, const char *etag);

#endif
