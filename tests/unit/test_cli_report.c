/* What events look like: JSON Lines byte for byte, and the lines on a terminal. */
#include "cli/report.h"
#include "cli/report_json.h"
#include "cli/report_text.h"
#include "tests/unit/unit.h"

#include <jansson.h>

static const char DIGEST[] = "sha256:"
			     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

static struct digest digest(void)
{
	struct digest d;

	assert_true(digest_parse_quiet(&d, DIGEST, strlen(DIGEST)));
	return d;
}

/* The event as parsed JSON, so that a missing comma or quote fails the test. */
static json_t *as_json(const struct event *event)
{
	struct str out = STR_INIT(1 << 16);
	json_error_t why;
	json_t *json;

	report_json_event(&out, event);
	assert_int_equal(str_text(&out)[out.len - 1], '\n');
	json = json_loads(str_text(&out), JSON_REJECT_DUPLICATES, &why);
	if (!json)
		fail_msg("%s: %s", str_text(&out), why.text);
	str_release(&out);
	return json;
}

static const char *text(const json_t *json, const char *name)
{
	return json_string_value(json_object_get(json, name));
}

static int number(const json_t *json, const char *name)
{
	assert_true(json_is_integer(json_object_get(json, name)));
	return (int)json_integer_value(json_object_get(json, name));
}

static void test_json_staged(void **state)
{
	struct event event = {.type = EVENT_STAGED};
	json_t *json;

	(void)state;
	event.u.staged = (struct event_staged){.name = "app",
	                                       .tag = "1.0",
	                                       .digest = digest(),
	                                       .media_type = "x/y",
	                                       .bytes = 12,
	                                       .new_blobs = 3,
	                                       .new_bytes = 10};
	json = as_json(&event);
	assert_string_equal(text(json, "event"), "staged");
	assert_string_equal(text(json, "name"), "app");
	assert_string_equal(text(json, "tag"), "1.0");
	assert_string_equal(text(json, "digest"), DIGEST);
	assert_int_equal(number(json, "bytes"), 12);
	assert_int_equal(number(json, "new_blobs"), 3);
	assert_int_equal(strlen(text(json, "time")), strlen("2026-11-23T20:48:05.123Z"));
	json_decref(json);
}

/* A name for each phase, which the schema has too. */
static void test_json_progress(void **state)
{
	char *schema = unit_read_source("cli/man/drydock-events.schema.json");
	const char *phases = strstr(schema, "\"phase\": {\"enum\":");
	struct event event = {.type = EVENT_PROGRESS};
	char quoted[40];

	(void)state;
	assert_non_null(phases);
	event.u.progress.what = "app.tar";
	event.u.progress.total_bytes = 7;
	for (int phase = 0; phase < PHASE_COUNT; phase++) {
		json_t *json;

		event.u.progress.phase = (enum progress_phase)phase;
		json = as_json(&event);
		assert_string_equal(text(json, "what"), "app.tar");
		assert_int_equal(number(json, "total_bytes"), 7);
		(void)snprintf(quoted, sizeof(quoted), "\"%s\"", text(json, "phase"));
		assert_non_null(strstr(phases, quoted));
		json_decref(json);
	}
	free(schema);
}

static void test_json_summary(void **state)
{
	struct event event = {.type = EVENT_SUMMARY};
	json_t *json;

	(void)state;
	event.u.summary.uploaded = 4;
	event.u.summary.bytes_sent = 100;
	event.u.summary.requests[REQUEST_LIST] = 2;
	event.u.summary.requests[REQUEST_PUT] = 127;
	event.u.summary.result = ERR_TEMPORARY;
	json = as_json(&event);
	assert_int_equal(number(json, "uploaded"), 4);
	assert_int_equal(number(json, "bytes_sent"), 100);
	assert_int_equal(number(json, "status"), 5);
	assert_int_equal(number(json_object_get(json, "requests"), "LIST"), 2);
	assert_int_equal(number(json_object_get(json, "requests"), "PUT"), 127);
	assert_int_equal(json_object_size(json_object_get(json, "requests")), 2);
	json_decref(json);
}

static void image_is(const struct event_image *image, const char *expected)
{
	struct str out = STR_INIT(1000);

	report_text_image(&out, image, (struct report_style){false, false});
	assert_string_equal(str_text(&out), expected);
	str_release(&out);
}

static void test_images(void **state)
{
	struct event event = {.type = EVENT_IMAGE};
	struct event_image *i = &event.u.image;
	json_t *json;

	(void)state;
	*i = (struct event_image){.step = IMAGE_COMPLETE,
	                          .name = "app",
	                          .tag = "1.0",
	                          .digest = digest(),
	                          .layers = 3,
	                          .objects = 5,
	                          .bytes = 52 << 20,
	                          .pull_host = "b.example.org"};
	image_is(i, "app:1.0 is complete: 3 layers, 52.0 MiB sent, pull b.example.org/app:1.0\n");
	json = as_json(&event);
	assert_string_equal(text(json, "event"), "image");
	assert_string_equal(text(json, "step"), "complete");
	assert_string_equal(text(json, "digest"), DIGEST);
	assert_int_equal(number(json, "bytes"), 52 << 20);
	json_decref(json);
	i->pull_host = NULL;
	i->layers = 1;
	image_is(i, "app:1.0 is complete: 1 layer, 52.0 MiB sent\n");
	i->step = IMAGE_PLANNED;
	image_is(i, "app:1.0 is new: 1 layer, 52.0 MiB to send\n");
	i->old_digest = digest();
	i->old_digest.bytes[0] = 0xbb;
	image_is(i, "app:1.0 moves from sha256:bbaaaaaaaaaa… to sha256:aaaaaaaaaaaa…: 1 layer, "
	            "52.0 MiB to send\n");
	*i = (struct event_image){.step = IMAGE_PLANNED, .objects = 1, .bytes = 12};
	image_is(i, "1 other object, 12 B to send\n");
}

static void removal_is(const char *key, bool done, const char *why, const char *expected)
{
	struct str out = STR_INIT(1000);
	struct key_parts parts;

	assert_true(layout_parse(&parts, key));
	report_text_removal(&out, &parts, why, done, (struct report_style){false, false});
	assert_string_equal(str_text(&out), expected);
	str_release(&out);
}

static void test_removed_tags(void **state)
{
	(void)state;
	removal_is("v2/a/app/manifests/1.0", false, "untagged here",
	           "a/app:1.0 goes: untagged here\n");
	removal_is("v2/a/app/manifests/1.0", true, "untagged here",
	           "a/app:1.0 is removed: untagged here\n");
	removal_is("v2/app/manifests/1", true, NULL, "app:1 is removed\n");
}

static void test_json_escapes(void **state)
{
	struct event event = {.type = EVENT_WARNING, .message = "a\"b\n\x1b[31m\xff"};
	json_t *json;

	(void)state;
	json = as_json(&event);
	assert_string_equal(text(json, "message"), "a\"b\n\x1b[31m\xef\xbf\xbd");
	json_decref(json);
}

static void test_keys_are_shortened_only_for_people(void **state)
{
	struct report r;
	struct str out = STR_INIT(1000);
	char key[200];

	(void)state;
	memset(&r, 0, sizeof(r));
	(void)snprintf(key, sizeof(key), "v2/app/blobs/%s", DIGEST);
	report_add_key(&r, &out, key);
	assert_string_equal(str_text(&out), "v2/app/blobs/sha256:aaaaaaaaaaaa…");
	r.full_keys = true;
	str_clear(&out);
	report_add_key(&r, &out, key);
	assert_string_equal(str_text(&out), key);
	str_clear(&out);
	report_add_key(&r, &out, "a\x1b[2J"); /* a key from a bucket is hostile */
	assert_string_equal(str_text(&out), "a\\x1b[2J");
	str_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_staged),
		cmocka_unit_test(test_json_progress),
		cmocka_unit_test(test_json_summary),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_removed_tags),
		cmocka_unit_test(test_json_escapes),
		cmocka_unit_test(test_keys_are_shortened_only_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
