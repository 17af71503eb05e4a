#include "sync/run/root_file.h"

#include "base/blob_sum.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/stop.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER_BYTES = 256 * 1024 };

int root_file_open(const struct root *root, const char *key, uint64_t size_bytes, struct err *err)
{
	AUTO_CLOSE int fd = file_open_read(root->dir, key, err);
	struct stat st;

	if (fd < 0 && (err->code == ERR_NOT_FOUND || err->code == ERR_REFUSED)) {
		err->code = ERR_INTEGRITY;
		return err_context(err, "the root lacks a file that its state records");
	}
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_sys(err, "%s", key);
	if ((uint64_t)st.st_size != size_bytes)
		return err_set(err, ERR_INTEGRITY,
		               "%s: the file has %" PRIu64 " bytes, the state says %" PRIu64
		               "; `drydock verify` tells what else is wrong",
		               key, (uint64_t)st.st_size, size_bytes);
	return steal_fd(&fd);
}

/* Feeds a range of the file to `add`, in pieces, asking for signals in between. */
typedef int add_fn(void *context, const void *data, size_t len, struct err *err);

static int feed(int fd, uint64_t offset_bytes, uint64_t length_bytes, add_fn *add, void *context,
                const char *what, struct err *err)
{
	AUTO_FREE char *buffer = malloc(BUFFER_BYTES);

	if (!buffer)
		return err_memory(err);
	while (length_bytes > 0) {
		size_t want = length_bytes < BUFFER_BYTES ? (size_t)length_bytes : BUFFER_BYTES;
		ssize_t got = file_read_at(fd, buffer, want, offset_bytes, what, err);

		if (got < 0 || stop_check(err) < 0)
			return -1;
		if ((size_t)got < want)
			return err_set(err, ERR_INTEGRITY, "%s: the file became shorter", what);
		if (add(context, buffer, want, err) < 0)
			return -1;
		offset_bytes += want;
		length_bytes -= want;
	}
	return 0;
}

static int add_hash(void *context, const void *data, size_t len, struct err *err)
{
	return hash_add(context, data, len, err);
}

int root_file_hash(int fd, uint64_t offset_bytes, uint64_t length_bytes, enum hash_kind kind,
                   uint8_t *out, const char *what, struct err *err)
{
	struct hash h = HASH_INIT;
	int result = hash_start(&h, kind, err);

	if (result == 0)
		result = feed(fd, offset_bytes, length_bytes, add_hash, &h, what, err);
	if (result == 0)
		result = hash_finish(&h, out, err);
	hash_release(&h);
	return result;
}

struct summers {
	struct blob_summer list[ETAG_CANDIDATES_MAX];
	int count;
};

static int add_all(void *context, const void *data, size_t len, struct err *err)
{
	struct summers *s = context;

	for (int i = 0; i < s->count; i++)
		if (blob_summer_add(&s->list[i], data, len, err) < 0)
			return -1;
	return 0;
}

/* 1 when the finished summer has the ETag. */
static int matches(struct blob_summer *summer, const struct etag *etag, struct err *err)
{
	struct blob_sums sums = {0};
	struct etag found;
	int result = blob_summer_finish(summer, &sums, err);

	if (result == 0 && etag->parts == 0)
		found = etag_of_md5(sums.part_md5[0]);
	else if (result == 0)
		result = etag_of_parts(&found, (const uint8_t(*)[MD5_BYTES])sums.part_md5,
		                       sums.part_count, err);
	if (result == 0)
		result = etag_equal(&found, etag);
	blob_sums_release(&sums);
	return result;
}

static int match_etag(int fd, uint64_t size_bytes, const struct etag *etag,
                      const uint64_t *candidates, int count, uint64_t *part_bytes, const char *what,
                      struct err *err)
{
	AUTO_FREE struct summers *s = calloc(1, sizeof(*s));
	int result = 0;

	if (!s)
		return err_memory(err);
	for (; s->count < count && result == 0; s->count++)
		result = blob_summer_start(&s->list[s->count], SUM_PART_MD5, candidates[s->count],
		                           err);
	if (result == 0)
		result = feed(fd, 0, size_bytes, add_all, s, what, err);
	for (int i = 0; i < count && result == 0; i++) {
		result = matches(&s->list[i], etag, err);
		if (result > 0)
			*part_bytes = candidates[i];
	}
	for (int i = 0; i < s->count; i++)
		blob_summer_release(&s->list[i]);
	return result;
}

int root_file_has_etag(const struct root *root, const char *key, uint64_t size_bytes,
                       const char *text, uint64_t *part_bytes, struct err *err)
{
	uint64_t candidates[ETAG_CANDIDATES_MAX] = {size_bytes};
	AUTO_CLOSE int fd = -1;
	struct etag etag;
	int count = 1, got = -1;

	*part_bytes = 0;
	if (!etag_parse(&etag, text))
		return 0;
	if (etag.parts > 1)
		count = etag_candidates(size_bytes, etag.parts, candidates);
	if (count == 0)
		return 0;
	fd = root_file_open(root, key, size_bytes, err);
	if (fd >= 0)
		got = match_etag(fd, size_bytes, &etag, candidates, count, part_bytes, key, err);
	if (etag.parts == 0)
		*part_bytes = 0;
	if (got < 0 && err_scope(err) == ERR_SCOPE_OBJECT) {
		*err = (struct err)ERR_INIT;
		return 0;
	}
	return got;
}
