/*
 * A configuration file and one change to it: section, key, value and text, with NUL between them.
 * What was put in is read again, every other pair stays, and what is taken out is gone.
 */
#include "base/cleanup.h"
#include "base/ini.h"
#include "base/ini_edit.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* All pairs and headers of a file, a line each. */
static int list_entry(void *context, const char *section, const char *key, const char *value,
                      unsigned line, struct err *err)
{
	struct str *list = context;

	(void)line;
	(void)err;
	return str_addf(list, "%s\t%s\t%s\n", section, key, value);
}

static bool read_list(const struct str *text, struct str *list)
{
	struct err err = ERR_INIT;

	str_clear(list);
	return ini_parse(str_text(text), text->len, INI_STRICT, list_entry, list, &err) == 0;
}

static int check_header(void *context, const char *section, const char *key, const char *value,
                        unsigned line, struct err *err)
{
	const char *at = context, *end;

	(void)section;
	(void)value;
	(void)err;
	if (*key)
		return 0;
	while (--line > 0)
		at = strchr(at, '\n') + 1;
	end = strchr(at, ']') + 1;
	end += strspn(end, " \t\r");
	must(!*end || strchr("\n#;", *end));
	return 0;
}

/* What is read is read whole: nothing stands behind a header that would be passed over. */
static void check_headers(const struct str *text)
{
	struct err err = ERR_INIT;

	if (memchr(str_text(text), '\0', text->len) == NULL)
		must(ini_parse(str_text(text), text->len, INI_STRICT, check_header,
		               (void *)(uintptr_t)str_text(text), &err) == 0);
}

static size_t count_lines(const struct str *list)
{
	size_t count = 0;

	for (size_t i = 0; i < list->len; i++)
		count += list->data[i] == '\n';
	return count;
}

/* How many bytes two texts have in common at their beginnings, and then at their ends. */
static size_t in_common(const struct str *a, const struct str *b)
{
	size_t most = a->len < b->len ? a->len : b->len, head = 0, tail = 0;

	while (head < most && a->data[head] == b->data[head])
		head++;
	while (tail < most - head && a->data[a->len - 1 - tail] == b->data[b->len - 1 - tail])
		tail++;
	return head + tail;
}

static void change(struct str *text, const char *section, const char *key, const char *value)
{
	AUTO_STR struct str before = STR_INIT(INI_FILE_MAX);
	AUTO_STR struct str old = STR_INIT(1 << 22), new = STR_INIT(1 << 22);
	struct err err = ERR_INIT;
	bool readable = read_list(text, &old);
	size_t removed;

	must(str_add(&before, str_text(text), text->len) == 0);
	if (ini_set(text, section, key, value, &err) < 0) {
		must(err.message[0] && before.len == text->len);
		must(text->len == 0 || memcmp(before.data, text->data, text->len) == 0);
	} else {
		must(readable && read_list(text, &new));
		must(count_lines(&new) >= count_lines(&old));
		must(count_lines(&new) <= count_lines(&old) + 2);
		/* At most a value's bytes are gone. */
		must(in_common(&before, text) + 20000 >= before.len);
		must(ini_set(text, section, key, value, &err) == 0 && read_list(text, &old));
		must(old.len == new.len &&memcmp(old.data, new.data, old.len) == 0);
	}
	if (!readable)
		return;
	check_headers(text);
	must(ini_unset(text, section, key, &removed, &err) == 0);
	must(ini_unset(text, section, key, &removed, &err) == 0 && removed == 0);
	must(read_list(text, &new));
	must(ini_remove_section(text, section, &removed, &err) == 0);
	must(ini_remove_section(text, section, &removed, &err) == 0 && removed == 0);
	must(read_list(text, &new));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *copy = size ? malloc(size + 1) : NULL;
	AUTO_STR struct str text = STR_INIT(INI_FILE_MAX);
	const char *parts[3], *at = copy;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	copy[size] = '\0';
	for (size_t i = 0; i < 3; i++) {
		parts[i] = at;
		at += strlen(at) + 1;
		if (at > copy + size)
			return 0;
	}
	if (str_add(&text, at, (size_t)(copy + size - at)) == 0)
		change(&text, parts[0], parts[1], parts[2]);
	return 0;
}
