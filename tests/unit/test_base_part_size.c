#include "base/part_size.h"

#include "tests/unit/check.h"

#define GIB (1024 * MIB)
#define TIB (1024 * GIB)

static void test_part_size(void **state)
{
	static const struct {
		uint64_t size, minimum;
		uint32_t max_parts;
		uint64_t part;
	} cases[] = {
		{0, 5 * MIB, 10000, 5 * MIB},
		{1, 5 * MIB, 10000, 5 * MIB},
		{5 * MIB, 5 * MIB, 10000, 5 * MIB},
		/* 48.8 GiB is the most that parts of 5 MiB can carry. */
		{50000 * MIB - 1, 5 * MIB, 10000, 5 * MIB},
		{50000 * MIB, 5 * MIB, 10000, 5 * MIB},
		{50000 * MIB + 1, 5 * MIB, 10000, 6 * MIB},
		{60000 * MIB, 5 * MIB, 10000, 6 * MIB},
		{60000 * MIB + 1, 5 * MIB, 10000, 7 * MIB},
		{5 * TIB, 5 * MIB, 10000, 525 * MIB},
		/* Scaleway takes 1,000 parts. */
		{5000 * MIB, 5 * MIB, 1000, 5 * MIB},
		{5000 * MIB + 1, 5 * MIB, 1000, 6 * MIB},
		{5 * TIB, 5 * MIB, 1000, 5243 * MIB},
		/* The minimum is grown to whole MiB. */
		{0, 1, 10000, MIB},
		{100, 5 * MIB + 1, 10000, 6 * MIB},
		{100, 50 * 1000 * 1000, 10000, 48 * MIB},
		{10 * MIB, 5 * MIB, 1, 10 * MIB},
		{10 * MIB + 1, 5 * MIB, 1, 11 * MIB},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t part = part_size(cases[i].size, cases[i].minimum, cases[i].max_parts);

		CASE(part == cases[i].part, "case %zu: %llu", i, (unsigned long long)part);
		assert_true(part_count(cases[i].size, part) <= cases[i].max_parts);
	}
}

/* For any size: within the limits, no smaller part would do, and the parts add up. */
static void test_properties(void **state)
{
	uint64_t size = 1;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		uint64_t part = part_size(size, PART_SIZE_MINIMUM, PART_COUNT_MAX);
		uint64_t count = part_count(size, part);

		assert_int_equal(part % MIB, 0);
		assert_true(part >= PART_SIZE_MINIMUM && part <= PART_SIZE_LIMIT);
		assert_true(count >= 1 && count <= PART_COUNT_MAX);
		if (part > PART_SIZE_MINIMUM)
			assert_true(part_count(size, part - MIB) > PART_COUNT_MAX);
		assert_int_equal((count - 1) * part + part_length(size, part, (uint32_t)count),
		                 size);
		if (count > 1)
			assert_int_equal(part_length(size, part, (uint32_t)count - 1), part);
		size = (size * 3 + (uint64_t)i * 977) % (5 * TIB) + 1;
	}
}

/* What is too large for one copy on the server: its parts touch, and each may be copied. */
static void test_above_one_copy(void **state)
{
	static const uint64_t sizes[] = {
		PART_SIZE_LIMIT + 1,       PART_SIZE_LIMIT + 5 * MIB - 1,
		PART_SIZE_LIMIT + 5 * MIB, 50000 * MIB,
		50000 * MIB + 1,           5 * TIB,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		uint64_t part = part_size(sizes[i], PART_SIZE_MINIMUM, PART_COUNT_MAX), at = 0;
		uint32_t count = (uint32_t)part_count(sizes[i], part);

		assert_true(count > 1 && count <= PART_COUNT_MAX);
		for (uint32_t number = 1; number <= count; number++) {
			uint64_t length = part_length(sizes[i], part, number);

			assert_int_equal(at, (number - 1) * part);
			assert_true(length > 0 && length <= PART_SIZE_LIMIT);
			assert_true(number == count || length >= PART_SIZE_MINIMUM);
			at += length;
		}
		assert_int_equal(at, sizes[i]);
	}
}

static void test_length(void **state)
{
	(void)state;
	assert_int_equal(part_count(0, 10), 1);
	assert_int_equal(part_count(10, 10), 1);
	assert_int_equal(part_count(11, 10), 2);
	assert_int_equal(part_length(0, 10, 1), 0);
	assert_int_equal(part_length(10, 10, 1), 10);
	assert_int_equal(part_length(11, 10, 1), 10);
	assert_int_equal(part_length(11, 10, 2), 1);
	assert_int_equal(part_length(11, 10, 3), 0);
	assert_int_equal(part_length(5 * TIB, 525 * MIB, 9987), 5 * TIB - 9986 * 525 * MIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_part_size),
		cmocka_unit_test(test_properties),
		cmocka_unit_test(test_above_one_copy),
		cmocka_unit_test(test_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
