/*
 * json: reading foreign JSON within limits, over jansson.
 *
 * jansson needs about 70 bytes for every 2 bytes of `{}`, so values and depth are counted by a
 * scanner before the parser sees the text (V2). Duplicate keys are rejected anywhere.
 *
 *     AUTO_JSON json_t *doc = json_parse_limited(text, len, &JSON_LIMITS_MANIFEST, err);
 *     const char *type = json_text(doc, "mediaType");         NULL when absent or not a string
 *
 * The getters below never fail loudly: a wrong type reads as absent. Callers for whom that matters
 * use the json_need_* forms, which name the path.
 */
#ifndef DRYDOCK_BASE_JSON_H
#define DRYDOCK_BASE_JSON_H

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct json_limits {
	size_t max_bytes;
	size_t max_values; /* strings, numbers, literals, arrays and objects; keys count too */
	unsigned max_depth;
	bool secret; /* the text holds secrets: no message quotes any of it; false */
	/* What allows more of each, for messages, as in " (--max-json-values allows more)"; NULL:
	   nothing does. */
	const char *bytes_hint, *values_hint, *depth_hint;
};

enum {
	JSON_MANIFEST_BYTES = 4 << 20,
	JSON_INDEX_BYTES = 20 << 20,
	JSON_VALUES = 100000,
	JSON_DEPTH = 64,
};
extern const struct json_limits JSON_LIMITS_MANIFEST; /* and of image configs */
extern const struct json_limits JSON_LIMITS_INDEX;    /* of manifest.json and index.json */

/*
 * A new reference (json_decref), or NULL with ERR_MALFORMED (not JSON, duplicate keys) or
 * ERR_REFUSED (beyond a limit). The top value may be an object or an array.
 */
json_t *json_parse_limited(const char *text, size_t len, const struct json_limits *limits,
                           struct err *err) MUST_CHECK;

/*
 * Refuses keys of `object` that equal one of `known` only when case is ignored, as Unicode folds
 * it: some parsers (Go's) would read them as that key, others would not (V2).
 */
int json_check_key_case(const json_t *object, const char *const *known, size_t known_count,
                        const char *path, struct err *err) MUST_CHECK;

bool json_may_begin(char first); /* whether a document of an object or an array may begin so */

const char *json_text(const json_t *object, const char *key); /* borrowed */
/* A string that is no longer than its C string (JSON may hold NUL bytes); borrowed. */
const char *json_need_text(const json_t *object, const char *key, const char *path,
                           struct err *err) MUST_CHECK;
int json_need_size(const json_t *object, const char *key, uint64_t *size, const char *path,
                   struct err *err) MUST_CHECK;

static inline void cleanup_json(json_t **json)
{
	json_decref(*json);
}
#define AUTO_JSON __attribute__((cleanup(cleanup_json)))

/* Overwrites all strings (not keys) of a document that nothing else refers to, then releases it. */
void json_wipe(json_t **json);
#define AUTO_JSON_WIPE __attribute__((cleanup(json_wipe)))

#endif
