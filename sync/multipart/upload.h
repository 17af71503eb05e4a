/*
 * upload: drives one multipart upload with requests, as transition.h decides. It does everything
 * but send the parts, which are taken one by one by the caller.
 *
 *     m = multipart_upload_new(run, &row, err), then its owner, act and fail
 *     multipart_upload_event(m, MULTIPART_BEGIN or MULTIPART_RESUME, err)
 *     … act(m, MULTIPART_DO_SEND): now multipart_upload_next_part(m), and for each that is there
 *       multipart_upload_part_arrived(m, …); after the last the upload completes itself …
 *     … act(m, MULTIPART_DO_FINISH): the end; act(m, MULTIPART_DO_FORGET): it ended without the
 *       object, and m->why says why; fail(m, err): it failed, and is left as it is recorded …
 *     multipart_upload_free(m)
 *
 * A probing one (resume.h) only looks: it calls act instead of creating, completing and aborting,
 * and writes nothing.
 *
 * act and fail are called at most once per step and may not free the upload from within.
 */
#ifndef DRYDOCK_SYNC_MULTIPART_UPLOAD_H
#define DRYDOCK_SYNC_MULTIPART_UPLOAD_H

#include "sync/multipart/upload_parts.h"

int multipart_upload_event(struct multipart_upload *m, enum multipart_event event,
                           struct err *err) MUST_CHECK;

/* `etag` as the server answered. Completes after the last one. */
int multipart_upload_part_arrived(struct multipart_upload *m, uint32_t index, const char *etag,
                                  struct err *err) MUST_CHECK;
/* Tells that an upload of the object stays in the bucket, because it may not be aborted. */
void multipart_upload_warn_left(const struct multipart_upload *m, const struct err *why);

#endif
