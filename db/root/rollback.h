/*
 * rollback: takes an open publication back whose steps cannot be carried out: a file it needs is
 * gone, or the disk is full when what is wanted is to free some.
 *
 * Blobs and manifests go before tags, and tags before lists. So while no tag has moved yet,
 * everything that the publication has put into the tree and the state is taken out of both again;
 * once one has, what it refers to is whole and stays. Tags and documents become what the tree
 * shows, and the documents are made anew where that is not what they should say. What was repaired
 * keeps its rows: verify goes on telling what is wrong with it.
 */
#ifndef DRYDOCK_DB_ROOT_ROLLBACK_H
#define DRYDOCK_DB_ROOT_ROLLBACK_H

#include "db/root/publication.h"

/*
 * Puts a publication that undoes it into the place of publication `id`, whose step at `failed`
 * (counted from 0) and those behind it are not done, and carries that out.
 */
int rollback_publication(struct root *root, int64_t id, int64_t failed, struct err *err) MUST_CHECK;

#endif
