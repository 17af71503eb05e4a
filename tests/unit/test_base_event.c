#include "base/event.h"

#include "tests/unit/check.h"

struct seen {
	int count;
	enum event_type type;
	int level;
	enum err_code code;
	char message[2 * ERR_MESSAGE_MAX];
};

static void remember(void *context, const struct event *event)
{
	struct seen *seen = context;

	seen->count++;
	seen->type = event->type;
	seen->level = event->level;
	seen->code = event->code;
	(void)snprintf(seen->message, sizeof(seen->message), "%s", event->message);
}

static void test_messages(void **state)
{
	static char huge[2 * ERR_MESSAGE_MAX];
	struct seen seen = {0};
	const struct event_sink sink = {remember, &seen, 1};
	struct err err = ERR_INIT;

	(void)state;
	event_note(&sink, "host %s dropped", "localhost");
	assert_int_equal(seen.type, EVENT_NOTE);
	assert_string_equal(seen.message, "host localhost dropped");
	event_warning(&sink, "%d of %d", 1, 2);
	assert_int_equal(seen.type, EVENT_WARNING);
	assert_string_equal(seen.message, "1 of 2");
	event_log(&sink, 1, "detail");
	assert_int_equal(seen.type, EVENT_LOG);
	assert_int_equal(seen.level, 1);
	event_log(&sink, 2, "too much");
	assert_string_equal(seen.message, "detail");
	(void)err_set(&err, ERR_REFUSED, "100%%s");
	event_error(&sink, &err);
	assert_int_equal(seen.type, EVENT_ERROR);
	assert_int_equal(seen.code, ERR_REFUSED);
	assert_string_equal(seen.message, "100%s");
	assert_int_equal(seen.count, 4);
	memset(huge, 'x', sizeof(huge) - 1);
	event_warning(&sink, "%s", huge);
	assert_int_equal(strlen(seen.message), ERR_MESSAGE_MAX - 1);
	event_warning(&EVENT_SINK_NONE, "nobody hears this");
	event_log(&EVENT_SINK_NONE, 1, "nor this");
}

static void test_names(void **state)
{
	static const char *const requests[] = {"LIST", "HEAD", "GET",   "PUT",
	                                       "COPY", "POST", "DELETE"};
	static const char *const verbs[] = {"upload", "resume", "copy", "tag", "update",
	                                    "delete", "repair", "kept", "held"};

	(void)state;
	assert_int_equal(COUNT(requests), REQUEST_KINDS);
	for (int i = REQUEST_LIST; i <= REQUEST_DELETE; i++)
		assert_string_equal(request_kind_name((enum request_kind)i), requests[i]);
	for (int i = ACTION_UPLOAD; i <= ACTION_HELD; i++)
		assert_string_equal(action_verb_name((enum action_verb)i), verbs[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
