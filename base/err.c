#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int err_setv(struct err *err, enum err_code code, const char *fmt, va_list args)
{
	err->code = code;
	err->sys_errno = 0;
	(void)vsnprintf(err->message, sizeof(err->message), fmt, args);
	return -1;
}

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)err_setv(err, code, fmt, args);
	va_end(args);
	return -1;
}

static enum err_code code_of_errno(int sys_errno)
{
	switch (sys_errno) {
	case ENOENT:
	case ENOTDIR:
		return ERR_NOT_FOUND;
	case ENOSPC:
	case EDQUOT:
	case EROFS:
	case EACCES:
	case EPERM:
	case EIO:
	case EFBIG:
	case ESTALE:
		return ERR_STORAGE;
	case ENOMEM:
		return ERR_MEMORY;
	default:
		return ERR_OTHER;
	}
}

int err_sys(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	size_t used;
	va_list args;

	va_start(args, fmt);
	(void)err_setv(err, code_of_errno(saved), fmt, args);
	va_end(args);
	err->sys_errno = saved;
	used = strlen(err->message);
	(void)snprintf(err->message + used, sizeof(err->message) - used, ": %s", strerror(saved));
	errno = saved;
	return -1;
}

int err_context(struct err *err, const char *fmt, ...)
{
	char tail[ERR_MESSAGE_MAX];
	size_t used;
	va_list args;

	memcpy(tail, err->message, sizeof(tail));
	va_start(args, fmt);
	(void)vsnprintf(err->message, sizeof(err->message), fmt, args);
	va_end(args);
	used = strlen(err->message);
	(void)snprintf(err->message + used, sizeof(err->message) - used, ": %s", tail);
	return -1;
}

int err_memory(struct err *err)
{
	return err_set(err, ERR_MEMORY, "out of memory");
}

/* What each code makes of the process, and of the run that meets it. */
static const struct {
	int exit_status;
	enum err_scope scope;
} codes[] = {
	[ERR_NONE] = {0, ERR_SCOPE_OBJECT},       [ERR_OTHER] = {1, ERR_SCOPE_OBJECT},
	[ERR_MEMORY] = {1, ERR_SCOPE_RUN},        [ERR_BUG] = {1, ERR_SCOPE_RUN},
	[ERR_USAGE] = {2, ERR_SCOPE_RUN},         [ERR_CONFIG] = {2, ERR_SCOPE_RUN},
	[ERR_PARTIAL] = {3, ERR_SCOPE_RUN},       [ERR_NOT_FOUND] = {4, ERR_SCOPE_OBJECT},
	[ERR_NO_STATE] = {4, ERR_SCOPE_RUN},      [ERR_TEMPORARY] = {5, ERR_SCOPE_RUN},
	[ERR_INTEGRITY] = {6, ERR_SCOPE_OBJECT},  [ERR_MALFORMED] = {6, ERR_SCOPE_OBJECT},
	[ERR_REFUSED] = {6, ERR_SCOPE_OBJECT},    [ERR_AUTH] = {7, ERR_SCOPE_OBJECT},
	[ERR_MAX_TRANSFER] = {8, ERR_SCOPE_RUN},  [ERR_STORAGE] = {9, ERR_SCOPE_RUN},
	[ERR_MAX_DURATION] = {10, ERR_SCOPE_RUN}, [ERR_LOCKED] = {11, ERR_SCOPE_RUN},
	[ERR_DIFFERENCES] = {12, ERR_SCOPE_RUN},  [ERR_INTERRUPTED] = {130, ERR_SCOPE_RUN},
};

int err_exit_status(enum err_code code)
{
	return codes[code].exit_status;
}

bool err_lacks_descriptors(const struct err *err)
{
	return err->sys_errno == EMFILE || err->sys_errno == ENFILE;
}

enum err_scope err_scope(const struct err *err)
{
	if (err_lacks_descriptors(err))
		return ERR_SCOPE_RUN;
	switch (err->sys_errno) {
	case EACCES:
	case EPERM:
	case EIO:
	case ESTALE:
		return ERR_SCOPE_OBJECT;
	default:
		return codes[err->code].scope;
	}
}

/* Position of an exit status in the order of precedence; the smallest wins. */
static int precedence(int status)
{
	static const int order[] = {130, 11, 2, 4, 7, 9, 6, 10, 8, 5, 3, 12, 1, 0};
	int at = 0;

	while (order[at] != status && order[at] != 0)
		at++;
	return at;
}

enum err_code err_worse(enum err_code a, enum err_code b)
{
	return precedence(err_exit_status(b)) < precedence(err_exit_status(a)) ? b : a;
}
