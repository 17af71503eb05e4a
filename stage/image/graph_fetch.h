/*
 * graph_fetch: brings all bytes of a complete node, and of what is present below it, into the temp
 * store, verified, in the order in which the source has them (P1). What the root holds verified is
 * not read (P2).
 */
#ifndef DRYDOCK_STAGE_IMAGE_GRAPH_FETCH_H
#define DRYDOCK_STAGE_IMAGE_GRAPH_FETCH_H

#include "stage/image/graph.h"

int graph_fetch(struct graph *graph, uint32_t number, struct err *err) MUST_CHECK;

#endif
