#include "base/process.h"

#include "base/cleanup.h"
#include "base/stop.h"
#include "base/units.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	READ_BYTES = 4096,
	LOOK_MS = 1000,  /* how often it is looked whether the time is up */
	NAP_MS = 10,     /* there is no descriptor that tells of a program's end */
	GRACE_MS = 1000, /* from SIGTERM to SIGKILL */
};

#ifdef __APPLE__
extern char **environ; /* no header there has it */
#endif

/* Our ends of its three pipes and, until it has started, the program's. -1: none. */
struct pipes {
	int input;            /* the program's: reads all that we have written before */
	int output, errors;   /* ours */
	int output_, errors_; /* the program's */
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void pipes_close(struct pipes *p)
{
	close_fd(&p->input);
	close_fd(&p->output);
	close_fd(&p->errors);
	close_fd(&p->output_);
	close_fd(&p->errors_);
}

/* Above 2, so that no end is in the way of another when they become 0, 1 and 2. */
static int make_pipe(int *reads, int *writes, struct err *err)
{
	int ends[2];

	if (pipe(ends) < 0)
		return err_sys(err, "pipe");
	*reads = fcntl(ends[0], F_DUPFD_CLOEXEC, 3);
	*writes = fcntl(ends[1], F_DUPFD_CLOEXEC, 3);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return *reads < 0 || *writes < 0 ? err_sys(err, "pipe") : 0;
}

/*
 * Everything is in the pipe before the program starts: so nothing has to be written while it runs,
 * and one that does not read is no broken pipe.
 */
static int make_input(const char *text, int *reads, struct err *err)
{
	AUTO_CLOSE int writes = -1;
	size_t len = strlen(text);
	ssize_t wrote;

	if (len > PROCESS_INPUT_MAX)
		return err_set(err, ERR_BUG, "a program's input has %zu bytes", len);
	if (make_pipe(reads, &writes, err) < 0)
		return -1;
	wrote = write(writes, text, len);
	if (wrote != (ssize_t)len)
		return err_sys(err, "pipe");
	return 0;
}

static int spawn(const struct process *process, const struct pipes *p, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int status = posix_spawn_file_actions_init(&actions);

	if (status != 0)
		return status;
	if (p->input >= 0)
		status = posix_spawn_file_actions_adddup2(&actions, p->input, STDIN_FILENO);
	if (status == 0)
		status = posix_spawn_file_actions_adddup2(&actions, p->output_, STDOUT_FILENO);
	if (status == 0 && p->errors_ >= 0)
		status = posix_spawn_file_actions_adddup2(&actions, p->errors_, STDERR_FILENO);
	if (status == 0)
		status = posix_spawnp(pid, process->words[0], &actions, NULL, process->words,
		                      environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return status;
}

static int start(const struct process *process, struct pipes *p, bool with_errors, pid_t *pid,
                 struct err *err)
{
	int status;

	if ((process->input && make_input(process->input, &p->input, err) < 0) ||
	    make_pipe(&p->output, &p->output_, err) < 0 ||
	    (with_errors && make_pipe(&p->errors, &p->errors_, err) < 0))
		return -1;
	status = spawn(process, p, pid);
	if (status != 0) {
		(void)err_set(err, ERR_CONFIG, "cannot start %s: %s", process->words[0],
		              strerror(status));
		err->sys_errno = status;
		return -1;
	}
	close_fd(&p->input);
	close_fd(&p->output_);
	close_fd(&p->errors_);
	return 0;
}

/* The program may ask a person or a service, and hang: a signal to us ends the waiting, too. */
static int may_wait(int64_t deadline_ms, struct err *err)
{
	if (stop_check(err) < 0)
		return -1;
	if (deadline_ms > 0 && monotonic_ms() >= deadline_ms)
		return err_set(err, ERR_MAX_DURATION, "the program did not end in time");
	return 0;
}

/* Reads once of its standard error, so that it never waits for us to. */
static void take_errors(struct pipes *p, struct str *errors)
{
	char text[READ_BYTES];
	ssize_t got = read(p->errors, text, sizeof(text));
	size_t room = errors ? errors->max - errors->len : 0;

	if (got < 0 && errno == EINTR)
		return;
	if (got <= 0)
		close_fd(&p->errors);
	else if (room)
		(void)str_add(errors, text, (size_t)got < room ? (size_t)got : room);
}

/* Left to be waited for. */
static bool has_ended(pid_t pid)
{
	siginfo_t info = {.si_pid = 0};

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == pid;
}

enum output { OUTPUT_READABLE, OUTPUT_OVER, OUTPUT_ERROR = -1 };

/*
 * Until it has printed something, closed its end, or ended: what it has left in the background may
 * hold the pipe open for as long as the machine runs. What it complains of meanwhile is taken.
 */
static enum output wait_output(struct pipes *p, pid_t pid, int64_t deadline_ms, struct str *errors,
                               struct err *err)
{
	struct pollfd fds[3] = {{.fd = p->output, .events = POLLIN},
	                        {.fd = p->errors, .events = POLLIN},
	                        {.fd = stop_fd(), .events = POLLIN}};

	do {
		int64_t left_ms = deadline_ms - monotonic_ms();
		bool ended = has_ended(pid); /* before it is looked what it has printed */

		if (may_wait(deadline_ms, err) < 0)
			return OUTPUT_ERROR;
		if (deadline_ms == 0 || left_ms > LOOK_MS)
			left_ms = LOOK_MS;
		if (ended)
			left_ms = 0;
		fds[1].fd = p->errors;
		if (poll(fds, 3, left_ms > 0 ? (int)left_ms : 0) < 0) {
			if (errno == EINTR)
				continue;
			(void)err_sys(err, "poll");
			return OUTPUT_ERROR;
		}
		if (fds[1].revents)
			take_errors(p, errors);
		if (ended && fds[0].revents == 0)
			return OUTPUT_OVER;
	} while (fds[0].revents == 0);
	return OUTPUT_READABLE;
}

static int read_output(struct pipes *p, pid_t pid, int64_t deadline_ms, struct str *output,
                       struct str *errors, struct err *err)
{
	for (;;) {
		char *to = str_reserve(output, READ_BYTES);
		enum output found;
		ssize_t got;

		if (!to)
			return err_set(err, ERR_CONFIG, "printed more than %zu bytes", output->max);
		found = wait_output(p, pid, deadline_ms, errors, err);
		if (found != OUTPUT_READABLE)
			return found == OUTPUT_OVER ? 0 : -1;
		got = read(p->output, to, READ_BYTES);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, "read");
		if (got == 0)
			return 0;
		str_grew(output, (size_t)got);
	}
}

/* One nap while the program ends, which a complaint or a signal cuts short. */
static void nap(struct pipes *p, struct str *errors, int ms)
{
	struct pollfd fds[2] = {{.fd = p->errors, .events = POLLIN},
	                        {.fd = stop_fd(), .events = POLLIN}};

	if (poll(fds, 2, ms) > 0 && fds[0].revents)
		take_errors(p, errors);
}

static int wait_end(pid_t pid, struct pipes *p, int64_t deadline_ms, struct str *errors,
                    int *status, struct err *err)
{
	pid_t ended;

	while ((ended = waitpid(pid, status, WNOHANG)) != pid) {
		if (ended < 0 && errno != EINTR)
			return err_sys(err, "waitpid");
		if (may_wait(deadline_ms, err) < 0)
			return -1;
		nap(p, errors, NAP_MS);
	}
	/* What it has said last; a child of its own may hold the pipe open for longer. */
	for (int more = 16; more > 0 && p->errors >= 0; more--)
		nap(p, errors, 0);
	return 0;
}

/* A program whose answer is no longer wanted must not outlive us. */
static void end_program(pid_t pid)
{
	const struct timespec pause = {0, NAP_MS * 1000000L};
	int64_t until = monotonic_ms() + GRACE_MS;
	int status;

	(void)kill(pid, SIGTERM);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (monotonic_ms() >= until)
			(void)kill(pid, SIGKILL);
		(void)nanosleep(&pause, NULL);
	}
}

int process_run(const struct process *process, struct str *output, struct str *errors, int *status,
                struct err *err)
{
	struct pipes p = {-1, -1, -1, -1, -1};
	pid_t pid;
	int result;

	result = start(process, &p, errors != NULL, &pid, err);
	if (result == 0) {
		result = read_output(&p, pid, process->deadline_ms, output, errors, err);
		close_fd(&p.output);
		if (result == 0)
			result = wait_end(pid, &p, process->deadline_ms, errors, status, err);
		if (result < 0)
			end_program(pid);
	}
	pipes_close(&p);
	return result;
}
