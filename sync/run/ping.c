#include "sync/run/ping.h"

int ping_row(struct object_row *row, struct err *err)
{
	uint8_t sha256[SHA256_BYTES];

	*row = (struct object_row){.key = LAYOUT_PREFIX,
	                           .object_class = CLASS_PING,
	                           .size_bytes = sizeof(PING_BODY) - 1};
	if (hash_once(HASH_MD5, PING_BODY, row->size_bytes, row->md5, err) < 0 ||
	    hash_once(HASH_SHA256, PING_BODY, row->size_bytes, sha256, err) < 0)
		return -1;
	row->digest = digest_from_sha256(sha256);
	return 0;
}
