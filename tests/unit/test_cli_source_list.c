/* Lines of --from: their words, and the sources and options they become. */
#include "cli/shell_words.h"
#include "cli/source_list.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The words of a line, each followed by '|'; or what is wrong with it. */
static const char *split(const char *line)
{
	static char out[sizeof(((struct err *)0)->message)];
	struct err err = ERR_INIT;
	char copy[128], *words[8];
	int count;

	(void)snprintf(copy, sizeof(copy), "%s", line);
	count = shell_words_split(copy, words, 8, &err);
	if (count < 0) {
		assert_int_equal(err.code, ERR_USAGE);
		(void)snprintf(out, sizeof(out), "%s", err.message);
		return out;
	}
	out[0] = '\0';
	for (int i = 0; i < count; i++) {
		(void)strcat(out, words[i]);
		(void)strcat(out, "|");
	}
	return out;
}

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(split(""), "");
	assert_string_equal(split(" \t "), "");
	assert_string_equal(split("# a comment"), "");
	assert_string_equal(split("  # 'another"), "");
	assert_string_equal(split("a.tar"), "a.tar|");
	assert_string_equal(split("\ta.tar  -t\tapp:1 "), "a.tar|-t|app:1|");
	assert_string_equal(split("a#b #c"), "a#b|");
	assert_string_equal(split("''#b"), "#b|");
	assert_string_equal(split("''"), "|");
	assert_string_equal(split("a '' \"\""), "a|||");
	assert_string_equal(split("'a b'c\" d\""), "a bc d|");
	assert_string_equal(split("a\\ b \\# \\' \\\\"), "a b|#|'|\\|");
	assert_string_equal(split("'a\\b'"), "a\\b|");
	assert_string_equal(split("\"a\\b\\\"\\\\\\$\\`\""), "a\\b\"\\$`|");
	assert_string_equal(split("$HOME/*.tar;x|&<>~`"), "$HOME/*.tar;x|&<>~`|");
	assert_string_equal(split("a 'b"), "a ' that is not closed at the end of the line");
	assert_string_equal(split("\"b\\"), "a \" that is not closed at the end of the line");
	assert_string_equal(split("\"b\\\""), "a \" that is not closed at the end of the line");
	assert_string_equal(split("b\\"), "a backslash at the end of the line");
	assert_string_equal(split("1 2 3 4 5 6 7 8"), "1|2|3|4|5|6|7|8|");
	assert_string_equal(split("1 2 3 4 5 6 7 8 # 9"), "1|2|3|4|5|6|7|8|");
	assert_string_equal(split("1 2 3 4 5 6 7 8 9"), "more than 8 words");
}

static struct source_list list;
static const char *const platforms[] = {"linux/amd64"};
static const struct stage_options of_run = {.name = "run:1",
                                            .platforms = platforms,
                                            .platform_count = 1,
                                            .recipe = {RECIPE_GZIP, 2},
                                            .link = LINK_HARD};

/* Reads a file with these bytes. */
static int read_bytes(const void *bytes, size_t len, struct err *err)
{
	char path[] = "/tmp/drydock-unit-XXXXXX";
	int fd = mkstemp(path), result;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	(void)close(fd);
	source_list_release(&list);
	*err = (struct err)ERR_INIT;
	result = source_list_read(&list, path, &of_run, err);
	(void)unlink(path);
	return result;
}

static int read_text(const char *text, struct err *err)
{
	return read_bytes(text, strlen(text), err);
}

static void test_sources(void **state)
{
	const struct stage_options *o;
	struct err err;

	(void)state;
	assert_int_equal(
		read_text("\xEF\xBB\xBF# mirror\r\n\r\na.tar\r\n\n"
	                  "-t app:2 'oci:my dir' --platform linux/arm64 --platform=linux/s390x "
	                  "--compress zstd --format oci\n- --strip-host",
	                  &err),
		0);
	assert_int_equal(list.count, 3);
	assert_string_equal(list.sources[0].text, "a.tar");
	assert_null(list.sources[0].options);
	assert_string_equal(strrchr(list.sources[0].where, ':'), ":3");
	assert_string_equal(list.sources[1].text, "oci:my dir");
	o = list.sources[1].options;
	assert_string_equal(o->name, "app:2");
	assert_int_equal(o->platform_count, 2);
	assert_string_equal(o->platforms[1], "linux/s390x");
	assert_int_equal(o->recipe.kind, RECIPE_ZSTD);
	assert_int_equal(o->oci_layers, OCI_LAYERS_COMPRESS);
	assert_int_equal(o->format, FORMAT_OCI);
	assert_int_equal(o->link, LINK_HARD);
	assert_string_equal(list.sources[2].text, "-");
	o = list.sources[2].options;
	assert_string_equal(o->name, "run:1");
	assert_int_equal(o->platform_count, 1);
	assert_int_equal(o->recipe.kind, RECIPE_GZIP);
	assert_int_equal(o->hosts, NAME_STRIP_HOSTS);
	source_list_release(&list);
}

static void refused(const char *text, enum err_code code, const char *says)
{
	struct err err;

	assert_int_equal(read_text(text, &err), -1);
	assert_int_equal(err.code, code);
	if (!strstr(err.message, says))
		fail_msg("'%s' is not in: %s", says, err.message);
	source_list_release(&list);
}

static void test_what_is_refused(void **state)
{
	char long_line[SOURCE_LIST_LINE_MAX + 2];
	struct err err;

	(void)state;
	refused("a.tar\nb.tar c.tar\n", ERR_USAGE, ":2: 2 sources, but one a line");
	refused("-t app:1\n", ERR_USAGE, ":1: 0 sources");
	refused("a.tar -t\n", ERR_USAGE, ":1: -t needs a value");
	refused("\na.tar --nonsense\n", ERR_USAGE, ":2: unknown option --nonsense");
	refused("a.tar --root /srv\n", ERR_USAGE, ":1: --root is no option of one source");
	refused("a.tar --from b\n", ERR_USAGE, ":1: --from is no option of one source");
	refused("a.tar --sparse=maybe\n", ERR_USAGE, ":1: --sparse: 'maybe'");
	refused("a.tar --compress lzma\n", ERR_USAGE, ":1: --compress");
	refused("'a.tar\nb.tar'\n", ERR_USAGE, ":1: a ' that is not closed");
	assert_int_equal(read_bytes("a.tar\nb\0.tar\n", 13, &err), -1);
	assert_non_null(strstr(err.message, ":2: a NUL byte"));
	memset(long_line, 'a', sizeof(long_line));
	long_line[sizeof(long_line) - 1] = '\0';
	refused(long_line, ERR_REFUSED, ":1: the line has 16385 bytes");
	long_line[0] = '#';
	refused(long_line, ERR_REFUSED, ":1: the line has 16385 bytes");
	long_line[sizeof(long_line) - 2] = '\0';
	assert_int_equal(read_text(long_line, &err), 0);
	source_list_release(&list);
	assert_int_equal(source_list_read(&list, "/dev/zero", &of_run, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	assert_non_null(strstr(err.message, "--from /dev/zero: more than 16777216 bytes"));
	assert_int_equal(source_list_read(&list, "/nowhere/list", &of_run, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	source_list_release(&list);
}

static void test_too_many_sources(void **state)
{
	char *text = malloc(2 * (SOURCE_LIST_MAX + 1) + 1);
	struct err err;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i <= SOURCE_LIST_MAX; i++)
		memcpy(text + 2 * i, "a\n", 3);
	assert_int_equal(read_text(text, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	assert_non_null(strstr(err.message, ":100001: more than 100000 sources"));
	source_list_release(&list);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_too_many_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
