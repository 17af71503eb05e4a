#include "base/units.h"

#include "tests/unit/check.h"

static void test_size(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes; /* -1: refused */
	} cases[] = {
		{"0", 0},
		{"512", 512},
		{"512B", 512},
		{"8K", 8192},
		{"8k", 8192},
		{"8KB", 8192},
		{"8KiB", 8192},
		{"5MiB", 5242880},
		{"5 MiB", 5242880},
		{"1.5G", 1610612736},
		{"1T", INT64_C(1099511627776)},
		{"1P", INT64_C(1125899906842624)},
		{"0.5K", 512},
		{"0.25P", INT64_C(281474976710656)},
		{"", -1},
		{"K", -1},
		{"-1", -1},
		{"+1", -1},
		{".5K", -1},
		{"1.", -1},
		{"1.K", -1},
		{"1e3", -1},
		{"0x10", -1},
		{"1KK", -1},
		{"1KiBx", -1},
		{"1i", -1},
		{"1Z", -1},
		{" 1", -1},
		{"9000P", -1},
		{"99999999999999999999", -1},
		{"inf", -1},
		{"nan", -1},
		{"1,5G", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = ERR_INIT;
		uint64_t bytes = 0;
		int got = size_parse(cases[i].text, &bytes, &err);

		CASE((got == 0) == (cases[i].bytes >= 0), "'%s': %d", cases[i].text, got);
		if (got == 0)
			CASE((int64_t)bytes == cases[i].bytes, "'%s': %llu", cases[i].text,
			     (unsigned long long)bytes);
		else
			assert_int_equal(err.code, ERR_USAGE);
	}
}

/* FN16: what elsewhere means bits is no rate in bytes. */
static void test_rate(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes; /* -1: refused */
	} cases[] = {
		{"300K", 307200}, {"2M", 2097152},  {"2MB", 2097152}, {"2MiB/s", 2097152},
		{"1000", 1000},   {"1000/s", 1000}, {"2Mb", -1},      {"2Mb/s", -1},
		{"2Mbit", -1},    {"2mbps", -1},    {"100b", -1},     {"", -1},
		{"/s", -1},       {"fast", -1},     {"2M/s/s", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = ERR_INIT;
		uint64_t bytes = 0;
		int got = rate_parse(cases[i].text, &bytes, &err);

		CASE((got == 0) == (cases[i].bytes >= 0), "'%s': %d", cases[i].text, got);
		if (got == 0)
			CASE((int64_t)bytes == cases[i].bytes, "'%s': %llu", cases[i].text,
			     (unsigned long long)bytes);
		else
			assert_int_equal(err.code, ERR_USAGE);
	}
}

static void test_duration(void **state)
{
	static const struct {
		const char *text;
		int64_t ms; /* -1: refused */
	} cases[] = {
		{"0", 0},           {"30", -1},         {"1.5", -1},        {"500ms", 500},
		{"30s", 30000},     {"10m", 600000},    {"24h", 86400000},  {"7d", 604800000},
		{"2w", 1209600000}, {"1h30m", 5400000}, {"1m30s", 90000},   {"1s500ms", 1500},
		{"0.5h", 1800000},  {"0s", 0},          {"0h30m", 1800000}, {"", -1},
		{"s", -1},          {"-5s", -1},        {"5x", -1},         {"1h30", -1},
		{"0h30", -1},       {"0s5", -1},        {"5hm", -1},        {"1 h", -1},
		{"5sm", -1},        {"1e3s", -1},       {"30s ", -1},       {"99999999999w", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = ERR_INIT;
		int64_t ms = 0;
		int got = duration_parse(cases[i].text, &ms, &err);

		CASE((got == 0) == (cases[i].ms >= 0), "'%s': %d", cases[i].text, got);
		if (got == 0)
			CASE(ms == cases[i].ms, "'%s': %lld", cases[i].text, (long long)ms);
		else
			assert_int_equal(err.code, ERR_USAGE);
	}
}

static void test_text(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} sizes[] = {
		{0, "0 B"},
		{1023, "1023 B"},
		{1024, "1.0 KiB"},
		{54630810, "52.1 MiB"},
		{1048575, "1.0 MiB"},
		{1048576, "1.0 MiB"},
		{1073741824, "1.0 GiB"},
		{UINT64_C(1099511627776), "1.0 TiB"},
		{UINT64_MAX, "16.0 EiB"},
	};
	static const struct {
		int64_t ms;
		const char *text;
	} durations[] = {
		{0, "0s"},          {130, "130ms"},     {999, "999ms"},       {1000, "1s"},
		{4200, "4.2s"},     {9940, "9.9s"},     {9999, "10s"},        {59940, "1m00s"},
		{59400, "59s"},     {60000, "1m00s"},   {200000, "3m20s"},    {3599999, "59m59s"},
		{3600000, "1h00m"}, {3720000, "1h02m"}, {360000000, "4d04h"},
	};
	char text[UNITS_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++)
		assert_string_equal(size_text(sizes[i].bytes, text), sizes[i].text);
	for (size_t i = 0; i < COUNT(durations); i++)
		assert_string_equal(duration_text(durations[i].ms, text), durations[i].text);
	assert_string_equal(count_text(1, "copy", "copies", text), "1 copy");
	assert_string_equal(count_text(0, "copy", "copies", text), "0 copies");
}

static void test_time_text(void **state)
{
	char text[UNITS_TEXT_MAX];

	(void)state;
	assert_string_equal(time_text(0, text), "1970-01-01T00:00:00Z");
	assert_string_equal(time_text(1795466885, text), "2026-11-23T20:48:05Z");
	assert_string_equal(time_text_ms(INT64_C(1795466885123), text), "2026-11-23T20:48:05.123Z");
	assert_string_equal(time_text_ms(INT64_C(1795466885007), text), "2026-11-23T20:48:05.007Z");
	assert_string_equal(time_text(INT64_MAX, text), "?");
}

static void test_time_parse(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"2026-11-23T20:48:05Z", INT64_C(1795466885000)},
		{"2026-11-23T20:48:05.123Z", INT64_C(1795466885123)},
		{"2026-11-23T20:48:05.1Z", INT64_C(1795466885100)},
		{"2026-11-23T20:48:05.123456789Z", INT64_C(1795466885123)},
		{"2000-02-29T23:59:59Z", INT64_C(951868799000)},
		{"2100-03-01T00:00:00Z", INT64_C(4107542400000)},
		{"2016-12-31T23:59:60Z", INT64_C(1483228800000)}, /* a leap second */
	};
	static const char *const bad[] = {
		"",
		"Z",
		"2026-11-23",
		"2026-11-23T20:48:05",
		"2026-11-23T20:48:05+01:00",
		"2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z",
		"2026-01-32T00:00:00Z",
		"2026-01-00T00:00:00Z",
		"2026-02-30T00:00:00Z",
		"2023-02-29T00:00:00Z",
		"2026-01-01T24:00:00Z",
		"2026-01-01T00:60:00Z",
		"2026-01-01T00:00:61Z",
		"2026-1-1T00:00:00Z",
		"2026-01- 1T00:00:00Z",
		"2026-01-+1T00:00:00Z",
		"-026-01-01T00:00:00Z",
		"2026-01-01T-1:00:00Z",
		"2026-01-01 00:00:00Z",
		"2026-01-01T00:00:00.Z",
		"2026-01-01T00:00:00.1xZ",
		"2026-01-01T00:00:00Zx",
		" 2026-01-01T00:00:00Z",
		"26-01-01T00:00:00Z",
		"Wed, 21 Oct 2015 07:28:00 GMT",
	};
	char text[UNITS_TEXT_MAX];
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		CASE(time_parse(good[i].text, &ms) == 0, "'%s'", good[i].text);
		CASE(ms == good[i].ms, "'%s': %lld", good[i].text, (long long)ms);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		CASE(time_parse(bad[i], &ms) == -1, "'%s'", bad[i]);
	/* Every day of four centuries. */
	for (int64_t day = 0; day < 146097; day++) {
		assert_int_equal(time_parse(time_text(day * 86400 + 45296, text), &ms), 0);
		assert_int_equal(ms, (day * 86400 + 45296) * 1000);
	}
}

static void test_clocks(void **state)
{
	const struct timespec nap = {0, 20000000};
	int64_t before = monotonic_ms(), wall = now_ms();

	(void)state;
	(void)nanosleep(&nap, NULL);
	assert_in_range(monotonic_ms() - before, 20, 60000);
	assert_true(wall / 1000 <= time(NULL) && wall / 1000 + 60 > time(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size),      cmocka_unit_test(test_duration),
		cmocka_unit_test(test_rate),      cmocka_unit_test(test_text),
		cmocka_unit_test(test_time_text), cmocka_unit_test(test_time_parse),
		cmocka_unit_test(test_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
