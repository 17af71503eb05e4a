#include "cli/log_file.h"

#include "base/cleanup.h"
#include "base/hangup.h"
#include "base/units.h"
#include "base/user_file.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1 << 20 };

/* Not a secret: it only has to differ from those of other runs. */
static void name_run(struct log_file *log)
{
	(void)snprintf(log->run, sizeof(log->run), "%08x",
	               (unsigned)now_ms() * 2654435761u ^ (unsigned)getpid() * 40503u);
}

static void add_line(struct log_file *log, const char *label, const char *text, size_t len)
{
	AUTO_STR struct str line = STR_INIT(LINE_MAX_BYTES);
	char at[UNITS_TEXT_MAX];

	(void)str_addf(&line, "%s %s %s: %s", time_text_ms(now_ms(), at), log->run, log->command,
	               label);
	(void)str_add_printable(&line, text, len);
	(void)str_addc(&line, '\n');
	(void)fwrite(str_text(&line), 1, line.len, log->file);
	(void)fflush(log->file);
	log->wrote_at_ms = monotonic_ms();
}

/* What cannot be opened anew leaves the old file in its place. */
void log_file_follow(struct log_file *log)
{
	struct err err = ERR_INIT;
	FILE *anew;

	if (!log->file || log->hangups == hangup_count())
		return;
	log->hangups = hangup_count();
	anew = user_file_append_lines(log->path, "log file", &err);
	if (anew) {
		(void)fclose(log->file);
		log->file = anew;
		return;
	}
	add_line(log, "warning: ", err.message, strlen(err.message));
}

int log_file_open(struct log_file *log, const char *path, const char *command, struct err *err)
{
	static const char version[] = "drydock " DRYDOCK_VERSION;

	log->file = user_file_append_lines(path, "log file", err);
	if (!log->file)
		return -1;
	log->path = path;
	log->hangups = hangup_count();
	log->command = command;
	name_run(log);
	add_line(log, "begins: ", version, strlen(version));
	return 0;
}

void log_file_add(struct log_file *log, const char *label, const char *text)
{
	if (!log->file)
		return;
	log_file_follow(log);
	for (size_t len; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		add_line(log, label, text, len);
	}
}

int log_file_close(struct log_file *log, int status, const char *why)
{
	AUTO_STR struct str text = STR_INIT(LINE_MAX_BYTES);
	int failed;

	if (!log->file)
		return 0;
	log_file_follow(log);
	(void)str_addf(&text, "ends: status %d%s%s", status, why && *why ? ": " : "",
	               why ? why : "");
	add_line(log, "", str_text(&text), text.len);
	failed = ferror(log->file);
	failed |= fclose(log->file);
	log->file = NULL;
	return failed ? -1 : 0;
}
