#include "cli/stage_limits.h"

#include <string.h>

int stage_limits_read(const struct options *o, struct stage_limits *limits, struct err *err)
{
	memset(limits, 0, sizeof(*limits));
	if (option_size(o, OPT_MAX_MANIFEST_SIZE, &limits->manifest_bytes, err) < 0 ||
	    option_size(o, OPT_MAX_INDEX_SIZE, &limits->index_bytes, err) < 0 ||
	    option_number(o, OPT_MAX_JSON_VALUES, &limits->json_values, err) < 0 ||
	    option_number(o, OPT_MAX_JSON_DEPTH, &limits->json_depth, err) < 0 ||
	    option_number(o, OPT_MAX_ENTRIES, &limits->entries, err) < 0)
		return -1;
	return option_size(o, OPT_MAX_UNCOMPRESSED_SIZE, &limits->uncompressed_bytes, err);
}
