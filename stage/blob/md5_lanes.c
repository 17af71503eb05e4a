#include "stage/blob/md5_lanes.h"

#include <string.h>

/* One word of each lane. Never an argument or a result: how those are passed differs by processor.
 */
typedef uint32_t words __attribute__((vector_size(4 * MD5_LANES)));

#define ALWAYS_INLINE inline __attribute__((always_inline))

static ALWAYS_INLINE uint32_t load(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void store(uint8_t *p, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))

/* RFC 1321, 3.4. F and G are the same as the RFC's, with an operation less. */
#define F(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define G(x, y, z) ((y) ^ ((z) & ((x) ^ (y))))
#define H(x, y, z) ((x) ^ (y) ^ (z))
#define I(x, y, z) ((y) ^ ((x) | ~(z)))

#define STEP(f, a, b, c, d, k, s, t)                                                               \
	do {                                                                                       \
		(a) += m[k] + (t);                                                                 \
		(a) += f(b, c, d);                                                                 \
		(a) = ROTATE(a, s) + (b);                                                          \
	} while (0)

#define STEPS(f, k0, k1, k2, k3, s0, s1, s2, s3, t0, t1, t2, t3)                                   \
	STEP(f, a, b, c, d, k0, s0, t0);                                                           \
	STEP(f, d, a, b, c, k1, s1, t1);                                                           \
	STEP(f, c, d, a, b, k2, s2, t2);                                                           \
	STEP(f, b, c, d, a, k3, s3, t3)

/* Word k of the block at `at` of every lane. */
static ALWAYS_INLINE void gather(words m[MD5_BLOCK_BYTES / 4], const uint8_t *const data[MD5_LANES],
                                 size_t at)
{
	for (int k = 0; k < MD5_BLOCK_BYTES / 4; k++)
		for (int lane = 0; lane < MD5_LANES; lane++)
			m[k][lane] = load(data[lane] + at + 4 * (size_t)k);
}

void md5_lanes_start(struct md5_lanes *m)
{
	static const uint32_t initial[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};

	for (int i = 0; i < 4; i++)
		for (int lane = 0; lane < MD5_LANES; lane++)
			m->state[i][lane] = initial[i];
}

/* NOLINTNEXTLINE(readability-function-size): it is RFC 1321's table of steps */
static ALWAYS_INLINE void add(struct md5_lanes *lanes, const uint8_t *const data[MD5_LANES],
                              size_t blocks)
{
	words a, b, c, d;

	memcpy(&a, lanes->state[0], sizeof(a));
	memcpy(&b, lanes->state[1], sizeof(b));
	memcpy(&c, lanes->state[2], sizeof(c));
	memcpy(&d, lanes->state[3], sizeof(d));
	for (size_t at = 0; at < blocks * MD5_BLOCK_BYTES; at += MD5_BLOCK_BYTES) {
		words m[MD5_BLOCK_BYTES / 4], a0 = a, b0 = b, c0 = c, d0 = d;

		gather(m, data, at);
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
		a += a0;
		b += b0;
		c += c0;
		d += d0;
	}
	memcpy(lanes->state[0], &a, sizeof(a));
	memcpy(lanes->state[1], &b, sizeof(b));
	memcpy(lanes->state[2], &c, sizeof(c));
	memcpy(lanes->state[3], &d, sizeof(d));
}

#ifdef __x86_64__
/* Has rotations and three-operand logic for vectors: a fifth faster. */
static __attribute__((target("avx512vl"))) void
add_avx512vl(struct md5_lanes *lanes, const uint8_t *const data[MD5_LANES], size_t blocks)
{
	add(lanes, data, blocks);
}
#endif

void md5_lanes_add(struct md5_lanes *m, const uint8_t *const data[MD5_LANES], size_t blocks)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx512vl")) {
		add_avx512vl(m, data, blocks);
		return;
	}
#endif
	add(m, data, blocks);
}

void md5_lanes_finish(struct md5_lanes *m, uint64_t bytes, uint8_t md5[MD5_LANES][MD5_BYTES])
{
	/* RFC 1321, 3.1 and 3.2: a one bit, zeros, and the length in bits. */
	uint8_t last[MD5_BLOCK_BYTES] = {0x80};
	const uint8_t *data[MD5_LANES];

	store(last + MD5_BLOCK_BYTES - 8, bytes << 3, 8);
	for (int lane = 0; lane < MD5_LANES; lane++)
		data[lane] = last;
	md5_lanes_add(m, data, 1);
	for (int lane = 0; lane < MD5_LANES; lane++)
		for (int i = 0; i < 4; i++)
			store(md5[lane] + 4 * i, m->state[i][lane], 4);
}
