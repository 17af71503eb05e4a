#include "stage/blob/inflate.h"

#include "base/cleanup.h"
#include "base/stop.h"
#include "stage/blob/encoder.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

enum { PLAIN_BYTES = 300 << 10 };

static uint8_t *plain;

static int set_up(void **state)
{
	uint32_t x = 7;

	(void)state;
	plain = malloc(PLAIN_BYTES);
	for (size_t i = 0; plain && i < PLAIN_BYTES; i++) {
		x = x * 1664525 + 1013904223;
		plain[i] = x >> 30 ? plain[i / 2] : (uint8_t)(x >> 16);
	}
	return plain ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	free(plain);
	return 0;
}

static int append(void *arg, const void *bytes, size_t len, struct err *err)
{
	assert_true(len > 0 && len <= 256 << 10);
	if (str_add(arg, bytes, len) < 0)
		return err_memory(err);
	return 0;
}

static int inflate_pieces(enum inflate_format format, const struct str *stream, size_t piece,
                          const struct inflate_limits *limits, struct str *out, struct err *err)
{
	struct inflate *z = inflate_new(format, limits, append, out, err);
	int rc = 0;

	assert_non_null(z);
	for (size_t at = 0; rc == 0 && at < stream->len; at += piece)
		rc = inflate_add(z, str_text(stream) + at,
		                 stream->len - at < piece ? stream->len - at : piece, err);
	if (rc == 0)
		rc = inflate_finish(z, err);
	inflate_free(z);
	return rc;
}

/* Appends one gzip member or zstd frame of plain[from..from+len). */
static void add_frame(struct str *stream, enum inflate_format format, size_t from, size_t len)
{
	struct recipe recipe = {format == INFLATE_GZIP ? RECIPE_GZIP : RECIPE_ZSTD, 1};
	struct err err = ERR_INIT;
	struct encoder *e = encoder_new(&recipe, &err);
	AUTO_FREE char *out = malloc(encoder_bound(&recipe));
	size_t out_len;

	assert_non_null(e);
	assert_int_equal(encoder_run(e, plain + from, len, out, &out_len, &err), 0);
	assert_int_equal(str_add(stream, out, out_len), 0);
	encoder_free(e);
}

static const enum inflate_format formats[] = {INFLATE_GZIP, INFLATE_ZSTD};

static void test_members_in_pieces(void **state)
{
	static const size_t pieces[] = {1, 3, 1000, 65536, 10 << 20};
	static const size_t cuts[] = {0, 1, 290000, 290000, PLAIN_BYTES};

	(void)state;
	for (size_t f = 0; f < 2; f++) {
		AUTO_STR struct str stream = STR_INIT(10 << 20);

		for (size_t i = 0; i + 1 < 5; i++)
			add_frame(&stream, formats[f], cuts[i], cuts[i + 1] - cuts[i]);
		assert_int_equal(inflate_detect(str_text(&stream), stream.len), formats[f]);
		for (size_t i = 0; i < 5; i++) {
			AUTO_STR struct str out = STR_INIT(10 << 20);
			struct err err = ERR_INIT;

			assert_int_equal(inflate_pieces(formats[f], &stream, pieces[i],
			                                &(struct inflate_limits){0}, &out, &err),
			                 0);
			assert_int_equal(out.len, PLAIN_BYTES);
			assert_memory_equal(str_text(&out), plain, PLAIN_BYTES);
		}
	}
}

/* Every prefix but the whole members is cut. */
static void test_truncated(void **state)
{
	(void)state;
	for (size_t f = 0; f < 2; f++) {
		AUTO_STR struct str stream = STR_INIT(10 << 20);
		size_t first, whole;

		add_frame(&stream, formats[f], 0, 200);
		first = stream.len;
		add_frame(&stream, formats[f], 200, 200);
		whole = stream.len;
		for (size_t len = 0; len <= whole; len++) {
			AUTO_STR struct str out = STR_INIT(10 << 20);
			struct err err = ERR_INIT;
			int rc;

			stream.len = len;
			rc = inflate_pieces(formats[f], &stream, 1 << 20,
			                    &(struct inflate_limits){0}, &out, &err);
			assert_int_equal(rc, len == first || len == whole ? 0 : -1);
			if (rc < 0) {
				assert_int_equal(err.code, ERR_MALFORMED);
				assert_non_null(strstr(err.message, "cut"));
			}
		}
	}
}

static void test_garbage_behind(void **state)
{
	static const char *const garbage[] = {"garbage", "\0\0\0\0\0\0\0\0", "\x1f\x8c\x08",
	                                      "PK\3\4"};

	(void)state;
	for (size_t f = 0; f < 2; f++) {
		for (size_t i = 0; i < 4; i++) {
			AUTO_STR struct str stream = STR_INIT(10 << 20);
			AUTO_STR struct str out = STR_INIT(10 << 20);
			struct err err = ERR_INIT;

			add_frame(&stream, formats[f], 0, 1000);
			assert_int_equal(
				str_add(&stream, garbage[i], i == 1 ? 8 : strlen(garbage[i])), 0);
			assert_int_equal(inflate_pieces(formats[f], &stream, 1 << 20,
			                                &(struct inflate_limits){0}, &out, &err),
			                 -1);
			assert_int_equal(err.code, ERR_MALFORMED);
		}
	}
}

/* No flipped byte gives other plain bytes without an error: the check sums see to that. */
static void test_flipped_bytes(void **state)
{
	(void)state;
	for (size_t f = 0; f < 2; f++) {
		AUTO_STR struct str stream = STR_INIT(10 << 20);
		unsigned refused = 0;

		add_frame(&stream, formats[f], 0, 500);
		for (size_t i = 0; i < stream.len; i++) {
			AUTO_STR struct str out = STR_INIT(10 << 20);
			struct err err = ERR_INIT;

			stream.data[i] ^= 0x55;
			if (inflate_pieces(formats[f], &stream, 1 << 20,
			                   &(struct inflate_limits){0}, &out, &err) < 0) {
				refused++;
				assert_true(err.code == ERR_MALFORMED || err.code == ERR_REFUSED);
			} else {
				assert_int_equal(out.len, 500);
				assert_memory_equal(str_text(&out), plain, 500);
			}
			stream.data[i] ^= 0x55;
		}
		assert_true(refused + 16 > stream.len);
	}
}

static void test_limit(void **state)
{
	(void)state;
	for (size_t f = 0; f < 2; f++) {
		AUTO_STR struct str stream = STR_INIT(10 << 20);

		add_frame(&stream, formats[f], 0, 5000);
		for (uint64_t limit = 4999; limit <= 5001; limit++) {
			AUTO_STR struct str out = STR_INIT(10 << 20);
			struct err err = ERR_INIT;
			int rc = inflate_pieces(formats[f], &stream, 1 << 20,
			                        &(struct inflate_limits){.output_bytes = limit},
			                        &out, &err);

			assert_int_equal(rc, limit < 5000 ? -1 : 0);
			assert_int_equal(err.code, limit < 5000 ? ERR_REFUSED : ERR_NONE);
		}
	}
}

static int count(void *arg, const void *bytes, size_t len, struct err *err)
{
	uint64_t *total = arg;

	(void)bytes, (void)err;
	*total += len;
	return 0;
}

/* A GiB of zeros in 1 MiB of gzip is stopped at the limit, not after it. */
static void test_bomb(void **state)
{
	enum { BOMB_BYTES = 1 << 20 };
	z_stream z = {0};
	AUTO_FREE uint8_t *bomb = malloc(BOMB_BYTES);
	AUTO_FREE uint8_t *zeros = calloc(1, 1 << 20);
	struct err err = ERR_INIT;
	uint64_t total = 0;
	struct inflate *inflate;

	(void)state;
	assert_non_null(bomb);
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = bomb;
	z.avail_out = BOMB_BYTES;
	while (z.avail_out > BOMB_BYTES / 2) {
		z.next_in = zeros;
		z.avail_in = 1 << 20;
		assert_int_equal(deflate(&z, Z_NO_FLUSH), Z_OK);
	}
	inflate = inflate_new(INFLATE_GZIP, &(struct inflate_limits){.output_bytes = 10 << 20},
	                      count, &total, &err);
	assert_non_null(inflate);
	assert_int_equal(inflate_add(inflate, bomb, BOMB_BYTES - z.avail_out, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	assert_true(total <= 10 << 20);
	inflate_free(inflate);
	(void)deflateEnd(&z);
}

/* Frame header of RFC 8878, 3.1.1.1: no single segment, a window of 2^log. */
static void test_zstd_window(void **state)
{
	(void)state;
	for (unsigned log = 20; log <= 31; log++) {
		const uint8_t header[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, (uint8_t)((log - 10) << 3),
		                          0x01, 0x00, 0x00}; /* and an empty last block */
		AUTO_STR struct str stream = STR_INIT(100), out = STR_INIT(100);
		struct err err = ERR_INIT;
		int rc;

		assert_int_equal(str_add(&stream, header, sizeof(header)), 0);
		rc = inflate_pieces(INFLATE_ZSTD, &stream, 100,
		                    &(struct inflate_limits){.window_log = 23}, &out, &err);
		assert_int_equal(rc, log <= 23 ? 0 : -1);
		assert_int_equal(err.code, log <= 23 ? ERR_NONE : ERR_REFUSED);
		if (log <= 26)
			continue;
		err.code = ERR_NONE;
		rc = inflate_pieces(INFLATE_ZSTD, &stream, 100, &(struct inflate_limits){0}, &out,
		                    &err);
		assert_int_equal(rc, log <= 27 ? 0 : -1);
	}
}

/* The last block is read before there is room for it: it must come out without more input. */
static void test_zstd_output_behind_input(void **state)
{
	enum { BLOCKS = 3, BLOCK_BYTES = 128 << 10 };
	static const uint8_t header[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, (20 - 10) << 3};
	AUTO_STR struct str stream = STR_INIT(100), out = STR_INIT(10 << 20);
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(str_add(&stream, header, sizeof(header)), 0);
	for (int i = 1; i <= BLOCKS; i++) {
		/* RFC 8878, 3.1.1.2: last, type RLE (1), size; then the byte to repeat. */
		uint32_t block = (uint32_t)(i == BLOCKS) | 1u << 1 | (uint32_t)BLOCK_BYTES << 3;
		const uint8_t bytes[] = {(uint8_t)block, (uint8_t)(block >> 8),
		                         (uint8_t)(block >> 16), 'x'};

		assert_int_equal(str_add(&stream, bytes, sizeof(bytes)), 0);
	}
	assert_int_equal(
		inflate_pieces(INFLATE_ZSTD, &stream, 100, &(struct inflate_limits){0}, &out, &err),
		0);
	assert_int_equal(out.len, BLOCKS * BLOCK_BYTES);
}

/* Skippable frames, as eStargz and zstd:chunked put them behind the data. */
static void test_zstd_skippable(void **state)
{
	static const char skippable[] = "\x5f\x2a\x4d\x18\x05\0\0\0hello";
	AUTO_STR struct str stream = STR_INIT(10 << 20), out = STR_INIT(10 << 20);
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(str_add(&stream, skippable, sizeof(skippable) - 1), 0);
	add_frame(&stream, INFLATE_ZSTD, 0, 1000);
	assert_int_equal(str_add(&stream, skippable, sizeof(skippable) - 1), 0);
	assert_int_equal(inflate_detect(str_text(&stream), stream.len), INFLATE_ZSTD);
	assert_int_equal(
		inflate_pieces(INFLATE_ZSTD, &stream, 5, &(struct inflate_limits){0}, &out, &err),
		0);
	assert_int_equal(out.len, 1000);
}

static int refuse(void *arg, const void *bytes, size_t len, struct err *err)
{
	(void)arg, (void)bytes, (void)len;
	return err_set(err, ERR_OTHER, "no thanks");
}

static void test_sink_error(void **state)
{
	AUTO_STR struct str stream = STR_INIT(10 << 20);
	struct err err = ERR_INIT;
	struct inflate *z;

	(void)state;
	add_frame(&stream, INFLATE_GZIP, 0, 1000);
	z = inflate_new(INFLATE_GZIP, &(struct inflate_limits){0}, refuse, NULL, &err);
	assert_non_null(z);
	assert_int_equal(inflate_add(z, str_text(&stream), stream.len, &err), -1);
	assert_string_equal(err.message, "no thanks");
	inflate_free(z);
}

static void test_detect(void **state)
{
	static const struct {
		const char *head;
		size_t len;
		enum inflate_format format;
	} cases[] = {
		{"", 0, INFLATE_PLAIN},
		{"\x1f", 1, INFLATE_PLAIN},
		{"\x1f\x8b", 2, INFLATE_GZIP},
		{"\x1f\x8b\x08\x00", 4, INFLATE_GZIP},
		{"\x28\xb5\x2f", 3, INFLATE_PLAIN},
		{"\x28\xb5\x2f\xfd", 4, INFLATE_ZSTD},
		{"\x50\x2a\x4d\x18", 4, INFLATE_ZSTD},
		{"\x5f\x2a\x4d\x18", 4, INFLATE_ZSTD},
		{"\x60\x2a\x4d\x18", 4, INFLATE_PLAIN},
		{"BZh9", 4, INFLATE_PLAIN},
		{"{\"a\"", 4, INFLATE_PLAIN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(inflate_detect(cases[i].head, cases[i].len), cases[i].format);
}

static void test_file(void **state)
{
	AUTO_STR struct str stream = STR_INIT(10 << 20), out = STR_INIT(10 << 20);
	FILE *file = tmpfile();
	struct err err = ERR_INIT;
	const struct inflate_limits limits = {0};
	int fd;

	(void)state;
	assert_non_null(file);
	fd = fileno(file);
	assert_int_equal(str_adds(&stream, "behind me: "), 0);
	add_frame(&stream, INFLATE_ZSTD, 0, PLAIN_BYTES);
	assert_int_equal(write(fd, str_text(&stream), stream.len), stream.len);
	assert_int_equal(inflate_file(fd, 11, stream.len - 11, "f", &limits, append, &out, &err),
	                 0);
	assert_int_equal(out.len, PLAIN_BYTES);
	assert_memory_equal(str_text(&out), plain, PLAIN_BYTES);
	assert_int_equal(inflate_file(fd, 0, stream.len, "f", &limits, append, &out, &err), -1);
	assert_string_equal(err.message, "f is neither gzip nor zstd");
	assert_int_equal(inflate_file(fd, 11, stream.len, "f", &limits, append, &out, &err), -1);
	assert_int_equal(err.code, ERR_INTEGRITY);
	(void)fclose(file);
}

/* FM10: a large layer that is only looked at does not keep a signal waiting. The last test: the
 * process stays asked to end. */
static void test_stop(void **state)
{
	AUTO_STR struct str stream = STR_INIT(10 << 20);
	struct inflate_limits limits = {0};
	struct digest found = {.alg = DIGEST_SHA256};
	FILE *file = tmpfile();
	struct err err = ERR_INIT;

	(void)state;
	assert_non_null(file);
	for (int i = 0; i < 20; i++)
		add_frame(&stream, INFLATE_GZIP, 0, PLAIN_BYTES);
	assert_int_equal(write(fileno(file), str_text(&stream), stream.len), stream.len);
	assert_int_equal(inflate_digest(fileno(file), 0, stream.len, "f", &limits, &found, &err),
	                 0);
	assert_int_equal(stop_install(&err), 0);
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(inflate_digest(fileno(file), 0, stream.len, "f", &limits, &found, &err),
	                 -1);
	assert_int_equal(err.code, ERR_INTERRUPTED);
	(void)fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members_in_pieces),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_garbage_behind),
		cmocka_unit_test(test_flipped_bytes),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_bomb),
		cmocka_unit_test(test_zstd_window),
		cmocka_unit_test(test_zstd_output_behind_input),
		cmocka_unit_test(test_zstd_skippable),
		cmocka_unit_test(test_sink_error),
		cmocka_unit_test(test_detect),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests_name("inflate", tests, set_up, tear_down);
}
