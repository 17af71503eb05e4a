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

int err_exit_status(enum err_code code)
{
	switch (code) {
	case ERR_NONE:
		return 0;
	case ERR_OTHER:
	case ERR_MEMORY:
	case ERR_BUG:
		return 1;
	case ERR_USAGE:
	case ERR_CONFIG:
		return 2;
	case ERR_PARTIAL:
		return 3;
	case ERR_NOT_FOUND:
	case ERR_NO_STATE:
		return 4;
	case ERR_TEMPORARY:
		return 5;
	case ERR_INTEGRITY:
	case ERR_MALFORMED:
	case ERR_REFUSED:
		return 6;
	case ERR_AUTH:
		return 7;
	case ERR_MAX_TRANSFER:
		return 8;
	case ERR_STORAGE:
		return 9;
	case ERR_MAX_DURATION:
		return 10;
	case ERR_LOCKED:
		return 11;
	case ERR_DIFFERENCES:
		return 12;
	case ERR_INTERRUPTED:
		return 130;
	}
	return 1;
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
