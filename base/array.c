#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ELEMENTS = 8 };

int array_grow(void *list, size_t count, size_t *cap, size_t element_bytes, struct err *err)
{
	size_t wanted = *cap ? 2 * *cap : FIRST_ELEMENTS;
	void *old, *elements;

	if (count < *cap)
		return 0;
	if (wanted < *cap || wanted > SIZE_MAX / element_bytes)
		return err_memory(err);
	memcpy(&old, list, sizeof(old));
	elements = realloc(old, wanted * element_bytes);
	if (!elements)
		return err_memory(err);
	memcpy(list, &elements, sizeof(elements));
	*cap = wanted;
	return 0;
}
