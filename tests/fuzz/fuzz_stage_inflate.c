/*
 * Layers and outer archives that come compressed. The first byte chooses the reader and in what
 * pieces it gets the rest.
 */
#include "stage/archive/decompress.h"
#include "stage/blob/inflate.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUTPUT_MAX = 1 << 20, DECOMPRESS_MAX = 8 << 20 };

static int count(void *arg, const void *data, size_t len, struct err *err)
{
	size_t *total = arg;

	(void)err;
	*total += len;
	/* Both ends are touched, so that the sanitizer sees a piece that is not there. */
	if (len == 0 || *total > OUTPUT_MAX ||
	    ((const char *)data)[0] + ((const char *)data)[len - 1] > 1000)
		abort();
	return 0;
}

static void inflate(const uint8_t *data, size_t size, size_t piece)
{
	const struct inflate_limits limits = {.output_bytes = OUTPUT_MAX, .window_log = 20};
	enum inflate_format format = inflate_detect(data, size);
	struct err err = ERR_INIT;
	size_t total = 0;
	struct inflate *z;
	int result = 0;

	if (format == INFLATE_PLAIN)
		return;
	z = inflate_new(format, &limits, count, &total, &err);
	if (!z)
		return;
	while (size && result == 0) {
		size_t len = size < piece ? size : piece;

		result = inflate_add(z, data, len, &err);
		data += len;
		size -= len;
	}
	if (result == 0)
		result = inflate_finish(z, &err);
	if (result < 0 && !err.message[0])
		abort();
	inflate_free(z);
}

static void outer(const uint8_t *data, size_t size)
{
	AUTO_CLOSE int fd = memfd_create("outer", MFD_CLOEXEC);
	struct err err = ERR_INIT;
	const void *plain;
	size_t total = 0;
	struct decompress *o;
	ssize_t n;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) < 0)
		return;
	o = decompress_new(fd, "input", &err);
	if (!o)
		return;
	while ((n = decompress_next(o, &plain, &err)) > 0 && total < DECOMPRESS_MAX) {
		total += (size_t)n;
		if (((const char *)plain)[n - 1] + ((const char *)plain)[0] > 1000)
			abort();
	}
	if (n < 0 && (!err.message[0] || decompress_next(o, &plain, &err) >= 0))
		abort();
	decompress_free(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t pieces[] = {1, 7, 512, 65536};

	if (size < 2)
		return 0;
	if (data[0] % 5 == 4)
		outer(data + 1, size - 1);
	else
		inflate(data + 1, size - 1, pieces[data[0] % 5]);
	return 0;
}
