#include "cli/remote_learned.h"

#include "base/cleanup.h"
#include "base/units.h"
#include "db/state/remote.h"

#include <stdio.h>
#include <string.h>

typedef void add_fn(struct str *out, const char *endpoint, const struct remote_row *row);

struct telling {
	struct db *db;
	const char *bucket, *prefix; /* "" or "a/b/" */
	struct str *out;
	add_fn *add;
	const char *separator;
};

static void add_text(struct str *out, const char *endpoint, const struct remote_row *row)
{
	char time[UNITS_TEXT_MAX];
	const char *comma = ": ";

	(void)str_adds(out, "learned of ");
	(void)str_add_printable(out, endpoint, strlen(endpoint));
	if (row->region[0]) {
		(void)str_addf(out, "%sits region is %s", comma, row->region);
		comma = "; ";
	}
	if (row->no_conditions_since > 0) {
		(void)str_addf(out, "%sit refused conditional writes (%s)", comma,
		               time_text(row->no_conditions_since, time));
		comma = "; ";
	}
	if (row->if_match_quoted)
		(void)str_addf(out, "%sIf-Match holds with quotes alone", comma);
}

static void add_json(struct str *out, const char *endpoint, const struct remote_row *row)
{
	char time[UNITS_TEXT_MAX];

	(void)str_adds(out, "{\"endpoint\":");
	(void)str_add_json(out, endpoint);
	if (row->region[0]) {
		(void)str_adds(out, ",\"region\":");
		(void)str_add_json(out, row->region);
	}
	if (row->no_conditions_since > 0)
		(void)str_addf(out, ",\"no_conditions_since\":\"%s\"",
		               time_text(row->no_conditions_since, time));
	if (row->if_match_quoted)
		(void)str_adds(out, ",\"if_match_quoted\":true");
	(void)str_addc(out, '}');
}

static int tell(void *context, int64_t id, const char *endpoint, struct err *err)
{
	struct telling *t = context;
	struct remote_row row;

	(void)id;
	if (remote_find(t->db, endpoint, t->bucket, t->prefix, &row, err) < 0)
		return -1;
	if (!row.region[0] && row.no_conditions_since == 0 && !row.if_match_quoted)
		return 0;
	if (t->out->len > 0)
		(void)str_adds(t->out, t->separator);
	t->add(t->out, endpoint, &row);
	return 0;
}

/* s3://BUCKET[/PREFIX], as an endpoint has its parts. */
static int tell_all(struct telling *t, const char *url, struct err *err)
{
	static const char scheme[] = "s3://";
	AUTO_STR struct str bucket = STR_INIT(1024), prefix = STR_INIT(4096);
	size_t len;

	if (strncmp(url, scheme, strlen(scheme)) != 0)
		return 0;
	url += strlen(scheme);
	len = strcspn(url, "/");
	(void)str_add(&bucket, url, len);
	url += len + strspn(url + len, "/");
	for (len = strlen(url); len > 0 && url[len - 1] == '/'; len--)
		;
	if (len > 0 && str_add(&prefix, url, len) == 0)
		(void)str_addc(&prefix, '/');
	if (bucket.failed || prefix.failed)
		return err_memory(err);
	t->bucket = str_text(&bucket);
	t->prefix = str_text(&prefix);
	if (remote_names_each(t->db, t->bucket, t->prefix, tell, t, err) < 0)
		return -1;
	return str_check(t->out, "what was learned", err);
}

int remote_learned_text(struct db *db, const char *url, struct str *out, struct err *err)
{
	struct telling t = {.db = db, .out = out, .add = add_text, .separator = "\n"};

	return tell_all(&t, url, err);
}

int remote_learned_json(struct db *db, const char *url, struct str *out, struct err *err)
{
	struct telling t = {.db = db, .out = out, .add = add_json, .separator = ","};

	return tell_all(&t, url, err);
}
