/* The live lines, drawn into a string: what they say, and that they fit. */
#include "cli/cells.h"
#include "cli/progress.h"
#include "tests/unit/check.h"

#define HEX "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

enum { MIB = 1 << 20 };

static const struct event_progress HALF = {.key = "v2/app/blobs/sha256:" HEX,
                                           .done_bytes = 5 * MIB,
                                           .size_bytes = 10 * MIB,
                                           .total_done_bytes = 5 * MIB,
                                           .total_bytes = 20 * MIB,
                                           .objects_done = 1,
                                           .objects_total = 4};

/* The rows of a frame, without its sequences. Returns their number. */
static unsigned rows_of(const char *frame, char rows[16][256])
{
	unsigned count = 0;
	size_t len = 0;

	memset(rows[0], 0, 16 * 256);
	for (const char *p = frame; *p; p++) {
		if (*p == '\033') {
			p += strcspn(p, "ABCDEFGHIJKm");
		} else if (*p == '\n') {
			count++;
			len = 0;
			assert_true(count < 16);
		} else if (*p != '\r') {
			assert_true(len < 255);
			rows[count][len++] = *p;
		}
	}
	return count + 1;
}

static unsigned draw(const struct progress *p, unsigned columns, unsigned height, int64_t at_ms,
                     char rows[16][256])
{
	const struct progress_size size = {columns, height, false, "…"};
	struct str out = STR_INIT(1 << 16);
	unsigned count;

	progress_draw(p, &out, &size, at_ms);
	/* It never erases from the upper left corner on: there must be something before. */
	assert_null(strstr(str_text(&out), "\r\033[J"));
	count = rows_of(str_text(&out), rows);
	str_release(&out);
	for (unsigned i = 0; i < count; i++)
		assert_true(cells_count(rows[i], strlen(rows[i])) < columns);
	return count;
}

static void total_is(const struct progress *p, int64_t at_ms, const char *expected)
{
	struct str out = STR_INIT(1000);

	progress_add_total(p, &out, at_ms);
	assert_string_equal(str_text(&out), expected);
	str_release(&out);
}

static void test_lines_fit(void **state)
{
	static const unsigned widths[] = {20, 21, 40, 79, 80, 200};
	struct progress p = {0};
	struct event_progress e = HALF;
	char rows[16][256], key[KEY_MAX];

	(void)state;
	for (int i = 0; i < 12; i++) {
		(void)snprintf(key, sizeof(key), "v2/%d/日本/blobs/sha256:" HEX, i);
		e.key = key;
		progress_note(&p, &e, 1000);
	}
	for (size_t i = 0; i < COUNT(widths); i++)
		for (unsigned height = 1; height < 14; height++) {
			unsigned most = height > 2 ? height - 1 : 1;

			assert_int_equal(draw(&p, widths[i], height, 1000, rows),
			                 most < 9 ? most : 9);
		}
	assert_int_equal(draw(&p, 12, 24, 1000, rows), 1);
}

static void test_what_they_say(void **state)
{
	struct progress p = {0};
	char rows[16][256];

	(void)state;
	progress_note(&p, &HALF, 1000);
	assert_int_equal(draw(&p, 80, 24, 1000, rows), 2);
	assert_string_equal(rows[0], "  v2/app/blobs/sha256:aaaaaaaaaaaa                 "
	                             "     5.0 MiB / 10.0 MiB  50%");
	assert_string_equal(rows[1], "25% sent, 5.0 MiB of 20.0 MiB, 1 of 4 objects");
	assert_int_equal(draw(&p, 20, 24, 1000, rows), 2);
	assert_string_equal(rows[0], "  v2/app/blob…  50%");
	assert_string_equal(rows[1], "25% sent, 5.0 MiB …");
	progress_object_done(&p, HALF.key);
	assert_int_equal(draw(&p, 80, 24, 1000, rows), 1); /* the line went with its object */
}

static void test_done_never_falls(void **state)
{
	struct progress p = {0};
	struct event_progress e = HALF;
	char rows[16][256];

	(void)state;
	progress_note(&p, &e, 1000);
	e.done_bytes = 2 * MIB;
	e.total_done_bytes = 2 * MIB;
	progress_note(&p, &e, 1200);
	(void)draw(&p, 120, 24, 1200, rows);
	assert_non_null(strstr(rows[0], " 5.0 MiB / 10.0 MiB  50%"));
	assert_string_equal(rows[1], "25% sent, 5.0 MiB of 20.0 MiB, 1 of 4 objects, 3.0 MiB lost "
	                             "and sent again");
	e.done_bytes = e.total_done_bytes = 6 * MIB;
	progress_note(&p, &e, 1400);
	total_is(&p, 1400, "30% sent, 6.0 MiB of 20.0 MiB, 1 of 4 objects");
}

static void test_rate_and_rest(void **state)
{
	struct progress p = {0};
	struct event_progress e = {.total_bytes = 400 * MIB};

	(void)state;
	for (int64_t at = 1000; at <= 11000; at += 200) {
		e.total_done_bytes = (uint64_t)(at - 1000) * MIB / 100;
		progress_note(&p, &e, at);
	}
	total_is(&p, 11000, "25% sent, 30s left, 10.0 MiB/s, 100.0 MiB of 400.0 MiB");
	/* Nothing moves: neither figure stays, nor grows to hours. */
	total_is(&p, 16000, "25% sent, stalled for 5s, 100.0 MiB of 400.0 MiB");
}

static void test_a_link_that_is_away(void **state)
{
	struct progress p = {0};
	const struct event_link down = {LINK_DOWN, 130000, 470000, 0};
	const struct event_link busy = {LINK_BUSY, 100, 600000, 12000};
	const struct event_link stalled = {LINK_STALLED, 7000, 593000, 0};
	const struct event_link moves = {LINK_MOVES, 0, 0, 0};

	(void)state;
	progress_note(&p, &(struct event_progress){.phase = PHASE_COMPARING}, 1000);
	total_is(&p, 13000, "comparing with the bucket, 12s");
	progress_note(&p, &HALF, 20000);
	progress_link(&p, &down, 30000);
	total_is(&p, 30000,
	         "25% sent, no link for 2m10s, trying again, gives up in 7m50s, 5.0 MiB "
	         "of 20.0 MiB, 1 of 4 objects");
	total_is(&p, 40000,
	         "25% sent, no link for 2m20s, trying again, gives up in 7m40s, 5.0 MiB "
	         "of 20.0 MiB, 1 of 4 objects");
	progress_link(&p, &busy, 40000);
	total_is(&p, 43000,
	         "25% sent, the server asks for a pause, again in 9s, 5.0 MiB of 20.0 "
	         "MiB, 1 of 4 objects");
	progress_link(&p, &stalled, 44000);
	total_is(&p, 44000,
	         "25% sent, stalled for 7s, gives up in 9m53s, 5.0 MiB of 20.0 MiB, 1 of "
	         "4 objects");
	progress_link(&p, &moves, 45000);
	progress_note(
		&p, &(struct event_progress){.total_done_bytes = 6 * MIB, .total_bytes = 20 * MIB},
		45000);
	total_is(&p, 45000, "30% sent, 6.0 MiB of 20.0 MiB");
}

static void test_other_commands(void **state)
{
	struct progress p = {0};
	struct event_progress e = {.phase = PHASE_READING,
	                           .what = "a\033b.tar",
	                           .total_done_bytes = MIB,
	                           .total_bytes = 4 * MIB};

	(void)state;
	progress_note(&p, &(struct event_progress){.phase = PHASE_COLLECTING}, 500);
	total_is(&p, 9500, "looking for what no tag reaches, 9s");
	progress_note(&p, &e, 10000);
	total_is(&p, 10000, "25% read, 1.0 MiB of 4.0 MiB: a\\x1bb.tar");
	progress_note(&p, &(struct event_progress){.phase = PHASE_PUBLISHING}, 11000);
	total_is(&p, 19000, "25% read, publishing for 8s, 1.0 MiB of 4.0 MiB: a\\x1bb.tar");
	e.phase = PHASE_COMPRESSING;
	e.what = "b.tar"; /* the next source: from the beginning */
	e.total_done_bytes = MIB / 2;
	e.total_bytes = 0;
	progress_note(&p, &e, 20000);
	total_is(&p, 20000, "512.0 KiB compressed: b.tar");
	e = (struct event_progress){.phase = PHASE_CHECKING, .objects_done = 1};
	progress_note(&p, &e, 21000);
	total_is(&p, 22000, "checking, 1s, 1 object");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_fit),           cmocka_unit_test(test_what_they_say),
		cmocka_unit_test(test_done_never_falls),    cmocka_unit_test(test_rate_and_rest),
		cmocka_unit_test(test_a_link_that_is_away), cmocka_unit_test(test_other_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
