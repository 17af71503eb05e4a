#include "stage/archive/limits.h"

static uint64_t or_default(uint64_t value, uint64_t otherwise)
{
	return value ? value : otherwise;
}

void stage_limits_fill(struct stage_limits *limits)
{
	struct json_limits of = {
		.max_values = or_default(limits->json_values, JSON_LIMITS_MANIFEST.max_values),
		.max_depth =
			(unsigned)or_default(limits->json_depth, JSON_LIMITS_MANIFEST.max_depth),
		.values_hint = " (--max-json-values allows more)",
		.depth_hint = " (--max-json-depth allows more)",
	};

	limits->manifest = limits->index = of;
	limits->manifest.max_bytes =
		or_default(limits->manifest_bytes, JSON_LIMITS_MANIFEST.max_bytes);
	limits->manifest.bytes_hint = " (--max-manifest-size allows more)";
	limits->index.max_bytes = or_default(limits->index_bytes, JSON_LIMITS_INDEX.max_bytes);
	limits->index.bytes_hint = " (--max-index-size allows more)";
	limits->entries = or_default(limits->entries, LIMIT_ENTRIES);
}
