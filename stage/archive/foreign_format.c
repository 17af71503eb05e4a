#include "stage/archive/foreign_format.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

struct magic {
	const char *bytes;
	size_t len;
	const char *what;
};

#define MAGIC(bytes, what)                                                                         \
	{                                                                                          \
		bytes, sizeof(bytes) - 1, what                                                     \
	}

static const struct magic magics[] = {
	MAGIC("\x1f\x8b", "gzip within a compression: it was compressed twice; unpack it once"),
	MAGIC("\x28\xb5\x2f\xfd", "zstd within a compression: unpack it once"),
	MAGIC("\xfd\x37zXZ", "xz within a compression: unpack it once"),
	MAGIC("BZh", "bzip2 within a compression: unpack it once"),
	MAGIC("PK\x03\x04", "a zip file: unpack it (unzip) and name what was in it"),
	MAGIC("\x04\x22\x4d\x18", "lz4: unpack it (lz4 -d)"),
	MAGIC("\x5d\0\0", "lzma: unpack it (unlzma)"),
	MAGIC("LZIP", "lzip: unpack it (lzip -d)"),
	MAGIC("\x1f\x9d", "compress(1): unpack it (uncompress)"),
	MAGIC("7z\xbc\xaf\x27\x1c", "a 7-Zip file: unpack it"),
	MAGIC("Rar!\x1a\x07", "a RAR file: unpack it"),
	MAGIC("!<arch>\n", "an ar archive, such as a Debian package"),
	MAGIC("\x7f\x45LF", "a program"),
	MAGIC("hsqs", "a SquashFS image, as Singularity uses: convert it with its own tools"),
	MAGIC("%PDF", "a PDF"),
	MAGIC("version https://git-lfs.github.com/spec/",
              "a Git LFS pointer, not the file: git lfs pull fetches it"),
};

static bool begins(const void *head, size_t len, const struct magic *m)
{
	return len >= m->len && memcmp(head, m->bytes, m->len) == 0;
}

/* PowerShell's > writes text, and takes a program's bytes for that. */
static bool is_utf16(const unsigned char *head, size_t len)
{
	return len >= 2 &&
	       ((head[0] == 0xff && head[1] == 0xfe) || (head[0] == 0xfe && head[1] == 0xff));
}

/* Behind white space and a byte order mark. */
static bool is_markup(const char *head, size_t len)
{
	static const char *const tags[] = {"<!doctype html", "<html", "<head", "<?xml"};
	size_t at = len >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	while (at < len && isspace((unsigned char)head[at]))
		at++;
	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++)
		if (len - at >= strlen(tags[i]) &&
		    strncasecmp(head + at, tags[i], strlen(tags[i])) == 0)
			return true;
	return false;
}

/* Lines of the alphabet of RFC 4648, and nothing else. */
static bool is_base64(const char *head, size_t len)
{
	static const char others[] = {'+', '/', '=', '\r', '\n'};

	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)head[i]) && !memchr(others, head[i], sizeof(others)))
			return false;
	return len >= 64 || (len >= 8 && head[len - 1] == '\n');
}

static bool is_text(const char *head, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (head[i] == '\0' ||
		    (iscntrl((unsigned char)head[i]) && !isspace((unsigned char)head[i])))
			return false;
	return len > 0;
}

const char *foreign_format(const void *head, size_t len)
{
	if (len > FOREIGN_FORMAT_BYTES)
		len = FOREIGN_FORMAT_BYTES;
	for (size_t i = 0; i < sizeof(magics) / sizeof(*magics); i++)
		if (begins(head, len, &magics[i]))
			return magics[i].what;
	if (is_utf16(head, len))
		return "UTF-16 text, which PowerShell's > makes of any output: write the archive "
		       "with -o FILE";
	if (is_markup(head, len))
		return "an HTML or XML page, perhaps an error in place of the download";
	if (is_base64(head, len))
		return "base64 text: decode it (base64 -d)";
	if (is_text(head, len))
		return "text";
	return NULL;
}
