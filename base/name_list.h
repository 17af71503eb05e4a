/* name_list: a list of tags or repositories on the heap, as listing.h takes it. */
#ifndef DRYDOCK_BASE_NAME_LIST_H
#define DRYDOCK_BASE_NAME_LIST_H

#include "base/err.h"

#include <stddef.h>

struct name_list {   /* zero-initialise */
	char **list; /* owned, each owned */
	size_t count, cap;
	size_t bytes;     /* that a list of them takes, with quotes and commas */
	size_t max_bytes; /* where names come from a server: more is refused. 0: no maximum */
};

/*
 * Usable as a callback of bucket_keys_each_repo and the like: `names` is a struct name_list *.
 * ERR_REFUSED beyond max_bytes.
 */
int name_list_add(void *names, const char *name, struct err *err) MUST_CHECK;
void name_list_release(struct name_list *names);

#endif
