/*
 * compress_layers: compresses the plain layers of OCI images, when --compress was given (D2).
 *
 * A manifest whose layers change is another document: descriptors get the new digest, size and
 * type, everything else of it stays in its order, and so on upwards through the indexes. Configs
 * stay byte for byte, and so do layers that are compressed already. A signature of what was
 * converted does not hold for the result.
 */
#ifndef DRYDOCK_STAGE_IMAGE_COMPRESS_LAYERS_H
#define DRYDOCK_STAGE_IMAGE_COMPRESS_LAYERS_H

#include "stage/image/graph.h"

/*
 * Replaces *number by the node of the converted document, if anything had to be converted; a note
 * tells the old and the new digest of each document. The layers are brought into the temp store.
 * ERR_USAGE for zstd in Docker's manifest format.
 */
int compress_layers(struct graph *graph, uint32_t *number, struct err *err) MUST_CHECK;

#endif
