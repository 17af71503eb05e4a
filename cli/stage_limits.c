#include "cli/stage_limits.h"

#include <inttypes.h>

/* A size or a number from 1 to `most`. */
static int read_one(const struct options *o, enum option_id id, uint64_t most, uint64_t *value,
                    struct err *err)
{
	bool size = OPTION_TABLE[id].type == OPTION_SIZE;

	*value = 0;
	if (!option_given(o, id))
		return 0;
	if ((size ? option_size(o, id, value, err) : option_number(o, id, value, err)) < 0)
		return -1;
	if (*value >= 1 && *value <= most)
		return 0;
	return err_set(err, ERR_USAGE, "%s: '%.80s' is not within 1 and %" PRIu64,
	               o->values[id].origin, option_text(o, id), most);
}

int stage_limits_read(const struct options *o, struct stage_limits *limits, struct err *err)
{
	if (read_one(o, OPT_MAX_MANIFEST_SIZE, LIMIT_DOCUMENT_MAX, &limits->manifest_bytes, err) <
	            0 ||
	    read_one(o, OPT_MAX_INDEX_SIZE, LIMIT_DOCUMENT_MAX, &limits->index_bytes, err) < 0 ||
	    read_one(o, OPT_MAX_JSON_VALUES, LIMIT_DOCUMENT_MAX, &limits->json_values, err) < 0 ||
	    read_one(o, OPT_MAX_JSON_DEPTH, LIMIT_DEPTH_MAX, &limits->json_depth, err) < 0 ||
	    read_one(o, OPT_MAX_ENTRIES, LIMIT_ENTRIES_MAX, &limits->entries, err) < 0)
		return -1;
	return read_one(o, OPT_MAX_UNCOMPRESSED_SIZE, INT64_MAX, &limits->uncompressed_bytes, err);
}
