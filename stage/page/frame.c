#include "stage/page/frame.h"

#include "base/hash.h"
#include "base/page_path.h"
#include "stage/page/html.h"
#include "stage/page/script_js.h"
#include "stage/page/style_css.h"

#include <string.h>

/* A tin of the three sizes of box; # would begin a fragment. */
#define ICON                                                                                       \
	"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"      \
	"%3Cpath fill='%230b62c4' d='M1 9h14l-2 5H3zM3 5h4v3H3zM8 5h4v3H8zM5 "                     \
	"1h4v3H5z'/%3E%3C/svg%3E"

/* 'sha256-…' of a script or style, as CSP (level 2, "Valid Hashes") has it. */
static int add_hash(struct str *out, const char *text, struct err *err)
{
	uint8_t sum[SHA256_BYTES];
	char base64[4 * ((SHA256_BYTES + 2) / 3) + 1];

	if (hash_once(HASH_SHA256, text, strlen(text), sum, err) < 0)
		return -1;
	(void)str_addf(out, "'sha256-%s'", base64_text(sum, sizeof(sum), base64));
	return 0;
}

static int add_policy(struct str *out, struct err *err)
{
	(void)str_adds(out, "<meta http-equiv=\"Content-Security-Policy\" content=\""
	                    "default-src 'none'; img-src data:; style-src ");
	if (add_hash(out, style_css, err) < 0)
		return -1;
	(void)str_adds(out, "; script-src ");
	if (add_hash(out, script_js, err) < 0)
		return -1;
	(void)str_adds(out, "; base-uri 'none'; form-action 'none'\">\n");
	return 0;
}

static void add_path(const struct frame *frame, struct str *out)
{
	(void)str_addf(out, "<nav aria-label=\"Catalogue\"><a href=\"%sindex.html\">", frame->up);
	html_text(out, frame->site);
	(void)str_adds(out, "</a>");
	if (frame->back) {
		(void)str_addf(out, " <span aria-hidden=\"true\">/</span> <a href=\"%s\">",
		               frame->back_to);
		html_text(out, frame->back);
		(void)str_adds(out, "</a>");
	}
	(void)str_adds(out, "</nav>\n");
}

int frame_begin(const struct frame *frame, struct str *out, struct err *err)
{
	(void)str_adds(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	                    "<meta charset=\"utf-8\">\n" PAGE_MARK "\n");
	if (add_policy(out, err) < 0)
		return -1;
	(void)str_adds(out, "<meta name=\"viewport\" content=\"width=device-width, "
	                    "initial-scale=1\">\n"
	                    "<meta name=\"color-scheme\" content=\"light dark\">\n"
	                    "<meta name=\"referrer\" content=\"no-referrer\">\n"
	                    "<title>");
	html_text(out, frame->heading);
	if (frame->up[0]) {
		(void)str_adds(out, " – ");
		html_text(out, frame->site);
	}
	(void)str_addf(out, "</title>\n<link rel=\"icon\" href=\"%s\">\n<style>", ICON);
	(void)str_adds(out, style_css);
	(void)str_adds(out, "</style>\n</head>\n<body>\n"
	                    "<a class=\"skip\" href=\"#main\">Skip to the content</a>\n<header>\n");
	if (frame->up[0])
		add_path(frame, out);
	(void)str_adds(out, "<h1>");
	html_text(out, frame->heading);
	(void)str_adds(out, "</h1>\n</header>\n<main id=\"main\">\n");
	return 0;
}

void frame_end(struct str *out)
{
	(void)str_adds(out, "</main>\n<footer><p>Made by <code>drydock page</code> of what is "
	                    "staged; nothing here is loaded from elsewhere.</p>"
	                    "<p id=\"said\" role=\"status\"></p></footer>\n<script>");
	(void)str_adds(out, script_js);
	(void)str_adds(out, "</script>\n</body>\n</html>\n");
}

void frame_search(struct str *out, const char *label)
{
	(void)str_addf(out,
	               "<div class=\"search\" hidden><label for=\"search\">%s</label> "
	               "<input id=\"search\" type=\"search\" autocomplete=\"off\" "
	               "spellcheck=\"false\" aria-controls=\"list\"> "
	               "<span id=\"found\" role=\"status\"></span></div>\n",
	               label);
}

void frame_columns(struct str *out, const char *const names[5])
{
	(void)str_adds(out, "<div class=\"columns\" aria-hidden=\"true\">");
	for (int i = 0; i < 5; i++)
		(void)str_addf(out, "<span>%s</span>", names[i]);
	(void)str_adds(out, "</div>\n");
}
