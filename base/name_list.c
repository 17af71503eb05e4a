#include "base/name_list.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_MORE_BYTES = 4 }; /* quotes, a comma and room for an escape */

int name_list_add(void *names, const char *name, struct err *err)
{
	struct name_list *n = names;

	n->bytes += strlen(name) + NAME_MORE_BYTES;
	if (n->max_bytes > 0 && n->bytes > n->max_bytes)
		return err_set(err, ERR_REFUSED,
		               "the bucket has more names than a list of %zu bytes can hold",
		               n->max_bytes);
	if (array_room(&n->list, n->count, &n->cap, err) < 0)
		return -1;
	n->list[n->count] = strdup(name);
	if (!n->list[n->count])
		return err_memory(err);
	n->count++;
	return 0;
}

void name_list_release(struct name_list *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->list[i]);
	free(names->list);
	memset(names, 0, sizeof(*names));
}
