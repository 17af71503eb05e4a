#include "base/part_size.h"

static uint64_t divide_up(uint64_t a, uint64_t b)
{
	return a / b + (a % b != 0);
}

uint64_t part_size(uint64_t size_bytes, uint64_t minimum_bytes, uint32_t max_parts)
{
	uint64_t needed = divide_up(size_bytes, max_parts);

	return divide_up(needed > minimum_bytes ? needed : minimum_bytes, MIB) * MIB;
}

uint64_t part_count(uint64_t size_bytes, uint64_t part_bytes)
{
	return size_bytes ? divide_up(size_bytes, part_bytes) : 1;
}

uint64_t part_length(uint64_t size_bytes, uint64_t part_bytes, uint32_t number)
{
	uint64_t start = (uint64_t)(number - 1) * part_bytes;

	if (start >= size_bytes)
		return 0;
	return size_bytes - start < part_bytes ? size_bytes - start : part_bytes;
}
