#define ZLIB_CONST
#include "stage/archive/decompress.h"

#include "base/file.h"
#include "base/stop.h"
#include "stage/archive/xz_window.h"

#include <archive.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum {
	BUFFER_BYTES = 256 << 10,
	GZIP_WINDOW_BITS = 15 + 16, /* 16: gzip's frame, not zlib's */
	WINDOW_LOG_MAX = 27         /* 128 MiB, of zstd and of xz */
};

struct decompress {
	int fd;            /* borrowed */
	const char *label; /* borrowed */
	bool is_range;     /* of the file: */
	uint64_t offset, left;
	uint64_t consumed;
	uint64_t content_end; /* behind the last byte of those that is not zero */
	unsigned char *in;    /* owned: BUFFER_BYTES from fd */
	size_t in_len;
	int first;            /* `in` holds the first piece, which was only looked at */
	struct xz_window *xz; /* owned; NULL: not xz */
	struct err failed;

	struct archive *archive; /* owned: xz and bzip2 */

	bool is_gzip; /* gzip holds memory */
	z_stream gzip;
	ZSTD_DStream *zstd;        /* owned; NULL: not zstd */
	unsigned char *out;        /* owned: BUFFER_BYTES, for gzip and zstd */
	const unsigned char *rest; /* of `in`: what was not taken yet */
	size_t rest_len;
	bool in_member;    /* a gzip member or zstd frame has begun and not ended */
	bool more_members; /* one has ended */
};

static int is_gzip(const unsigned char *head, size_t len)
{
	return len >= 2 && head[0] == 0x1f && head[1] == 0x8b;
}

static int is_zstd(const unsigned char *head, size_t len)
{
	static const unsigned char zstd[4] = {0x28, 0xb5, 0x2f, 0xfd};

	return len >= sizeof(zstd) && memcmp(head, zstd, sizeof(zstd)) == 0;
}

/* Zstandard's skippable frames (RFC 8878, section 3.1.2): pzstd writes one before each frame. */
static int is_skippable(const unsigned char *head, size_t len)
{
	static const unsigned char skippable[3] = {0x2a, 0x4d, 0x18};

	return len >= 4 && (head[0] & 0xf0) == 0x50 && memcmp(head + 1, skippable, 3) == 0;
}

static int is_xz(const unsigned char *head, size_t len)
{
	static const unsigned char xz[6] = {0xfd, '7', 'z', 'X', 'Z', 0};

	return len >= sizeof(xz) && memcmp(head, xz, sizeof(xz)) == 0;
}

int decompress_is_compressed(const void *head, size_t len)
{
	return is_gzip(head, len) || is_zstd(head, len) || is_skippable(head, len) ||
	       is_xz(head, len) || (len >= 3 && memcmp(head, "BZh", 3) == 0);
}

static ssize_t read_some(struct decompress *d)
{
	ssize_t n;

	if (!d->is_range)
		return file_read(d->fd, d->in, BUFFER_BYTES, d->label, &d->failed);
	n = file_read_at(d->fd, d->in, d->left < BUFFER_BYTES ? (size_t)d->left : BUFFER_BYTES,
	                 d->offset, d->label, &d->failed);
	if (n > 0) {
		d->offset += (uint64_t)n;
		d->left -= (uint64_t)n;
	}
	return n;
}

static void note_content(struct decompress *d)
{
	for (size_t i = d->in_len; i > 0; i--)
		if (d->in[i - 1] != 0) {
			d->content_end = d->consumed + i;
			return;
		}
}

/* Fills `in` from the descriptor, or hands out the first piece that is there already. */
static int fill(struct decompress *d)
{
	ssize_t n;

	if (d->first) {
		d->first = 0;
		return 0;
	}
	if (stop_check(&d->failed) < 0)
		return -1;
	n = read_some(d);
	if (n < 0)
		return -1;
	d->in_len = (size_t)n;
	note_content(d);
	d->consumed += (uint64_t)n;
	return d->xz ? xz_window_see(d->xz, d->in, d->in_len, &d->failed) : 0;
}

/* --- gzip and zstd -------------------------------------------------------------------------- */

static int something_follows(struct decompress *d, const char *name, uint64_t at)
{
	return err_set(&d->failed, ERR_MALFORMED,
	               "%s: something else follows the compressed data, at byte %" PRIu64 "%s",
	               name, at, d->is_range ? "" : "; each archive needs a file of its own");
}

static const char *member_format(const struct decompress *d)
{
	return d->zstd ? "zstd" : "gzip";
}

static int member_failed(struct decompress *d, const char *why)
{
	return err_set(&d->failed, ERR_MALFORMED, "%s: %s", member_format(d), why);
}

/* Behind the last member only zeros may follow, as gzip(1) has it. */
static bool skip_padding(struct decompress *d)
{
	while (d->rest_len > 0 && *d->rest == 0) {
		d->rest++;
		d->rest_len--;
	}
	return d->rest_len > 0;
}

/* By the first byte of the magic numbers: the rest may not be there yet, and is the decoder's. */
static bool is_member(const struct decompress *d)
{
	return d->zstd ? *d->rest == 0x28 || (*d->rest & 0xf0) == 0x50 : *d->rest == 0x1f;
}

static int begin_member(struct decompress *d)
{
	if (!is_member(d))
		return something_follows(d, member_format(d), d->consumed - d->rest_len);
	if (d->is_gzip && inflateReset(&d->gzip) != Z_OK)
		return member_failed(d, "cannot begin a member");
	d->in_member = true;
	return 1;
}

/* Something to unpack: 1, or 0 at the end of the input, -1. Begins members. */
static int member_input(struct decompress *d)
{
	for (;;) {
		if (d->rest_len == 0) {
			if (fill(d) < 0)
				return -1;
			d->rest = d->in;
			d->rest_len = d->in_len;
			if (d->in_len == 0)
				return d->in_member ? member_failed(d, "truncated") : 0;
		}
		if (d->in_member)
			return 1;
		if (!d->more_members || skip_padding(d))
			return begin_member(d);
	}
}

/* Unpacks into `out` behind `have`, and returns how much is there then, or -1. */
static ssize_t gzip_step(struct decompress *d, size_t have)
{
	int status;

	d->gzip.next_in = d->rest;
	d->gzip.avail_in = (uInt)d->rest_len;
	d->gzip.next_out = d->out + have;
	d->gzip.avail_out = (uInt)(BUFFER_BYTES - have);
	status = inflate(&d->gzip, Z_NO_FLUSH);
	d->rest = d->gzip.next_in;
	d->rest_len = d->gzip.avail_in;
	if (status == Z_MEM_ERROR)
		return err_memory(&d->failed);
	if (status != Z_OK && status != Z_BUF_ERROR && status != Z_STREAM_END)
		return member_failed(d, d->gzip.msg ? d->gzip.msg : "not valid");
	d->in_member = status != Z_STREAM_END;
	return (ssize_t)(BUFFER_BYTES - d->gzip.avail_out);
}

static ssize_t zstd_step(struct decompress *d, size_t have)
{
	ZSTD_inBuffer from = {d->rest, d->rest_len, 0};
	ZSTD_outBuffer to = {d->out, BUFFER_BYTES, have};
	size_t left = ZSTD_decompressStream(d->zstd, &to, &from);

	if (ZSTD_isError(left))
		return member_failed(d, ZSTD_getErrorName(left));
	d->rest += from.pos;
	d->rest_len -= from.pos;
	d->in_member = left != 0;
	return (ssize_t)to.pos;
}

static ssize_t member_next(struct decompress *d, const void **data)
{
	ssize_t have = 0;

	while (have < BUFFER_BYTES) {
		int got = member_input(d);
		ssize_t now;

		if (got < 0)
			return -1;
		if (got == 0)
			break;
		now = d->zstd ? zstd_step(d, (size_t)have) : gzip_step(d, (size_t)have);
		if (now < 0)
			return -1;
		d->more_members |= !d->in_member;
		have = now;
	}
	*data = d->out;
	return have;
}

/* --- everything else ----------------------------------------------------------------------- */

static la_ssize_t on_read(struct archive *a, void *context, const void **data)
{
	struct decompress *d = context;

	(void)a;
	*data = d->in;
	return fill(d) < 0 ? ARCHIVE_FATAL : (la_ssize_t)d->in_len;
}

static ssize_t archive_failed(struct decompress *d)
{
	const char *why = archive_error_string(d->archive);

	if (d->failed.code != ERR_NONE)
		return -1;
	return err_set(&d->failed, ERR_MALFORMED, "%s", why ? why : "unreadable");
}

/*
 * The last stream has ended: only zeros may follow, as behind gzip's. libarchive takes no notice of
 * what follows a bzip2 stream and is none, be it another archive.
 */
static ssize_t check_rest(struct decompress *d)
{
	int client = archive_filter_count(d->archive) - 1;
	uint64_t used = (uint64_t)archive_filter_bytes(d->archive, client);

	do {
		if (d->content_end > used)
			return something_follows(d, archive_filter_name(d->archive, 0), used);
		if (fill(d) < 0)
			return -1;
	} while (d->in_len > 0);
	return 0;
}

static ssize_t archive_next(struct decompress *d, const void **data)
{
	la_int64_t offset;
	size_t len = 0;
	int status = archive_read_data_block(d->archive, data, &len, &offset);

	if (status == ARCHIVE_EOF)
		return check_rest(d);
	return status == ARCHIVE_OK ? (ssize_t)len : archive_failed(d);
}

static int open_archive(struct decompress *d)
{
	struct archive_entry *ignored;
	struct archive *a = archive_read_new();

	d->archive = a;
	if (!a)
		return err_memory(&d->failed);
	/* A filter that libarchive would run a program for is not OK here, but ARCHIVE_WARN. */
	if (archive_read_support_filter_xz(a) != ARCHIVE_OK ||
	    archive_read_support_filter_bzip2(a) != ARCHIVE_OK)
		return err_set(&d->failed, ERR_OTHER,
		               "this libarchive was built without xz or bzip2");
	if (archive_read_support_format_raw(a) != ARCHIVE_OK ||
	    archive_read_open(a, d, NULL, on_read, NULL) != ARCHIVE_OK ||
	    archive_read_next_header(a, &ignored) != ARCHIVE_OK)
		return (int)archive_failed(d);
	/* It would unpack what it has unpacked, again and again; the last of them does nothing. */
	if (archive_filter_count(a) > 2)
		return err_set(&d->failed, ERR_REFUSED,
		               "is compressed more than once (%s over %s): unpack it first",
		               archive_filter_name(a, 1), archive_filter_name(a, 0));
	return 0;
}

/* ------------------------------------------------------------------------------------------- */

static int start_window(struct decompress *d)
{
	d->xz = malloc(sizeof(*d->xz));
	if (!d->xz)
		return err_memory(&d->failed);
	xz_window_init(d->xz, (uint64_t)1 << WINDOW_LOG_MAX);
	return xz_window_see(d->xz, d->in, d->in_len, &d->failed);
}

static int start_members(struct decompress *d)
{
	d->out = malloc(BUFFER_BYTES);
	if (!d->out)
		return err_memory(&d->failed);
	if (is_gzip(d->in, d->in_len)) {
		d->is_gzip = inflateInit2(&d->gzip, GZIP_WINDOW_BITS) == Z_OK;
		return d->is_gzip ? 0 : err_memory(&d->failed);
	}
	d->zstd = ZSTD_createDStream();
	if (!d->zstd)
		return err_memory(&d->failed);
	if (ZSTD_isError(ZSTD_DCtx_setParameter(d->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
		return err_set(&d->failed, ERR_BUG, "zstd: no window of 2^%d bytes",
		               WINDOW_LOG_MAX);
	return 0;
}

static int start(struct decompress *d)
{
	if (fill(d) < 0)
		return -1;
	if (d->in_len == 0)
		return err_set(&d->failed, ERR_MALFORMED, "the input is empty");
	if (is_xz(d->in, d->in_len) && start_window(d) < 0)
		return -1;
	d->first = 1;
	if (is_gzip(d->in, d->in_len) || is_zstd(d->in, d->in_len) ||
	    is_skippable(d->in, d->in_len))
		return start_members(d);
	return open_archive(d);
}

static struct decompress *make(int fd, const char *label, struct err *err)
{
	struct decompress *d = calloc(1, sizeof(*d));

	if (d)
		d->in = malloc(BUFFER_BYTES);
	if (!d || !d->in) {
		(void)err_memory(err);
		free(d);
		return NULL;
	}
	d->fd = fd;
	d->label = label;
	return d;
}

static struct decompress *started(struct decompress *d, struct err *err)
{
	if (!d || start(d) == 0)
		return d;
	*err = d->failed;
	decompress_free(d);
	return NULL;
}

struct decompress *decompress_new(int fd, const char *label, struct err *err)
{
	return started(make(fd, label, err), err);
}

struct decompress *decompress_range(int fd, uint64_t offset, uint64_t bytes, const char *label,
                                    struct err *err)
{
	struct decompress *d = make(fd, label, err);

	if (d) {
		d->is_range = true;
		d->offset = offset;
		d->left = bytes;
	}
	return started(d, err);
}

ssize_t decompress_next(struct decompress *d, const void **data, struct err *err)
{
	ssize_t n = -1;

	if (d->failed.code == ERR_NONE)
		n = d->archive ? archive_next(d, data) : member_next(d, data);
	if (n < 0)
		*err = d->failed;
	return n;
}

uint64_t decompress_consumed(const struct decompress *d)
{
	return d->consumed;
}

void decompress_free(struct decompress *d)
{
	if (!d)
		return;
	(void)archive_read_free(d->archive);
	if (d->is_gzip)
		(void)inflateEnd(&d->gzip);
	(void)ZSTD_freeDStream(d->zstd);
	free(d->xz);
	free(d->in);
	free(d->out);
	free(d);
}
