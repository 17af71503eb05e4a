#include "stage/page/page.h"

#include "base/cleanup.h"
#include "base/page_index.h"
#include "base/page_path.h"
#include "base/stop.h"
#include "base/units.h"
#include "db/state/tag.h"
#include "stage/page/frame.h"
#include "stage/page/html.h"
#include "stage/page/kind.h"
#include "stage/page/repository_pages.h"

#include <string.h>

enum { NAMES_MAX = 256 << 20, NEWEST_SHOWN = 3, WHAT_MAX = 200 };

struct writing {
	struct root *root;
	const struct page_wish *wish;
	const char *title;
	const struct event_sink *sink;
	struct page_files files;
	struct page_result *result;
	struct str rows;  /* of the index */
	struct str names; /* of the repositories, each with its NUL */
};

static int note_repo(void *context, const char *repo, struct err *err)
{
	struct writing *w = context;

	(void)str_add(&w->names, repo, strlen(repo) + 1);
	return str_check(&w->names, "names of the repositories", err);
}

static void add_row(struct writing *w, const struct survey *s)
{
	struct str *out = &w->rows;
	const char *what = survey_text(s, s->platforms);
	char path[PAGE_PATH_MAX], text[UNITS_TEXT_MAX];

	if (!*what && s->image_count > 0)
		what = kind_of_artifact(survey_text(s, s->images[0].platforms));
	(void)str_addf(out, PAGE_INDEX_ROW "%s\">", page_path_repository(path, s->repo));
	html_text(out, s->repo);
	(void)str_adds(out, "</a> <span>");
	for (size_t i = 0; i < s->tag_count && i < NEWEST_SHOWN && !s->tags[i].companion; i++) {
		(void)str_adds(out, i ? ", " : "");
		html_text(out, survey_text(s, s->tags[i].name));
	}
	if (*what) {
		(void)str_adds(out, " – ");
		html_text_cut(out, what, WHAT_MAX);
	}
	(void)str_addf(out, "</span> " PAGE_INDEX_TAGS "%s</span> <span class=\"s\">",
	               count_text(s->tag_count, "tag", "tags", text));
	html_size(out, s->bytes);
	(void)str_adds(out, "</span>");
	if (s->staged_at) {
		(void)str_adds(out, " ");
		html_date(out, s->staged_at);
	}
	(void)str_adds(out, PAGE_INDEX_ROW_END);
}

static int write_repository(struct writing *w, const char *repo, struct err *err)
{
	struct survey survey;
	struct repository_pages pages = {&survey, &w->files, w->title, w->wish->pull_host, w->sink};
	int result;

	if (stop_check(err) < 0 || survey_open(&survey, w->root, repo, err) < 0)
		return -1;
	result = repository_pages_write(&pages, err);
	add_row(w, &survey);
	w->result->repositories++;
	w->result->tags += survey.tag_count;
	survey_close(&survey);
	return result;
}

static int write_index(struct writing *w, struct err *err)
{
	AUTO_STR struct str out = STR_INIT(PAGE_BYTES_MAX);
	static const char *const columns[] = {"Repository", "Newest tags – platforms", "Tags",
	                                      "Size", "Staged"};
	const struct frame frame = {.site = w->title, .heading = w->title, .up = ""};

	if (str_check(&w->rows, "list of the repositories", err) < 0 ||
	    frame_begin(&frame, &out, err) < 0)
		return -1;
	page_index_counts(&out, w->result->repositories, w->result->tags);
	(void)str_adds(&out, "<h2 id=\"repositories\">Repositories</h2>\n");
	frame_search(&out, "Search repositories, tags and platforms");
	frame_columns(&out, columns);
	(void)str_adds(&out, PAGE_INDEX_LIST " aria-labelledby=\"repositories\">\n");
	(void)str_add(&out, str_text(&w->rows), w->rows.len);
	(void)str_adds(&out, PAGE_INDEX_LIST_END);
	frame_end(&out);
	return page_files_put(&w->files, PAGE_INDEX, &out, err);
}

static int write_all(struct writing *w, struct err *err)
{
	const char *name, *end;

	if (repo_each(w->root->db, note_repo, w, err) < 0)
		return -1;
	name = str_text(&w->names);
	end = name + w->names.len;
	for (; name < end; name += strlen(name) + 1)
		if (write_repository(w, name, err) < 0)
			return -1;
	if (write_index(w, err) < 0)
		return -1;
	return page_files_remove_others(&w->files, err);
}

int page_write(struct root *root, const struct page_wish *wish, const struct event_sink *sink,
               struct page_result *result, struct err *err)
{
	struct writing w = {.root = root,
	                    .wish = wish,
	                    .title = wish->title && *wish->title ? wish->title : PAGE_TITLE,
	                    .sink = sink,
	                    .files = PAGE_FILES_INIT(root),
	                    .result = result,
	                    .rows = STR_INIT(PAGE_BYTES_MAX),
	                    .names = STR_INIT(NAMES_MAX)};
	int failed;

	*result = (struct page_result){0};
	failed = write_all(&w, err);
	result->written = w.files.written;
	result->unchanged = w.files.unchanged;
	result->removed = w.files.removed;
	result->bytes = w.files.bytes;
	page_files_release(&w.files);
	str_release(&w.rows);
	str_release(&w.names);
	return failed;
}
