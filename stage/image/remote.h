/*
 * remote: of a source that is a registry (docker://): what has been promised and is fetched only
 * when it is wanted. Documents are fetched when the graph asks for them (import_remote.h), layers
 * when the image is.
 */
#ifndef DRYDOCK_STAGE_IMAGE_REMOTE_H
#define DRYDOCK_STAGE_IMAGE_REMOTE_H

#include "base/digest_map.h"
#include "stage/document/descriptor.h"
#include "stage/registry/session.h"

struct remote_blob {
	struct digest digest;
	uint64_t size_bytes; /* as the descriptor promises */
	char *url;           /* owned; of a foreign layer; NULL: the registry's own */
};

struct remote {
	struct registry_session *session; /* borrowed; NULL: the source is no registry */
	struct registry_reference ref;
	const struct platform *platforms; /* borrowed: what is wanted of indexes */
	size_t platform_count;            /* 0: everything */
	struct remote_blob *blobs;        /* owned: promised */
	size_t count, cap;
	struct digest_map by_digest; /* place in `blobs` */
	struct digest_map left_out;  /* manifests of other platforms */
	struct digest_map absent;    /* documents that the registry does not have */
	struct digest failed;        /* the document whose request failed first */
	struct err failure;          /* and how, when there is one */
};

void remote_release(struct remote *remote);

/* The registry has it, by its word. */
int remote_promise(struct remote *remote, const struct descriptor *d, struct err *err) MUST_CHECK;
/*
 * What came of asking for a document before it was its turn (fetch_documents.h), so that it is not
 * asked for again: it is not there; how it failed, of the first that did.
 */
int remote_note_absent(struct remote *remote, const struct digest *digest,
                       struct err *err) MUST_CHECK;
void remote_note_failure(struct remote *remote, const struct digest *digest, const struct err *why);
/* 1: not known; 0: it is not there; -1 with the failure. */
int remote_may_have(const struct remote *remote, const struct digest *digest,
                    struct err *err) MUST_CHECK;

/* NULL: it has not. Borrowed until the next promise. */
const struct remote_blob *remote_promised(const struct remote *remote, const struct digest *digest);

/*
 * Whether an index's entry need not be fetched at all: it is for another platform than is wanted,
 * or an attestation of such a one (I9). 1, 0, -1.
 */
int remote_leaves_out(struct remote *remote, const struct descriptor *d,
                      struct err *err) MUST_CHECK;

#endif
