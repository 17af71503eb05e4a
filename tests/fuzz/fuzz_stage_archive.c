/*
 * A whole archive into a root in a temporary folder, from a file and from a stream, and then the
 * root is verified: whatever was published is whole.
 *
 * Two things would keep a mutator outside of the door: a tar header's check sum, and digests of
 * documents that it has changed. The first is mended after each mutation; for the second, an input
 * that begins with a brace is no tar but the documents of an OCI layout or a docker-archive, one
 * after the other with a NUL byte between them, from which the harness makes the archive:
 *
 *     index.json, manifest.json, blob 0, blob 1, …     `@2` in a document is blob 2's digest, `#2`
 *                                                      its size, `%2` its path blobs/sha256/<hex>
 */
#include "stage/stage.h"
#include "stage/tree/verify.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/hash.h"
#include "db/root/open.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

enum {
	BLOCK = 512,
	PARTS_MAX = 16,
	PART_MAX = 1 << 20,
	RUNS_PER_ROOT = 200, /* what is there already is not read again: a new root now and then */
};

static char folder[64];
static int runs;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void forget_root(void)
{
	if (folder[0])
		(void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	folder[0] = '\0';
}

static const char *root_folder(void)
{
	if (runs++ % RUNS_PER_ROOT != 0)
		return folder;
	if (runs == 1)
		(void)atexit(forget_root);
	forget_root();
	(void)snprintf(folder, sizeof(folder), "/dev/shm/drydock-fuzz.XXXXXX");
	if (!mkdtemp(folder))
		abort();
	return folder;
}

/* ---- documents -> an archive ---- */

static void add_entry(struct str *tar, const char *name, const void *data, size_t len)
{
	static const char zeros[BLOCK];
	char head[BLOCK] = "";
	unsigned sum = 0;

	(void)snprintf(head, 100, "%s", name);
	(void)snprintf(head + 100, 8, "0000644");
	(void)snprintf(head + 124, 12, "%011zo", len);
	memset(head + 148, ' ', 8);
	head[156] = '0';
	memcpy(head + 257, "ustar\00000", 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)head[i];
	(void)snprintf(head + 148, 8, "%06o", sum);
	(void)str_add(tar, head, BLOCK);
	(void)str_add(tar, data, len);
	(void)str_add(tar, zeros, (BLOCK - len % BLOCK) % BLOCK);
}

struct part {
	struct str text;
	char digest[DIGEST_TEXT_MAX];
	bool done;
};

/* Fills in what a document says of others; those come first, as deep as they may refer on. */
static void finish_part(struct part *parts, size_t count, size_t number, unsigned depth)
{
	struct part *part = &parts[number];
	AUTO_STR struct str out = STR_INIT(PART_MAX);
	uint8_t sha[SHA256_BYTES];
	struct err err = ERR_INIT;
	struct digest d;

	for (size_t i = 0; i < part->text.len; i++) {
		char c = part->text.data[i];
		size_t other =
			i + 1 < part->text.len ? (size_t)(part->text.data[i + 1] - '0') + 2 : count;

		if ((c != '@' && c != '#' && c != '%') || other >= count || other < 2 ||
		    depth > PARTS_MAX) {
			(void)str_addc(&out, c);
			continue;
		}
		if (!parts[other].done && other != number)
			finish_part(parts, count, other, depth + 1);
		if (c == '#')
			(void)str_addf(&out, "%zu", parts[other].text.len);
		else
			(void)str_addf(&out, "%s%s", c == '%' ? "blobs/sha256/" : "",
			               parts[other].digest +
			                       (c == '%' && parts[other].digest[0] ? 7 : 0));
		i++;
	}
	str_release(&part->text);
	part->text = out;
	str_init(&out, 0);
	if (hash_once(HASH_SHA256, str_text(&part->text), part->text.len, sha, &err) < 0)
		abort();
	d = digest_from_sha256(sha);
	(void)digest_text(&d, part->digest);
	part->done = true;
}

static void make_archive(struct str *tar, const uint8_t *data, size_t size)
{
	static const char layout[] = "{\"imageLayoutVersion\":\"1.0.0\"}", end[2 * BLOCK];
	struct part parts[PARTS_MAX];
	size_t count = 0;
	char name[100];

	while (count < PARTS_MAX && size) {
		const uint8_t *stop = memchr(data, '\0', size);
		size_t len = stop ? (size_t)(stop - data) : size;

		memset(&parts[count], 0, sizeof(parts[count]));
		str_init(&parts[count].text, PART_MAX);
		(void)str_add(&parts[count++].text, data, len);
		data += stop ? len + 1 : len;
		size -= stop ? len + 1 : len;
	}
	for (size_t i = 0; i < count; i++)
		if (!parts[i].done)
			finish_part(parts, count, i, 0);
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "%s",
		               i == 0   ? "index.json"
		               : i == 1 ? "manifest.json"
		                        : "blobs/sha256/");
		if (i > 1)
			(void)strncat(name, parts[i].digest + 7, 64);
		/* An empty document is one that is not there. */
		if (parts[i].text.len || i > 1)
			add_entry(tar, name, str_text(&parts[i].text), parts[i].text.len);
		str_release(&parts[i].text);
	}
	add_entry(tar, "oci-layout", layout, sizeof(layout) - 1);
	(void)str_add(tar, end, sizeof(end));
}

/* ---- mutations ---- */

static void mend_check_sums(uint8_t *data, size_t size)
{
	for (size_t at = 0; at + BLOCK <= size; at += BLOCK) {
		unsigned sum = 8 * ' ';

		if (memcmp(data + at + 257, "ustar", 5) != 0)
			continue;
		for (size_t i = 0; i < BLOCK; i++)
			sum += i >= 148 && i < 156 ? 0 : data[at + i];
		(void)snprintf((char *)data + at + 148, 8, "%06o", sum);
		data[at + 155] = ' ';
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	size_t mutated = LLVMFuzzerMutate(data, size, max_size);

	(void)seed;
	if (mutated && data[0] != '{')
		mend_check_sums(data, mutated);
	return mutated;
}

/* ---- staging ---- */

static void stage_once(int fd, const char *source)
{
	const struct stage_source sources[] = {{.text = source}};
	struct stage_options options = {.sources = sources,
	                                .source_count = 1,
	                                .threads = 1,
	                                .limits = {.uncompressed_bytes = 8 << 20}};
	struct stage_result result;
	struct verify_result verified;
	struct root root = ROOT_INIT;
	struct err err = ERR_INIT;

	if (root_open(&root, root_folder(), ROOT_CREATE, 0, &EVENT_SINK_NONE, &err) < 0)
		abort();
	/* A file that is not at its beginning is taken for the stream that it might be. */
	if (strcmp(source, "-") == 0 && (dup2(fd, STDIN_FILENO) < 0 || lseek(fd, 1, SEEK_SET) < 0))
		abort();
	if (stage_run(&root, &options, &EVENT_SINK_NONE, &result, &err) < 0) {
		/* Hostile bytes are never our own fault or the machine's. */
		if (err.code == ERR_BUG || err.code == ERR_STORAGE || err.code == ERR_OTHER ||
		    err.code == ERR_NO_STATE) {
			(void)fprintf(stderr, "code %d: %s\n", (int)err.code, err.message);
			abort();
		}
	}
	/* Most inputs publish nothing, and hashing all of it each time would be most of the work.
	 */
	if (result.tags && verify_root(&root, &EVENT_SINK_NONE, &verified, &err) < 0) {
		(void)fprintf(stderr, "verify: %s\n", err.message);
		abort();
	}
	root_close(&root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_CLOSE int fd = memfd_create("archive", MFD_CLOEXEC);
	AUTO_CLOSE int stream = memfd_create("stream", MFD_CLOEXEC);
	AUTO_STR struct str made = STR_INIT(16 << 20);
	struct err err = ERR_INIT;
	char path[64];

	if (size && data[0] == '{') {
		make_archive(&made, data, size);
		data = (const uint8_t *)str_text(&made);
		size = made.len;
	}
	if (fd < 0 || file_write(fd, data, size, "archive", &err) < 0 || stream < 0 ||
	    file_write(stream, "x", 1, "stream", &err) < 0 ||
	    file_write(stream, data, size, "stream", &err) < 0)
		abort();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	stage_once(fd, path);
	stage_once(stream, "-");
	return 0;
}
