#include "base/blob_sum.h"

#include "base/array.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int blob_summer_start(struct blob_summer *s, unsigned what, uint64_t part_bytes, struct err *err)
{
	assert(!(what & SUM_PART_MD5) || part_bytes > 0);
	blob_sums_release(&s->sums);
	s->what = what;
	s->part_filled = 0;
	s->part_cap = 0;
	s->sums.part_bytes = part_bytes;
	if ((what & SUM_SHA256) && hash_start(&s->sha256, HASH_SHA256, err) < 0)
		return -1;
	if ((what & SUM_SHA512) && hash_start(&s->sha512, HASH_SHA512, err) < 0)
		return -1;
	if ((what & SUM_MD5) && hash_start(&s->md5, HASH_MD5, err) < 0)
		return -1;
	if ((what & SUM_PART_MD5) && hash_start(&s->part, HASH_MD5, err) < 0)
		return -1;
	return 0;
}

static int close_part(struct blob_summer *s, struct err *err)
{
	struct blob_sums *sums = &s->sums;

	if (array_room(&sums->part_md5, sums->part_count, &s->part_cap, err) < 0 ||
	    hash_finish(&s->part, sums->part_md5[sums->part_count], err) < 0)
		return -1;
	sums->part_count++;
	s->part_filled = 0;
	return hash_start(&s->part, HASH_MD5, err);
}

static int add_to_parts(struct blob_summer *s, const uint8_t *data, size_t len, struct err *err)
{
	while (len) {
		uint64_t room = s->sums.part_bytes - s->part_filled;
		size_t take = len < room ? len : (size_t)room;

		if (hash_add(&s->part, data, take, err) < 0)
			return -1;
		s->part_filled += take;
		data += take;
		len -= take;
		if (s->part_filled == s->sums.part_bytes && close_part(s, err) < 0)
			return -1;
	}
	return 0;
}

int blob_summer_add(struct blob_summer *s, const void *data, size_t len, struct err *err)
{
	if ((s->what & SUM_SHA256) && hash_add(&s->sha256, data, len, err) < 0)
		return -1;
	if ((s->what & SUM_SHA512) && hash_add(&s->sha512, data, len, err) < 0)
		return -1;
	if ((s->what & SUM_MD5) && hash_add(&s->md5, data, len, err) < 0)
		return -1;
	if ((s->what & SUM_PART_MD5) && add_to_parts(s, data, len, err) < 0)
		return -1;
	s->sums.size_bytes += len;
	return 0;
}

int blob_summer_finish(struct blob_summer *s, struct blob_sums *sums, struct err *err)
{
	if ((s->what & SUM_SHA256) && hash_finish(&s->sha256, s->sums.sha256, err) < 0)
		return -1;
	if ((s->what & SUM_SHA512) && hash_finish(&s->sha512, s->sums.sha512, err) < 0)
		return -1;
	if ((s->what & SUM_MD5) && hash_finish(&s->md5, s->sums.md5, err) < 0)
		return -1;
	if ((s->what & SUM_PART_MD5) && (s->part_filled || s->sums.part_count == 0) &&
	    close_part(s, err) < 0)
		return -1;
	s->sums.what = s->what;
	*sums = s->sums;
	memset(&s->sums, 0, sizeof(s->sums));
	return 0;
}

void blob_summer_release(struct blob_summer *s)
{
	hash_release(&s->sha256);
	hash_release(&s->sha512);
	hash_release(&s->md5);
	hash_release(&s->part);
	blob_sums_release(&s->sums);
}

void blob_sums_release(struct blob_sums *sums)
{
	free(sums->part_md5);
	memset(sums, 0, sizeof(*sums));
}

void blob_sums_merge(struct blob_sums *to, struct blob_sums *from)
{
	unsigned news = from->what & ~to->what;

	if (news & SUM_SHA256)
		memcpy(to->sha256, from->sha256, sizeof(to->sha256));
	if (news & SUM_SHA512)
		memcpy(to->sha512, from->sha512, sizeof(to->sha512));
	if (news & SUM_MD5)
		memcpy(to->md5, from->md5, sizeof(to->md5));
	if (news & SUM_PART_MD5) {
		to->part_bytes = from->part_bytes;
		to->part_count = from->part_count;
		to->part_md5 = from->part_md5;
		from->part_md5 = NULL;
		from->what &= ~(unsigned)SUM_PART_MD5;
	}
	if (from->what)
		to->size_bytes = from->size_bytes;
	to->what |= news;
}

unsigned blob_sums_for(enum digest_alg alg)
{
	return alg == DIGEST_SHA512 ? SUM_SHA512 : SUM_SHA256;
}

struct digest blob_sums_digest(const struct blob_sums *sums, enum digest_alg alg)
{
	struct digest d = {.alg = alg};

	assert(sums->what & blob_sums_for(alg));
	memcpy(d.bytes, alg == DIGEST_SHA512 ? sums->sha512 : sums->sha256, digest_size(alg));
	return d;
}
