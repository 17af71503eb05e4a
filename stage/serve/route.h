/*
 * route: what a request's target asks for: its path and query, decoded and checked by the grammar
 * before anything becomes a key. Pure; nothing is allocated that outlives the call.
 *
 * Source: OCI distribution-spec 1.1, "Endpoints" (end-1 to end-3, end-8, end-12) and "Pulling"; the
 * catalogue is Docker's.
 */
#ifndef DRYDOCK_STAGE_SERVE_ROUTE_H
#define DRYDOCK_STAGE_SERVE_ROUTE_H

#include "base/digest.h"
#include "base/name.h"
#include "base/page_path.h"

#include <stdbool.h>
#include <stdint.h>

enum route_kind {
	ROUTE_UNKNOWN,    /* no endpoint */
	ROUTE_BAD_NAME,   /* an endpoint of a repository that no root can have */
	ROUTE_BAD_DIGEST, /* a digest that breaks the grammar */
	ROUTE_BAD_QUERY,  /* n is no number, or a broken %XX */
	ROUTE_UPLOAD,     /* /v2/<name>/blobs/uploads/… */
	ROUTE_HOME,       /* /: the page of the root, if there is one */
	ROUTE_PAGE,       /* another page for people, or that one by its name */
	ROUTE_PING,       /* /v2/ */
	ROUTE_CATALOG,
	ROUTE_TAGS_LIST,
	ROUTE_MANIFEST,
	ROUTE_BLOB,
	ROUTE_REFERRERS,
};

enum { ARTIFACT_TYPE_MAX = 256 };

struct route {
	enum route_kind kind;
	char repo[REPO_MAX + 1]; /* "" where the endpoint has none */
	/*
	 * Of ROUTE_MANIFEST one of both, of ROUTE_BLOB and ROUTE_REFERRERS the digest. Neither: the
	 * reference is well formed, but no root can have it (an algorithm that is not registered),
	 * or it is no tag.
	 */
	char tag[TAG_MAX + 1];
	struct digest digest;
	bool limited;            /* n was given: at most n entries of a list */
	uint64_t n;              /* a number beyond 64 bits is the greatest of them */
	char last[REPO_MAX + 1]; /* only entries behind this one; "": from the first */
	char artifact_type[ARTIFACT_TYPE_MAX]; /* "": any */
	char page[PAGE_PATH_MAX];              /* its file, of ROUTE_HOME and ROUTE_PAGE */
};

/* `target` is as the request line has it: "/v2/app/tags/list?n=2", or with a host before it. */
void route_parse(struct route *route, const char *target);

#endif
