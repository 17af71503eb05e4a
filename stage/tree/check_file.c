#include "stage/tree/check_file.h"

#include "stage/blob/file_sum.h"

void check_file_begin(struct check_file *f, const struct digest *digest)
{
	blob_sums_release(&f->sums);
	f->digest = *digest;
	f->count = 0;
}

void check_file_release(struct check_file *f)
{
	blob_sums_release(&f->sums);
}

static bool is_known(const struct check_file *f, const struct stat *st)
{
	for (unsigned i = 0; i < f->count; i++)
		if (f->inodes[i].dev == st->st_dev && f->inodes[i].ino == st->st_ino)
			return true;
	return false;
}

int check_file_check(struct check_file *f, int fd, const struct stat *st, const char *key,
                     unsigned kinds, struct pool *pool, struct err *err)
{
	char wanted[DIGEST_TEXT_MAX], found_text[DIGEST_TEXT_MAX];
	struct blob_sums sums = {0};
	struct file_range range = {fd, 0, (uint64_t)st->st_size, key};
	struct digest found;

	if (is_known(f, st))
		return 0;
	kinds |= blob_sums_for(f->digest.alg);
	if (file_sum_watched(&range, kinds, pool, &f->watch, &sums, err) < 0)
		return -1;
	f->hashed_bytes += sums.size_bytes;
	found = blob_sums_digest(&sums, f->digest.alg);
	if (!digest_equal(&found, &f->digest)) {
		blob_sums_release(&sums);
		return err_set(err, ERR_INTEGRITY,
		               "%s: expected %s, found %s: stage its image again with --recheck, "
		               "or remove it",
		               key, digest_text(&f->digest, wanted),
		               digest_text(&found, found_text));
	}
	blob_sums_release(&f->sums);
	f->sums = sums;
	if (f->count < CHECKED_INODES_MAX) {
		f->inodes[f->count].dev = st->st_dev;
		f->inodes[f->count++].ino = st->st_ino;
	}
	return 0;
}
