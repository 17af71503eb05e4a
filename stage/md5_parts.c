#include "stage/md5_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t initial[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};

static inline uint32_t load(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void store(uint8_t *p, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))

/* RFC 1321, 3.4. The sum in G is the same as the RFC's "or", and shortens the chain by one. */
#define F(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define G(x, y, z) (((x) & (z)) + ((y) & ~(z)))
#define H(x, y, z) ((x) ^ (y) ^ (z))
#define I(x, y, z) ((y) ^ ((x) | ~(z)))

/* One step of both chains: a..d are the whole's variables, w..z the part's. */
#define STEP(f, a, b, c, d, w, x, y, z, k, s, t)                                                   \
	do {                                                                                       \
		uint32_t m = load(block + 4 * (k)) + (t);                                          \
		(a) += m;                                                                          \
		(w) += m;                                                                          \
		(a) += f(b, c, d);                                                                 \
		(w) += f(x, y, z);                                                                 \
		(a) = ROTATE(a, s) + (b);                                                          \
		(w) = ROTATE(w, s) + (x);                                                          \
	} while (0)

#define STEPS(f, k0, k1, k2, k3, s0, s1, s2, s3, t0, t1, t2, t3)                                   \
	STEP(f, a, b, c, d, w, x, y, z, k0, s0, t0);                                               \
	STEP(f, d, a, b, c, z, w, x, y, k1, s1, t1);                                               \
	STEP(f, c, d, a, b, y, z, w, x, k2, s2, t2);                                               \
	STEP(f, b, c, d, a, x, y, z, w, k3, s3, t3)

/* Puts the same blocks through both chains. Long, because a loop would cost half of the speed. */
/* NOLINTNEXTLINE(readability-function-size): it is RFC 1321's table of steps */
static void add_blocks(uint32_t whole[4], uint32_t part[4], const uint8_t *block, size_t blocks)
{
	uint32_t a = whole[0], b = whole[1], c = whole[2], d = whole[3];
	uint32_t w = part[0], x = part[1], y = part[2], z = part[3];

	for (; blocks; blocks--, block += MD5_BLOCK_BYTES) {
		uint32_t a0 = a, b0 = b, c0 = c, d0 = d, w0 = w, x0 = x, y0 = y, z0 = z;

		STEPS(F, 0, 1, 2, 3, 7, 12, 17, 22, 0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee);
		STEPS(F, 4, 5, 6, 7, 7, 12, 17, 22, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501);
		STEPS(F, 8, 9, 10, 11, 7, 12, 17, 22, 0x698098d8, 0x8b44f7af, 0xffff5bb1,
		      0x895cd7be);
		STEPS(F, 12, 13, 14, 15, 7, 12, 17, 22, 0x6b901122, 0xfd987193, 0xa679438e,
		      0x49b40821);
		STEPS(G, 1, 6, 11, 0, 5, 9, 14, 20, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa);
		STEPS(G, 5, 10, 15, 4, 5, 9, 14, 20, 0xd62f105d, 0x02441453, 0xd8a1e681,
		      0xe7d3fbc8);
		STEPS(G, 9, 14, 3, 8, 5, 9, 14, 20, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed);
		STEPS(G, 13, 2, 7, 12, 5, 9, 14, 20, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9,
		      0x8d2a4c8a);
		STEPS(H, 5, 8, 11, 14, 4, 11, 16, 23, 0xfffa3942, 0x8771f681, 0x6d9d6122,
		      0xfde5380c);
		STEPS(H, 1, 4, 7, 10, 4, 11, 16, 23, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60,
		      0xbebfbc70);
		STEPS(H, 13, 0, 3, 6, 4, 11, 16, 23, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085,
		      0x04881d05);
		STEPS(H, 9, 12, 15, 2, 4, 11, 16, 23, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8,
		      0xc4ac5665);
		STEPS(I, 0, 7, 14, 5, 6, 10, 15, 21, 0xf4292244, 0x432aff97, 0xab9423a7,
		      0xfc93a039);
		STEPS(I, 12, 3, 10, 1, 6, 10, 15, 21, 0x655b59c3, 0x8f0ccc92, 0xffeff47d,
		      0x85845dd1);
		STEPS(I, 8, 15, 6, 13, 6, 10, 15, 21, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314,
		      0x4e0811a1);
		STEPS(I, 4, 11, 2, 9, 6, 10, 15, 21, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb,
		      0xeb86d391);
		a += a0, b += b0, c += c0, d += d0;
		w += w0, x += x0, y += y0, z += z0;
	}
	whole[0] = a, whole[1] = b, whole[2] = c, whole[3] = d;
	part[0] = w, part[1] = x, part[2] = y, part[3] = z;
}

/* RFC 1321, 3.1 and 3.2: a one bit, zeros, and the length in bits. `state` is used up. */
static void close_chain(uint32_t state[4], const uint8_t *tail, size_t tail_len, uint64_t bytes,
                        uint8_t md5[MD5_BYTES])
{
	uint8_t last[2 * MD5_BLOCK_BYTES] = {0};
	size_t blocks = tail_len + 9 > MD5_BLOCK_BYTES ? 2 : 1;
	uint32_t unused[4] = {0};

	if (tail_len)
		memcpy(last, tail, tail_len);
	last[tail_len] = 0x80;
	store(last + blocks * MD5_BLOCK_BYTES - 8, bytes << 3, 8);
	add_blocks(state, unused, last, blocks);
	for (int i = 0; i < 4; i++)
		store(md5 + 4 * i, state[i], 4);
}

static int close_part(struct md5_parts *m, struct err *err)
{
	struct blob_sums *sums = &m->sums;

	if (sums->part_count == m->part_cap) {
		uint32_t cap = m->part_cap ? m->part_cap * 2 : 16;
		void *grown = realloc(sums->part_md5, (size_t)cap * MD5_BYTES);

		if (!grown)
			return err_memory(err);
		sums->part_md5 = grown;
		m->part_cap = cap;
	}
	close_chain(m->part, m->tail, m->tail_len, m->part_filled + m->tail_len,
	            sums->part_md5[sums->part_count]);
	sums->part_count++;
	memcpy(m->part, initial, sizeof(initial));
	m->part_filled = 0;
	return 0;
}

/* Whole blocks; the tail is empty. */
static int add_whole(struct md5_parts *m, const uint8_t *data, size_t blocks, struct err *err)
{
	while (blocks) {
		uint64_t room = (m->sums.part_bytes - m->part_filled) / MD5_BLOCK_BYTES;
		size_t take = blocks < room ? blocks : (size_t)room;

		add_blocks(m->whole, m->part, data, take);
		data += take * MD5_BLOCK_BYTES;
		blocks -= take;
		m->part_filled += take * MD5_BLOCK_BYTES;
		if (m->part_filled == m->sums.part_bytes && close_part(m, err) < 0)
			return -1;
	}
	return 0;
}

void md5_parts_start(struct md5_parts *m, uint64_t part_bytes)
{
	assert(part_bytes && part_bytes % MD5_BLOCK_BYTES == 0);
	memset(m, 0, sizeof(*m));
	memcpy(m->whole, initial, sizeof(initial));
	memcpy(m->part, initial, sizeof(initial));
	m->sums.part_bytes = part_bytes;
}

/* Moves bytes to the tail and returns how many. */
static size_t fill_tail(struct md5_parts *m, const uint8_t *data, size_t len)
{
	size_t room = MD5_BLOCK_BYTES - m->tail_len;
	size_t take = len < room ? len : room;

	if (take)
		memcpy(m->tail + m->tail_len, data, take);
	m->tail_len += take;
	return take;
}

int md5_parts_add(struct md5_parts *m, const void *data, size_t len, struct err *err)
{
	const uint8_t *p = data;

	m->sums.size_bytes += len;
	if (m->tail_len) {
		size_t taken = fill_tail(m, p, len);

		p += taken;
		len -= taken;
		if (m->tail_len < MD5_BLOCK_BYTES)
			return 0;
		m->tail_len = 0;
		if (add_whole(m, m->tail, 1, err) < 0)
			return -1;
	}
	if (add_whole(m, p, len / MD5_BLOCK_BYTES, err) < 0)
		return -1;
	(void)fill_tail(m, p + len / MD5_BLOCK_BYTES * MD5_BLOCK_BYTES, len % MD5_BLOCK_BYTES);
	return 0;
}

int md5_parts_finish(struct md5_parts *m, struct blob_sums *sums, struct err *err)
{
	if ((m->part_filled || m->tail_len || m->sums.part_count == 0) && close_part(m, err) < 0)
		return -1;
	close_chain(m->whole, m->tail, m->tail_len, m->sums.size_bytes, m->sums.md5);
	m->sums.what = SUM_MD5 | SUM_PART_MD5;
	*sums = m->sums;
	memset(&m->sums, 0, sizeof(m->sums));
	return 0;
}

void md5_parts_release(struct md5_parts *m)
{
	blob_sums_release(&m->sums);
}
