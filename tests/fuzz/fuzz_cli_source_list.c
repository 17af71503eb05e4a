/*
 * Lists of sources as --from reads them. What is accepted has sources that point to whole texts;
 * the words of a line, quoted, are the same words again.
 */
#define _GNU_SOURCE /* memfd_create */
#include "base/cleanup.h"
#include "base/file.h"
#include "cli/shell_words.h"
#include "cli/source_list.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS = 64 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void quote(struct str *line, const char *word)
{
	(void)str_adds(line, " '");
	for (; *word; word++)
		if (*word == '\'')
			(void)str_adds(line, "'\\''");
		else
			(void)str_addc(line, *word);
	(void)str_addc(line, '\'');
}

static void split(const uint8_t *data, size_t size)
{
	AUTO_FREE char *line = strndup((const char *)data, size);
	AUTO_STR struct str again = STR_INIT(1 << 20);
	char *words[WORDS], *twice[WORDS];
	struct err err = ERR_INIT;
	int count = shell_words_split(line, words, WORDS, &err);

	for (int i = 0; i < count; i++)
		quote(&again, words[i]);
	if (count <= 0)
		return;
	must(shell_words_split(again.data, twice, WORDS, &err) == count);
	for (int i = 0; i < count; i++)
		must(strcmp(words[i], twice[i]) == 0);
}

static void read_list(const uint8_t *data, size_t size)
{
	static const struct stage_options of_run = {.recipe = {RECIPE_GZIP, 2}};
	AUTO_CLOSE int fd = memfd_create("list", MFD_CLOEXEC);
	struct source_list list = SOURCE_LIST_INIT;
	struct err err = ERR_INIT;
	char path[32];

	must(fd >= 0 && file_write(fd, data, size, "list", &err) == 0);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (source_list_read(&list, path, &of_run, &err) < 0)
		must(strstr(err.message, path) && err.code != ERR_BUG);
	for (size_t i = 0; i < list.count; i++) {
		const struct stage_options *o = list.sources[i].options;

		must(strlen(list.sources[i].text) <= size);
		must(strncmp(list.sources[i].where, path, strlen(path)) == 0);
		for (size_t k = 0; o && k < o->platform_count; k++)
			must(strlen(o->platforms[k]) <= size);
		for (size_t k = 0; o && k < o->image_count; k++)
			must(strlen(o->images[k]) <= size);
	}
	source_list_release(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	split(data, size);
	read_list(data, size);
	return 0;
}
