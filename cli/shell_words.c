#include "cli/shell_words.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

static int unfinished(const char *what, struct err *err)
{
	return err_set(err, ERR_USAGE, "%s at the end of the line", what);
}

/* What stands in quotes, from behind the opening one. Moves *from behind the closing one. */
static int take_quoted(const char **from, char **to, char quote, struct err *err)
{
	const char *p = *from;

	for (; *p != quote; p++) {
		if (*p == '\\' && quote == '"' && p[1] && strchr("$`\"\\", p[1]))
			p++;
		if (!*p)
			return unfinished(quote == '"' ? "a \" that is not closed"
			                               : "a ' that is not closed",
			                  err);
		*(*to)++ = *p;
	}
	*from = p + 1;
	return 0;
}

/* One word, written over the line from *to. What is written is never ahead of what is read. */
static int take_word(const char **from, char **to, struct err *err)
{
	const char *p = *from;

	while (*p && *p != ' ' && *p != '\t') {
		char c = *p++;

		if (c == '\'' || c == '"') {
			if (take_quoted(&p, to, c, err) < 0)
				return -1;
			continue;
		}
		if (c == '\\' && !*p)
			return unfinished("a backslash", err);
		*(*to)++ = c == '\\' ? *p++ : c;
	}
	*from = p;
	return 0;
}

int shell_words_split(char *line, char **words, int max, struct err *err)
{
	const char *from = line;
	char *to = line;
	int count = 0;

	for (;;) {
		bool last;

		from += strspn(from, " \t");
		if (!*from || *from == '#')
			return count;
		if (count == max)
			return err_set(err, ERR_USAGE, "more than %d words", max);
		words[count++] = to;
		if (take_word(&from, &to, err) < 0)
			return -1;
		last = !*from;
		from += !last;
		*to++ = '\0'; /* over the blank, or the line's own end */
		if (last)
			return count;
	}
}

int shell_words_check(const char *command, struct err *err)
{
	AUTO_FREE char *line = strdup(command);
	char *words[COMMAND_WORDS_MAX];
	int count;

	if (!line)
		return err_memory(err);
	count = shell_words_split(line, words, COMMAND_WORDS_MAX, err);
	if (count == 0)
		return err_set(err, ERR_USAGE, "there is no command in it");
	return count < 0 ? -1 : 0;
}
