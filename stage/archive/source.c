#include "stage/archive/source.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/stop.h"
#include "stage/archive/decompress.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_there(const char *path)
{
	struct stat st;

	return strcmp(path, "-") == 0 || lstat(path, &st) == 0;
}

/* Where the image begins in "DIR:TAG", NULL: nowhere. */
static const char *find_image(const char *path)
{
	AUTO_FREE char *part = strdup(path);
	char *colon;

	if (!part || is_there(part))
		return NULL;
	while ((colon = strrchr(part, ':'))) {
		*colon = '\0';
		if (part[0] && is_there(part))
			return path + (colon - part) + 1;
	}
	return NULL;
}

static int split_image(struct source *source, struct err *err)
{
	const char *image = find_image(source->path);

	if (!image)
		return 0;
	source->parts = strdup(source->path);
	if (!source->parts)
		return err_memory(err);
	if (image[0])
		source->image = source->parts + (image - source->path);
	source->parts[image - source->path - 1] = '\0';
	source->path = source->parts;
	return 0;
}

int source_init(struct source *source, const char *text, struct err *err)
{
	static const struct {
		const char *text;
		enum source_prefix prefix;
	} prefixes[] = {
		{"docker-archive:", PREFIX_DOCKER_ARCHIVE},
		{"oci-archive:", PREFIX_OCI_ARCHIVE},
		{"oci:", PREFIX_OCI},
		{"dir:", PREFIX_DIR},
		{"docker-daemon:", PREFIX_DOCKER_DAEMON},
		{"docker://", PREFIX_REGISTRY},
	};

	memset(source, 0, sizeof(*source));
	source->text = source->path = text;
	source->fd = -1;
	entry_map_init(&source->map);
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t len = strlen(prefixes[i].text);

		if (strncmp(text, prefixes[i].text, len) == 0) {
			source->prefix = prefixes[i].prefix;
			source->path = text + len;
			break;
		}
	}
	if (source->prefix == PREFIX_REGISTRY)
		source->kind = SOURCE_REGISTRY;
	if (source->prefix != PREFIX_OCI && source->prefix != PREFIX_OCI_ARCHIVE &&
	    source->prefix != PREFIX_DOCKER_ARCHIVE)
		return 0;
	return split_image(source, err);
}

void source_close(struct source *source)
{
	if (source->own_fd && source->fd >= 0)
		(void)close(source->fd);
	source->fd = -1;
	free(source->parts);
	source->parts = NULL;
	entry_map_release(&source->map);
}

/* --- a folder ------------------------------------------------------------------------------ */

/* Opens the folder that holds `name`; 0 when a part of the way is no folder. *last is its name. */
static int open_parent(int dir, const char *name, int *parent, const char **last, struct err *err)
{
	AUTO_CLOSE int at = fcntl(dir, F_DUPFD_CLOEXEC, 0);
	char part[ENTRY_NAME_MAX + 1];

	if (at < 0)
		return err_sys(err, "folder");
	for (const char *slash; (slash = strchr(name, '/')); name = slash + 1) {
		size_t len = (size_t)(slash - name);
		int next;

		memcpy(part, name, len);
		part[len] = '\0';
		next = openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
			return 0;
		if (next < 0)
			return err_sys(err, "open folder %s", part);
		(void)close(at);
		at = next;
	}
	*parent = steal_fd(&at);
	*last = name;
	return 1;
}

static int fill_link(int parent, const char *last, struct entry_node *node, struct err *err)
{
	ssize_t len = readlinkat(parent, last, node->target, sizeof(node->target));

	if (len < 0)
		return err_sys(err, "read link %s", last);
	if ((size_t)len == sizeof(node->target))
		return err_set(err, ERR_REFUSED, "link %s is too long", last);
	node->target[len] = '\0';
	node->kind = ENTRY_SYMLINK;
	return 1;
}

static int folder_node(void *context, const char *name, struct entry_node *node, struct err *err)
{
	const struct source *source = context;
	AUTO_CLOSE int parent = -1;
	const char *last = "";
	struct stat st;
	int got = open_parent(source->fd, name, &parent, &last, err);

	if (got <= 0)
		return got;
	if (fstatat(parent, last, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(err, "stat %s", name);
	if (S_ISLNK(st.st_mode))
		return fill_link(parent, last, node, err);
	if (S_ISDIR(st.st_mode))
		return 0;
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_REFUSED, "%s is not a regular file", name);
	memset(node, 0, sizeof(*node));
	node->kind = ENTRY_FILE;
	memcpy(node->file.name, name, strlen(name) + 1);
	node->file.size_bytes = (uint64_t)st.st_size;
	return 1;
}

static int folder_bytes(const struct source *source, const struct entry *entry,
                        struct source_bytes *bytes, struct err *err)
{
	AUTO_CLOSE int parent = -1;
	const char *last = "";
	struct stat st;
	int got = open_parent(source->fd, entry->name, &parent, &last, err);

	if (got == 0)
		return err_set(err, ERR_NOT_FOUND, "%s is no longer there", entry->name);
	if (got < 0)
		return -1;
	bytes->fd = file_open_read(parent, last, err);
	if (bytes->fd < 0)
		return -1;
	bytes->own = true;
	if (fstat(bytes->fd, &st) < 0)
		return err_sys(err, "stat %s", entry->name);
	bytes->offset = 0;
	bytes->size_bytes = (uint64_t)st.st_size;
	return 0;
}

/* --- a tar or a stream --------------------------------------------------------------------- */

static int scan_headers(struct source *source, struct err *err)
{
	struct tar_reader *tar = tar_reader_new(source->fd, TAR_SEEK, source->path, err);
	struct tar_entry e;
	int got = -1;

	if (!tar)
		return -1;
	while ((got = tar_reader_next(tar, &e, err)) > 0) {
		if (e.kind == TAR_FOLDER) {
			got = entry_map_pass(&source->map, err);
			if (got < 0)
				break;
			continue;
		}
		if (entry_map_add(&source->map, entry_kind_of(e.kind), e.name,
		                  e.kind == TAR_FILE ? NULL : e.target, e.offset, e.size_bytes, 0,
		                  err) < 0) {
			got = -1;
			break;
		}
	}
	tar_reader_free(tar);
	return got;
}

enum { COMPARE_BYTES = 64 << 10 };

static int same_bytes(const struct source_bytes *a, const struct source_bytes *b, struct err *err)
{
	char x[COMPARE_BYTES], y[COMPARE_BYTES];

	for (uint64_t at = 0; at < a->size_bytes; at += COMPARE_BYTES) {
		size_t want = a->size_bytes - at < COMPARE_BYTES ? (size_t)(a->size_bytes - at)
		                                                 : COMPARE_BYTES;
		ssize_t m = file_read_at(a->fd, x, want, a->offset + at, "entry", err);
		ssize_t n = file_read_at(b->fd, y, want, b->offset + at, "entry", err);

		if (m < 0 || n < 0)
			return -1;
		if (m != n || memcmp(x, y, (size_t)m) != 0)
			return 0;
	}
	return 1;
}

static int same_entries(void *context, const struct entry *a, const struct entry *b,
                        struct err *err)
{
	struct source *source = context;
	struct source_bytes x, y;

	/* Equal bytes share one blob in the store; 0 are those whose name is their digest. */
	if (source->kind == SOURCE_STREAM)
		return a->spooled == b->spooled;
	if (source_bytes(source, a, &x, err) < 0 || source_bytes(source, b, &y, err) < 0)
		return -1;
	return same_bytes(&x, &y, err);
}

static int read_tar(struct source *source, struct spool *spool, struct err *err)
{
	int result = source->kind == SOURCE_TAR
	                     ? scan_headers(source, err)
	                     : spool_read(spool, source->fd, source->path, &source->map, err);

	if (result < 0)
		return -1;
	source->map.same = same_entries;
	source->map.same_context = source;
	entry_map_seal(&source->map);
	return 0;
}

/* A plain tar in a regular file can be read in any order; everything else is a stream. */
static int detect(struct source *source, struct err *err)
{
	char head[DECOMPRESS_DETECT_BYTES];
	struct stat st;
	ssize_t n;

	if (fstat(source->fd, &st) < 0)
		return err_sys(err, "stat %s", source->path);
	source->kind = SOURCE_STREAM;
	if (S_ISDIR(st.st_mode)) {
		source->kind = SOURCE_FOLDER;
		return 0;
	}
	if (!S_ISREG(st.st_mode) || lseek(source->fd, 0, SEEK_CUR) != 0)
		return 0;
	n = file_read_at(source->fd, head, sizeof(head), 0, source->path, err);
	if (n < 0)
		return -1;
	if (n == 0)
		return err_set(err, ERR_MALFORMED, "the file is empty");
	if (!decompress_is_compressed(head, (size_t)n))
		source->kind = SOURCE_TAR;
	return 0;
}

static int check_prefix(const struct source *source, struct err *err)
{
	bool folder = source->kind == SOURCE_FOLDER;

	if (folder &&
	    (source->prefix == PREFIX_DOCKER_ARCHIVE || source->prefix == PREFIX_OCI_ARCHIVE))
		return err_set(err, ERR_USAGE, "'%s' is a folder, not an archive (oci: or dir:)",
		               source->path);
	if (!folder && (source->prefix == PREFIX_OCI || source->prefix == PREFIX_DIR))
		return err_set(err, ERR_USAGE, "'%s' is not a folder (oci-archive:)", source->path);
	return 0;
}

int source_open_stream(struct source *source, int fd, struct spool *spool, struct err *err)
{
	source->fd = fd;
	source->kind = SOURCE_STREAM;
	source->spool = spool;
	return read_tar(source, spool, err);
}

int source_not_opened(struct err *err)
{
	bool forbidden = errno == EACCES || errno == EPERM;

	(void)err_sys(err, "open");
	if (forbidden)
		err->code = ERR_NOT_FOUND;
	return -1;
}

int source_open(struct source *source, struct spool *spool, struct err *err)
{
	source->spool = spool;
	if (strcmp(source->path, "-") == 0) {
		source->fd = STDIN_FILENO;
		if (isatty(source->fd) == 1)
			return err_set(err, ERR_USAGE,
			               "standard input is a terminal: give it an archive, as in "
			               "nerdctl save app:1.0 | drydock stage -");
	} else {
		/* A pipe opens when its writer comes: until then a signal can end the wait. */
		do
			source->fd = open(source->path, O_RDONLY | O_CLOEXEC);
		while (source->fd < 0 && errno == EINTR && !stop_requested());
		source->own_fd = true;
		if (source->fd < 0 && errno == EINTR)
			return stop_check(err);
	}
	if (source->fd < 0)
		return source_not_opened(err);
	if (detect(source, err) < 0 || check_prefix(source, err) < 0)
		return -1;
	return source->kind == SOURCE_FOLDER ? 0 : read_tar(source, spool, err);
}

int source_find(struct source *source, const char *name, struct entry *entry, struct err *err)
{
	if (source->kind == SOURCE_REGISTRY)
		return 0;
	if (source->kind == SOURCE_FOLDER)
		return entry_resolve(folder_node, source, name, entry, err);
	return entry_resolve(entry_map_node, &source->map, name, entry, err);
}

static int spooled_bytes(const struct source *source, const struct entry *entry,
                         struct source_bytes *bytes, struct err *err)
{
	const struct temp_store *store = source->spool->queue->store;

	if (!entry->spooled)
		return err_set(err, ERR_BUG, "entry '%s' was not kept", entry->name);
	bytes->fd = temp_store_open(store, entry->spooled, &bytes->offset, err);
	if (bytes->fd < 0)
		return err_context(err, "%s", entry->name);
	bytes->own = true;
	bytes->size_bytes = temp_store_get(store, entry->spooled)->stored.size_bytes;
	return 0;
}

int source_bytes(struct source *source, const struct entry *entry, struct source_bytes *bytes,
                 struct err *err)
{
	*bytes = (struct source_bytes){-1, false, 0, 0};
	switch (source->kind) {
	case SOURCE_FOLDER:
		return folder_bytes(source, entry, bytes, err);
	case SOURCE_STREAM:
		return spooled_bytes(source, entry, bytes, err);
	case SOURCE_REGISTRY:
		return err_set(err, ERR_BUG, "a registry has no entry '%s'", entry->name);
	case SOURCE_TAR:
		break;
	}
	bytes->fd = source->fd;
	bytes->offset = entry->offset;
	bytes->size_bytes = entry->size_bytes;
	return 0;
}

void source_bytes_close(struct source_bytes *bytes)
{
	if (bytes->own && bytes->fd >= 0)
		(void)close(bytes->fd);
	bytes->fd = -1;
}

int source_text(struct source *source, const struct entry *entry, uint64_t max_bytes,
                struct str *out, struct err *err)
{
	struct source_bytes bytes;
	ssize_t n = -1;
	char *to;

	if (entry->size_bytes > max_bytes)
		return err_set(err, ERR_REFUSED,
		               "%s has %" PRIu64 " bytes (at most %" PRIu64 " are allowed)",
		               entry->name, entry->size_bytes, max_bytes);
	if (source_bytes(source, entry, &bytes, err) < 0)
		return -1;
	to = bytes.size_bytes <= max_bytes ? str_reserve(out, (size_t)bytes.size_bytes) : NULL;
	if (!to)
		(void)err_set(err, ERR_REFUSED, "%s does not fit its limit", entry->name);
	else
		n = file_read_at(bytes.fd, to, (size_t)bytes.size_bytes, bytes.offset, entry->name,
		                 err);
	source_bytes_close(&bytes);
	if (n < 0)
		return -1;
	str_grew(out, (size_t)n);
	return 0;
}
