#include "base/user_file.h"

#include "base/cleanup.h"
#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	STEP_BYTES = 4096,
	WRITER_MS = 5000, /* within which a program opens a pipe for writing */
	FILE_MODE_NEW = 0666,
	TOLD_MAX = 32,
};

/* But that it is not there, all that is wrong with such a file is the configuration's fault. */
static int failed(const char *path, struct err *err)
{
	(void)err_sys(err, "%s", path);
	if (err->code != ERR_NOT_FOUND)
		err->code = ERR_CONFIG;
	return -1;
}

static int look_at(const char *path, int fd, struct stat *st, struct err *err)
{
	if ((fd < 0 ? stat(path, st) : fstat(fd, st)) < 0)
		return failed(path, err);
	if (!S_ISDIR(st->st_mode))
		return 0;
	errno = EISDIR;
	return failed(path, err);
}

/*
 * Up to `len` bytes; 0 at the end. Without O_NONBLOCK open(2) would wait for a pipe's writer, where
 * no request to stop reaches us. A read of 0 bytes is the end of what a writer wrote, or tells that
 * there never was one: then nothing has made poll return.
 */
static ssize_t read_some(int fd, void *to, size_t len, const char *path, struct err *err)
{
	struct pollfd fds[2] = {{.fd = fd, .events = POLLIN}, {.fd = stop_fd(), .events = POLLIN}};
	int wait_ms = WRITER_MS;

	for (;;) {
		int ready = poll(fds, 2, wait_ms);
		ssize_t got;

		if (stop_check(err) < 0)
			return -1;
		got = read(fd, to, len);
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return failed(path, err);
		if (got > 0 || (got == 0 && ready > 0))
			return got;
		if (got == 0 && ready == 0)
			return err_set(err, ERR_CONFIG, "%s: a pipe that no program writes to",
			               path);
		if (got < 0 && errno == EAGAIN)
			wait_ms = -1; /* there is a writer, which takes its time */
	}
}

int user_file_read(const char *path, struct str *out, struct err *err)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	ssize_t got;

	if (fd < 0)
		return failed(path, err);
	if (look_at(path, fd, &st, err) < 0)
		return -1;
	do {
		size_t room = out->max - out->len;
		size_t step = room < STEP_BYTES ? room : STEP_BYTES;
		char extra = 0, *to = step ? str_reserve(out, step) : &extra;

		if (!to)
			return err_memory(err);
		got = read_some(fd, to, step ? step : 1, path, err);
		if (got > 0 && !step)
			return err_set(err, ERR_CONFIG, "%s: larger than %zu bytes", path,
			               out->max);
		if (got > 0)
			str_grew(out, (size_t)got);
	} while (got > 0);
	return got < 0 ? -1 : 0;
}

int user_file_check(const char *path, struct err *err)
{
	struct stat st;

	if (look_at(path, -1, &st, err) < 0)
		return -1;
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_CONFIG,
		               "%s: it is read more than once, so it must be a regular file", path);
	return access(path, R_OK) < 0 ? failed(path, err) : 0;
}

static bool is_exposed(const char *path, struct stat *st)
{
	return path && stat(path, st) == 0 && S_ISREG(st->st_mode) && (st->st_mode & S_IROTH);
}

bool user_file_is_exposed(const char *path)
{
	struct stat st;

	return is_exposed(path, &st);
}

void user_file_warn_exposed(const char *path, const char *holds, const struct event_sink *sink)
{
	static struct {
		dev_t device;
		ino_t inode;
	} told[TOLD_MAX];
	static size_t count;
	struct stat st;

	if (!is_exposed(path, &st))
		return;
	for (size_t i = 0; i < count; i++)
		if (told[i].device == st.st_dev && told[i].inode == st.st_ino)
			return;
	if (count < TOLD_MAX) {
		told[count].device = st.st_dev;
		told[count++].inode = st.st_ino;
	}
	event_warning(sink, "%s holds %s, and every user can read it (chmod 600)", path, holds);
}

int user_file_append(const char *path, const char *what, struct err *err)
{
	AUTO_CLOSE int fd =
		open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
	             FILE_MODE_NEW);
	int flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);

	if (fd < 0 && errno == ENXIO)
		return err_set(err, ERR_CONFIG, "open %s %s: a pipe that no program reads", what,
		               path);
	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
		return err_sys(err, "open %s %s", what, path);
	return steal_fd(&fd);
}

FILE *user_file_append_lines(const char *path, const char *what, struct err *err)
{
	AUTO_CLOSE int fd = user_file_append(path, what, err);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "a");

	if (file)
		(void)steal_fd(&fd);
	else if (fd >= 0)
		(void)err_sys(err, "open %s %s", what, path);
	return file;
}
