#include "cli/source_list.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "cli/shell_words.h"
#include "stage/archive/source.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The options that a line may have. */
static const enum option_id OF_ONE_SOURCE[] = {OPT_NAME,   OPT_IMAGE,  OPT_PLATFORM, OPT_STRIP_HOST,
                                               OPT_SPARSE, OPT_FORMAT, OPT_COMPRESS};

int source_options_read(const struct options *o, struct stage_options *s, struct err *err)
{
	const char *compress = option_text(o, OPT_COMPRESS);

	if (option_given(o, OPT_NAME))
		s->name = option_text(o, OPT_NAME);
	if (option_given(o, OPT_IMAGE)) {
		s->images = o->values[OPT_IMAGE].values;
		s->image_count = o->values[OPT_IMAGE].count;
	}
	if (option_given(o, OPT_PLATFORM)) {
		s->platforms = o->values[OPT_PLATFORM].values;
		s->platform_count = o->values[OPT_PLATFORM].count;
	}
	if (option_given(o, OPT_STRIP_HOST))
		s->hosts = option_flag(o, OPT_STRIP_HOST) ? NAME_STRIP_HOSTS : NAME_KEEP_HOSTS;
	s->sparse = (enum stage_sparse)option_choice(o, OPT_SPARSE, (int)s->sparse);
	s->format = (enum stage_format)option_choice(o, OPT_FORMAT, (int)s->format);
	if (!compress)
		return 0;
	s->oci_layers = OCI_LAYERS_COMPRESS;
	return recipe_parse(&s->recipe, compress, err) < 0 ? err_context(err, "--compress") : 0;
}

/* Takes over what malloc gave. NULL when there is no memory, also for `owned`. */
static void *own(struct source_list *list, void *owned, struct err *err)
{
	if (!owned)
		(void)err_memory(err);
	else if (array_room(&list->owned, list->owned_count, &list->owned_cap, err) < 0)
		free(STEAL(owned));
	else
		list->owned[list->owned_count++] = owned;
	return owned;
}

static struct stage_source *new_source(struct source_list *list, struct err *err)
{
	struct stage_source *source;

	if (list->count == SOURCE_LIST_MAX)
		(void)err_set(err, ERR_REFUSED, "more than %d sources", SOURCE_LIST_MAX);
	else if (array_room(&list->sources, list->count, &list->cap, err) == 0) {
		source = &list->sources[list->count++];
		memset(source, 0, sizeof(*source));
		return source;
	}
	return NULL;
}

int source_list_add(struct source_list *list, const char *text, struct err *err)
{
	struct stage_source *source = new_source(list, err);

	if (!source)
		return -1;
	source->text = text;
	return 0;
}

void source_list_release(struct source_list *list)
{
	for (size_t i = 0; i < list->owned_count; i++)
		free(list->owned[i]);
	free(list->owned);
	free(list->sources);
	*list = (struct source_list)SOURCE_LIST_INIT;
}

/* --- one line ------------------------------------------------------------------------------ */

static int check_options(const struct options *o, bool *any, struct err *err)
{
	for (int id = 0; id < OPTION_COUNT; id++) {
		bool allowed = false;

		for (size_t i = 0; i < sizeof(OF_ONE_SOURCE) / sizeof(*OF_ONE_SOURCE); i++)
			allowed |= OF_ONE_SOURCE[i] == (enum option_id)id;
		*any |= option_given(o, (enum option_id)id);
		if (option_given(o, (enum option_id)id) && !allowed)
			return err_set(err, ERR_USAGE,
			               "--%s is no option of one source: give it on the command "
			               "line",
			               OPTION_TABLE[id].name);
	}
	return 0;
}

/* A copy of the values, which `options` keeps for as long as the line is read. */
static const char *const *keep_values(struct source_list *list, const struct option_value *values,
                                      struct err *err)
{
	const char **copy = own(list, calloc(values->count + 1, sizeof(*copy)), err);

	for (size_t i = 0; copy && i < values->count; i++)
		copy[i] = values->values[i];
	return copy;
}

static int read_options(struct source_list *list, struct stage_source *source,
                        const struct options *o, const struct stage_options *of_run,
                        struct err *err)
{
	struct stage_options *s = own(list, malloc(sizeof(*s)), err);

	if (!s)
		return -1;
	*s = *of_run;
	if (source_options_read(o, s, err) < 0)
		return -1;
	if (option_given(o, OPT_IMAGE) &&
	    !(s->images = keep_values(list, &o->values[OPT_IMAGE], err)))
		return -1;
	if (option_given(o, OPT_PLATFORM) &&
	    !(s->platforms = keep_values(list, &o->values[OPT_PLATFORM], err)))
		return -1;
	source->options = s;
	return 0;
}

/* `line` is the list's own already: what is kept of it points there. */
static int read_words(struct source_list *list, const char *where, char *line, struct options *o,
                      const struct stage_options *of_run, struct err *err)
{
	char *words[SOURCE_LIST_WORDS_MAX];
	int count = shell_words_split(line, words, SOURCE_LIST_WORDS_MAX, err);
	struct stage_source *source;
	bool any = false;

	if (count <= 0)
		return count;
	if (options_parse(o, CMD_STAGE, count, words, err) < 0 || check_options(o, &any, err) < 0)
		return -1;
	if (o->operand_count != 1)
		return err_set(err, ERR_USAGE, "%zu sources, but one a line is wanted",
		               o->operand_count);
	source = new_source(list, err);
	if (!source)
		return -1;
	source->text = o->operands[0];
	source->where = where;
	return any ? read_options(list, source, o, of_run, err) : 0;
}

static bool is_comment(const char *line)
{
	line += strspn(line, " \t");
	return !*line || *line == '#';
}

static int read_line(struct source_list *list, const char *file, size_t number, const char *line,
                     size_t len, const struct stage_options *of_run, struct err *err)
{
	size_t room = strlen(file) + 32;
	AUTO_FREE struct options *o = NULL; /* too large for the stack */
	char *copy, *where;
	int result = -1;

	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (memchr(line, '\0', len))
		return err_set(err, ERR_USAGE, "a NUL byte is in it: is it a list of sources?");
	if (len > SOURCE_LIST_LINE_MAX)
		return err_set(err, ERR_REFUSED, "the line has %zu bytes, at most %d are allowed",
		               len, SOURCE_LIST_LINE_MAX);
	copy = own(list, strndup(line, len), err);
	if (!copy)
		return -1;
	if (is_comment(copy))
		return 0;
	where = own(list, malloc(room), err);
	o = malloc(sizeof(*o));
	if (!where || !o)
		return err_memory(err);
	(void)snprintf(where, room, "%s:%zu", file, number);
	options_init(o);
	result = read_words(list, where, copy, o, of_run, err);
	options_release(o);
	return result;
}

/* --- the file ------------------------------------------------------------------------------ */

static int read_file(const char *file, struct str *text, struct err *err)
{
	bool is_stdin = strcmp(file, "-") == 0;
	AUTO_CLOSE int own_fd = is_stdin ? -1 : open(file, O_RDONLY | O_CLOEXEC);
	int fd = is_stdin ? STDIN_FILENO : own_fd;
	ssize_t n;

	if (fd < 0)
		return source_not_opened(err);
	do {
		enum { PIECE = 64 << 10 };
		char *to = str_reserve(text, PIECE);

		if (!to)
			return err_set(err, ERR_REFUSED,
			               "more than %d bytes: is it a list of sources?",
			               SOURCE_LIST_MAX_BYTES);
		n = file_read(fd, to, PIECE, file, err);
		if (n < 0)
			return -1;
		str_grew(text, (size_t)n);
	} while (n > 0);
	return 0;
}

int source_list_read(struct source_list *list, const char *file, const struct stage_options *of_run,
                     struct err *err)
{
	AUTO_STR struct str text = STR_INIT(SOURCE_LIST_MAX_BYTES);
	const char *name = strcmp(file, "-") == 0 ? "standard input" : file;
	const char *at, *end;

	if (read_file(file, &text, err) < 0)
		return err_context(err, "--from %s", name);
	at = str_text(&text);
	end = at + text.len;
	if (text.len >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
		at += 3;
	for (size_t number = 1; at < end; number++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((stop ? stop : end) - at);

		if (read_line(list, name, number, at, len, of_run, err) < 0)
			return err_context(err, "%s:%zu", name, number);
		at += len + 1;
	}
	return 0;
}
