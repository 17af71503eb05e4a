/*
 * array: a growing array on the heap, kept by its owner as three fields: list, count, cap.
 *
 *     struct { struct item *list; size_t count, cap; } items = {0};
 *     if (array_room(&items.list, items.count, &items.cap, err) < 0) …
 *     items.list[items.count++] = item;
 *     free(items.list);
 *
 * It doubles, so that n additions cost O(n). The owner bounds what foreign input makes of it.
 */
#ifndef DRYDOCK_BASE_ARRAY_H
#define DRYDOCK_BASE_ARRAY_H

#include "base/err.h"

#include <stddef.h>

/* Room for one element more: 0, or -1 (ERR_MEMORY), and the array is as it was. */
#define array_room(list, count, cap, err)                                                          \
	array_grow((list), (count), (cap), sizeof(**(list)), (err))

/* What array_room does; `list` is the address of the pointer to the elements. */
int array_grow(void *list, size_t count, size_t *cap, size_t element_bytes,
               struct err *err) MUST_CHECK;

#endif
