#include "stage/page/tree_document.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/units.h"

#include <stdio.h>
#include <string.h>

enum {
	DOCUMENT_BYTES = 16 << 20, /* stage may have been told to take more than its default */
	DOCUMENT_VALUES = 500000,
	TIME_CHARS = 19, /* 2024-05-01T12:00:00 */
};

static const struct json_limits LIMITS = {
	.max_bytes = DOCUMENT_BYTES, .max_values = DOCUMENT_VALUES, .max_depth = JSON_DEPTH};

int tree_document_manifest(const struct root *root, const char *repo, const struct digest *d,
                           struct manifest *doc, struct err *err)
{
	AUTO_STR struct str text = STR_INIT(DOCUMENT_BYTES);
	char key[KEY_MAX];

	*doc = (struct manifest)MANIFEST_INIT;
	if (file_read_all(root->dir, layout_manifest(key, repo, d), &text, err) < 0)
		return -1;
	if (manifest_read(doc, str_text(&text), text.len, NULL, &LIMITS, err) < 0)
		return err_context(err, "%s", key);
	return 0;
}

json_t *tree_document_blob(const struct root *root, const char *repo, const struct digest *d,
                           struct err *err)
{
	AUTO_STR struct str text = STR_INIT(DOCUMENT_BYTES);
	AUTO_JSON json_t *json = NULL;
	char key[KEY_MAX];

	if (file_read_all(root->dir, layout_blob(key, repo, d), &text, err) < 0)
		return NULL;
	json = json_parse_limited(str_text(&text), text.len, &LIMITS, err);
	if (json && !json_is_object(json)) {
		(void)err_set(err, ERR_MALFORMED, "not an object");
		json_decref(STEAL(json));
	}
	if (!json)
		(void)err_context(err, "%s", key);
	return STEAL(json);
}

/* "+02:00" is two hours; "Z" and all else is nothing. */
static int64_t zone_seconds(const char *zone)
{
	int64_t minutes;

	if ((*zone != '+' && *zone != '-') || strlen(zone) != strlen("+02:00") ||
	    strspn(zone + 1, "0123456789") != 2 || zone[3] != ':' ||
	    strspn(zone + 4, "0123456789") != 2)
		return 0;
	minutes =
		60 * (10 * (zone[1] - '0') + zone[2] - '0') + 10 * (zone[4] - '0') + zone[5] - '0';
	return *zone == '-' ? -60 * minutes : 60 * minutes;
}

int64_t tree_document_time(const char *text)
{
	char seconds[TIME_CHARS + 2];
	const char *zone;
	int64_t ms;

	if (strlen(text) < TIME_CHARS)
		return 0;
	(void)snprintf(seconds, sizeof(seconds), "%.*sZ", (int)TIME_CHARS, text);
	if (time_parse(seconds, &ms) < 0)
		return 0;
	zone = text + TIME_CHARS;
	zone += strspn(zone, ".0123456789");
	return ms / 1000 - zone_seconds(zone) > 0 ? ms / 1000 - zone_seconds(zone) : 0;
}
