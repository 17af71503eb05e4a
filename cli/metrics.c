#include "cli/metrics.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

static void add(struct str *out, const char *name, const char *help, uint64_t value)
{
	(void)str_addf(out,
	               "# HELP drydock_sync_%s %s\n# TYPE drydock_sync_%s gauge\n"
	               "drydock_sync_%s %" PRIu64 "\n",
	               name, help, name, name, value);
}

int metrics_write(const char *path, const struct metrics *m, struct err *err)
{
	const struct event_summary *s = m->summary;
	AUTO_STR struct str out = STR_INIT(1 << 16);
	AUTO_STR struct str tmp = STR_INIT(4096);
	AUTO_CLOSE int fd = -1;

	add(&out, "last_run_timestamp_seconds", "Start of the last run.", (uint64_t)m->started_at);
	add(&out, "last_success_timestamp_seconds", "End of the last run with status 0; 0: none.",
	    (uint64_t)m->succeeded_at);
	add(&out, "status", "Exit status of the last run.", (uint64_t)err_exit_status(s->result));
	add(&out, "duration_milliseconds", "Duration of the last run.", (uint64_t)s->duration_ms);
	add(&out, "sent_bytes", "Body bytes sent by the last run.", s->bytes_sent);
	add(&out, "uploaded_objects", "Objects sent by the last run.", s->uploaded + s->resumed);
	add(&out, "copied_objects", "Objects copied on the server by the last run.", s->copied);
	add(&out, "deleted_objects", "Objects deleted by the last run.", s->deleted);
	add(&out, "unchanged_objects", "Objects that were there already.", s->unchanged);
	add(&out, "kept_tags", "Tags left alone because the bucket's are newer.", s->kept);
	add(&out, "held_objects", "Objects held back, tags that a person must decide on included.",
	    s->held);
	add(&out, "failed_objects", "Objects that failed in the last run.", s->failed);
	add(&out, "retries", "Requests tried again in the last run.", s->retries);
	(void)str_addf(&tmp, "%s.%ld", path, (long)getpid());
	if (str_check(&tmp, "path of the metrics file", err) < 0)
		return -1;
	fd = file_create(AT_FDCWD, str_text(&tmp), FILE_MODE_PUBLIC, err);
	if (fd < 0)
		return err_context(err, "metrics file");
	if (file_write(fd, str_text(&out), out.len, path, err) < 0 ||
	    file_sync_close(&fd, path, err) < 0 ||
	    file_rename(AT_FDCWD, str_text(&tmp), path, err) < 0) {
		(void)unlink(str_text(&tmp));
		return err_context(err, "metrics file");
	}
	return 0;
}
