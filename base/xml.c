#include "base/xml.h"

#include "base/cleanup.h"

#include <expat.h>
#include <string.h>

struct walk {
	XML_Parser parser;
	xml_fn *fn;
	void *context;
	struct err *err;
	bool failed; /* *err is filled in */
	unsigned depth;
	bool has_elements;       /* the element that ended last was not the current one's text */
	char path[XML_PATH_MAX]; /* of open elements below the root */
	size_t path_len;
	struct str text; /* of the innermost open element */
};

static void fail(struct walk *w, const char *why)
{
	if (!w->failed)
		(void)err_set(w->err, ERR_MALFORMED, "XML answer: %s", why);
	w->failed = true;
	(void)XML_StopParser(w->parser, XML_FALSE);
}

static void report(struct walk *w, enum xml_what what, const char *path)
{
	if (!w->failed && w->fn(w->context, what, path, &w->text, w->err) < 0) {
		w->failed = true;
		(void)XML_StopParser(w->parser, XML_FALSE);
	}
}

static const char *local_name(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon ? colon + 1 : name;
}

static void on_start(void *context, const char *name, const char **attributes)
{
	struct walk *w = context;
	size_t len;

	(void)attributes;
	if (w->failed)
		return;
	name = local_name(name);
	len = strlen(name);
	str_clear(&w->text);
	w->has_elements = false;
	if (w->depth++ == 0) {
		report(w, XML_ROOT, name);
		return;
	}
	if (w->depth > XML_DEPTH_MAX || len + 2 > sizeof(w->path) - w->path_len) {
		fail(w, "nested too deeply");
		return;
	}
	if (w->path_len > 0)
		w->path[w->path_len++] = '/';
	memcpy(w->path + w->path_len, name, len + 1);
	w->path_len += len;
}

static void on_end(void *context, const char *name)
{
	struct walk *w = context;
	const char *slash;

	(void)name;
	if (w->failed || --w->depth == 0)
		return;
	report(w, w->has_elements ? XML_END : XML_LEAF, w->path);
	w->has_elements = true;
	str_clear(&w->text);
	slash = strrchr(w->path, '/');
	w->path_len = slash ? (size_t)(slash - w->path) : 0;
	w->path[w->path_len] = '\0';
}

static void on_text(void *context, const char *data, int len)
{
	struct walk *w = context;

	if (!w->failed && w->depth > 0 && str_add(&w->text, data, (size_t)len) < 0)
		fail(w, "an element holds too much text");
}

static void on_doctype(void *context, const char *name, const char *sysid, const char *pubid,
                       int has_internal_subset)
{
	(void)name;
	(void)sysid;
	(void)pubid;
	(void)has_internal_subset;
	fail(context, "a DOCTYPE is not allowed");
}

int xml_walk(const char *xml, size_t len, xml_fn *fn, void *context, struct err *err)
{
	struct walk w = {.fn = fn, .context = context, .err = err, .text = STR_INIT(XML_TEXT_MAX)};

	/* Before a long operation's answer S3 sends white space, where XML allows none. */
	while (len > 0 && (*xml == ' ' || *xml == '\n' || *xml == '\r' || *xml == '\t')) {
		xml++;
		len--;
	}
	if (len > XML_DOCUMENT_MAX)
		return err_set(err, ERR_MALFORMED, "XML answer: larger than %d bytes",
		               XML_DOCUMENT_MAX);
	w.parser = XML_ParserCreate(NULL);
	if (!w.parser)
		return err_memory(err);
	XML_SetUserData(w.parser, &w);
	XML_SetElementHandler(w.parser, on_start, on_end);
	XML_SetCharacterDataHandler(w.parser, on_text);
	XML_SetStartDoctypeDeclHandler(w.parser, on_doctype);
	if (XML_Parse(w.parser, xml, (int)len, XML_TRUE) != XML_STATUS_OK && !w.failed) {
		(void)err_set(err, ERR_MALFORMED, "XML answer: %s",
		              XML_ErrorString(XML_GetErrorCode(w.parser)));
		w.failed = true;
	}
	XML_ParserFree(w.parser);
	str_release(&w.text);
	return w.failed ? -1 : 0;
}
