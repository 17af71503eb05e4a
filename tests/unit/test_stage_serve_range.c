#include "unit.h"

#include "base/str.h"
#include "stage/serve/range.h"

static void reads_ranges(void **state)
{
	/* Of a blob of 100 bytes: first and length of each range. */
	static const struct {
		const char *header;
		enum range_answer answer;
		size_t count;
		uint64_t parts[3][2];
	} cases[] = {
		{"bytes=0-0", RANGE_PARTS, 1, {{0, 1}}},
		{"bytes=0-99", RANGE_PARTS, 1, {{0, 100}}},
		{"bytes=10-", RANGE_PARTS, 1, {{10, 90}}},
		{"bytes=10-1000", RANGE_PARTS, 1, {{10, 90}}},
		{"bytes=-1", RANGE_PARTS, 1, {{99, 1}}},
		{"bytes=-1000", RANGE_PARTS, 1, {{0, 100}}},
		{"BYTES = 1-2 , 5-6,,-3", RANGE_PARTS, 3, {{1, 2}, {5, 2}, {97, 3}}},
		{"bytes=90-95,1-2", RANGE_PARTS, 2, {{90, 6}, {1, 2}}},
		{"bytes=100-,0-1", RANGE_PARTS, 1, {{0, 2}}},
		{"bytes=0-99999999999999999999999", RANGE_PARTS, 1, {{0, 100}}},
		{"bytes=-99999999999999999999999", RANGE_PARTS, 1, {{0, 100}}},
		{"bytes=100-", RANGE_UNSATISFIABLE, 0, {{0}}},
		{"bytes=99999999999999999999999-", RANGE_UNSATISFIABLE, 0, {{0}}},
		{"bytes=-0", RANGE_UNSATISFIABLE, 0, {{0}}},
		/* More bytes than there are: refused (H4). */
		{"bytes=0-,1-", RANGE_UNSATISFIABLE, 0, {{0}}},
		{"bytes=0-,0-,0-", RANGE_UNSATISFIABLE, 0, {{0}}},
		/* No ranges that anybody may ask for: the whole. */
		{NULL, RANGE_WHOLE, 0, {{0}}},
		{"", RANGE_WHOLE, 0, {{0}}},
		{"bytes", RANGE_WHOLE, 0, {{0}}},
		{"bytes=", RANGE_WHOLE, 0, {{0}}},
		{"bytes=,", RANGE_WHOLE, 0, {{0}}},
		{"lines=0-1", RANGE_WHOLE, 0, {{0}}},
		{"bytes=2-1", RANGE_WHOLE, 0, {{0}}},
		{"bytes=-", RANGE_WHOLE, 0, {{0}}},
		{"bytes=a-b", RANGE_WHOLE, 0, {{0}}},
		{"bytes=1-2x", RANGE_WHOLE, 0, {{0}}},
		{"bytes=1-2 3-4", RANGE_WHOLE, 0, {{0}}},
		{"bytes=+1-2", RANGE_WHOLE, 0, {{0}}},
		{"bytes=1 -2", RANGE_WHOLE, 0, {{0}}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ranges ranges;
		enum range_answer answer = ranges_parse(&ranges, cases[i].header, 100);

		if (answer != cases[i].answer)
			fail_msg("%s: answer %d", cases[i].header, (int)answer);
		if (answer != RANGE_PARTS)
			continue;
		assert_int_equal(ranges.count, cases[i].count);
		for (size_t k = 0; k < ranges.count; k++) {
			assert_int_equal(ranges.list[k].first, cases[i].parts[k][0]);
			assert_int_equal(ranges.list[k].length, cases[i].parts[k][1]);
		}
	}
}

static void refuses_many(void **state)
{
	struct str header = STR_INIT(1000);
	struct ranges ranges;

	(void)state;
	(void)str_adds(&header, "bytes=");
	for (int i = 0; i < RANGES_MAX; i++)
		(void)str_addf(&header, "%d-%d,", 2 * i, 2 * i);
	assert_int_equal(ranges_parse(&ranges, str_text(&header), 1000), RANGE_PARTS);
	assert_int_equal(ranges.count, RANGES_MAX);
	(void)str_adds(&header, "500-500");
	assert_int_equal(ranges_parse(&ranges, str_text(&header), 1000), RANGE_UNSATISFIABLE);
	str_release(&header);
}

static void has_no_range_of_nothing(void **state)
{
	struct ranges ranges;

	(void)state;
	assert_int_equal(ranges_parse(&ranges, "bytes=0-", 0), RANGE_UNSATISFIABLE);
	assert_int_equal(ranges_parse(&ranges, "bytes=-5", 0), RANGE_UNSATISFIABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_ranges),
		cmocka_unit_test(refuses_many),
		cmocka_unit_test(has_no_range_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
