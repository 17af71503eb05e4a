#include "cli/command.h"

#include "base/cleanup.h"
#include "base/hangup.h"
#include "base/units.h"
#include "base/user_file.h"
#include "stage/serve/server.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ACCESS_LINE_MAX = 64 << 10, WAITING_MAX = 128 << 10 };

/*
 * The file gets whole lines, many at once: standard output may be the same file as standard error.
 * They wait no longer than a second, and on a terminal not at all.
 */
struct access_log {
	struct cli *cli;
	FILE *file;
	const char *path;                               /* borrowed; NULL: standard output */
	int hangups;                                    /* hangup_count() when it was opened */
	size_t waiting;                                 /* bytes */
	char buffer[WAITING_MAX + 4 * ACCESS_LINE_MAX]; /* of `file` */
};

static int open_log(struct access_log *log, struct err *err)
{
	FILE *file = log->path ? user_file_append_lines(log->path, "access log", err) : stdout;

	if (!file)
		return -1;
	if (log->path && log->file)
		(void)fclose(log->file);
	log->file = file;
	if (isatty(fileno(file)) != 1)
		(void)setvbuf(file, log->buffer, _IOFBF, sizeof(log->buffer));
	return 0;
}

/* After what waits was written: it belongs to the file that was there. */
static void follow(struct access_log *log)
{
	struct err err = ERR_INIT;

	log_file_follow(&log->cli->report.log);
	if (!log->path || log->hangups == hangup_count())
		return;
	log->hangups = hangup_count();
	if (open_log(log, &err) < 0)
		event_warning(&log->cli->sink, "%s: requests go on to the file that was there",
		              err.message);
}

/* What cannot be written is told at the end (close_log, report_finish). */
static void flush(void *context)
{
	struct access_log *log = context;

	(void)fflush(log->file);
	log->waiting = 0;
	follow(log);
}

static void close_log(struct access_log *log)
{
	bool failed = ferror(log->file) != 0;

	if (!log->path)
		return;
	failed |= fclose(log->file) != 0;
	if (failed)
		event_warning(&log->cli->sink, "the access log %s was not written whole",
		              log->path);
}

/* What a client has sent, so that it cannot end the quoted text or disturb a terminal. */
static void add_quoted(struct str *line, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\"\\");

		(void)str_add_printable(line, text, len);
		text += len;
		if (*text)
			(void)str_addf(line, "\\x%02x", (unsigned)*text++);
	}
}

/* The common log format, which every tool for web servers' logs reads. */
static size_t print_common(FILE *file, const struct serve_access *access)
{
	AUTO_STR struct str line = STR_INIT(ACCESS_LINE_MAX);
	time_t at = (time_t)access->at;
	struct tm tm;
	char when[40];

	if (!gmtime_r(&at, &tm) ||
	    strftime(when, sizeof(when), "%d/%b/%Y:%H:%M:%S +0000", &tm) == 0)
		when[0] = '\0';
	(void)str_addf(&line, "%s - ", access->client);
	add_quoted(&line, access->user);
	(void)str_addf(&line, " [%s] \"", when);
	add_quoted(&line, access->method);
	(void)str_addc(&line, ' ');
	add_quoted(&line, access->target);
	(void)str_addf(&line, " %s\" %u ", access->version, access->status);
	if (access->cut || access->bytes == 0)
		(void)str_addc(&line, '-');
	else
		(void)str_addf(&line, "%" PRIu64, access->bytes);
	(void)fprintf(file, "%s\n", str_text(&line));
	return line.len;
}

static size_t print_json(FILE *file, const struct serve_access *access)
{
	AUTO_STR struct str line = STR_INIT(2 * ACCESS_LINE_MAX);

	report_json_add_begin(&line, "request");
	(void)str_addf(&line, ",\"client\":\"%s\",\"user\":", access->client);
	(void)str_add_json(&line, access->user);
	(void)str_adds(&line, ",\"method\":");
	(void)str_add_json(&line, access->method);
	(void)str_adds(&line, ",\"target\":");
	(void)str_add_json(&line, access->target);
	(void)fprintf(file,
	              "%s,\"status\":%u,\"bytes\":%" PRIu64
	              ",\"complete\":%s,\"duration_ms\":%" PRId64 "}\n",
	              str_text(&line), access->status, access->bytes,
	              access->cut ? "false" : "true", access->took_ms);
	return line.len;
}

static void tell_access(void *context, const struct serve_access *access)
{
	struct access_log *log = context;

	log->waiting += log->cli->report.output == REPORT_JSON ? print_json(log->file, access)
	                                                       : print_common(log->file, access);
	if (log->waiting > WAITING_MAX)
		flush(log);
}

static void tell_ready(void *context, const char *url)
{
	struct cli *cli = ((struct access_log *)context)->cli;

	if (cli->report.output == REPORT_JSON) {
		report_json_begin("serving");
		(void)printf(",\"url\":\"%s\"}\n", url);
		(void)fflush(stdout);
	} else {
		event_note(&cli->sink, "serving at %s", url);
	}
}

int cmd_serve(struct cli *cli, struct err *err)
{
	/* For its buffer: without one the C library takes no more than a page. */
	static struct access_log log;
	const struct options *o = &cli->options;
	uint64_t connections = SERVE_CONNECTIONS;
	struct root root = ROOT_INIT;
	struct serve_options serve = {
		.listen = option_given(o, OPT_LISTEN) ? option_text(o, OPT_LISTEN) : LISTEN_DEFAULT,
		.access =
			cli->report.quiet && !option_given(o, OPT_ACCESS_LOG) ? NULL : tell_access,
		.tick = flush,
		.ready = tell_ready,
		.context = &log,
	};
	int result;

	if (!option_given(o, OPT_TLS_CERT) != !option_given(o, OPT_TLS_KEY))
		return err_set(err, ERR_USAGE, "--tls-cert and --tls-key go together");
	if (option_given(o, OPT_TLS_CERT)) {
		serve.tls_cert = option_text(o, OPT_TLS_CERT);
		serve.tls_key = option_text(o, OPT_TLS_KEY);
	}
	if (option_given(o, OPT_HTPASSWD))
		serve.htpasswd = option_text(o, OPT_HTPASSWD);
	if (option_number(o, OPT_MAX_CONNECTIONS, &connections, err) < 0)
		return -1;
	serve.max_connections = (unsigned)connections;
	if (cli_open_root(cli, &root, ROOT_READ, err) < 0)
		return -1;
	log.cli = cli;
	log.path = option_text(o, OPT_ACCESS_LOG);
	log.hangups = hangup_count();
	result = open_log(&log, err);
	if (result == 0) {
		result = serve_run(&root, &serve, &cli->sink, err);
		close_log(&log);
	}
	root_close(&root);
	return result;
}
