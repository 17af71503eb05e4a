#include "base/page_index.h"

#include "base/page_path.h"
#include "base/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNTS     "<p id=\"counts\">"
#define COUNTS_END ".</p>\n"

void page_index_counts(struct str *out, uint64_t repositories, uint64_t tags)
{
	char text[UNITS_TEXT_MAX];

	(void)str_addf(out, COUNTS "%s, ",
	               count_text(repositories, "repository", "repositories", text));
	(void)str_addf(out, "%s" COUNTS_END, count_text(tags, "tag", "tags", text));
}

/* An index, and where it has been read to. */
struct reader {
	const char *counts, *after_counts; /* around the line of the counts */
	const char *rows, *end;  /* the first line of the list, and what follows the last */
	const char *row;         /* the line that is read; `end`: all were */
	size_t len;              /* of it, with its newline */
	char repo[REPO_MAX + 1]; /* whose it is; "": of none */
};

/* The elements that lines are made of, and their ends; what is left open ends with its attribute.
 */
static bool is_made_as_ours(const char *row, size_t len)
{
	static const char *const parts[] = {"<li>",
	                                    "</li>",
	                                    "<a href=\"page/",
	                                    "</a>",
	                                    "<span>",
	                                    "<span class=\"n\">",
	                                    "<span class=\"s\">",
	                                    "</span>",
	                                    "<time datetime=\"",
	                                    "</time>"};

	for (const char *at = row; (at = memchr(at, '<', len - (size_t)(at - row))); at++) {
		size_t i = 0, count = sizeof(parts) / sizeof(parts[0]);

		while (i < count && strncmp(at, parts[i], strlen(parts[i])) != 0)
			i++;
		if (i == count)
			return false;
		at += strlen(parts[i]) - 1;
		if (*at == '>')
			continue;
		at += 1 + strspn(at + 1, "abcdefghijklmnopqrstuvwxyz0123456789._-/:TZ");
		if (at[0] != '"' || at[1] != '>')
			return false;
	}
	return true;
}

static void read_repo(struct reader *r)
{
	static const char before[] = PAGE_INDEX_ROW PAGE_FOLDER "/", behind[] = "/_index.html\">";
	const char *name = r->row + sizeof(before) - 1, *end;
	struct err ignored = ERR_INIT;

	r->repo[0] = '\0';
	if (r->len < sizeof(before) || strncmp(r->row, before, sizeof(before) - 1) != 0)
		return;
	end = strstr(name, behind);
	if (end && end < r->row + r->len && (size_t)(end - name) <= REPO_MAX &&
	    name_check_repo(name, (size_t)(end - name), &ignored) == 0)
		(void)snprintf(r->repo, sizeof(r->repo), "%.*s", (int)(end - name), name);
}

static void read_row(struct reader *r)
{
	const char *newline = r->row < r->end ? strchr(r->row, '\n') : NULL;

	r->len = newline && newline < r->end ? (size_t)(newline + 1 - r->row)
	                                     : (size_t)(r->end - r->row);
	read_repo(r);
}

static void next_row(struct reader *r)
{
	r->row += r->len;
	read_row(r);
}

static int open_reader(struct reader *r, const char *text, const char *whose, struct err *err)
{
	const char *list = strstr(text, PAGE_INDEX_LIST);

	r->counts = strstr(text, COUNTS);
	r->after_counts = r->counts ? strstr(r->counts, COUNTS_END) : NULL;
	r->rows = list ? strchr(list, '\n') : NULL;
	r->end = r->rows ? strstr(r->rows, "\n" PAGE_INDEX_LIST_END) : NULL;
	if (!r->after_counts || !r->end || r->after_counts > list)
		return err_set(err, ERR_MALFORMED, "%s " PAGE_INDEX " is none of drydock's", whose);
	r->after_counts += strlen(COUNTS_END);
	r->rows++;
	r->end++;
	r->row = r->rows;
	read_row(r);
	return 0;
}

/* In the order of keys: what follows a name there is a slash. */
static int compare_repos(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (*a ? (unsigned char)*a : '/') - (*b ? (unsigned char)*b : '/');
}

struct merging {
	struct str rows;
	uint64_t repositories, tags;
};

static void take_row(struct merging *m, struct reader *r)
{
	const char *tags = strstr(r->row, PAGE_INDEX_TAGS);

	(void)str_add(&m->rows, r->row, r->len);
	m->repositories++;
	if (tags && tags < r->row + r->len)
		m->tags += strtoull(tags + strlen(PAGE_INDEX_TAGS), NULL, 10);
	next_row(r);
}

static bool is_wanted(const struct reader *r, const struct text_set *known)
{
	static const size_t end = sizeof(PAGE_INDEX_ROW_END) - 1;

	return r->repo[0] && text_set_has(known, r->repo) && r->len > end &&
	       memcmp(r->row + r->len - end, PAGE_INDEX_ROW_END, end) == 0 &&
	       is_made_as_ours(r->row, r->len);
}

/* Both lists are in order; where one is not, a line may come late, and once. */
static uint64_t merge_rows(struct merging *m, struct reader *ours, struct reader *theirs,
                           const struct text_set *known)
{
	uint64_t taken = 0;

	while (ours->row < ours->end || theirs->row < theirs->end) {
		bool more = theirs->row < theirs->end;
		int order = !more                    ? -1
		            : ours->row == ours->end ? 1
		                                     : compare_repos(ours->repo, theirs->repo);

		if (order < 0) {
			take_row(m, ours);
		} else if (order == 0 || !is_wanted(theirs, known)) {
			next_row(theirs);
		} else {
			take_row(m, theirs);
			taken++;
		}
	}
	return taken;
}

int page_index_merge(struct str *out, const char *ours, const char *theirs,
                     const struct text_set *known, struct err *err)
{
	struct merging m = {.rows = STR_INIT(out->max)};
	struct reader our, their;
	uint64_t taken;

	if (open_reader(&our, ours, "this root's", err) < 0 ||
	    open_reader(&their, theirs, "the bucket's", err) < 0)
		return -1;
	taken = merge_rows(&m, &our, &their, known);
	(void)str_add(out, ours, (size_t)(our.counts - ours));
	page_index_counts(out, m.repositories, m.tags);
	(void)str_add(out, our.after_counts, (size_t)(our.rows - our.after_counts));
	(void)str_add(out, str_text(&m.rows), m.rows.len);
	(void)str_adds(out, our.end);
	out->failed |= m.rows.failed;
	str_release(&m.rows);
	if (str_check(out, PAGE_INDEX, err) < 0)
		return -1;
	return taken > 0;
}
