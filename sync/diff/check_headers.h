/*
 * check_headers: --check-metadata (E4): whether the manifests, tags and lists that the bucket holds
 * rightly are stored with the headers that clients and caches need. A wrong one is repaired by a
 * copy of the object onto itself (transfer/repair_headers): no byte is sent.
 *
 * Looked at are Content-Type, Cache-Control and, of manifests and tags, the digest among the
 * metadata. Blobs are not looked at, nor is what this sync sends anyway, keeps or holds.
 */
#ifndef DRYDOCK_SYNC_DIFF_CHECK_HEADERS_H
#define DRYDOCK_SYNC_DIFF_CHECK_HEADERS_H

#include "sync/run/run.h"

/*
 * Notes what is to be looked at. After documents_plan, and while the root is locked: what is not in
 * the plan by then is in the bucket, and with these bytes. Nothing without --check-metadata.
 */
int check_headers_list(struct sync_run *run, struct err *err) MUST_CHECK;
/*
 * HEADs what was noted, side by side, and plans a repair for each wrong one. This may take long,
 * and the root is not needed for it: what is staged meanwhile is not looked at.
 */
int check_headers_plan(struct sync_run *run, struct err *err) MUST_CHECK;

/* What is wrong, for people; false when nothing is. Pure. */
bool check_headers_is_wrong(const struct s3_head *head, const struct s3_attributes *wanted,
                            char why[PLAN_WHY_MAX]);

#endif
