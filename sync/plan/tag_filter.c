#include "sync/plan/tag_filter.h"

#include "base/name.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

enum { PATTERN_MAX = 2 * (REPO_MAX + TAG_MAX) };

/* Names and tags have no other characters than the first of these; the rest are the wildcards'. */
static const char ALPHABET[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			       "._-/:"
			       "*?[]!^\\";

struct tag_filter_pattern {
	const char *text; /* borrowed: as given */
	char name[PATTERN_MAX + 1];
	char tag[PATTERN_MAX + 1]; /* "": the repository as a whole */
	bool used;
};

/* The colon between NAME and TAG; one within brackets, as in [[:digit:]], is none. */
static const char *find_colon(const char *text)
{
	int depth = 0;

	for (; *text; text++) {
		if (*text == '\\' && text[1])
			text++;
		else if (*text == '[')
			depth++;
		else if (*text == ']' && depth > 0)
			depth--;
		else if (*text == ':' && depth == 0)
			return text;
	}
	return NULL;
}

static int refuse(const char *text, const char *why, struct err *err)
{
	return err_set(err, ERR_USAGE, "'%.100s': %s", text, why);
}

static int parse(struct tag_filter_pattern *p, const char *text, struct err *err)
{
	const char *colon = find_colon(text);
	size_t len = strlen(text), name_len = colon ? (size_t)(colon - text) : len;

	memset(p, 0, sizeof(*p));
	p->text = text;
	if (len > PATTERN_MAX)
		return refuse(text, "too long", err);
	if (strchr(text, '{') || strchr(text, '}'))
		return refuse(text, "braces are no wildcards; give the option twice", err);
	if (strchr(text, '@'))
		return refuse(text, "a digest cannot be chosen: give NAME or NAME:TAG", err);
	if (strspn(text, ALPHABET) != len)
		return refuse(text, "a character that no name or tag has", err);
	if (name_len == 0 || (colon && !colon[1]))
		return refuse(text,
		              "NAME or NAME:TAG is wanted; *:TAG is that tag of every repository",
		              err);
	memcpy(p->name, text, name_len);
	if (colon)
		memcpy(p->tag, colon + 1, len - name_len); /* with its NUL */
	return 0;
}

int tag_filter_check(const char *text, struct err *err)
{
	struct tag_filter_pattern pattern;

	return parse(&pattern, text, err);
}

int tag_filter_open(struct tag_filter *f, const char *const *includes, size_t include_count,
                    const char *const *excludes, size_t exclude_count, struct err *err)
{
	size_t count = include_count + exclude_count;

	memset(f, 0, sizeof(*f));
	if (count == 0)
		return 0;
	f->patterns = calloc(count, sizeof(*f->patterns));
	if (!f->patterns)
		return err_memory(err);
	f->count = count;
	f->include_count = include_count;
	for (size_t i = 0; i < count; i++) {
		bool exclude = i >= include_count;

		if (parse(&f->patterns[i], exclude ? excludes[i - include_count] : includes[i],
		          err) < 0) {
			tag_filter_release(f);
			return err_context(err, exclude ? "--exclude" : "--include");
		}
	}
	return 0;
}

void tag_filter_release(struct tag_filter *f)
{
	free(f->patterns);
	memset(f, 0, sizeof(*f));
}

static bool matches_name(const struct tag_filter_pattern *p, const char *repo)
{
	return fnmatch(p->name, repo, 0) == 0;
}

static bool matches(const struct tag_filter_pattern *p, const char *repo, const char *tag)
{
	return matches_name(p, repo) && (!p->tag[0] || fnmatch(p->tag, tag, 0) == 0);
}

enum tag_filter_verdict tag_filter_judge(struct tag_filter *f, const char *repo, const char *tag)
{
	enum tag_filter_verdict verdict = TAG_FILTER_UNSAID;

	for (size_t i = 0; i < f->count; i++) {
		struct tag_filter_pattern *p = &f->patterns[i];

		if (!matches(p, repo, tag))
			continue;
		p->used = true;
		verdict = i < f->include_count ? TAG_FILTER_INCLUDED : TAG_FILTER_EXCLUDED;
	}
	return verdict;
}

bool tag_filter_has_tag(struct tag_filter *f, const char *repo, const char *tag)
{
	enum tag_filter_verdict verdict = tag_filter_judge(f, repo, tag);

	return verdict == TAG_FILTER_INCLUDED ||
	       (verdict == TAG_FILTER_UNSAID && f->include_count == 0);
}

bool tag_filter_has_rest(const struct tag_filter *f, const char *repo)
{
	bool chosen = f->include_count == 0;

	for (size_t i = 0; i < f->count; i++)
		if (!f->patterns[i].tag[0] && matches_name(&f->patterns[i], repo))
			chosen = i < f->include_count;
	return chosen;
}

const char *tag_filter_unused(const struct tag_filter *f, size_t i)
{
	for (size_t at = 0; at < f->include_count; at++)
		if (!f->patterns[at].used && i-- == 0)
			return f->patterns[at].text;
	return NULL;
}
