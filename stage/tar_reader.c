#include "stage/tar_reader.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/stop.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum {
	BLOCK = 512, /* a tar's unit */
	STREAM_BUFFER = 256 << 10,
	SEEK_BUFFER = 16 << 10, /* small: headers lie far apart, what is between them is skipped */
};

static const uint64_t WINDOW_MAX_BYTES = 128u << 20;

struct tar_reader {
	struct archive *archive; /* owned */
	int fd;			 /* borrowed */
	enum tar_mode mode;
	const char *label; /* borrowed */
	char *buffer;	   /* owned */
	size_t buffer_bytes;
	uint64_t consumed;   /* bytes taken from fd */
	uint64_t file_bytes; /* TAR_SEEK: how long the file is */
	uint64_t entry_end;  /* where the last entry's padded data ended */
	bool has_entry;
	struct err read_err; /* of the read callback, which cannot return one */
};

int tar_is_compressed(const void *head, size_t len)
{
	static const struct {
		const char *magic;
		size_t len;
	} known[] = {{"\x1f\x8b", 2},
		     {"\x28\xb5\x2f\xfd", 4},
		     {"\xfd"
		      "7zXZ\0",
		      6},
		     {"BZh", 3}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (len >= known[i].len && memcmp(head, known[i].magic, known[i].len) == 0)
			return 1;
	return 0;
}

int tar_is_header(const void *head, size_t len)
{
	const unsigned char *p = head;
	unsigned long sum = 0, bytes = 0, written = 0;
	size_t i = 148;

	if (len < BLOCK)
		return 0;
	for (size_t k = 0; k < BLOCK; k++) {
		bytes += p[k];
		sum += k >= 148 && k < 156 ? ' ' : p[k];
	}
	if (bytes == 0)
		return 1;
	while (i < 156 && (p[i] == ' ' || p[i] == '0'))
		i++;
	for (; i < 156 && p[i] >= '0' && p[i] <= '7'; i++)
		written = written * 8 + (p[i] - '0');
	return written == sum;
}

/*
 * The dictionary of an xz stream's first block (xz file format 1.1, sections 3.1 and 5.3.1): the
 * decoder allocates it at once. Returns 0 when the header is not understood, which is libarchive's
 * to complain about.
 */
static uint64_t xz_window(const unsigned char *p, size_t len)
{
	size_t at = 14;
	unsigned numbers;

	if (len < 64 || memcmp(p,
			       "\xfd"
			       "7zXZ\0",
			       6) != 0)
		return 0;
	for (numbers = (p[13] >> 6 & 1u) + (p[13] >> 7); numbers > 0; numbers--) {
		while (at < 40 && p[at] & 0x80)
			at++;
		at++;
	}
	for (unsigned filters = (p[13] & 3u) + 1; filters > 0 && at + 2 < 60; filters--) {
		unsigned bits = p[at + 2] & 0x3f;

		if (p[at] == 0x21)
			return (uint64_t)(2 | (bits & 1)) << (bits / 2 + 11);
		at += 2u + p[at + 1];
	}
	return 0;
}

static int check_window(struct tar_reader *t, size_t len)
{
	uint64_t window = xz_window((const unsigned char *)t->buffer, len);

	if (window <= WINDOW_MAX_BYTES)
		return 0;
	return err_set(&t->read_err, ERR_REFUSED,
		       "its xz dictionary is %" PRIu64 " bytes large (at most %" PRIu64
		       " are allowed): compress it with a smaller one",
		       window, WINDOW_MAX_BYTES);
}

static la_ssize_t on_read(struct archive *a, void *context, const void **data)
{
	struct tar_reader *t = context;
	bool first = t->consumed == 0;
	ssize_t n;

	(void)a;
	*data = t->buffer;
	if (stop_check(&t->read_err) < 0)
		return ARCHIVE_FATAL;
	n = file_read(t->fd, t->buffer, t->buffer_bytes, t->label, &t->read_err);
	if (n < 0 || (first && check_window(t, (size_t)n) < 0))
		return ARCHIVE_FATAL;
	t->consumed += (uint64_t)n;
	return n;
}

static la_int64_t on_skip(struct archive *a, void *context, la_int64_t request)
{
	struct tar_reader *t = context;

	(void)a;
	if (lseek(t->fd, request, SEEK_CUR) < 0)
		return 0; /* then libarchive reads instead */
	t->consumed += (uint64_t)request;
	return request;
}

/* Puts together what libarchive and the read callback have to say. */
static int fail(struct tar_reader *t, const char *entry, struct err *err)
{
	const char *why = archive_error_string(t->archive);

	if (t->read_err.code != ERR_NONE) {
		*err = t->read_err;
		return -1;
	}
	if (archive_errno(t->archive) == ENOMEM)
		return err_memory(err);
	if (entry)
		return err_set(err, ERR_MALFORMED, "entry '%.300s': %s", entry,
			       why ? why : "unreadable");
	return err_set(err, ERR_MALFORMED, "not a readable tar archive: %s",
		       why ? why : "unreadable");
}

static int configure(struct tar_reader *t, struct err *err)
{
	struct archive *a = t->archive;

	/* A filter that libarchive would run a program for is not OK here, but ARCHIVE_WARN. */
	if (archive_read_support_format_tar(a) != ARCHIVE_OK)
		return fail(t, NULL, err);
	if (t->mode == TAR_STREAM && (archive_read_support_filter_gzip(a) != ARCHIVE_OK ||
				      archive_read_support_filter_zstd(a) != ARCHIVE_OK ||
				      archive_read_support_filter_xz(a) != ARCHIVE_OK ||
				      archive_read_support_filter_bzip2(a) != ARCHIVE_OK))
		return err_set(err, ERR_OTHER,
			       "this libarchive was built without gzip, zstd, xz or bzip2");
	if (archive_read_set_read_callback(a, on_read) != ARCHIVE_OK ||
	    archive_read_set_callback_data(a, t) != ARCHIVE_OK ||
	    (t->mode == TAR_SEEK && archive_read_set_skip_callback(a, on_skip) != ARCHIVE_OK) ||
	    archive_read_open1(a) != ARCHIVE_OK)
		return fail(t, NULL, err);
	return 0;
}

struct tar_reader *tar_reader_new(int fd, enum tar_mode mode, const char *label, struct err *err)
{
	struct tar_reader *t = calloc(1, sizeof(*t));
	struct stat st;

	if (!t)
		goto no_memory;
	t->fd = fd;
	t->mode = mode;
	t->label = label;
	t->buffer_bytes = mode == TAR_SEEK ? SEEK_BUFFER : STREAM_BUFFER;
	t->buffer = malloc(t->buffer_bytes);
	t->archive = archive_read_new();
	if (!t->buffer || !t->archive)
		goto no_memory;
	if (mode == TAR_SEEK) {
		if (fstat(fd, &st) < 0 || lseek(fd, 0, SEEK_SET) < 0) {
			(void)err_sys(err, "read %s", label);
			goto fail;
		}
		t->file_bytes = (uint64_t)st.st_size;
	}
	if (configure(t, err) < 0)
		goto fail;
	return t;
no_memory:
	(void)err_memory(err);
fail:
	tar_reader_free(t);
	return NULL;
}

/* libarchive warns of names that the locale cannot hold; the bytes are what counts here. */
static bool is_charset_warning(struct archive *a)
{
	const char *why = archive_error_string(a);

	return why && strstr(why, "can't be converted");
}

static int check_end(struct tar_reader *t, struct err *err)
{
	uint64_t position = (uint64_t)archive_filter_bytes(t->archive, 0);

	if (t->mode == TAR_SEEK && position > t->file_bytes)
		position = t->file_bytes;
	if (position >= t->entry_end + BLOCK)
		return 0;
	return err_set(err, ERR_MALFORMED,
		       "truncated: the end-of-archive block is missing after %" PRIu64 " bytes",
		       position);
}

static int classify(struct tar_entry *entry, struct archive_entry *e, struct err *err)
{
	if (archive_entry_hardlink(e)) {
		entry->kind = TAR_HARDLINK;
		entry->target = archive_entry_hardlink(e);
		return 0;
	}
	switch (archive_entry_filetype(e)) {
	case AE_IFREG:
		entry->kind = TAR_FILE;
		if (archive_entry_sparse_count(e) > 0)
			return err_set(err, ERR_REFUSED, "entry '%.300s' is a sparse file",
				       entry->name);
		return 0;
	case AE_IFDIR:
		entry->kind = TAR_FOLDER;
		return 0;
	case AE_IFLNK:
		entry->kind = TAR_SYMLINK;
		entry->target = archive_entry_symlink(e);
		return 0;
	default:
		return err_set(err, ERR_REFUSED,
			       "entry '%.300s' is a device, a pipe or a socket, which no image "
			       "archive has",
			       entry->name);
	}
}

static int fill_entry(struct tar_reader *t, struct archive_entry *e, struct tar_entry *entry,
		      struct err *err)
{
	int64_t size = archive_entry_size(e);

	memset(entry, 0, sizeof(*entry));
	entry->name = archive_entry_pathname(e);
	if (!entry->name)
		entry->name = archive_entry_pathname_utf8(e);
	if (!entry->name)
		entry->name = "";
	if (classify(entry, e, err) < 0)
		return -1;
	if (!entry->target)
		entry->target = "";
	if (size < 0)
		return err_set(err, ERR_MALFORMED, "entry '%.300s' has a negative size",
			       entry->name);
	entry->offset = (uint64_t)archive_filter_bytes(t->archive, 0);
	entry->size_bytes = entry->kind == TAR_FILE ? (uint64_t)size : 0;
	if (t->mode == TAR_SEEK &&
	    (entry->offset > t->file_bytes || entry->size_bytes > t->file_bytes - entry->offset))
		return err_set(err, ERR_MALFORMED,
			       "truncated: entry '%.300s' has %" PRIu64 " bytes, the file ends %s",
			       entry->name, entry->size_bytes, "before that");
	return 0;
}

static int finish_entry(struct tar_reader *t, struct err *err)
{
	int status;

	if (!t->has_entry)
		return 0;
	status = archive_read_data_skip(t->archive);
	if (status != ARCHIVE_OK && status != ARCHIVE_EOF)
		return fail(t, NULL, err);
	t->entry_end = (uint64_t)archive_filter_bytes(t->archive, 0);
	return 0;
}

int tar_reader_next(struct tar_reader *t, struct tar_entry *entry, struct err *err)
{
	struct archive_entry *e;
	int status;

	if (finish_entry(t, err) < 0)
		return -1;
	status = archive_read_next_header(t->archive, &e);
	if (status == ARCHIVE_EOF)
		return check_end(t, err);
	if (status != ARCHIVE_OK && !(status == ARCHIVE_WARN && is_charset_warning(t->archive)))
		return fail(t, status == ARCHIVE_WARN ? archive_entry_pathname(e) : NULL, err);
	t->has_entry = true;
	return fill_entry(t, e, entry, err) < 0 ? -1 : 1;
}

ssize_t tar_reader_read(struct tar_reader *t, void *data, size_t len, struct err *err)
{
	ssize_t n = archive_read_data(t->archive, data, len);

	return n < 0 ? fail(t, NULL, err) : n;
}

uint64_t tar_reader_consumed(const struct tar_reader *t)
{
	return t->consumed;
}

void tar_reader_free(struct tar_reader *t)
{
	if (!t)
		return;
	(void)archive_read_free(t->archive);
	free(t->buffer);
	free(t);
}
