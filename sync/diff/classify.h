/*
 * classify: what a key needs, decided from what the root has, what the bucket lists and what the
 * state remembers. Pure.
 *
 * ETag tiers, first match wins:
 *     E0  size and ETag equal: the MD5, or a composite known for our bytes (the part size we use,
 *         the one recorded, or one found by E1)
 *     E2  the ETag recorded after our own verified upload, of the same bytes
 *     E3  an opaque ETag on a key that names its content: equal size is enough
 *
 * Tags of several roots (W1). A tag goes to the bucket when it moved here since this root last knew
 * the bucket's; else the bucket's stays. Moved on both sides: held, until it is forced. Without a
 * record it is contested: the one that was staged later wins, and of a tag that does not carry its
 * time of staging LastModified is taken. A tag that the bucket lacks is sent, unless
 * it was sent before, has not moved since, and others removed it.
 */
#ifndef DRYDOCK_SYNC_DIFF_CLASSIFY_H
#define DRYDOCK_SYNC_DIFF_CLASSIFY_H

#include "sync/s3/etag.h"
#include "sync/s3/etag_meaning.h"

#include "base/digest.h"
#include "base/layout.h"

enum diff_kind {
	DIFF_SAME,
	DIFF_MISSING,    /* send it */
	DIFF_DIFFERENT,  /* send it, over what is there */
	DIFF_EXTRANEOUS, /* the root does not have it */
	DIFF_REMOVED,    /* a tombstone of ours: remove it */
	DIFF_KEPT,       /* a tag: the bucket's is newer */
	DIFF_HELD,       /* a tag: moved on both sides */
	DIFF_UNKNOWN,    /* only HEAD can tell whether the ETag is opaque (E3) */
	DIFF_GONE,       /* a tag: sent, not moved since, and not there: only lists can tell why */
	DIFF_CONTESTED,  /* a tag: only HEAD can tell when the bucket's was staged (W1) */
};

struct diff_local {
	enum object_class object_class;
	struct digest digest;   /* of the bytes; of a merged list, of our part of it */
	uint64_t size_bytes;    /* likewise */
	uint8_t md5[MD5_BYTES]; /* likewise; where md5_known() */
	int64_t staged_at;      /* tags: when it began to point there, seconds; else 0 */
};

struct diff_listed {
	const char *etag;    /* borrowed; without quotes */
	uint64_t size_bytes; /* of the whole object */
	int64_t modified_at; /* seconds; -1 unknown */
	int64_t staged_at;   /* tags: seconds, as its header says; 0 none, -1 not asked for yet */
};

struct diff_remembered {
	const char *etag;     /* borrowed; what the bucket answered */
	struct digest digest; /* of the bytes that were sent then */
};

struct diff_input {
	const struct diff_local *local;           /* NULL: the root does not have it */
	const struct diff_listed *listed;         /* NULL: the bucket does not have it */
	const struct diff_remembered *remembered; /* NULL: no record */
	const struct etag *composites;            /* ETags beside the MD5 that our bytes may have */
	size_t composite_count;                   /* 0 */
	enum etag_meaning meaning;                /* of the listed ETag */
	bool tombstone;                           /* this root removed the tag */
	bool forced;                              /* --force-tag */
};

struct diff_verdict {
	enum diff_kind kind;
	const char *why; /* static, for people: "missing", "etag differs", … */
};

struct diff_verdict diff_classify(const struct diff_input *in);

#endif
