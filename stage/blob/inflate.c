#include "stage/blob/inflate.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/stop.h"

#include <stdbool.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum { OUT_BYTES = 1 << 18, IN_BYTES = 1 << 18, WINDOW_LOG_DEFAULT = 27 };

struct inflate {
	enum inflate_format format;
	struct inflate_limits limits;
	inflate_sink *sink;
	void *arg; /* borrowed: passed to sink */
	z_stream gzip;
	bool gzip_started; /* gzip holds memory */
	ZSTD_DCtx *zstd;   /* owned */
	bool inside;       /* a member or frame has begun and not ended */
	bool full;         /* the last step filled `out`: there may be more without input */
	uint64_t members;  /* that have ended */
	uint64_t output_bytes;
	uint8_t out[OUT_BYTES];
};

enum inflate_format inflate_detect(const void *head, size_t len)
{
	static const uint8_t gzip[] = {0x1f, 0x8b}, zstd[] = {0x28, 0xb5, 0x2f, 0xfd};
	static const uint8_t skippable[] = {0x2a, 0x4d, 0x18}; /* after 0x50 to 0x5f */
	const uint8_t *bytes = head;

	if (len >= sizeof(gzip) && memcmp(bytes, gzip, sizeof(gzip)) == 0)
		return INFLATE_GZIP;
	if (len < INFLATE_DETECT_BYTES)
		return INFLATE_PLAIN;
	if (memcmp(bytes, zstd, sizeof(zstd)) == 0)
		return INFLATE_ZSTD;
	if ((bytes[0] & 0xf0) == 0x50 && memcmp(bytes + 1, skippable, sizeof(skippable)) == 0)
		return INFLATE_ZSTD;
	return INFLATE_PLAIN;
}

static int start_gzip(struct inflate *z, struct err *err)
{
	/* 15: the largest window there is; 16: a gzip header, and nothing else. */
	if (inflateInit2(&z->gzip, 15 + 16) != Z_OK)
		return err_memory(err);
	z->gzip_started = true;
	return 0;
}

static int start_zstd(struct inflate *z, struct err *err)
{
	unsigned log = z->limits.window_log ? z->limits.window_log : WINDOW_LOG_DEFAULT;

	z->zstd = ZSTD_createDCtx();
	if (!z->zstd)
		return err_memory(err);
	if (ZSTD_isError(ZSTD_DCtx_setParameter(z->zstd, ZSTD_d_windowLogMax, (int)log)))
		return err_set(err, ERR_BUG, "zstd: no window of 2^%u bytes", log);
	return 0;
}

struct inflate *inflate_new(enum inflate_format format, const struct inflate_limits *limits,
                            inflate_sink *sink, void *arg, struct err *err)
{
	struct inflate *z = calloc(1, sizeof(*z));

	if (!z) {
		(void)err_memory(err);
		return NULL;
	}
	z->format = format;
	z->limits = *limits;
	z->sink = sink;
	z->arg = arg;
	if ((format == INFLATE_GZIP ? start_gzip(z, err) : start_zstd(z, err)) < 0) {
		inflate_free(z);
		return NULL;
	}
	return z;
}

void inflate_free(struct inflate *z)
{
	if (!z)
		return;
	if (z->gzip_started)
		(void)inflateEnd(&z->gzip);
	(void)ZSTD_freeDCtx(z->zstd);
	free(z);
}

static int deliver(struct inflate *z, size_t len, struct err *err)
{
	z->full = len == OUT_BYTES;
	if (z->limits.output_bytes && len > z->limits.output_bytes - z->output_bytes)
		return err_set(
			err, ERR_REFUSED,
			"inflates to more than the %llu bytes that --max-uncompressed-size allows",
			(unsigned long long)z->limits.output_bytes);
	z->output_bytes += len;
	return len ? z->sink(z->arg, z->out, len, err) : 0;
}

static int gzip_failed(const struct inflate *z, int rc, struct err *err)
{
	if (rc == Z_MEM_ERROR)
		return err_memory(err);
	if (z->members && z->gzip.total_out == 0)
		return err_set(err, ERR_MALFORMED, "gzip: garbage after member %llu (%s)",
		               (unsigned long long)z->members, z->gzip.msg ? z->gzip.msg : "?");
	return err_set(err, ERR_MALFORMED, "gzip: %s",
	               rc == Z_NEED_DICT || !z->gzip.msg ? "not a stream that stands alone"
	                                                 : z->gzip.msg);
}

/* One call of zlib; *in and *len move on. */
static int step_gzip(struct inflate *z, const uint8_t **in, size_t *len, struct err *err)
{
	size_t take = *len < IN_BYTES ? *len : IN_BYTES;
	int rc;

	if (!z->inside && inflateReset(&z->gzip) != Z_OK)
		return err_set(err, ERR_BUG, "gzip: cannot start over");
	z->inside = true;
	z->gzip.next_in = (Bytef *)(uintptr_t)*in; /* zlib only reads */
	z->gzip.avail_in = (uInt)take;
	z->gzip.next_out = z->out;
	z->gzip.avail_out = OUT_BYTES;
	rc = inflate(&z->gzip, Z_NO_FLUSH);
	*in += take - z->gzip.avail_in;
	*len -= take - z->gzip.avail_in;
	if (rc == Z_STREAM_END) {
		z->inside = false;
		z->members++;
	} else if (rc != Z_OK && rc != Z_BUF_ERROR) {
		return gzip_failed(z, rc, err);
	}
	return deliver(z, OUT_BYTES - z->gzip.avail_out, err);
}

static int step_zstd(struct inflate *z, const uint8_t **in, size_t *len, struct err *err)
{
	ZSTD_inBuffer from = {*in, *len, 0};
	ZSTD_outBuffer to = {z->out, OUT_BYTES, 0};
	size_t rc = ZSTD_decompressStream(z->zstd, &to, &from);

	if (ZSTD_getErrorCode(rc) == ZSTD_error_frameParameter_windowTooLarge)
		return err_set(err, ERR_REFUSED, "zstd: needs a larger window than is allowed");
	if (ZSTD_isError(rc) && z->members && !z->inside)
		return err_set(err, ERR_MALFORMED, "zstd: garbage after frame %llu (%s)",
		               (unsigned long long)z->members, ZSTD_getErrorName(rc));
	if (ZSTD_isError(rc))
		return err_set(err, ERR_MALFORMED, "zstd: %s", ZSTD_getErrorName(rc));
	*in += from.pos;
	*len -= from.pos;
	z->inside = rc != 0;
	if (rc == 0)
		z->members++;
	return deliver(z, to.pos, err);
}

int inflate_add(struct inflate *z, const void *data, size_t len, struct err *err)
{
	const uint8_t *in = data;

	while (len || (z->full && z->inside)) {
		int rc = z->format == INFLATE_GZIP ? step_gzip(z, &in, &len, err)
		                                   : step_zstd(z, &in, &len, err);

		if (rc < 0)
			return -1;
	}
	return 0;
}

int inflate_finish(struct inflate *z, struct err *err)
{
	const char *name = z->format == INFLATE_GZIP ? "gzip" : "zstd";

	if (!z->inside && z->members)
		return 0;
	return err_set(err, ERR_MALFORMED, "%s: the stream is cut after %llu plain bytes", name,
	               (unsigned long long)z->output_bytes);
}

static int inflate_range(struct inflate *z, int fd, uint64_t offset, uint64_t size,
                         const char *what, struct err *err)
{
	AUTO_FREE uint8_t *buffer = malloc(IN_BYTES);

	if (!buffer)
		return err_memory(err);
	while (size) {
		size_t want = size < IN_BYTES ? (size_t)size : IN_BYTES;
		ssize_t n = file_read_at(fd, buffer, want, offset, what, err);

		if (n < 0)
			return -1;
		if ((size_t)n < want)
			return err_set(err, ERR_INTEGRITY, "%s ends %llu bytes early", what,
			               (unsigned long long)(size - (uint64_t)n));
		if (inflate_add(z, buffer, want, err) < 0)
			return -1;
		offset += want;
		size -= want;
	}
	return inflate_finish(z, err);
}

int inflate_file(int fd, uint64_t offset, uint64_t size, const char *what,
                 const struct inflate_limits *limits, inflate_sink *sink, void *arg,
                 struct err *err)
{
	uint8_t head[INFLATE_DETECT_BYTES];
	size_t want = size < sizeof(head) ? (size_t)size : sizeof(head);
	ssize_t n = file_read_at(fd, head, want, offset, what, err);
	enum inflate_format format;
	struct inflate *z;
	int rc;

	if (n < 0)
		return -1;
	format = inflate_detect(head, (size_t)n);
	if (format == INFLATE_PLAIN)
		return err_set(err, ERR_MALFORMED, "%s is neither gzip nor zstd", what);
	z = inflate_new(format, limits, sink, arg, err);
	if (!z)
		return -1;
	rc = inflate_range(z, fd, offset, size, what, err);
	inflate_free(z);
	return rc;
}

static int hash_plain(void *hash, const void *data, size_t len, struct err *err)
{
	if (stop_check(err) < 0)
		return -1;
	return hash_add(hash, data, len, err);
}

int inflate_digest(int fd, uint64_t offset, uint64_t size, const char *what,
                   const struct inflate_limits *limits, struct digest *plain, struct err *err)
{
	struct hash hash = HASH_INIT;
	int rc = hash_start(&hash, hash_kind_of(plain->alg), err);

	if (rc == 0)
		rc = inflate_file(fd, offset, size, what, limits, hash_plain, &hash, err);
	if (rc == 0)
		rc = hash_finish(&hash, plain->bytes, err);
	hash_release(&hash);
	return rc;
}
