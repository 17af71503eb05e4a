#include "base/ini_edit.h"

#include "base/cleanup.h"
#include "base/ini.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BOM "\xef\xbb\xbf"

/* What the reader says of the lines; they count from 1, and 0 is none. */
struct survey {
	const struct str *text;
	const char *section, *key;
	bool inside;          /* the section that is read is the one looked for */
	unsigned last_line;   /* the last line of it: header or pair */
	unsigned match_line;  /* the last line of the key */
	unsigned pair_line;   /* the last pair of the file */
	const char *expected; /* of the key, or NULL */
	bool as_expected;     /* the last value of the key is `expected` */
	unsigned line_count;
	size_t *starts; /* owned: by line: its offset; one more: the text's length */
	bool *ours;     /* owned: by line: a pair of the key; without a key, a header */
	bool *here;     /* owned: by line: any header or pair of the section */
};

static void survey_release(struct survey *s)
{
	free(s->starts);
	free(s->ours);
	free(s->here);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Whether two headers name one section: white space outside of quotes does not matter. */
static bool same_section(const char *a, const char *b)
{
	bool quoted = false;

	for (;; a++, b++) {
		while (!quoted && is_blank(*a))
			a++;
		while (!quoted && is_blank(*b))
			b++;
		if (*a != *b)
			return false;
		if (!*a)
			return true;
		quoted = quoted != (*a == '"');
	}
}

static char folded(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c == '-' ? '_' : c;
}

static bool same_key(const char *a, const char *b)
{
	while (*a && folded(*a) == folded(*b)) {
		a++;
		b++;
	}
	return !*a && !*b;
}

static int note_line(void *context, const char *section, const char *key, const char *value,
                     unsigned line, struct err *err)
{
	struct survey *s = context;
	bool header = !*key;

	(void)err;
	if (header)
		s->inside = same_section(section, s->section);
	else
		s->pair_line = line;
	if (!s->inside)
		return 0;
	s->here[line] = true;
	s->last_line = line;
	if (header) {
		s->ours[line] = !s->key;
	} else if (s->key && same_key(key, s->key)) {
		s->ours[line] = true;
		s->match_line = line;
		s->as_expected = s->expected && strcmp(value, s->expected) == 0;
	}
	return 0;
}

/* `key` NULL: the section alone is looked for. */
static int survey_text(struct survey *s, const struct str *text, const char *section,
                       const char *key, const char *expected, struct err *err)
{
	unsigned line = 1;

	memset(s, 0, sizeof(*s));
	s->text = text;
	s->section = section;
	s->key = key;
	s->expected = expected;
	s->line_count = 1;
	for (size_t i = 0; i < text->len; i++)
		s->line_count += text->data[i] == '\n';
	s->starts = calloc(s->line_count + 2u, sizeof(*s->starts));
	s->ours = calloc(s->line_count + 1u, sizeof(*s->ours));
	s->here = calloc(s->line_count + 1u, sizeof(*s->here));
	if (!s->starts || !s->ours || !s->here)
		return err_memory(err);
	for (size_t i = 0; i < text->len; i++)
		if (text->data[i] == '\n')
			s->starts[++line] = i + 1;
	s->starts[s->line_count + 1] = text->len;
	return ini_parse(str_text(text), text->len, INI_STRICT, note_line, s, err);
}

/* A line of the text, its end included. */
struct line {
	const char *at;
	size_t len;
};

static struct line line_of(const struct survey *s, unsigned number)
{
	return (struct line){str_text(s->text) + s->starts[number],
	                     s->starts[number + 1] - s->starts[number]};
}

static const char *end_of_line(struct line line)
{
	return line.len >= 2 && line.at[line.len - 2] == '\r' ? "\r\n" : "\n";
}

/* The line with another value; what stands before and behind it stays. */
static void add_changed_line(struct str *out, struct line line, const char *value)
{
	const char *equals = memchr(line.at, '=', line.len);
	const char *from = equals + 1, *end = line.at + line.len;
	size_t len;

	if (end > from && end[-1] == '\n')
		end--;
	len = (size_t)(end - from);
	ini_value_span(&from, &len);
	if (len == 0) {
		/* A comment, if there is one, keeps the white space before it. */
		from = equals + 1;
		(void)str_add(out, line.at, (size_t)(from - line.at));
		if (equals > line.at && is_blank(equals[-1]))
			(void)str_addc(out, ' ');
	} else {
		(void)str_add(out, line.at, (size_t)(from - line.at));
	}
	(void)str_adds(out, value);
	from += len;
	(void)str_add(out, from, (size_t)(line.at + line.len - from));
}

/* "key = value", indented as the last pair of the file is. */
static void add_new_line(struct str *out, const struct survey *s, const char *key,
                         const char *value, const char *newline)
{
	if (s->pair_line) {
		struct line like = line_of(s, s->pair_line);
		size_t indent = 0;

		while (is_blank(like.at[indent]))
			indent++;
		(void)str_add(out, like.at, indent);
	}
	(void)str_addf(out, "%s = %s%s", key, value, newline);
}

static void add_section(struct str *out, const struct survey *s, const char *key, const char *value)
{
	const struct str *text = s->text;
	const char *newline = end_of_line(line_of(s, 1));
	struct line last = line_of(s, s->line_count);
	size_t blank = 0;

	(void)str_add(out, str_text(text), text->len);
	if (last.len > 0 && text->len > strlen(BOM))
		(void)str_adds(out, newline);
	if (last.len == 0 && s->line_count > 1)
		last = line_of(s, s->line_count - 1);
	while (blank < last.len && (is_blank(last.at[blank]) || last.at[blank] == '\n'))
		blank++;
	if (blank < last.len && text->len > strlen(BOM))
		(void)str_adds(out, newline);
	(void)str_addf(out, "[%s]%s", s->section, newline);
	add_new_line(out, s, key, value, newline);
}

static int replace(struct str *text, const struct str *made, struct err *err)
{
	if (str_check(made, "configuration file", err) < 0)
		return -1;
	str_clear(text);
	(void)str_add(text, str_text(made), made->len);
	return str_check(text, "configuration file", err);
}

static int read_back(const struct str *made, const char *section, const char *key,
                     const char *value, struct err *err)
{
	struct survey s;
	bool good = survey_text(&s, made, section, key, value, err) == 0 && s.as_expected;

	survey_release(&s);
	if (good || err->code == ERR_MEMORY)
		return good ? 0 : -1;
	return err_set(err, ERR_USAGE,
	               "%.100s: '%.200s' cannot stand in a configuration file, which has no quotes "
	               "(a line's end, white space at either end, # or ; behind white space)",
	               key, value);
}

int ini_set(struct str *text, const char *section, const char *key, const char *value,
            struct err *err)
{
	AUTO_STR struct str made = STR_INIT(text->max);
	struct survey s;
	int result = survey_text(&s, text, section, key, NULL, err);
	unsigned at = s.match_line ? s.match_line : s.last_line;

	if (result == 0 && at) {
		struct line line = line_of(&s, at);
		size_t before = (size_t)(line.at - text->data);

		(void)str_add(&made, text->data, before);
		if (s.match_line) {
			add_changed_line(&made, line, value);
		} else {
			(void)str_add(&made, line.at, line.len);
			if (line.at[line.len - 1] != '\n')
				(void)str_adds(&made, end_of_line(line_of(&s, 1)));
			add_new_line(&made, &s, key, value, end_of_line(line));
		}
		before += line.len;
		(void)str_add(&made, text->data + before, text->len - before);
	} else if (result == 0) {
		add_section(&made, &s, key, value);
	}
	survey_release(&s);
	if (result < 0 || str_check(&made, "configuration file", err) < 0 ||
	    read_back(&made, section, key, value, err) < 0)
		return -1;
	return replace(text, &made, err);
}

/* Removes the lines that are marked. What an editor has put before the first stays. */
static int drop_lines(struct str *text, const struct survey *s, struct err *err)
{
	AUTO_STR struct str made = STR_INIT(text->max);

	if (s->ours[1] && text->len >= strlen(BOM) && memcmp(text->data, BOM, strlen(BOM)) == 0)
		(void)str_adds(&made, BOM);
	for (unsigned n = 1; n <= s->line_count; n++) {
		struct line line = line_of(s, n);

		if (!s->ours[n])
			(void)str_add(&made, line.at, line.len);
	}
	return replace(text, &made, err);
}

int ini_unset(struct str *text, const char *section, const char *key, size_t *removed,
              struct err *err)
{
	struct survey s;
	int result = survey_text(&s, text, section, key, NULL, err);

	*removed = 0;
	for (unsigned n = 1; result == 0 && n <= s.line_count; n++)
		*removed += s.ours[n];
	if (*removed)
		result = drop_lines(text, &s, err);
	survey_release(&s);
	return result;
}

enum line_kind { LINE_BLANK, LINE_HEADER, LINE_OTHER };

static enum line_kind kind_of(const struct survey *s, unsigned number)
{
	struct line line = line_of(s, number);

	for (size_t i = 0; i < line.len && line.at[i] != '\n'; i++)
		if (!is_blank(line.at[i]))
			return line.at[i] == '[' ? LINE_HEADER : LINE_OTHER;
	return LINE_BLANK;
}

/* The last line that goes with the section whose header is `first` and whose last line is `last`.
 */
static unsigned end_of_section(const struct survey *s, unsigned first, unsigned last)
{
	unsigned end = last;

	while (end < s->line_count && kind_of(s, end + 1) == LINE_OTHER)
		end++;
	if (end < s->line_count && kind_of(s, end + 1) == LINE_HEADER)
		end = last; /* they stand above the next section's header, and are of that */
	if (end < s->line_count && kind_of(s, end + 1) == LINE_BLANK &&
	    (first == 1 || kind_of(s, first - 1) == LINE_BLANK))
		end++;
	return end;
}

int ini_remove_section(struct str *text, const char *section, size_t *removed, struct err *err)
{
	struct survey s;
	int result = survey_text(&s, text, section, NULL, NULL, err);

	*removed = 0;
	for (unsigned n = 1; result == 0 && n <= s.line_count; n++) {
		unsigned last = n, end;

		if (!s.ours[n])
			continue;
		++*removed;
		for (unsigned k = n + 1; k <= s.line_count && kind_of(&s, k) != LINE_HEADER; k++)
			if (s.here[k])
				last = k;
		end = end_of_section(&s, n, last);
		for (unsigned k = n; k <= end; k++)
			s.ours[k] = true;
		n = end;
	}
	if (*removed)
		result = drop_lines(text, &s, err);
	survey_release(&s);
	return result;
}
