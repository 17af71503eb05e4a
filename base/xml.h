/*
 * xml: walks a small foreign XML document within limits, over expat.
 *
 * The document is reported as the texts of its leaf elements, each with its path of local names
 * below the root ("Contents/Key"), and the ends of the other elements ("Contents"), which is when
 * all leaves of a list entry have been seen. Namespaces are dropped, since S3-compatible servers
 * disagree on them; attributes are ignored. A DOCTYPE is refused, and with it every entity.
 */
#ifndef DRYDOCK_BASE_XML_H
#define DRYDOCK_BASE_XML_H

#include "base/err.h"
#include "base/str.h"

enum {
	XML_DOCUMENT_MAX = 8 << 20, /* 1,000 keys of 1,024 bytes, encoded, with room to spare */
	XML_DEPTH_MAX = 16,
	XML_PATH_MAX = 256,
	XML_TEXT_MAX = 16 * 1024, /* of one leaf */
};

enum xml_what {
	XML_ROOT, /* path: the root element's name; text: "" */
	XML_LEAF, /* path below the root; text: what it holds, white space kept */
	XML_END,  /* path below the root of an element that had elements in it */
};

/* A leaf that is the root itself is reported as XML_ROOT only. -1 ends the walk. */
typedef int xml_fn(void *context, enum xml_what what, const char *path, const struct str *text,
                   struct err *err);

/* ERR_MALFORMED when it is not well formed, cut, or beyond a limit. */
int xml_walk(const char *xml, size_t len, xml_fn *fn, void *context, struct err *err) MUST_CHECK;

#endif
