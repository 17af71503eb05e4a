/*
 * error: turns a failed result into the one line that a person can act on:
 *
 *     PUT v2/app/blobs/sha256:ab…: 403 AccessDenied (bucket my-registry): the key may lack
 *     s3:PutObject
 *
 * What was attempted, on which object, what came back, what to do.
 */
#ifndef DRYDOCK_SYNC_S3_ERROR_H
#define DRYDOCK_SYNC_S3_ERROR_H

#include "sync/s3/endpoint.h"
#include "sync/s3/result.h"

/* Always returns -1, with `err` filled in by `code` (from retry_decide) and the words. */
int s3_error(const struct s3_result *result, const struct endpoint *endpoint, enum err_code code,
             struct err *err);

/* "503 SlowDown", "connection reset by peer": for retry events. Returns `text`. */
enum { S3_WHY_MAX = 200 };
const char *s3_why(const struct s3_result *result, char text[S3_WHY_MAX]);

#endif
