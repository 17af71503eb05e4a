#include "stage/page/repository_pages.h"

#include "base/cleanup.h"
#include "base/page_path.h"
#include "base/units.h"
#include "stage/page/frame.h"
#include "stage/page/html.h"
#include "stage/page/image_section.h"
#include "stage/page/kind.h"

#include <stdlib.h>
#include <string.h>

enum { ROW_TEXT_MAX = 120 };

#define HEADING "<h2>Images</h2>\n"

unsigned repository_pages_digits(size_t images)
{
	unsigned digits = 0;

	for (size_t pages = 1; images > pages * IMAGES_A_PAGE && digits < PAGE_DIGITS_MAX;
	     pages *= 16)
		digits++;
	return digits;
}

/* ---- Pages of images ------------------------------------------------------------------------- */

struct numbered {
	struct digest digest;
	uint32_t image;
};

static int compare_hex(const void *a, const void *b)
{
	const struct digest *x = &((const struct numbered *)a)->digest;
	const struct digest *y = &((const struct numbered *)b)->digest;
	int order = memcmp(x->bytes, y->bytes, sizeof(x->bytes));

	return order ? order : digest_compare(x, y);
}

static int begin_page(const struct repository_pages *p, const struct digest *first, unsigned digits,
                      struct str *out, struct err *err)
{
	const struct survey *s = p->survey;
	AUTO_STR struct str heading = STR_INIT(REPO_MAX + 64);
	char up[PAGE_UP_MAX], hex[DIGEST_TEXT_MAX];
	struct frame frame = {p->site, NULL, page_path_up(up, s->repo), s->repo, "_index.html"};

	(void)str_addf(&heading, "%s: images %.*s…", s->repo, (int)digits, digest_hex(first, hex));
	frame.heading = str_text(&heading);
	if (frame_begin(&frame, out, err) < 0)
		return -1;
	(void)str_adds(out, HEADING);
	return 0;
}

/* Those from `at` whose digests begin as its does. Returns how many, or -1. */
static int write_page(const struct repository_pages *p, const struct repository_view *view,
                      const struct numbered *images, size_t count, struct err *err)
{
	AUTO_STR struct str out = STR_INIT(PAGE_BYTES_MAX);
	char path[PAGE_PATH_MAX], other[PAGE_PATH_MAX];
	size_t done = 0;

	(void)page_path_images(path, p->survey->repo, &images->digest, view->digits);
	if (begin_page(p, &images->digest, view->digits, &out, err) < 0)
		return -1;
	do {
		if (image_section_write(view, images[done].image, &out, err) < 0)
			return -1;
		done++;
	} while (done < count &&
	         strcmp(path, page_path_images(other, p->survey->repo, &images[done].digest,
	                                       view->digits)) == 0);
	frame_end(&out);
	return page_files_put(p->files, path, &out, err) < 0 ? -1 : (int)done;
}

static int write_images(const struct repository_pages *p, const struct repository_view *view,
                        struct err *err)
{
	const struct survey *s = p->survey;
	AUTO_FREE struct numbered *images = calloc(s->image_count + 1, sizeof(*images));
	int done;

	if (!images)
		return err_memory(err);
	for (uint32_t i = 0; i < s->image_count; i++)
		images[i] = (struct numbered){s->images[i].digest, i};
	qsort(images, s->image_count, sizeof(*images), compare_hex);
	for (size_t at = 0; at < s->image_count; at += (size_t)done) {
		done = write_page(p, view, images + at, s->image_count - at, err);
		if (done < 0)
			return -1;
	}
	return 0;
}

/* ---- The page of the tags -------------------------------------------------------------------- */

static void add_summary(const struct survey *s, struct str *out)
{
	char text[UNITS_TEXT_MAX];

	(void)str_addf(out, "<p>%s, ", count_text(s->tag_count, "tag", "tags", text));
	(void)str_addf(out, "%s, ", count_text(s->image_count, "image", "images", text));
	html_size(out, s->bytes);
	(void)str_adds(out, " stored");
	if (s->unshared_bytes > s->bytes) {
		(void)str_adds(out, " (");
		html_size(out, s->unshared_bytes);
		(void)str_adds(out, " if no layer were shared)");
	}
	if (s->staged_at) {
		(void)str_adds(out, ", last staged ");
		html_date(out, s->staged_at);
	}
	(void)str_adds(out, ".</p>\n");
	if (survey_text(s, s->platforms)[0]) {
		(void)str_adds(out, "<p>Platforms: ");
		html_text(out, survey_text(s, s->platforms));
		(void)str_adds(out, "</p>\n");
	}
}

static void add_row(const struct repository_view *view, const struct survey_tag *tag,
                    struct str *out)
{
	const struct survey *s = view->survey;
	const struct survey_image *image = &s->images[tag->image];
	char link[IMAGE_LINK_MAX], hex[DIGEST_TEXT_MAX];

	(void)str_addf(out, "<li><a href=\"%s\">", repository_view_link(link, view, tag->image));
	html_text(out, survey_text(s, tag->name));
	(void)str_adds(out, "</a> <span>");
	html_text_cut(out, kind_of_artifact(survey_text(s, image->platforms)), ROW_TEXT_MAX);
	if (image->attached)
		(void)str_addf(out, " – %u attached", (unsigned)image->attached);
	(void)str_adds(out, "</span> <span class=\"s\">");
	html_size(out, image->bytes);
	(void)str_adds(out, "</span> ");
	html_date(out, image->created_at ? image->created_at : tag->staged_at);
	(void)str_addf(out, " <code>%.*s</code></li>\n", (int)DIGEST_SHORT_HEX,
	               digest_hex(&tag->digest, hex));
}

static int write_tags(const struct repository_pages *p, const struct repository_view *view,
                      const struct str *sections, struct err *err)
{
	const struct survey *s = p->survey;
	static const char *const columns[] = {"Tag", "Platforms", "Size", "Created", "Digest"};
	struct frame frame = {.site = p->site, .heading = s->repo, .up = view->up};
	AUTO_STR struct str out = STR_INIT(PAGE_BYTES_MAX);
	char path[PAGE_PATH_MAX];

	if (frame_begin(&frame, &out, err) < 0)
		return -1;
	add_summary(s, &out);
	(void)str_adds(&out, "<h2 id=\"tags\">Tags</h2>\n");
	frame_search(&out, "Search tags, platforms and digests");
	frame_columns(&out, columns);
	(void)str_adds(&out, "<ul class=\"rows\" id=\"list\" aria-labelledby=\"tags\">\n");
	for (size_t i = 0; i < s->tag_count; i++)
		add_row(view, &s->tags[i], &out);
	(void)str_adds(&out, "</ul>\n");
	if (sections->len > 0) {
		(void)str_adds(&out, HEADING);
		(void)str_add(&out, str_text(sections), sections->len);
	}
	frame_end(&out);
	return page_files_put(p->files, page_path_repository(path, s->repo), &out, err);
}

/* The images come first: what is read with them stands in the rows of the tags. */
int repository_pages_write(const struct repository_pages *pages, struct err *err)
{
	struct survey *s = pages->survey;
	AUTO_STR struct str sections = STR_INIT(PAGE_BYTES_MAX);
	char up[PAGE_UP_MAX];
	struct repository_view view = {.survey = s,
	                               .pull_host = pages->pull_host,
	                               .up = page_path_up(up, s->repo),
	                               .digits = repository_pages_digits(s->image_count),
	                               .sink = pages->sink};

	if (view.digits && write_images(pages, &view, err) < 0)
		return -1;
	for (uint32_t i = 0; !view.digits && i < s->image_count; i++)
		if (image_section_write(&view, i, &sections, err) < 0)
			return -1;
	if (str_check(&sections, "page of a repository", err) < 0)
		return -1;
	return write_tags(pages, &view, &sections, err);
}
