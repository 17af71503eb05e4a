/*
 * import_remote: what an import asks of a registry.
 */
#ifndef DRYDOCK_STAGE_IMAGE_IMPORT_REMOTE_H
#define DRYDOCK_STAGE_IMAGE_IMPORT_REMOTE_H

#include "stage/document/descriptor.h"
#include "stage/image/import.h"
#include "stage/registry/documents.h"

/* Whether the registry is to be asked for what was found here, or nowhere. */
bool import_is_to_be_asked(const struct import *import, const struct place *place);

/*
 * Fetches the document that `d` describes, checks it and keeps it in the temp store. *place says
 * where it is then; as it was, when the registry does not have it.
 */
int import_ask(struct import *import, const struct descriptor *d, enum registry_store store,
               const char *path, struct place *place, struct err *err) MUST_CHECK;

/* One that graph_fetch wants. */
struct import_wanted {
	struct digest digest;
	const char *path; /* borrowed: as import_fetch has it */
};

/*
 * Fetches promised blobs into the temp store, several at a time, verified. One that an earlier run
 * left damaged is fetched anew, once.
 */
int import_fetch_promised(struct import *import, const struct import_wanted *wanted, size_t count,
                          struct err *err) MUST_CHECK;

#endif
