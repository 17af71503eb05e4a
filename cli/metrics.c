#include "cli/metrics.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A label's value: \ " and newline are escaped, which is all that the format asks for. */
static void add_label(struct str *out, const char *name, const char *value)
{
	(void)str_addf(out, "%s=\"", name);
	for (; *value; value++)
		if (*value == '\n')
			(void)str_adds(out, "\\n");
		else
			(void)str_addf(out, "%s%c", strchr("\\\"", *value) ? "\\" : "", *value);
	(void)str_addc(out, '"');
}

struct figures {
	struct str text;   /* owned */
	struct str labels; /* owned: {root="…",remote="…"} */
};

static void begin(struct figures *f, const char *name, const char *help)
{
	(void)str_addf(
		&f->text,
		"# HELP drydock_sync_%s %s\n# TYPE drydock_sync_%s gauge\ndrydock_sync_%s%s ", name,
		help, name, name, str_text(&f->labels));
}

static void add(struct figures *f, const char *name, const char *help, uint64_t value)
{
	begin(f, name, help);
	(void)str_addf(&f->text, "%" PRIu64 "\n", value);
}

static void add_all(struct figures *f, const struct metrics *m)
{
	const struct event_summary *s = m->summary;

	add(f, "last_run_timestamp_seconds", "Start of the last run.", (uint64_t)m->started_at);
	add(f, "last_success_timestamp_seconds", "End of the last run with status 0; 0: none.",
	    (uint64_t)m->succeeded_at);
	add(f, "status", "Exit status of the last run.", (uint64_t)err_exit_status(s->result));
	begin(f, "duration_seconds", "Duration of the last run.");
	(void)str_addf(&f->text, "%" PRId64 ".%03d\n", s->duration_ms / 1000,
	               (int)(s->duration_ms % 1000));
	add(f, "sent_bytes", "Body bytes sent by the last run.", s->bytes_sent);
	add(f, "uploaded_objects", "Objects sent by the last run.", s->uploaded + s->resumed);
	add(f, "copied_objects", "Objects copied on the server by the last run.", s->copied);
	add(f, "deleted_objects", "Objects deleted by the last run.", s->deleted);
	add(f, "unchanged_objects", "Objects that were there already.", s->unchanged);
	add(f, "kept_tags", "Tags left alone because the bucket's are newer.", s->kept);
	add(f, "held_objects", "Objects held back, tags that a person must decide on included.",
	    s->held);
	add(f, "failed_objects", "Objects that failed in the last run.", s->failed);
	add(f, "retries", "Requests tried again in the last run.", s->retries);
}

int metrics_write(const char *path, const struct metrics *m, struct err *err)
{
	struct figures f = {STR_INIT(1 << 18), STR_INIT(1 << 16)};
	int failed;

	(void)str_adds(&f.labels, "{");
	add_label(&f.labels, "root", m->root);
	(void)str_adds(&f.labels, ",");
	add_label(&f.labels, "remote", m->remote);
	(void)str_adds(&f.labels, "}");
	add_all(&f, m);
	failed = str_check(&f.labels, "labels of the metrics", err) < 0 ||
	         str_check(&f.text, "metrics", err) < 0 || file_put(path, &f.text, err) < 0;
	str_release(&f.labels);
	str_release(&f.text);
	return failed ? -1 : 0;
}
