#include "stage/blob/scratch.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static int open_memory(void)
{
#ifdef MFD_CLOEXEC
	return memfd_create("drydock-dry-run", MFD_CLOEXEC);
#else
	return -1;
#endif
}

static int open_file(struct err *err)
{
	AUTO_STR struct str path = STR_INIT(4096);
	const char *dir = getenv("TMPDIR");
	int fd;

	(void)str_addf(&path, "%s/drydock-XXXXXX", dir && *dir ? dir : "/tmp");
	if (str_check(&path, "TMPDIR", err) < 0)
		return -1;
	fd = mkostemp(path.data, O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "make a temporary file %s", path.data);
	(void)unlink(path.data);
	return fd;
}

int scratch_reserve(struct scratch *scratch, uint64_t size_bytes, struct scratch_range *range,
                    struct err *err)
{
	bool fits = size_bytes <= SCRATCH_MEMORY_BYTES - scratch->memory_bytes;

	if (fits && scratch->memory < 0)
		scratch->memory = open_memory();
	fits = fits && scratch->memory >= 0;
	if (!fits && scratch->file < 0 && (scratch->file = open_file(err)) < 0)
		return -1;
	*range = (struct scratch_range){true, fits ? scratch->memory : scratch->file,
	                                fits ? scratch->memory_bytes : scratch->file_bytes,
	                                size_bytes};
	if (fits)
		scratch->memory_bytes += size_bytes;
	else
		scratch->file_bytes += size_bytes;
	return 0;
}

int scratch_write(const struct scratch_range *range, uint64_t at, const void *data, size_t len,
                  struct err *err)
{
	const char *from = data;

	if (at > range->size_bytes || len > range->size_bytes - at)
		return err_set(err, ERR_BUG, "more bytes than were announced");
	while (len) {
		ssize_t n = pwrite(range->fd, from, len, (off_t)(range->offset + at));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "write a temporary file");
		from += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

void scratch_release(struct scratch *scratch)
{
	cleanup_close(&scratch->memory);
	cleanup_close(&scratch->file);
	*scratch = (struct scratch)SCRATCH_INIT;
}
