#include "stage/page/html.h"

#include "base/cleanup.h"
#include "base/units.h"

#include <string.h>

enum { VALUE_MAX = 2000, URL_MAX = 1000, PRINTABLE_MAX = 1 << 28 };

static const char *reference_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static void add_escaped(struct str *out, const char *text, size_t len)
{
	size_t from = 0;

	for (size_t i = 0; i < len; i++) {
		const char *reference = reference_of(text[i]);

		if (!reference)
			continue;
		(void)str_add(out, text + from, i - from);
		(void)str_adds(out, reference);
		from = i + 1;
	}
	(void)str_add(out, text + from, len - from);
}

/* Lines and tabs are harmless here; str_add_printable would show them as \x0a and \x09. */
static void add_text(struct str *out, const char *text, size_t len)
{
	AUTO_STR struct str printable = STR_INIT(PRINTABLE_MAX);

	while (len > 0) {
		size_t run = 0;

		while (run < len && text[run] != '\n' && text[run] != '\t')
			run++;
		(void)str_add_printable(&printable, text, run);
		if (run < len)
			(void)str_addc(&printable, text[run++]);
		text += run;
		len -= run;
	}
	add_escaped(out, str_text(&printable), printable.len);
	out->failed |= printable.failed;
}

void html_text(struct str *out, const char *text)
{
	add_text(out, text, strlen(text));
}

void html_text_cut(struct str *out, const char *text, size_t max)
{
	size_t len = strlen(text);
	size_t kept = len < max ? len : max;

	/* Not within a character. */
	while (kept < len && kept > 0 && ((unsigned char)text[kept] & 0xC0) == 0x80)
		kept--;
	add_text(out, text, kept);
	if (kept < len)
		(void)str_adds(out, "…");
}

void html_foreign(struct str *out, const char *text, size_t *budget)
{
	size_t len = strlen(text);
	size_t max = *budget < VALUE_MAX ? *budget : VALUE_MAX;

	html_text_cut(out, text, max);
	*budget -= len < max ? len : max;
}

bool html_is_web_url(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~:/?#[]!$&()*+,;=%";
	const char *host;

	if (strncmp(text, "https://", 8) == 0)
		host = text + 8;
	else if (strncmp(text, "http://", 7) == 0)
		host = text + 7;
	else
		return false;
	/* Without @: HOST is where the link leads, not a user's name before it. */
	return *host && !strchr("/?#:", *host) && host[strspn(host, plain)] == '\0' &&
	       strlen(text) <= URL_MAX;
}

void html_foreign_link(struct str *out, const char *text, size_t *budget)
{
	bool link = html_is_web_url(text) && strlen(text) <= *budget;

	if (link) {
		(void)str_adds(out, "<a rel=\"nofollow noopener noreferrer\" href=\"");
		html_text(out, text);
		(void)str_adds(out, "\">");
	}
	html_foreign(out, text, budget);
	if (link)
		(void)str_adds(out, "</a>");
}

void html_size(struct str *out, uint64_t bytes)
{
	char text[UNITS_TEXT_MAX];

	(void)str_adds(out, size_text(bytes, text));
}

void html_date(struct str *out, int64_t seconds)
{
	char text[UNITS_TEXT_MAX];

	(void)time_text(seconds, text);
	(void)str_addf(out, "<time datetime=\"%s\">%.*s</time>", text, (int)strcspn(text, "T"),
	               text);
}
