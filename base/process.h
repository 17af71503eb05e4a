/*
 * process: runs a program of the user's own to its end: without a shell, within a time, and with
 * what it prints bounded.
 *
 *     char *const words[] = {"docker-credential-pass", "get", NULL};
 *     struct process process = {.words = words, .input = "example.org", .deadline_ms = then};
 *     if (process_run(&process, &output, &errors, &status, err) < 0) …
 *     WIFEXITED(status) …                       as waitpid(2) tells it
 *
 * A program whose answer is no longer wanted (it prints too much, the time is up, a signal asks us
 * to stop) is sent SIGTERM, and SIGKILL a second later; its own children are its own affair. One
 * that has ended has said all: those that it leaves in the background are not waited for.
 */
#ifndef DRYDOCK_BASE_PROCESS_H
#define DRYDOCK_BASE_PROCESS_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

enum {
	PROCESS_INPUT_MAX = 4096, /* what a pipe takes before anything reads it */
	PROCESS_NOT_FOUND = 127,  /* exit status: a system may say so only after the start */
};

struct process {
	char *const *words;  /* program (sought in PATH unless it has a slash), arguments, NULL */
	const char *input;   /* its whole standard input, or NULL: ours */
	int64_t deadline_ms; /* monotonic; 0: none */
};

/*
 * Appends standard output to *output. Of standard error the first errors->max bytes are appended to
 * *errors and the rest is dropped; with `errors` NULL it is ours. -1: ERR_CONFIG when it cannot be
 * started (err->sys_errno tells why) or prints more than output->max bytes, ERR_MAX_DURATION at the
 * deadline, ERR_INTERRUPTED. Messages quote the program's name and nothing else of its.
 */
int process_run(const struct process *process, struct str *output, struct str *errors, int *status,
                struct err *err) MUST_CHECK;

#endif
