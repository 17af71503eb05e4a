#include "sync/multipart/transition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Of an object that is to be sent. */
#define NO                                                                                         \
	{                                                                                          \
		.wanted = true                                                                     \
	}
#define ADOPT                                                                                      \
	{                                                                                          \
		.wanted = true, .adopted = true                                                    \
	}
#define GONE_                                                                                      \
	{                                                                                          \
		.wanted = true, .gone = true, .parts_known = true                                  \
	}
#define KNOWN                                                                                      \
	{                                                                                          \
		.wanted = true, .parts_known = true                                                \
	}
#define ANEW                                                                                       \
	{                                                                                          \
		.wanted = true, .parts_known = true, .anew = true                                  \
	}
#define UNDONE                                                                                     \
	{                                                                                          \
		.wanted = true, .gone = true, .anew = true                                         \
	}
#define UNWANTED                                                                                   \
	{                                                                                          \
		.wanted = false                                                                    \
	}

static void transitions(void **state)
{
	static const struct {
		enum multipart_state from;
		enum multipart_event event;
		struct multipart_facts facts;
		enum multipart_state to;
		enum multipart_action action;
	} cases[] = {
		{MULTIPART_CREATING, MULTIPART_BEGIN, NO, MULTIPART_CREATING, MULTIPART_DO_CREATE},
		{MULTIPART_CREATING, MULTIPART_CREATED, NO, MULTIPART_OPEN, MULTIPART_DO_SEND},
		{MULTIPART_CREATING, MULTIPART_LOST, NO, MULTIPART_CREATING,
	         MULTIPART_DO_LIST_UPLOADS},
		{MULTIPART_CREATING, MULTIPART_RESUME, NO, MULTIPART_CREATING,
	         MULTIPART_DO_LIST_UPLOADS},
		{MULTIPART_CREATING, MULTIPART_FOUND_ONE, NO, MULTIPART_OPEN,
	         MULTIPART_DO_LIST_PARTS},
		{MULTIPART_CREATING, MULTIPART_FOUND_NONE, NO, MULTIPART_CREATING,
	         MULTIPART_DO_CREATE},
		{MULTIPART_CREATING, MULTIPART_ABANDON, NO, MULTIPART_DONE, MULTIPART_DO_FORGET},
		{MULTIPART_OPEN, MULTIPART_RESUME, NO, MULTIPART_OPEN, MULTIPART_DO_LIST_PARTS},
		{MULTIPART_OPEN, MULTIPART_PARTS_OURS, NO, MULTIPART_OPEN, MULTIPART_DO_SEND},
		{MULTIPART_OPEN, MULTIPART_PARTS_ALL, NO, MULTIPART_COMPLETING,
	         MULTIPART_DO_COMPLETE},
		{MULTIPART_OPEN, MULTIPART_ALL_SENT, NO, MULTIPART_COMPLETING,
	         MULTIPART_DO_COMPLETE},
		{MULTIPART_OPEN, MULTIPART_PARTS_FOREIGN, NO, MULTIPART_ABORTING,
	         MULTIPART_DO_ABORT},
		{MULTIPART_OPEN, MULTIPART_PARTS_FOREIGN, ADOPT, MULTIPART_CREATING,
	         MULTIPART_DO_CREATE},
		{MULTIPART_OPEN, MULTIPART_GONE, NO, MULTIPART_CREATING, MULTIPART_DO_CREATE},
		{MULTIPART_OPEN, MULTIPART_GONE, ANEW, MULTIPART_DONE, MULTIPART_DO_FORGET},
		{MULTIPART_OPEN, MULTIPART_ABANDON, NO, MULTIPART_ABORTING, MULTIPART_DO_ABORT},
		{MULTIPART_OPEN, MULTIPART_ABANDON, ADOPT, MULTIPART_DONE, MULTIPART_DO_FORGET},
		{MULTIPART_COMPLETING, MULTIPART_COMPLETED, NO, MULTIPART_DONE,
	         MULTIPART_DO_FINISH},
		{MULTIPART_COMPLETING, MULTIPART_LOST, KNOWN, MULTIPART_COMPLETING,
	         MULTIPART_DO_HEAD},
		{MULTIPART_COMPLETING, MULTIPART_UNCERTAIN, KNOWN, MULTIPART_COMPLETING,
	         MULTIPART_DO_HEAD},
		{MULTIPART_COMPLETING, MULTIPART_RESUME, NO, MULTIPART_COMPLETING,
	         MULTIPART_DO_HEAD},
		{MULTIPART_COMPLETING, MULTIPART_HEAD_MATCH, NO, MULTIPART_DONE,
	         MULTIPART_DO_FINISH},
		{MULTIPART_COMPLETING, MULTIPART_HEAD_OTHER, KNOWN, MULTIPART_COMPLETING,
	         MULTIPART_DO_COMPLETE},
		{MULTIPART_COMPLETING, MULTIPART_HEAD_OTHER, NO, MULTIPART_COMPLETING,
	         MULTIPART_DO_LIST_PARTS},
		{MULTIPART_COMPLETING, MULTIPART_GONE, NO, MULTIPART_COMPLETING, MULTIPART_DO_HEAD},
		{MULTIPART_COMPLETING, MULTIPART_HEAD_OTHER, GONE_, MULTIPART_CREATING,
	         MULTIPART_DO_CREATE},
		{MULTIPART_COMPLETING, MULTIPART_HEAD_OTHER, UNDONE, MULTIPART_DONE,
	         MULTIPART_DO_FORGET},
		{MULTIPART_COMPLETING, MULTIPART_PARTS_REFUSED, KNOWN, MULTIPART_ABORTING,
	         MULTIPART_DO_ABORT},
		{MULTIPART_COMPLETING, MULTIPART_PARTS_REFUSED, ANEW, MULTIPART_ABORTING,
	         MULTIPART_DO_ABORT},
		{MULTIPART_COMPLETING, MULTIPART_PARTS_REFUSED, ADOPT, MULTIPART_CREATING,
	         MULTIPART_DO_CREATE},
		{MULTIPART_COMPLETING, MULTIPART_REFUSED_TWICE, KNOWN, MULTIPART_COMPLETING,
	         MULTIPART_DO_LIST_PARTS},
		{MULTIPART_COMPLETING, MULTIPART_PARTS_ALL, NO, MULTIPART_COMPLETING,
	         MULTIPART_DO_COMPLETE},
		{MULTIPART_COMPLETING, MULTIPART_PARTS_OURS, NO, MULTIPART_OPEN, MULTIPART_DO_SEND},
		{MULTIPART_COMPLETING, MULTIPART_ABANDON, NO, MULTIPART_ABORTING,
	         MULTIPART_DO_ABORT},
		{MULTIPART_ABORTING, MULTIPART_RESUME, NO, MULTIPART_ABORTING, MULTIPART_DO_ABORT},
		{MULTIPART_ABORTING, MULTIPART_ABORTED, NO, MULTIPART_CREATING,
	         MULTIPART_DO_CREATE},
		{MULTIPART_ABORTING, MULTIPART_ABORTED, ANEW, MULTIPART_DONE, MULTIPART_DO_FORGET},
		{MULTIPART_ABORTING, MULTIPART_ABORTED, UNWANTED, MULTIPART_DONE,
	         MULTIPART_DO_FORGET},
		{MULTIPART_ABORTING, MULTIPART_GONE, UNWANTED, MULTIPART_DONE, MULTIPART_DO_FORGET},
		{MULTIPART_DONE, MULTIPART_RESUME, NO, MULTIPART_DONE, MULTIPART_DO_NOTHING},
		{MULTIPART_OPEN, MULTIPART_CREATED, NO, MULTIPART_OPEN, MULTIPART_DO_NOTHING},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct multipart_step s =
			multipart_next(cases[i].from, cases[i].event, cases[i].facts);

		if (s.state != cases[i].to || s.action != cases[i].action)
			print_error("case %zu\n", i);
		assert_int_equal(s.state, cases[i].to);
		assert_int_equal(s.action, cases[i].action);
	}
}

/* M3: whatever happens, an adopted upload is never aborted. */
static void adopted_is_never_aborted(void **state)
{
	(void)state;
	for (int from = MULTIPART_CREATING; from <= MULTIPART_DONE; from++)
		for (int event = MULTIPART_BEGIN; event <= MULTIPART_ABORTED; event++)
			for (int bits = 0; bits < 16; bits++) {
				struct multipart_facts facts = {.adopted = true,
				                                .gone = bits & 1,
				                                .parts_known = bits & 2,
				                                .wanted = bits & 4,
				                                .anew = bits & 8};
				struct multipart_step s =
					multipart_next((enum multipart_state)from,
				                       (enum multipart_event)event, facts);

				assert_int_not_equal(s.action, MULTIPART_DO_ABORT);
			}
}

/* Nor is an upload left behind for a new one that is not gone. */
static void ours_is_aborted_first(void **state)
{
	(void)state;
	for (int from = MULTIPART_OPEN; from <= MULTIPART_COMPLETING; from++)
		for (int event = MULTIPART_BEGIN; event <= MULTIPART_ABORTED; event++) {
			struct multipart_facts facts = {.wanted = true, .parts_known = true};
			struct multipart_step s = multipart_next(
				(enum multipart_state)from, (enum multipart_event)event, facts);

			if (event != MULTIPART_GONE)
				assert_int_not_equal(s.action, MULTIPART_DO_CREATE);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transitions),
		cmocka_unit_test(adopted_is_never_aborted),
		cmocka_unit_test(ours_is_aborted_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
