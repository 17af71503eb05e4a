#include "db/state/blob.h"

#include "base/cleanup.h"

#include <string.h>
#include <time.h>

int blob_get(struct db *db, const struct digest *d, struct blob_row *row, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start_with(&q, db, err,
	                     "SELECT size, sha256, md5, verified_at FROM blob WHERE digest = ?1",
	                     BIND_DIGEST(d)) < 0)
		return -1;
	got = query_step(&q, err);
	if (got <= 0 || !row)
		return got;
	memset(row, 0, sizeof(*row));
	row->digest = *d;
	row->size_bytes = (uint64_t)query_int(&q, 0);
	row->verified_at = query_int(&q, 3);
	if (query_copy(&q, 1, row->sha256, sizeof(row->sha256), err) < 0 ||
	    query_copy(&q, 2, row->md5, sizeof(row->md5), err) < 0)
		return -1;
	return 1;
}

int blob_put(struct db *db, const struct digest *d, const struct blob_sums *sums, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(&q, db, err,
	                     "INSERT OR REPLACE INTO blob (digest, size, sha256, md5, verified_at) "
	                     "VALUES (?1, ?2, ?3, ?4, ?5)",
	                     BIND_DIGEST(d), BIND_INT((int64_t)sums->size_bytes),
	                     BIND_BYTES(sums->sha256, sizeof(sums->sha256)),
	                     BIND_BYTES(sums->md5, sizeof(sums->md5)), BIND_INT(time(NULL))) < 0)
		return -1;
	if (query_run(&q, err) < 0)
		return -1;
	if (!(sums->what & SUM_PART_MD5) || sums->part_count < 2)
		return 0;
	/* No upload can have more parts than S3 takes: these would never be read. */
	if (sums->part_bytes != part_size(sums->size_bytes, sums->part_bytes, PART_COUNT_MAX))
		return 0;
	return blob_parts_put(db, d, sums, err);
}

int blob_parts_put(struct db *db, const struct digest *d, const struct blob_sums *sums,
                   struct err *err)
{
	uint8_t composite[MD5_BYTES];

	if (hash_once(HASH_MD5, sums->part_md5, (size_t)sums->part_count * MD5_BYTES, composite,
	              err) < 0)
		return -1;
	return db_run(db, err,
	              "INSERT OR REPLACE INTO blob_parts (digest, part_size, md5s, composite) "
	              "VALUES (?1, ?2, ?3, ?4)",
	              BIND_DIGEST(d), BIND_INT((int64_t)sums->part_bytes),
	              BIND_BYTES(sums->part_md5, (size_t)sums->part_count * MD5_BYTES),
	              BIND_BYTES(composite, sizeof(composite)));
}

/* A blob that fits into one part: its MD5 is the part's. 1, 0 (no such blob, or no MD5). */
static int single_part(struct db *db, const struct digest *d, uint64_t part_bytes,
                       uint8_t md5[MD5_BYTES], struct err *err)
{
	struct blob_row row;
	int got = blob_get(db, d, &row, err);

	if (got <= 0)
		return got;
	if (row.size_bytes > part_bytes || !md5_known(row.md5))
		return 0;
	memcpy(md5, row.md5, MD5_BYTES);
	return 1;
}

int blob_parts_get(struct db *db, const struct digest *d, uint64_t part_bytes,
                   uint8_t (**md5s)[MD5_BYTES], uint32_t *count, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	uint8_t single[MD5_BYTES];
	const void *data = single;
	size_t len = sizeof(single);
	uint64_t parts = 1;
	int got = single_part(db, d, part_bytes, single, err);

	if (got < 0)
		return -1;
	if (got == 0) {
		if (query_start(&q, db,
		                "SELECT md5s, size FROM blob_parts NATURAL JOIN blob "
		                "WHERE digest = ?1 AND part_size = ?2",
		                err) < 0)
			return -1;
		query_bind_digest(&q, 1, d);
		query_bind_int(&q, 2, (int64_t)part_bytes);
		got = query_step(&q, err);
		if (got <= 0)
			return got;
		data = query_bytes(&q, 0, &len);
		parts = part_count((uint64_t)query_int(&q, 1), part_bytes);
	}
	if (len != parts * MD5_BYTES)
		return err_set(err, ERR_NO_STATE, "state file is damaged: part MD5s of %zu bytes",
		               len);
	*md5s = malloc(len);
	if (!*md5s)
		return err_memory(err);
	memcpy(*md5s, data, len);
	*count = (uint32_t)(len / MD5_BYTES);
	return 1;
}

int blob_composite_get(struct db *db, const struct digest *d, uint64_t part_bytes,
                       uint8_t composite[MD5_BYTES], struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	uint8_t single[MD5_BYTES];
	int got = single_part(db, d, part_bytes, single, err);

	if (got < 0)
		return -1;
	if (got > 0)
		return hash_once(HASH_MD5, single, sizeof(single), composite, err) < 0 ? -1 : 1;
	if (query_start_with(
		    &q, db, err,
		    "SELECT composite FROM blob_parts WHERE digest = ?1 AND part_size = ?2",
		    BIND_DIGEST(d), BIND_INT((int64_t)part_bytes)) < 0)
		return -1;
	got = query_step(&q, err);
	if (got <= 0)
		return got;
	return query_copy(&q, 0, composite, MD5_BYTES, err) < 0 ? -1 : 1;
}

int blob_delete(struct db *db, const struct digest *d, struct err *err)
{
	if (db_run(db, err, "DELETE FROM blob WHERE digest = ?1", BIND_DIGEST(d)) < 0)
		return -1;
	return db_run(db, err, "DELETE FROM blob_parts WHERE digest = ?1", BIND_DIGEST(d));
}
