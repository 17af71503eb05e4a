/* blob: a blob, or ranges of it, sent from its file; whole or one range by sendfile. */
#ifndef DRYDOCK_STAGE_SERVE_BLOB_H
#define DRYDOCK_STAGE_SERVE_BLOB_H

#include "stage/serve/answer.h"
#include "stage/serve/document.h"

/*
 * Takes the descriptor *fd. `range` is the request's header that counts, or NULL. The answer may be
 * 200, 206 or 416.
 */
int blob_answer(struct answer *a, const struct document_head *head, int *fd, uint64_t size_bytes,
                const char *range, struct err *err) MUST_CHECK;

#endif
