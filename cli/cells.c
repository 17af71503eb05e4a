#include "cli/cells.h"

#include <stdint.h>
#include <string.h>

struct range {
	uint32_t first, last;
};

/* Combining marks, joiners and variation selectors: they take no column of their own. */
static const struct range NARROWEST[] = {
	{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},   {0x064B, 0x065F},
	{0x0900, 0x0902}, {0x093C, 0x093C}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A},   {0x0E47, 0x0E4E},
	{0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x20D0, 0x20FF},   {0x302A, 0x302D},
	{0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xE0100, 0xE01EF},
};

/* East Asian Width W and F (Unicode Standard Annex 11), and pictures. */
static const struct range WIDE[] = {
	{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xA960, 0xA97F},
	{0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
	{0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF},
	{0x20000, 0x3FFFD},
};

static int is_in(const struct range *ranges, size_t count, uint32_t c)
{
	for (size_t i = 0; i < count; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return 1;
	return 0;
}

/* Reads a character of at most `len` bytes: its bytes, and in *columns its width. */
static size_t read_cell(const char *text, size_t len, size_t *columns)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t bytes = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : p[0] >= 0xC0 ? 2 : 1;
	uint32_t c = bytes == 1 ? p[0] : p[0] & (0xFFu >> (bytes + 1));

	*columns = 1;
	if (bytes > len)
		return 1;
	for (size_t i = 1; i < bytes; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 1;
		c = c << 6 | (p[i] & 0x3Fu);
	}
	if (is_in(NARROWEST, sizeof(NARROWEST) / sizeof(NARROWEST[0]), c))
		*columns = 0;
	else if (is_in(WIDE, sizeof(WIDE) / sizeof(WIDE[0]), c))
		*columns = 2;
	return bytes;
}

size_t cells_count(const char *text, size_t len)
{
	size_t all = 0, columns;

	for (size_t at = 0; at < len; all += columns)
		at += read_cell(text + at, len - at, &columns);
	return all;
}

void cells_add_cut(struct str *out, const char *text, size_t columns, const char *mark)
{
	size_t len = strlen(text), at = 0, used = 0;

	if (columns == 0)
		return;
	if (cells_count(text, len) <= columns) {
		(void)str_add(out, text, len);
		return;
	}
	while (at < len) {
		size_t width, bytes = read_cell(text + at, len - at, &width);

		if (used + width > columns - 1)
			break;
		at += bytes;
		used += width;
	}
	(void)str_add(out, text, at);
	(void)str_adds(out, mark);
}
