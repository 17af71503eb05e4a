#include "sync/diff/match_etag.h"

#include "sync/run/root_file.h"
#include "sync/s3/etag.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

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
	uint64_t candidates[ETAG_CANDIDATES_MAX] = {size_bytes}, part_bytes = 0;
	AUTO_CLOSE int fd = -1;
	struct etag there;
	int count = 1, got = -1;

	if (!etag_parse(&there, etag))
		return 0;
	if (there.parts > 1)
		count = etag_candidates(size_bytes, there.parts, candidates);
	if (count == 0)
		return 0;
	fd = root_file_open(run->root, key, size_bytes, err);
	if (fd >= 0)
		got = root_file_match_etag(fd, size_bytes, &there, candidates, count, &part_bytes,
		                           key, err);
	if (got < 0 && err_scope(err) == ERR_SCOPE_OBJECT) {
		*err = (struct err)ERR_INIT;
		return 0;
	}
	if (got > 0 &&
	    record_match(run, key, digest, size_bytes, etag, there.parts ? part_bytes : 0, err) < 0)
		return -1;
	return got;
}
