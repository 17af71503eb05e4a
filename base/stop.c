#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signal;
static int stop_pipe[2] = {-1, -1};

void stop_ask(int number)
{
	int saved = errno;

	stop_signal = number;
	if (write(stop_pipe[1], "", 1) < 0) {
		/* The pipe is full: it is readable already. */
	}
	errno = saved;
}

int stop_install(struct err *err)
{
	struct sigaction action;
	static const int signals[] = {SIGINT, SIGTERM};

	if (pipe(stop_pipe) < 0)
		return err_sys(err, "pipe");
	for (int i = 0; i < 2; i++) {
		(void)fcntl(stop_pipe[i], F_SETFD, FD_CLOEXEC);
		(void)fcntl(stop_pipe[i], F_SETFL, O_NONBLOCK);
	}
	memset(&action, 0, sizeof(action));
	action.sa_handler = stop_ask;
	(void)sigemptyset(&action.sa_mask);
	/* Once only: a second Ctrl-C ends the process by the default action. */
	action.sa_flags = (int)SA_RESETHAND;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], &action, NULL) < 0)
			return err_sys(err, "sigaction");
	action.sa_handler = SIG_IGN;
	action.sa_flags = 0;
	if (sigaction(SIGPIPE, &action, NULL) < 0)
		return err_sys(err, "sigaction");
	return 0;
}

int stop_requested(void)
{
	return stop_signal;
}

int stop_check(struct err *err)
{
	if (!stop_signal)
		return 0;
	return err_set(err, ERR_INTERRUPTED, "interrupted; what is done is saved");
}

int stop_fd(void)
{
	return stop_pipe[0];
}
