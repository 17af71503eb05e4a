/*
 * err: the error object that every fallible function fills in.
 *
 * Functions return 0, or -1 with `struct err *` (always the last parameter) filled in; pointers
 * return NULL instead of -1. The place that fails sets the code and a message; callers on the way
 * up put context before it, so that the finished line reads from the outside in:
 *
 *     stage: app.tar: layer 3: blobs/sha256/ab12…: size is 10, the descriptor says 12
 *
 * Only cli/ prints errors and turns them into an exit status. A struct err lives on the caller's
 * stack, owns no memory and needs no release. `err` is never NULL.
 */
#ifndef DRYDOCK_BASE_ERR_H
#define DRYDOCK_BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define MUST_CHECK             __attribute__((warn_unused_result))

enum { ERR_MESSAGE_MAX = 1536 }; /* bytes with the final NUL; longer messages are cut */

/* Each code maps to one exit status (err_exit_status), which the manual page explains. */
enum err_code {
	ERR_NONE = 0,

	ERR_OTHER,  /* 1: none of the others */
	ERR_MEMORY, /* 1: out of memory, or a bounded buffer would exceed its bound */
	ERR_BUG,    /* 1: a state the program should never reach */

	ERR_USAGE,  /* 2: the command line cannot be understood */
	ERR_CONFIG, /* 2: a configuration file or environment variable is wrong */

	ERR_PARTIAL, /* 3: some objects or sources failed, the rest is done */

	ERR_NOT_FOUND, /* 4: an input, image, root or bucket does not exist */
	ERR_NO_STATE,  /* 4: the root has no usable state file (missing, newer, damaged) */

	ERR_TEMPORARY, /* 5: the link or the service; run again to resume */

	ERR_INTEGRITY, /* 6: bytes do not match their digest, size or MD5 */
	ERR_MALFORMED, /* 6: an input breaks its format's rules, or is cut */
	ERR_REFUSED,   /* 6: an input is well formed but beyond a limit, or not allowed */

	ERR_AUTH, /* 7: the server refuses the credentials, or what is asked with them */

	ERR_MAX_TRANSFER, /* 8: --max-transfer reached */
	ERR_STORAGE,      /* 9: local storage is full, unwritable or failing */
	ERR_MAX_DURATION, /* 10: --max-duration reached */
	ERR_LOCKED,       /* 11: another run holds the lock */
	ERR_DIFFERENCES,  /* 12: diff --exit-code found something to do */
	ERR_INTERRUPTED,  /* 130 or 143: a signal asked us to stop; the state is saved */
};

struct err {
	enum err_code code;
	int sys_errno; /* errno of the system call that failed, or 0 */
	char message[ERR_MESSAGE_MAX];
};

#define ERR_INIT                                                                                   \
	{                                                                                          \
		ERR_NONE, 0, ""                                                                    \
	}

/* Fills in `err` and returns -1, so that a failing function can `return err_set(err, …)`. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
int err_setv(struct err *err, enum err_code code, const char *fmt, va_list args) PRINTF_LIKE(3, 0);

/*
 * As err_set, with ": " and strerror(errno) appended and errno recorded. The code is chosen from
 * errno: ENOENT and ENOTDIR are ERR_NOT_FOUND, ENOSPC, EDQUOT, EROFS, EACCES, EPERM, EIO and their
 * like ERR_STORAGE, ENOMEM ERR_MEMORY, all others ERR_OTHER.
 */
int err_sys(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Puts "context: " before the message. The code stays. Returns -1. */
int err_context(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* ERR_MEMORY with the usual words. Returns -1. */
int err_memory(struct err *err);

/* The exit status for a code; ERR_INTERRUPTED is 130 (cli knows the signal). */
int err_exit_status(enum err_code code);

/*
 * What an error that was met at one object (a source, a file, a key) says of the others. A loop
 * over objects tells it, counts it and goes on, or ends; where it must decide otherwise for some
 * code, it names the exception beside its call.
 */
enum err_scope {
	ERR_SCOPE_OBJECT, /* nothing: this object is bad, or its file cannot be read */
	ERR_SCOPE_RUN,    /* they would meet it too: memory, disk, state, link, lock, a signal */
};
/*
 * By the code, but a file that may not be read or on which the disk fails (EACCES, EPERM, EIO,
 * ESTALE) is one object's, and too many open files (EMFILE, ENFILE) are the run's.
 */
enum err_scope err_scope(const struct err *err);

/* Whether this process or the machine had no descriptor left (EMFILE, ENFILE): that will pass. */
bool err_lacks_descriptors(const struct err *err);

/*
 * Which of two results a process should exit with, by the first status that applies of 130/143, 11,
 * 2, 4, 7, 9, 6, 10, 8, 5, 3, 12, 1. Returns the winner; ERR_NONE is never one.
 */
enum err_code err_worse(enum err_code a, enum err_code b);

#ifdef ERR_RETURNS_MINUS_ONE
/* For static analysis, which reads one file at a time and cannot know that these never return 0. */
#define err_set(...)     ((void)err_set(__VA_ARGS__), -1)
#define err_sys(...)     ((void)err_sys(__VA_ARGS__), -1)
#define err_context(...) ((void)err_context(__VA_ARGS__), -1)
#define err_memory(err)  ((void)err_memory(err), -1)
#endif

#endif
