#include "stage/blob/writer.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "stage/blob/encoder.h"
#include "stage/blob/file_clone.h"
#include "stage/blob/file_sum.h"
#include "stage/blob/parallel_encoder.h"
#include "stage/blob/parallel_sums.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Small enough that what one step has read is still in the cache for the next one. */
#define RAW_CHUNK_BYTES ((size_t)256 << 10)
/* So often the kernel is asked to start writing, so that the fsync at the end finds little to do.
 */
#define WRITE_BEHIND_BYTES ((uint64_t)8 << 20)
/* After so much more, or a 64th of the room there was, the disk's room is looked at again. */
#define ROOM_STEP_BYTES ((uint64_t)64 << 20)

enum state { OPEN, ENDED, TAKEN };

struct blob_writer {
	struct blob_writer_options options;
	struct pool *pool; /* borrowed */
	struct task_group group;
	enum state state;
	bool cloned;         /* the bytes are in the file already */
	bool spoilt;         /* nobody is to go on with it */
	uint64_t kept_bytes; /* those at the file's beginning are there from an earlier run */
	int fd;              /* owned: the file */
	char name[BLOB_TEMP_NAME_MAX];

	size_t fill_bytes;     /* a chunk goes on its way when it holds this many */
	size_t capacity_bytes; /* of a chunk */
	struct chunk *filling; /* owned: what the caller is adding to, or NULL */
	uint64_t next_index;   /* of the next chunk */
	uint64_t added_bytes;

	struct strand
		plain_strand; /* compressed recipes: hashes the plain bytes, feeds `encoder` */
	struct blob_summer plain;
	struct blob_sums plain_sums;      /* owned */
	struct parallel_encoder *encoder; /* owned; NULL for RECIPE_NONE */

	struct strand write_strand;
	uint64_t written_bytes, behind_bytes; /* and how far the kernel was asked to write */
	uint64_t room_until;                  /* to which size there was room */
	struct parallel_sums stored;
};

static bool is_compressed(const struct blob_writer *w)
{
	return w->options.recipe.kind != RECIPE_NONE;
}

/* What an archive unpacks to is limited by free space (V2): before it is used up. */
static int check_room(struct blob_writer *w, size_t len, struct err *err)
{
	uint64_t room;

	if (w->written_bytes + len <= w->room_until)
		return 0;
	if (file_check_room(w->fd, len, &room, err) < 0)
		return -1;
	room /= 64;
	w->room_until = w->written_bytes + len + (room < ROOM_STEP_BYTES ? room : ROOM_STEP_BYTES);
	return 0;
}

static int dry_step(struct blob_writer *w, const struct chunk *chunk, struct err *err)
{
	if (w->options.scratch.there &&
	    scratch_write(&w->options.scratch, w->written_bytes, chunk->data, chunk->len, err) < 0)
		return -1;
	w->written_bytes += chunk->len;
	return 0;
}

/* What the file has from an earlier run is only summed. */
static int write_chunk(struct blob_writer *w, const struct chunk *chunk, struct err *err)
{
	uint64_t there = w->kept_bytes > w->written_bytes ? w->kept_bytes - w->written_bytes : 0;

	if (w->cloned || there >= chunk->len)
		return 0;
	if (check_room(w, chunk->len, err) < 0)
		return -1;
	return file_write(w->fd, chunk->data + there, chunk->len - (size_t)there, w->name, err);
}

static int write_step(void *owner, struct chunk *chunk, struct err *err)
{
	struct blob_writer *w = owner;

	if (!chunk) {
		if (parallel_sums_end(&w->stored, w->written_bytes, err) < 0)
			return -1;
		if (w->options.dry)
			return 0;
		return file_sync(w->fd) < 0 ? err_sys(err, "fsync %s", w->name) : 0;
	}
	if (w->options.dry)
		return dry_step(w, chunk, err);
	if (write_chunk(w, chunk, err) < 0)
		return -1;
	w->written_bytes += chunk->len;
	if (parallel_sums_grow(&w->stored, w->written_bytes, err) < 0)
		return -1;
#ifdef __linux__
	if (w->written_bytes - w->behind_bytes >= WRITE_BEHIND_BYTES) {
		(void)sync_file_range(w->fd, (off_t)w->behind_bytes,
		                      (off_t)(w->written_bytes - w->behind_bytes),
		                      SYNC_FILE_RANGE_WRITE); /* a hint: fsync reports errors */
		w->behind_bytes = w->written_bytes;
	}
#endif
	return 0;
}

/* What goes to the file: from the encoder in the order of the frames, or straight from the caller.
 */
static void store(void *owner, struct chunk *chunk)
{
	struct blob_writer *w = owner;

	parallel_sums_post(&w->stored, chunk);
	strand_post(&w->write_strand, chunk);
}

static int plain_step(void *owner, struct chunk *chunk, struct err *err)
{
	struct blob_writer *w = owner;

	if (!chunk) {
		parallel_encoder_post(w->encoder, NULL);
		return blob_summer_finish(&w->plain, &w->plain_sums, err);
	}
	if (blob_summer_add(&w->plain, chunk->data, chunk->len, err) < 0)
		return -1;
	chunk_hold(chunk);
	parallel_encoder_post(w->encoder, chunk);
	return 0;
}

/* The file of an earlier run, or a new one; no link to one, nor one that is linked elsewhere. */
static int open_kept(struct blob_writer *w, struct err *err)
{
	struct stat st;

	(void)snprintf(w->name, sizeof(w->name), "%s", w->options.keep_name);
	w->options.keep_name = w->name;
	w->fd = openat(w->options.tmp_dir, w->name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (w->fd < 0 || fstat(w->fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1) {
		cleanup_close(&w->fd);
		w->fd = -1;
		if (file_remove(w->options.tmp_dir, w->name, err) < 0)
			return -1;
		w->fd = file_create(w->options.tmp_dir, w->name, FILE_MODE_PUBLIC, err);
		return w->fd < 0 ? -1 : 0;
	}
	w->kept_bytes = (uint64_t)st.st_size;
	if (w->options.expected_size && w->kept_bytes > w->options.expected_size)
		w->kept_bytes = 0; /* it is of no file that was begun here */
	if (ftruncate(w->fd, (off_t)w->kept_bytes) < 0 ||
	    lseek(w->fd, (off_t)w->kept_bytes, SEEK_SET) < 0)
		return err_sys(err, "%s", w->name);
	return 0;
}

static int create_file(struct blob_writer *w, struct err *err)
{
	uint8_t random[16];
	char hex[2 * sizeof(random) + 1];

	if (w->options.dry) {
		(void)snprintf(w->name, sizeof(w->name), "dry");
		return 0;
	}
	if (w->options.keep_name)
		return open_kept(w, err);
	if (random_bytes(random, sizeof(random), err) < 0)
		return -1;
	(void)snprintf(w->name, sizeof(w->name), "blob-%s", hex_text(random, sizeof(random), hex));
	w->fd = file_create(w->options.tmp_dir, w->name, FILE_MODE_PUBLIC, err);
	return w->fd < 0 ? -1 : 0;
}

static int start_sums(struct blob_writer *w, struct err *err)
{
	uint64_t expected = w->options.expected_size;
	struct parallel_sums_options options = {
		.kinds = w->options.stored_what,
		.fd = w->fd,
		.part_bytes = part_size(expected, PART_SIZE_MINIMUM, PART_COUNT_MAX),
		.what = w->name,
		.expected_bytes = expected,
	};

	return parallel_sums_start(&w->stored, &options, w->pool, &w->group, err);
}

static int start(struct blob_writer *w, struct err *err)
{
	const struct recipe *recipe = &w->options.recipe;

	if (is_compressed(w)) {
		if (blob_summer_start(&w->plain, w->options.plain_what, 0, err) < 0)
			return -1;
		w->encoder = parallel_encoder_new(recipe, w->pool, &w->group, store, w, err);
		if (!w->encoder)
			return -1;
		w->fill_bytes = encoder_frame_bytes(recipe);
		w->capacity_bytes = encoder_bound(recipe);
	} else {
		w->fill_bytes = RAW_CHUNK_BYTES;
		w->capacity_bytes = RAW_CHUNK_BYTES;
	}
	return 0;
}

struct blob_writer *blob_writer_new(const struct blob_writer_options *options, struct pool *pool,
                                    struct err *err)
{
	struct blob_writer *w = calloc(1, sizeof(*w));

	if (!w) {
		(void)err_memory(err);
		return NULL;
	}
	w->options = *options;
	if (!w->options.stored_what)
		w->options.stored_what = SUM_DEFAULT;
	if (!w->options.plain_what)
		w->options.plain_what = SUM_SHA256;
	w->pool = pool;
	w->fd = -1;
	task_group_init(&w->group);
	strand_init(&w->plain_strand, pool, POOL_CPU, &w->group, plain_step, w);
	strand_init(&w->write_strand, pool, POOL_IO, &w->group, write_step, w);
	if (create_file(w, err) < 0 || start_sums(w, err) < 0 || start(w, err) < 0) {
		blob_writer_free(w);
		return NULL;
	}
	return w;
}

/* Sends the chunk that was filled on its way. */
static int send_chunk(struct blob_writer *w, struct err *err)
{
	struct chunk *chunk = w->filling;

	chunk->index = w->next_index;
	if (is_compressed(w)) {
		if (parallel_encoder_prepare(w->encoder, chunk->index, err) < 0)
			return -1;
		strand_post(&w->plain_strand, chunk);
	} else {
		store(w, chunk);
	}
	w->next_index++;
	w->filling = NULL;
	chunk_drop(chunk);
	return task_group_check(&w->group, err);
}

/* Where the next bytes go, and room for how many; NULL on failure. */
static uint8_t *room_for(struct blob_writer *w, size_t *room, struct err *err)
{
	if (!w->filling)
		w->filling = chunk_take(pool_chunks(w->pool), w->capacity_bytes, err);
	if (!w->filling)
		return NULL;
	*room = w->fill_bytes - w->filling->len;
	return w->filling->data + w->filling->len;
}

/* `len` bytes were put where room_for said. */
static int added(struct blob_writer *w, size_t len, struct err *err)
{
	w->filling->len += len;
	w->added_bytes += len;
	return w->filling->len == w->fill_bytes ? send_chunk(w, err) : 0;
}

static int check_add(struct blob_writer *w, uint64_t len, struct err *err)
{
	assert(w->state == OPEN && !w->cloned);
	if (task_group_check(&w->group, err) < 0)
		return -1;
	if (w->options.limit_bytes && len > w->options.limit_bytes - w->added_bytes)
		return err_set(err, ERR_REFUSED,
		               "more than the %llu bytes that --max-uncompressed-size allows",
		               (unsigned long long)w->options.limit_bytes);
	return 0;
}

int blob_writer_add(struct blob_writer *w, const void *data, size_t len, struct err *err)
{
	const uint8_t *from = data;

	if (check_add(w, len, err) < 0)
		return -1;
	while (len) {
		size_t room;
		uint8_t *to = room_for(w, &room, err);

		if (!to)
			return -1;
		if (room > len)
			room = len;
		memcpy(to, from, room);
		from += room;
		len -= room;
		if (added(w, room, err) < 0)
			return -1;
	}
	return 0;
}

static int add_range(struct blob_writer *w, int fd, uint64_t offset, uint64_t size,
                     const char *what, struct err *err)
{
	while (size) {
		size_t room;
		uint8_t *to = room_for(w, &room, err);
		ssize_t n;

		if (!to)
			return -1;
		if (room > size)
			room = (size_t)size;
		n = file_read_at(fd, to, room, offset, what, err);
		if (n < 0)
			return -1;
		if ((size_t)n < room)
			return err_set(err, ERR_INTEGRITY, "%s ends %llu bytes early", what,
			               (unsigned long long)(size - (uint64_t)n));
		if (w->options.progress)
			w->options.progress(w->options.context, room);
		offset += room;
		size -= room;
		if (added(w, room, err) < 0)
			return -1;
	}
	return 0;
}

int blob_writer_add_file(struct blob_writer *w, int fd, uint64_t offset, uint64_t size,
                         const char *what, struct err *err)
{
	if (check_add(w, size, err) < 0)
		return -1;
	if (!is_compressed(w) && !w->options.dry && w->added_bytes == 0 &&
	    file_clone_range(fd, offset, size, w->fd, w->options.tmp_dir, w->name)) {
		w->cloned = true;
		return add_range(w, w->fd, 0, size, w->name, err);
	}
	return add_range(w, fd, offset, size, what, err);
}

int blob_writer_add_kept(struct blob_writer *w, uint64_t *bytes, struct err *err)
{
	*bytes = w->kept_bytes;
	if (check_add(w, w->kept_bytes, err) < 0)
		return -1;
	return add_range(w, w->fd, 0, w->kept_bytes, w->name, err);
}

void blob_writer_spoil(struct blob_writer *w)
{
	w->spoilt = true;
}

int blob_writer_end(struct blob_writer *w, struct err *err)
{
	size_t room;

	assert(w->state == OPEN);
	if (task_group_check(&w->group, err) < 0)
		return -1;
	/* No bytes at all are one empty frame: an empty file is no gzip or zstd stream. */
	if (is_compressed(w) && w->added_bytes == 0 && !room_for(w, &room, err))
		return -1;
	if (w->filling && send_chunk(w, err) < 0)
		return -1;
	if (is_compressed(w))
		strand_post(&w->plain_strand, NULL);
	else
		store(w, NULL);
	w->state = ENDED;
	return 0;
}

/*
 * What to sum follows from the size, which is known only now. A blob above 48 GiB whose
 * size was not announced needs larger parts than were assumed, and one that was announced as large
 * may lack the MD5 of the whole: one more read, for what is missing.
 */
static int settle_sums(struct blob_writer *w, struct blob_sums *sums, struct err *err)
{
	unsigned wanted = w->options.stored_what;
	struct blob_sums again = {0};

	if (!(wanted & SUM_PART_MD5))
		return 0;
	if (sums->part_bytes != part_size(sums->size_bytes, PART_SIZE_MINIMUM, PART_COUNT_MAX)) {
		free(STEAL(sums->part_md5));
		sums->what &= ~(unsigned)SUM_PART_MD5;
	}
	if (sums->size_bytes > MULTIPART_THRESHOLD)
		wanted &= ~(unsigned)SUM_MD5;
	if ((wanted & ~sums->what) == 0)
		return 0;
	if (file_sum(w->fd, 0, sums->size_bytes, wanted & ~sums->what, w->pool, w->name, &again,
	             err) < 0)
		return -1;
	blob_sums_merge(sums, &again);
	blob_sums_release(&again);
	return 0;
}

static int take_result(struct blob_writer *w, struct blob_result *result, struct err *err)
{
	if (parallel_sums_take(&w->stored, &result->stored, err) < 0)
		return -1;
	result->plain = w->plain_sums;
	memset(&w->plain_sums, 0, sizeof(w->plain_sums));
	memcpy(result->name, w->name, sizeof(result->name));
	if (settle_sums(w, &result->stored, err) < 0)
		return -1;
	result->scratch = w->options.scratch;
	if (!w->options.dry && close(steal_fd(&w->fd)) < 0)
		return err_sys(err, "close %s", w->name);
	return 0;
}

int blob_writer_wait(struct blob_writer *w, struct blob_result *result, struct err *err)
{
	assert(w->state == ENDED);
	task_group_wait(&w->group);
	if (task_group_check(&w->group, err) < 0)
		return -1;
	if (take_result(w, result, err) < 0) {
		blob_result_release(result);
		return -1;
	}
	w->state = TAKEN;
	return 0;
}

void blob_writer_free(struct blob_writer *w)
{
	bool keep;
	struct err ignored = ERR_INIT;

	if (!w)
		return;
	keep = w->options.keep_name && !w->spoilt;
	if (keep && w->filling)
		(void)send_chunk(w, &ignored);
	if (!keep)
		task_group_cancel(&w->group);
	task_group_wait(&w->group);
	chunk_drop(w->filling);
	parallel_encoder_free(w->encoder);
	strand_release(&w->plain_strand);
	strand_release(&w->write_strand);
	parallel_sums_release(&w->stored);
	blob_summer_release(&w->plain);
	blob_sums_release(&w->plain_sums);
	task_group_release(&w->group);
	if (w->fd >= 0)
		(void)close(w->fd);
	if (w->name[0] && !w->options.dry && w->state != TAKEN && !keep)
		(void)unlinkat(w->options.tmp_dir, w->name, 0);
	free(w);
}

void blob_result_release(struct blob_result *result)
{
	blob_sums_release(&result->stored);
	blob_sums_release(&result->plain);
	memset(result, 0, sizeof(*result));
}
