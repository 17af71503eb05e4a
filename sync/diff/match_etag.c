#include "sync/diff/match_etag.h"

#include "sync/run/root_file.h"

#include <stdio.h>

static int record_match(struct sync_run *run, const char *key, const struct digest *digest,
                        uint64_t size_bytes, const char *etag, uint64_t part_bytes, struct err *err)
{
	struct remote_object_row row = {.size_bytes = size_bytes,
	                                .digest = *digest,
	                                .part_size_bytes = part_bytes,
	                                .verified_at = run->started_at,
	                                .generation = run->remote.generation};

	(void)snprintf(row.etag, sizeof(row.etag), "%s", etag);
	return journal_object(&run->journal, key, &row, err);
}

int match_etag(struct sync_run *run, const char *key, const struct digest *digest,
               uint64_t size_bytes, const char *etag, struct err *err)
{
	uint64_t part_bytes;
	int got = root_file_has_etag(run->root, key, size_bytes, etag, &part_bytes, err);

	if (got > 0 && record_match(run, key, digest, size_bytes, etag, part_bytes, err) < 0)
		return -1;
	return got;
}
