#include "sync/doctor/lists.h"

#include "base/digest.h"
#include "base/json.h"
#include "base/media_type.h"
#include "sync/doctor/client_internal.h"

#include <stdio.h>
#include <string.h>

int lists_check_tags(const struct manifests *m, struct err *err)
{
	struct findings *f = m->client->findings;
	struct visit v;
	struct key_parts parts;
	char key[KEY_MAX], why[VISIT_MESSAGE_MAX];
	int result;

	(void)layout_parse(&parts, m->key);
	(void)layout_tags_list(key, parts.repo);
	result = visit(&m->client->visitor, HTTP_GET, key, NULL, &v, err);
	if (result < 0)
		;
	else if (v.status != 200)
		findings_add(f, CHECK_TAGS, DOCTOR_WARN,
		             v.status == 404 ? REMEDY_PUBLISH : REMEDY_NONE, "%s: %s", key,
		             visit_why(&v, why));
	else if (strncmp(visit_header(&v, "content-type"), "application/json", 16) != 0)
		findings_add(f, CHECK_TAGS, DOCTOR_WARN, REMEDY_TYPE,
		             "%s has Content-Type '%.100s', expected 'application/json'", key,
		             visit_header(&v, "content-type"));
	else
		findings_add(f, CHECK_TAGS, DOCTOR_PASS, REMEDY_NONE, "200, of %.100s", parts.repo);
	visit_release(&v);
	return result;
}

/* ---- referrers */

enum { WRONG_MAX = KEY_MAX + 2 * MEDIA_TYPE_MAX };

enum fill { MAY_BE_EMPTY, NAMES_SOME };

struct wrong {
	char what[WRONG_MAX];
	enum err_code code;
	enum remedy remedy;
};

static bool names_some(const struct visit *v)
{
	struct err ignored = ERR_INIT;
	AUTO_JSON json_t *doc = json_parse_limited(str_text(&v->body), v->body.len,
	                                           &JSON_LIMITS_MANIFEST, &ignored);

	return json_array_size(json_object_get(doc, "manifests")) > 0;
}

/* A charset that a proxy adds is told of the manifests already. */
static bool is_index_type(const char *type)
{
	size_t len = strlen(MT_OCI_INDEX);

	return strncmp(type, MT_OCI_INDEX, len) == 0 && (!type[len] || strchr("; ", type[len]));
}

static bool index_is_wrong(const char *key, const struct visit *v, enum fill fill, struct wrong *w)
{
	const char *type = visit_header(v, "content-type");
	char why[VISIT_MESSAGE_MAX];

	*w = (struct wrong){.code = ERR_INTEGRITY, .remedy = REMEDY_PUBLISH};
	if (v->failure != HTTP_OK || v->status != 200) {
		(void)snprintf(w->what, WRONG_MAX, "%s: %s", key, visit_why(v, why));
		w->code = v->status == 404 ? ERR_NOT_FOUND : ERR_OTHER;
		w->remedy = v->status == 404 ? REMEDY_PUBLISH : REMEDY_NONE;
	} else if (!is_index_type(type)) {
		(void)snprintf(w->what, WRONG_MAX, "%s has Content-Type '%.100s', expected '%s'",
		               key, type, MT_OCI_INDEX);
		w->remedy = REMEDY_TYPE;
	} else if (fill == NAMES_SOME && !names_some(v) && !*visit_header(v, "content-encoding")) {
		(void)snprintf(w->what, WRONG_MAX, "%s names none", key);
	} else {
		return false;
	}
	return true;
}

/* 1 as it should be, 0 with the finding, -1. */
static int check_index(struct client *c, const char *key, enum fill fill, struct err *err)
{
	struct visit v;
	struct wrong wrong;
	int result = visit(&c->visitor, HTTP_GET, key, NULL, &v, err);

	if (result == 0 && index_is_wrong(key, &v, fill, &wrong))
		findings_fail(c->findings, CHECK_REFERRERS, wrong.code, wrong.remedy, "%s",
		              wrong.what);
	else if (result == 0)
		result = 1;
	visit_release(&v);
	return result;
}

/* The key of the list that has the same as a fallback tag. False: the tag has half a digest. */
static bool referrers_of_tag(char key[KEY_MAX], const char *fallback)
{
	struct key_parts parts;
	struct digest subject;

	(void)layout_parse(&parts, fallback);
	parts.tag[strcspn(parts.tag, "-")] = ':';
	if (!digest_parse_quiet(&subject, parts.tag, strlen(parts.tag)))
		return false;
	(void)layout_referrers(key, parts.repo, &subject);
	return true;
}

int lists_check_referrers(struct client *c, const struct sample *sample, struct err *err)
{
	char key[KEY_MAX];
	bool by_tag = sample->fallback[0] != '\0';
	int result;

	if (!by_tag)
		(void)snprintf(key, sizeof(key), "%s", sample->referrers);
	else if (!referrers_of_tag(key, sample->fallback))
		key[0] = '\0';
	if (!by_tag && !key[0]) {
		findings_skip(c->findings, CHECK_REFERRERS, CHECK_REFERRERS, "no list was seen");
		return 0;
	}
	result = key[0] ? check_index(c, key, by_tag ? NAMES_SOME : MAY_BE_EMPTY, err) : 1;
	if (result > 0 && by_tag)
		result = check_index(c, sample->fallback, NAMES_SOME, err);
	if (result > 0)
		findings_add(c->findings, CHECK_REFERRERS, DOCTOR_PASS, REMEDY_NONE, "%s",
		             by_tag ? "found by the API, and by the tag for clients without it"
		                    : "200, of an image that nothing refers to");
	return result < 0 ? -1 : 0;
}
