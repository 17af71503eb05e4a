#include "base/hangup.h"

#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t count;
static bool ends_with_terminal; /* there is one, and nohup is not in force */

static bool has_terminal(void)
{
	int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

static void on_hangup(int number)
{
	int saved = errno;

	if (ends_with_terminal && !has_terminal())
		stop_ask(number);
	else
		count = count + 1;
	errno = saved;
}

int hangup_install(struct err *err)
{
	struct sigaction action, before;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_hangup;
	(void)sigemptyset(&action.sa_mask);
	action.sa_flags = SA_RESTART;
	if (sigaction(SIGHUP, NULL, &before) < 0)
		return err_sys(err, "sigaction");
	ends_with_terminal = before.sa_handler != SIG_IGN && has_terminal();
	return sigaction(SIGHUP, &action, NULL) < 0 ? err_sys(err, "sigaction") : 0;
}

int hangup_count(void)
{
	return count;
}
