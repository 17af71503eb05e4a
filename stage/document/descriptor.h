/*
 * descriptor: what one document says of another blob (image-spec, descriptor.md), read and checked.
 */
#ifndef DRYDOCK_STAGE_DOCUMENT_DESCRIPTOR_H
#define DRYDOCK_STAGE_DOCUMENT_DESCRIPTOR_H

#include "base/digest.h"
#include "base/json.h"
#include "base/str.h"
#include "stage/document/platform.h"

enum { DESCRIPTOR_PATH_MAX = 96 }; /* "manifests[12].platform", for messages */

struct descriptor {                /* all pointers are borrowed from the JSON value */
	const char *media_type;    /* by the grammar of RFC 6838 */
	struct digest digest;      /* of the bytes that are described */
	uint64_t size_bytes;       /* of those */
	const char *artifact_type; /* NULL: none */
	const json_t *annotations; /* an object, or NULL */
	const char *data;          /* base64, or NULL */
	const char *url;           /* the first of its urls, or NULL */
	bool foreign;             /* of a layer that need not be there; urls alone excuse nothing */
	bool attestation;         /* BuildKit's, about another manifest of the same index */
	struct digest attested;   /* that manifest; DIGEST_NONE: not said */
	struct platform platform; /* of an index's entry; "" parts: not said */
};

/* `path` names the value in messages: "layers[3]". ERR_MALFORMED or ERR_REFUSED. */
int descriptor_read(struct descriptor *d, const json_t *object, const char *path,
                    struct err *err) MUST_CHECK;

/* An annotation's text, or NULL. */
const char *descriptor_annotation(const struct descriptor *d, const char *key);

/*
 * Decodes and verifies `data` into `out`, whose max must be at least size_bytes. ERR_INTEGRITY when
 * the bytes are not those that the descriptor promises.
 */
int descriptor_data(const struct descriptor *d, const char *path, struct str *out,
                    struct err *err) MUST_CHECK;

/* ERR_INTEGRITY unless the bytes have the digest and the size. `what` names them. */
int descriptor_check_bytes(const struct descriptor *d, const void *bytes, size_t len,
                           const char *what, struct err *err) MUST_CHECK;

#endif
