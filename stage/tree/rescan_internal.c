#include "stage/tree/rescan_internal.h"

#include "base/file.h"

int rescan_tell_bad(struct rescan *r, struct err *err)
{
	if (err_scope(err) == ERR_SCOPE_RUN)
		return -1;
	r->result->bad++;
	event_error(r->sink, err);
	return 0;
}

int rescan_text(const struct rescan *r, const char *key, struct str *out, struct err *err)
{
	const struct json_limits *limits = &r->limits.manifest;

	if (file_read_all(r->root->dir, key, out, err) == 0)
		return 0;
	if (err->code != ERR_REFUSED)
		return -1;
	return err_set(err, ERR_REFUSED, "%s has more than %zu bytes%s", key, limits->max_bytes,
	               limits->bytes_hint);
}
