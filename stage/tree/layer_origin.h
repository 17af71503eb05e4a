/*
 * layer_origin: whether a compressed layer was made here, by which recipe, and of what.
 *
 * The encoder writes frames of a fixed size (stage/blob/encoder.h), each a function of its input
 * and the recipe alone. So the first frame is inflated and encoded again with each level, the
 * default one first: where that gives the same bytes, the recipe is known (two levels that agree on
 * a frame are told apart no further). Then all of it is inflated for the digest of the plain bytes.
 * What other tools have compressed mostly shows in its first frame, which goes on beyond ours.
 */
#ifndef DRYDOCK_STAGE_TREE_LAYER_ORIGIN_H
#define DRYDOCK_STAGE_TREE_LAYER_ORIGIN_H

#include "base/digest.h"
#include "stage/blob/recipe.h"

/*
 * 1 when the file `key` below `dir` was made here: *recipe, and *plain, the SHA-256 of what it was
 * made of. 0 when it was not, or by another version of the encoder. -1.
 */
int layer_origin(int dir, const char *key, struct recipe *recipe, struct digest *plain,
                 struct err *err) MUST_CHECK;

/* 1 when the file is compressed and inflates to the bytes of `plain`, 0, -1. */
int layer_origin_holds(int dir, const char *key, const struct digest *plain,
                       struct err *err) MUST_CHECK;

#endif
