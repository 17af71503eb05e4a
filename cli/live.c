#include "cli/live.h"

#include "base/cleanup.h"
#include "base/stop.h"
#include "base/units.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { FRAME_MAX = 1 << 16 };

/* Whether lines stand on the screen: for the signal handlers too. */
static volatile sig_atomic_t shown;
/*
 * A handler wipes on its own thread while another one draws, and what is drawn after that would
 * stay. So who draws says so and then looks whether it may, and a handler forbids it and then
 * waits.
 */
static atomic_bool drawing, forbidden;
enum { DRAWING_MAX_MS = 100 }; /* a terminal that takes nothing holds no handler up for long */

/* ---- the terminal */

/* Nobody is to blame for a terminal that is gone: the command goes on. */
static void put(const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

static void wipe(void)
{
	if (shown)
		put(PROGRESS_WIPE, sizeof(PROGRESS_WIPE) - 1);
	shown = 0;
}

static struct progress_size ask_size(const struct live *l)
{
	struct progress_size size = {.columns = 80, .rows = 24, .color = l->color, .mark = l->mark};
	struct winsize now;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &now) == 0 && now.ws_col > 0) {
		size.columns = now.ws_col;
		size.rows = now.ws_row > 0 ? now.ws_row : 24;
	}
	return size;
}

/* A shell writes to the terminal while its jobs run in the background. */
static bool is_in_background(void)
{
	pid_t group = tcgetpgrp(STDERR_FILENO);

	return group > 0 && group != getpgrp();
}

static void draw(struct live *l)
{
	AUTO_STR struct str frame = STR_INIT(FRAME_MAX);
	struct progress_size size = ask_size(l);

	if (is_in_background())
		return;
	progress_draw(l->progress, &frame, &size, monotonic_ms());
	atomic_store(&drawing, true);
	if (!atomic_load(&forbidden)) {
		shown = 1;
		put(str_text(&frame), frame.len);
	}
	atomic_store(&drawing, false);
}

/* ---- signals */

/* For handlers: wipes, and lets nobody draw until it is allowed again. */
static void wipe_for_good(void)
{
	static const struct timespec nap = {.tv_nsec = 1000000};

	atomic_store(&forbidden, true);
	for (int ms = 0; ms < DRAWING_MAX_MS && atomic_load(&drawing); ms++)
		(void)nanosleep(&nap, NULL);
	wipe();
}

/* Wipes, and lets the signal do what it did before. */
static void set_handler(int number, void (*handler)(int))
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = handler;
	(void)sigemptyset(&action.sa_mask);
	action.sa_flags = SA_RESTART;
	(void)sigaction(number, &action, NULL);
}

static void on_stop(int number)
{
	int saved = errno;
	sigset_t set;

	wipe_for_good();
	set_handler(number, SIG_DFL);
	(void)raise(number);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, number);
	(void)pthread_sigmask(SIG_UNBLOCK, &set, NULL); /* here it stops, until it is continued */
	set_handler(number, on_stop);
	atomic_store(&forbidden, false);
	errno = saved;
}

static const int FATAL[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGQUIT, SIGHUP};
enum { FATAL_COUNT = sizeof(FATAL) / sizeof(FATAL[0]) };
static struct sigaction before[FATAL_COUNT], stop_before;

static void on_fatal(int number)
{
	wipe_for_good();
	for (int i = 0; i < FATAL_COUNT; i++)
		if (FATAL[i] == number)
			(void)sigaction(number, &before[i], NULL);
	(void)raise(number); /* when this returns */
}

static void on_second_interrupt(int number)
{
	wipe_for_good();
	set_handler(number, SIG_DFL);
	(void)raise(number);
}

/* Where a log is written a hangup does not end the process at once (base/hangup.h). */
static bool is_no_end(int i)
{
	return FATAL[i] == SIGHUP && before[i].sa_handler != SIG_DFL;
}

static void catch_signals(void)
{
	(void)sigaction(SIGTSTP, NULL, &stop_before);
	if (stop_before.sa_handler == SIG_DFL)
		set_handler(SIGTSTP, on_stop);
	for (int i = 0; i < FATAL_COUNT; i++) {
		(void)sigaction(FATAL[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN && !is_no_end(i))
			set_handler(FATAL[i], on_fatal);
	}
}

static void let_signals_go(void)
{
	(void)sigaction(SIGTSTP, &stop_before, NULL);
	for (int i = 0; i < FATAL_COUNT; i++)
		(void)sigaction(FATAL[i], &before[i], NULL);
}

/* The first Ctrl-C ends the command in order; the second would leave the lines there (stop.h). */
static void catch_second_interrupt(void)
{
	static const int numbers[] = {SIGINT, SIGTERM};
	struct sigaction now;

	for (int i = 0; i < 2; i++)
		if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
			set_handler(numbers[i], on_second_interrupt);
}

/* ---- the thread */

static void *run(void *context)
{
	struct live *l = context;
	struct pollfd wake = {.fd = l->wake[0], .events = POLLIN};

	while (poll(&wake, 1, LIVE_FRAME_MS) <= 0) {
		if (stop_requested())
			catch_second_interrupt();
		live_lock(l);
		if (monotonic_ms() - l->begun_at_ms >= LIVE_FIRST_MS)
			draw(l);
		live_unlock(l);
	}
	return NULL;
}

/*
 * The terminal's characters are all that is asked of the locale. What letters are must not be:
 * where Turkish is spoken, toupper('i') is no 'I', and strcasecmp tells the two apart.
 */
static const char *mark_of_locale(void)
{
	const char *mark = ">";

	if (setlocale(LC_CTYPE, "") && strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
		mark = "…";
	(void)setlocale(LC_CTYPE, "C");
	return mark;
}

void live_init(struct live *l, struct progress *progress, bool color)
{
	memset(l, 0, sizeof(*l));
	l->enabled = true;
	l->mark = mark_of_locale();
	l->color = color;
	l->progress = progress;
	(void)pthread_mutex_init(&l->lock, NULL);
}

void live_lock(struct live *l)
{
	if (l->enabled)
		(void)pthread_mutex_lock(&l->lock);
}

void live_unlock(struct live *l)
{
	if (l->enabled)
		(void)pthread_mutex_unlock(&l->lock);
}

/* Without a thread there are no lines, which is no reason to fail. Signals go to other threads. */
void live_begin(struct live *l)
{
	sigset_t all, old;

	if (!l->enabled || l->running || pipe(l->wake) < 0)
		return;
	for (int i = 0; i < 2; i++)
		(void)fcntl(l->wake[i], F_SETFD, FD_CLOEXEC);
	l->begun_at_ms = monotonic_ms();
	catch_signals();
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	l->running = pthread_create(&l->thread, NULL, run, l) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (l->running)
		return;
	let_signals_go();
	(void)close(l->wake[0]);
	(void)close(l->wake[1]);
}

void live_hide(struct live *l)
{
	if (l->enabled)
		wipe();
}

/* Not sooner than the first frame was due. */
void live_show(struct live *l)
{
	if (l->running && monotonic_ms() - l->begun_at_ms >= LIVE_FIRST_MS)
		draw(l);
}

void live_close(struct live *l)
{
	if (!l->running)
		return;
	(void)close(l->wake[1]);
	(void)pthread_join(l->thread, NULL);
	(void)close(l->wake[0]);
	l->running = false;
	wipe();
	let_signals_go();
}
