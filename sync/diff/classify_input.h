/*
 * classify_input: everything that diff_classify may want to know of one key: what the root has,
 * what the bucket lists, what was recorded, and which ETags our bytes would have there.
 */
#ifndef DRYDOCK_SYNC_DIFF_CLASSIFY_INPUT_H
#define DRYDOCK_SYNC_DIFF_CLASSIFY_INPUT_H

#include "sync/diff/classify.h"
#include "sync/run/run.h"

#include "db/state/object.h"
#include "db/state/remote_object.h"

/* Whether a file of the root may be read to explain an ETag: match_etag.h. */
enum classify_input_reading { READ_FILES, READ_NOTHING };

/* The input, with the storage of what it points to: must stay where it is. */
struct classify_input {
	struct diff_input in; /* what diff_classify takes; points to the others */
	struct diff_local local;
	struct diff_listed listed;
	struct diff_remembered remembered;
	struct remote_object_row row; /* what `remembered` points to */
	struct etag composites[4];    /* of our part size, the recorded, an upload's, E1's */
};

/* Adds what was recorded of the key; `input->local` is set. */
int classify_input_remember(struct sync_run *run, const char *key, struct classify_input *input,
                            struct err *err) MUST_CHECK;
/* `object` is NULL when the bucket lacks the key. */
int classify_input_gather(struct sync_run *run, const struct object_row *row,
                          const struct s3_object *object, struct classify_input *input,
                          enum classify_input_reading reading, struct err *err) MUST_CHECK;

/* Whether the key is of a tag that --force-tag names. */
bool classify_input_is_forced(const struct sync_run *run, const char *key);

#endif
