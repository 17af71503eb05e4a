/*
 * parallel_encoder: compresses the chunks of one stream side by side and lets them go on in their
 * order.
 *
 *     post(0, 1, 2, …) -> waiting -> a free lane: chunk -> frame -> done -> emit(0, 1, 2, …)
 *
 * Each lane owns an encoder and a spare buffer. It compresses into the spare and swaps the two
 * buffers, so that a chunk becomes its own frame and no thread of the pool ever waits for memory.
 * The number of lanes is bounded by the processors, and by what buffers and encoders may take.
 */
#ifndef DRYDOCK_STAGE_BLOB_PARALLEL_ENCODER_H
#define DRYDOCK_STAGE_BLOB_PARALLEL_ENCODER_H

#include "stage/blob/recipe.h"
#include "stage/work/chunk.h"
#include "stage/work/pool.h"
#include "stage/work/task_group.h"

/* Takes the next frame (its reference stays with the encoder), or NULL at the end of the stream. */
typedef void parallel_encoder_emit(void *owner, struct chunk *frame);

struct parallel_encoder;

struct parallel_encoder *parallel_encoder_new(const struct recipe *recipe, struct pool *pool,
                                              struct task_group *group, parallel_encoder_emit *emit,
                                              void *owner, struct err *err) MUST_CHECK;
/* After task_group_wait. NULL is fine. */
void parallel_encoder_free(struct parallel_encoder *p);

/*
 * Makes one more lane if the stream is long enough for it. For the writer's own thread, before it
 * sends the chunk with this index on its way: may wait for a buffer.
 */
int parallel_encoder_prepare(struct parallel_encoder *p, uint64_t index,
                             struct err *err) MUST_CHECK;

/*
 * Called in the order of the indexes, from 0, by one thread at a time. Takes over a reference;
 * other holders must not look at the chunk's bytes any more. Its capacity is encoder_bound(). NULL
 * is the end.
 */
void parallel_encoder_post(struct parallel_encoder *p, struct chunk *chunk);

#endif
