#include "stage/registry/credential_helper.h"

#include "base/cleanup.h"
#include "base/json.h"
#include "base/process.h"
#include "base/units.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum {
	OUTPUT_MAX = 64 * 1024,
	ERRORS_MAX = 4096,
	LINE_MAX_BYTES = 200, /* of a complaint in a message */
	SERVER_MAX = 512,
};

int credential_helper_check_name(const char *name, struct err *err)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_");

	if (len == 0 || name[len] || len > CREDENTIAL_HELPER_NAME_MAX)
		return err_set(err, ERR_CONFIG,
		               "a credential helper's name has 1 to %d of a-z, 0-9, - and _",
		               CREDENTIAL_HELPER_NAME_MAX);
	return 0;
}

/* Puts ": " and the first line of `text` that is not blank behind the error's message. */
static int add_complaint(struct err *err, const struct str *text)
{
	const char *line = str_text(text);
	AUTO_STR struct str shown = STR_INIT((size_t)4 * LINE_MAX_BYTES);
	size_t used = strlen(err->message), len;

	line += strspn(line, " \t\r\n");
	len = strcspn(line, "\r\n");
	(void)str_add_printable(&shown, line, len < LINE_MAX_BYTES ? len : LINE_MAX_BYTES);
	if (shown.len > 0)
		(void)snprintf(err->message + used, sizeof(err->message) - used, ": %s%s",
		               str_text(&shown), len > LINE_MAX_BYTES ? "…" : "");
	return -1;
}

/*
 * What it says of its failure is on standard output, by the protocol; but what looks like an answer
 * is not shown, since it may hold the secret.
 */
static int judge_failure(int status, const struct str *output, const struct str *errors,
                         struct err *err)
{
	static const char none[] = "credentials not found";
	const char *said = str_text(output) + strspn(str_text(output), " \t\r\n");

	if (WIFEXITED(status) && strncmp(said, none, sizeof(none) - 1) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == PROCESS_NOT_FOUND)
		(void)err_set(err, ERR_CONFIG, "the program cannot be started");
	else
		(void)err_set(err, ERR_AUTH, "ended with %s %d",
		              WIFEXITED(status) ? "status" : "signal",
		              WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return add_complaint(err, *said && *said != '{' ? output : errors);
}

static int read_answer(const struct str *output, struct registry_credentials *credentials,
                       struct err *err)
{
	static const struct json_limits limits = {
		.max_bytes = OUTPUT_MAX, .max_values = 200, .max_depth = 8, .secret = true};
	AUTO_JSON_WIPE json_t *doc =
		json_parse_limited(str_text(output), output->len, &limits, err);
	const char *username, *secret;

	if (!doc) {
		err->code = ERR_CONFIG;
		return -1;
	}
	username = json_text(doc, "Username");
	secret = json_text(doc, "Secret");
	if (!username || !secret)
		return err_set(err, ERR_CONFIG, "the answer has no %s",
		               username ? "Secret" : "Username");
	if (!*username && !*secret)
		return 0;
	if (strcmp(username, "<token>") == 0)
		return registry_credentials_set(credentials, REGISTRY_CREDENTIALS_IDENTITY_TOKEN,
		                                "", secret, err);
	return registry_credentials_set(credentials, REGISTRY_CREDENTIALS_PASSWORD, username,
	                                secret, err);
}

/* Which of the two times was up, and what else may be wrong with a program. */
static int explain(struct err *err, bool by_run, int64_t answer_ms, const struct str *errors)
{
	char text[UNITS_TEXT_MAX];

	if (err->code == ERR_INTERRUPTED)
		return -1;
	if (err->code == ERR_CONFIG && err->sys_errno == ENOENT)
		return err_set(err, ERR_CONFIG, "there is no such program in PATH");
	if (err->code == ERR_MAX_DURATION && by_run)
		(void)err_set(err, ERR_MAX_DURATION, "--max-duration reached before it answered");
	else if (err->code == ERR_MAX_DURATION)
		(void)err_set(err, ERR_AUTH, "did not answer within %s and was ended",
		              duration_text(answer_ms, text));
	return add_complaint(err, errors);
}

static int ask(char *program, const char *server, int64_t answer_ms, int64_t deadline_ms,
               struct registry_credentials *credentials, struct err *err)
{
	char verb[] = "get";
	char *const words[] = {program, verb, NULL};
	int64_t limit_ms = monotonic_ms() + answer_ms;
	bool by_run = deadline_ms > 0 && deadline_ms < limit_ms;
	struct process process = {
		.words = words, .input = server, .deadline_ms = by_run ? deadline_ms : limit_ms};
	AUTO_WIPE struct str output = STR_INIT(OUTPUT_MAX);
	AUTO_STR struct str errors = STR_INIT(ERRORS_MAX);
	int status = 0;

	/* At once, so that no copy of a secret is left behind by a growing buffer. */
	if (!str_reserve(&output, OUTPUT_MAX))
		return err_memory(err);
	if (process_run(&process, &output, &errors, &status, err) < 0)
		return explain(err, by_run, answer_ms, &errors);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return judge_failure(status, &output, &errors, err);
	if (read_answer(&output, credentials, err) < 0)
		return add_complaint(err, &errors);
	return 0;
}

int credential_helper_get(const char *name, const char *server, int64_t answer_ms,
                          int64_t deadline_ms, struct registry_credentials *credentials,
                          struct err *err)
{
	AUTO_STR struct str program =
		STR_INIT(sizeof(CREDENTIAL_HELPER_PREFIX) + CREDENTIAL_HELPER_NAME_MAX);

	credentials->kind = REGISTRY_CREDENTIALS_NONE;
	if (credential_helper_check_name(name, err) < 0)
		return -1;
	if (!*server || strlen(server) > SERVER_MAX)
		return err_set(err, ERR_BUG, "a server's name has %zu bytes", strlen(server));
	if (str_addf(&program, CREDENTIAL_HELPER_PREFIX "%s", name) < 0)
		return err_memory(err);
	if (ask(program.data, server, answer_ms, deadline_ms, credentials, err) < 0)
		return err_context(err, "%s", str_text(&program));
	return 0;
}
