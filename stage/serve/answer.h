/*
 * answer: one answer to a request, as libmicrohttpd sends it, with the headers that every answer
 * has. An error is the distribution-spec's JSON ("Error Codes").
 *
 *     struct answer a = ANSWER_INIT;
 *     if (answer_from_text(&a, 200, MT_JSON, text, err) < 0) …
 *     MHD_queue_response(connection, a.status, a.response); answer_release(&a);
 */
#ifndef DRYDOCK_STAGE_SERVE_ANSWER_H
#define DRYDOCK_STAGE_SERVE_ANSWER_H

#include "base/str.h"

#include <microhttpd.h>
#include <stdint.h>

struct answer {
	struct MHD_Response *response; /* owned, unless `owner` is not NULL */
	void *owner;                   /* a reference to what owns the response, or NULL … */
	void (*drop)(void *owner);     /* … and what gives it up */
	unsigned status;               /* HTTP's */
	uint64_t bytes;                /* of the body */
};

#define ANSWER_INIT                                                                                \
	{                                                                                          \
		NULL, NULL, NULL, 0, 0                                                             \
	}

enum answer_error { /* each with its status, code and message */
	            ANSWER_BAD_DIGEST,
	            ANSWER_BAD_NAME,
	            ANSWER_BAD_QUERY,
	            ANSWER_NO_BLOB,
	            ANSWER_NO_MANIFEST,
	            ANSWER_NO_NAME,
	            ANSWER_NO_UPLOAD,
	            ANSWER_NO_ENDPOINT,
	            ANSWER_READ_ONLY,
	            ANSWER_BAD_RANGE,
	            ANSWER_UNAUTHORIZED,
	            ANSWER_BUSY,   /* no more descriptors or memory: the client may try again */
	            ANSWER_FAILED, /* the file cannot be read, or is damaged */
};

/* For a new response: 0, or -1 with ERR_MEMORY; a header that cannot be added is that too. */
int answer_begin(struct MHD_Response *response, const char *content_type, const char *cache_control,
                 struct err *err) MUST_CHECK;
int answer_add_header(struct MHD_Response *response, const char *name, const char *value,
                      struct err *err) MUST_CHECK;

/* Hands over the text of `body`, which is empty afterwards. */
int answer_from_text(struct answer *a, unsigned status, const char *content_type, struct str *body,
                     struct err *err) MUST_CHECK;
int answer_error(struct answer *a, enum answer_error error, struct err *err) MUST_CHECK;
/* Frees what an earlier of these functions has made; fine on ANSWER_INIT. */
void answer_release(struct answer *a);

#endif
