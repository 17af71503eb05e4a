/*
 * probe: one signed request of the doctor's, waited for. What only has to be asked again, as after
 * a wrong clock, in another region or of a busy server, is asked again; nothing else is.
 *
 *     struct probe p;
 *     if (probe_send(session, &request, PROBE_ORDERLY, &p, err) < 0) …     a signal, or no memory
 *     if (!p.ok) … p.err …
 *     probe_release(&p);
 */
#ifndef DRYDOCK_SYNC_DOCTOR_PROBE_H
#define DRYDOCK_SYNC_DOCTOR_PROBE_H

#include "sync/run/session.h"

#include "db/state/object.h"

struct probe {
	bool ok;
	enum http_failure failure;
	int status;
	char code[S3_CODE_MAX + 1]; /* the server's; "" */
	struct err err;             /* !ok: the line for people, and which kind of failure */
	bool followed_region;       /* the server named another region than was configured */
	char upload_id[UPLOAD_ID_MAX + 1];
	char etag[ETAG_MAX + 1];
	char content_type[MEDIA_TYPE_MAX];
	uint64_t size_bytes;
	struct str body;            /* owned: of a GET */
	struct s3_page *page;       /* owned: of a LIST, or NULL */
	struct s3_uploads *uploads; /* owned: of a LIST_UPLOADS, or NULL */
};

enum probe_when {
	PROBE_ORDERLY,      /* a signal ends it, when what is under way had its time to end */
	PROBE_AFTER_SIGNAL, /* signals do not count: to clean up */
};

/* -1: ERR_INTERRUPTED, ERR_AUTH when there is nothing to sign with, ERR_MEMORY; release it, too. */
int probe_send(struct session *session, const struct s3_request *request, enum probe_when when,
               struct probe *probe, struct err *err) MUST_CHECK;
void probe_release(struct probe *probe);

#endif
