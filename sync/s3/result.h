/*
 * result: reads an HTTP answer as the result of an S3 operation. Used by s3.
 */
#ifndef DRYDOCK_SYNC_S3_RESULT_H
#define DRYDOCK_SYNC_S3_RESULT_H

#include "sync/s3/client.h"

/* What must be remembered of a request to read its answer. Borrowed. */
struct s3_asked {
	enum s3_op op;
	const char *key;
	const char *prefix;        /* LIST*: with the remote's prefix */
	const char *remote_prefix; /* what is cut off keys */
	const char *after, *token; /* or NULL */
	uint32_t part_number;      /* LIST_PARTS: the marker */
	bool ranged;
};

/* ours: the code of a good status whose body or headers are not what they must be. */
#define S3_CODE_MALFORMED "MalformedAnswer"

enum { S3_RESULT_WORDS_MAX = 400 };

/*
 * Fills in everything but credential_generation and skew_learned. `words` holds the parser's
 * message. Borrows from `answer`; release with s3_result_release.
 */
void s3_result_read(struct s3_result *result, const struct s3_asked *asked,
                    const struct http_answer *answer, char words[S3_RESULT_WORDS_MAX]);
void s3_result_release(struct s3_result *result);

#endif
