#include "stage/archive/tar_reader.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/stop.h"
#include "stage/archive/decompress.h"
#include "stage/archive/foreign_format.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	BLOCK = 512, /* a tar's unit */
	ENTRY_SHOWN_MAX = 300,
	SEEK_BUFFER = 16 << 10, /* small: headers lie far apart, what is between them is skipped */
	TRAILER_MAX = 64 << 20, /* bytes behind the end: writers pad to a few MiB at most */
};

struct tar_reader {
	struct archive *archive;  /* owned */
	struct decompress *input; /* owned: TAR_STREAM: what the tar is read through */
	int fd;                   /* borrowed */
	enum tar_mode mode;
	const char *label;   /* borrowed */
	char *buffer;        /* owned: TAR_SEEK */
	uint64_t file_bytes; /* TAR_SEEK: how long the file is */
	uint64_t entry_end;  /* where the last entry's padded data ended */
	uint64_t given;      /* bytes that libarchive was given */
	uint64_t given_max;  /* while it looks for a header; 0: no maximum */
	bool has_entry;
	char last[ENTRY_SHOWN_MAX];      /* the last entry's name, for messages */
	struct err read_err;             /* of the callbacks, which cannot return one */
	char head[FOREIGN_FORMAT_BYTES]; /* how it begins, to tell what it is if it is no tar */
	size_t head_len;
};

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

/* Between two entries, and behind the last, zeros may follow, but not without end. */
static la_ssize_t give(struct tar_reader *t, const void *data, ssize_t n)
{
	if (n < 0)
		return ARCHIVE_FATAL;
	if (t->given == 0 && n > 0) {
		t->head_len = (size_t)n < sizeof(t->head) ? (size_t)n : sizeof(t->head);
		memcpy(t->head, data, t->head_len);
	}
	t->given += (uint64_t)n;
	if (t->given_max == 0 || t->given <= t->given_max)
		return n;
	(void)err_set(&t->read_err, ERR_REFUSED, "more than %d MiB follow the end-of-archive block",
	              TRAILER_MAX >> 20);
	return ARCHIVE_FATAL;
}

static la_ssize_t on_read(struct archive *a, void *context, const void **data)
{
	struct tar_reader *t = context;

	(void)a;
	*data = t->buffer;
	if (stop_check(&t->read_err) < 0)
		return ARCHIVE_FATAL;
	return give(t, t->buffer, file_read(t->fd, t->buffer, SEEK_BUFFER, t->label, &t->read_err));
}

static la_int64_t on_skip(struct archive *a, void *context, la_int64_t request)
{
	struct tar_reader *t = context;

	(void)a;
	if (lseek(t->fd, request, SEEK_CUR) < 0)
		return 0; /* then libarchive reads instead */
	return request;
}

/* Puts together what libarchive and the callbacks have to say. */
static int fail(struct tar_reader *t, struct archive *a, struct err *err)
{
	const char *why = archive_error_string(a), *what;

	if (t->read_err.code != ERR_NONE) {
		*err = t->read_err;
		return -1;
	}
	if (archive_errno(a) == ENOMEM)
		return err_memory(err);
	if (!why)
		why = "unreadable";
	if (t->has_entry)
		return err_set(err, ERR_MALFORMED, "after entry '%s': %s", t->last, why);
	what = foreign_format(t->head, t->head_len);
	if (what)
		return err_set(err, ERR_MALFORMED, "this is no tar archive, but %s", what);
	return err_set(err, ERR_MALFORMED, "not a readable tar archive: %s", why);
}

/* The tar of a stream takes its bytes from the decompression. */
static la_ssize_t on_read_outer(struct archive *a, void *context, const void **data)
{
	struct tar_reader *t = context;
	ssize_t n = decompress_next(t->input, data, &t->read_err);

	(void)a;
	return give(t, n > 0 ? *data : NULL, n);
}

static int configure(struct tar_reader *t, struct err *err)
{
	struct archive *a = t->archive;

	/* What is behind the end-of-archive block is looked at: zeros, or another archive (N3). */
	if (archive_read_support_format_tar(a) != ARCHIVE_OK ||
	    archive_read_set_option(a, "tar", "read_concatenated_archives", "1") != ARCHIVE_OK ||
	    archive_read_set_read_callback(a, t->mode == TAR_STREAM ? on_read_outer : on_read) !=
	            ARCHIVE_OK ||
	    archive_read_set_callback_data(a, t) != ARCHIVE_OK ||
	    (t->mode == TAR_SEEK && archive_read_set_skip_callback(a, on_skip) != ARCHIVE_OK) ||
	    archive_read_open1(a) != ARCHIVE_OK)
		return fail(t, a, err);
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
	t->archive = archive_read_new();
	t->buffer = mode == TAR_SEEK ? malloc(SEEK_BUFFER) : NULL;
	if (!t->archive || (mode == TAR_SEEK && !t->buffer))
		goto no_memory;
	if (mode == TAR_STREAM) {
		t->input = decompress_new(fd, label, err);
		if (!t->input)
			goto fail;
	} else {
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
	if (position < t->entry_end + BLOCK)
		return err_set(err, ERR_MALFORMED,
		               "truncated after entry '%s': the end-of-archive block is missing",
		               t->last);
	return 0;
}

/*
 * Whether the entry is stored as a sparse file. libarchive hides a map with one extent that covers
 * the whole file; with the size out of the way it cannot see that it does.
 */
static bool is_sparse(struct archive_entry *e)
{
	int64_t size = archive_entry_size(e);
	bool sparse;

	archive_entry_set_size(e, INT64_MAX);
	sparse = archive_entry_sparse_count(e) > 0;
	archive_entry_set_size(e, size);
	return sparse;
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
		if (is_sparse(e))
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
		return fail(t, t->archive, err);
	t->entry_end = (uint64_t)archive_filter_bytes(t->archive, 0);
	return 0;
}

int tar_reader_next(struct tar_reader *t, struct tar_entry *entry, struct err *err)
{
	struct archive_entry *e;
	int status;

	if (finish_entry(t, err) < 0)
		return -1;
	t->given_max = t->given + TRAILER_MAX;
	status = archive_read_next_header(t->archive, &e);
	t->given_max = 0;
	if (status == ARCHIVE_EOF)
		return check_end(t, err);
	if (status != ARCHIVE_OK && !(status == ARCHIVE_WARN && is_charset_warning(t->archive)))
		return fail(t, t->archive, err);
	if (fill_entry(t, e, entry, err) < 0)
		return -1;
	t->has_entry = true;
	(void)snprintf(t->last, sizeof(t->last), "%s", entry->name);
	return 1;
}

ssize_t tar_reader_read(struct tar_reader *t, void *data, size_t len, struct err *err)
{
	ssize_t n = archive_read_data(t->archive, data, len);

	return n < 0 ? fail(t, t->archive, err) : n;
}

uint64_t tar_reader_consumed(const struct tar_reader *t)
{
	return t->input ? decompress_consumed(t->input) : 0;
}

void tar_reader_free(struct tar_reader *t)
{
	if (!t)
		return;
	(void)archive_read_free(t->archive);
	decompress_free(t->input);
	free(t->buffer);
	free(t);
}
