#include "tests/unit/check.h"

static void test_message(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(err.code, ERR_NONE);
	assert_int_equal(err_set(&err, ERR_MALFORMED, "size is %d, not %d", 10, 12), -1);
	assert_int_equal(err.code, ERR_MALFORMED);
	assert_int_equal(err_context(&err, "layer %d", 3), -1);
	assert_int_equal(err_context(&err, "%s", "app.tar"), -1);
	assert_string_equal(err.message, "app.tar: layer 3: size is 10, not 12");
	assert_int_equal(err.code, ERR_MALFORMED);
	assert_int_equal(err_memory(&err), -1);
	assert_int_equal(err.code, ERR_MEMORY);
}

static void test_errno(void **state)
{
	static const struct {
		int sys_errno;
		enum err_code code;
	} cases[] = {
		{ENOENT, ERR_NOT_FOUND}, {ENOTDIR, ERR_NOT_FOUND}, {ENOSPC, ERR_STORAGE},
		{EDQUOT, ERR_STORAGE},   {EROFS, ERR_STORAGE},     {EACCES, ERR_STORAGE},
		{EPERM, ERR_STORAGE},    {EIO, ERR_STORAGE},       {EFBIG, ERR_STORAGE},
		{ESTALE, ERR_STORAGE},   {ENOMEM, ERR_MEMORY},     {EINVAL, ERR_OTHER},
		{ELOOP, ERR_OTHER},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = ERR_INIT;
		char expected[200];

		errno = cases[i].sys_errno;
		assert_int_equal(err_sys(&err, "open %s", "x"), -1);
		assert_int_equal(errno, cases[i].sys_errno);
		assert_int_equal(err.sys_errno, cases[i].sys_errno);
		CASE(err.code == cases[i].code, "errno %d: code %d", cases[i].sys_errno, err.code);
		(void)snprintf(expected, sizeof(expected), "open x: %s",
		               strerror(cases[i].sys_errno));
		assert_string_equal(err.message, expected);
	}
}

/* Whatever is put into a message, it stays within its bounds and keeps its beginning. */
static void test_bounds(void **state)
{
	static char huge[4 * ERR_MESSAGE_MAX];
	struct err err = ERR_INIT;

	(void)state;
	memset(huge, 'x', sizeof(huge) - 1);
	(void)err_set(&err, ERR_OTHER, "%s", huge);
	assert_int_equal(strlen(err.message), ERR_MESSAGE_MAX - 1);
	(void)err_context(&err, "outer");
	assert_int_equal(strlen(err.message), ERR_MESSAGE_MAX - 1);
	assert_memory_equal(err.message, "outer: xxx", 10);
	(void)err_context(&err, "%s", huge);
	assert_int_equal(strlen(err.message), ERR_MESSAGE_MAX - 1);
	errno = ENOENT;
	(void)err_sys(&err, "%s", huge);
	assert_int_equal(strlen(err.message), ERR_MESSAGE_MAX - 1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
}

static void test_exit_status(void **state)
{
	static const struct {
		enum err_code code;
		int status;
	} cases[] = {
		{ERR_NONE, 0},         {ERR_OTHER, 1},         {ERR_MEMORY, 1},
		{ERR_BUG, 1},          {ERR_USAGE, 2},         {ERR_CONFIG, 2},
		{ERR_PARTIAL, 3},      {ERR_NOT_FOUND, 4},     {ERR_NO_STATE, 4},
		{ERR_TEMPORARY, 5},    {ERR_INTEGRITY, 6},     {ERR_MALFORMED, 6},
		{ERR_REFUSED, 6},      {ERR_AUTH, 7},          {ERR_MAX_TRANSFER, 8},
		{ERR_STORAGE, 9},      {ERR_MAX_DURATION, 10}, {ERR_LOCKED, 11},
		{ERR_DIFFERENCES, 12}, {ERR_INTERRUPTED, 130},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		CASE(err_exit_status(cases[i].code) == cases[i].status, "code %d: status %d",
		     cases[i].code, err_exit_status(cases[i].code));
}

/* The first that applies of: 130/143, 11, 2, 4, 7, 9, 6, 10, 8, 5, 3, 12, 1. */
static void test_precedence(void **state)
{
	static const enum err_code order[] = {
		ERR_INTERRUPTED, ERR_LOCKED,      ERR_USAGE,        ERR_NOT_FOUND,    ERR_AUTH,
		ERR_STORAGE,     ERR_MALFORMED,   ERR_MAX_DURATION, ERR_MAX_TRANSFER, ERR_TEMPORARY,
		ERR_PARTIAL,     ERR_DIFFERENCES, ERR_OTHER,        ERR_NONE,
	};

	(void)state;
	for (size_t a = 0; a < COUNT(order); a++)
		for (size_t b = 0; b < COUNT(order); b++) {
			enum err_code wins = order[a < b ? a : b];

			CASE(err_worse(order[a], order[b]) == wins, "worse of %d and %d is %d",
			     order[a], order[b], err_worse(order[a], order[b]));
		}
	/* Of two with one status the first that was seen stays. */
	assert_int_equal(err_worse(ERR_REFUSED, ERR_INTEGRITY), ERR_REFUSED);
	assert_int_equal(err_worse(ERR_NO_STATE, ERR_NOT_FOUND), ERR_NO_STATE);
}

static void test_scope(void **state)
{
	static const struct {
		enum err_code code;
		int sys_errno;
		enum err_scope scope;
	} cases[] = {
		{ERR_OTHER, 0, ERR_SCOPE_OBJECT},        {ERR_NOT_FOUND, 0, ERR_SCOPE_OBJECT},
		{ERR_INTEGRITY, 0, ERR_SCOPE_OBJECT},    {ERR_MALFORMED, 0, ERR_SCOPE_OBJECT},
		{ERR_REFUSED, 0, ERR_SCOPE_OBJECT},      {ERR_AUTH, 0, ERR_SCOPE_OBJECT},
		{ERR_MEMORY, 0, ERR_SCOPE_RUN},          {ERR_BUG, 0, ERR_SCOPE_RUN},
		{ERR_NO_STATE, 0, ERR_SCOPE_RUN},        {ERR_TEMPORARY, 0, ERR_SCOPE_RUN},
		{ERR_MAX_TRANSFER, 0, ERR_SCOPE_RUN},    {ERR_MAX_DURATION, 0, ERR_SCOPE_RUN},
		{ERR_LOCKED, 0, ERR_SCOPE_RUN},          {ERR_INTERRUPTED, 0, ERR_SCOPE_RUN},
		{ERR_STORAGE, ENOSPC, ERR_SCOPE_RUN},    {ERR_STORAGE, EROFS, ERR_SCOPE_RUN},
		{ERR_STORAGE, EACCES, ERR_SCOPE_OBJECT}, {ERR_STORAGE, EIO, ERR_SCOPE_OBJECT},
		{ERR_OTHER, ESTALE, ERR_SCOPE_OBJECT},   {ERR_OTHER, EMFILE, ERR_SCOPE_RUN},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = {.code = cases[i].code, .sys_errno = cases[i].sys_errno};

		CASE(err_scope(&err) == cases[i].scope, "code %d, errno %d", cases[i].code,
		     cases[i].sys_errno);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message),    cmocka_unit_test(test_errno),
		cmocka_unit_test(test_bounds),     cmocka_unit_test(test_exit_status),
		cmocka_unit_test(test_precedence), cmocka_unit_test(test_scope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
