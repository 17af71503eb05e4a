#include "sync/plan/publication_order.h"

#include "sync/plan/edges.h"
#include "sync/plan/open.h"

#include "base/stop.h"
#include "db/state/manifest.h"
#include "db/state/object.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/*
 * Two images and an index, by one-letter digests:
 *
 *     tag one ── i (index) ── m ── c, x
 *                          └─ n ── c, y      s (signature of m) ── z
 *     tag two ── n
 */
static struct digest letter(char c)
{
	uint8_t bytes[SHA256_BYTES];

	memset(bytes, c, sizeof(bytes));
	return digest_from_sha256(bytes);
}

struct fixture {
	char path[64];
	struct db *db;
	struct plan plan;
};

static void manifest(struct fixture *f, char parent, const char *children, char subject)
{
	struct edge_row edges[8];
	struct err err = ERR_INIT;
	struct manifest_row row = {.digest = letter(parent), .media_type = "x"};
	size_t count = 0;

	memset(edges, 0, sizeof(edges));
	if (subject)
		row.subject = letter(subject);
	for (; children[count]; count++) {
		bool is_manifest = strchr("mnj", children[count]) != NULL;

		edges[count].child = letter(children[count]);
		edges[count].role = is_manifest ? EDGE_MANIFEST : EDGE_LAYER;
		edges[count].present = 1;
	}
	if (subject) {
		edges[count].child = letter(subject);
		edges[count].role = EDGE_SUBJECT;
		edges[count++].present = 1;
	}
	assert_int_equal(manifest_put(f->db, &row, &err), 0);
	assert_int_equal(edges_put(f->db, &row.digest, edges, count, &err), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = ERR_INIT;

	assert_non_null(f);
	(void)snprintf(f->path, sizeof(f->path), "/tmp/test_order.XXXXXX");
	assert_int_not_equal(close(mkstemp(f->path)), -1);
	assert_int_equal(unlink(f->path), 0);
	f->db = db_open(f->path, DB_CREATE, &err);
	assert_non_null(f->db);
	manifest(f, 'i', "mn", 0);
	manifest(f, 'm', "cx", 0);
	manifest(f, 'n', "cy", 0);
	manifest(f, 's', "z", 'm');
	assert_int_equal(plan_open(&f->plan, &err), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	struct fixture *f = *state;
	char path[80];

	plan_close(&f->plan);
	db_close(f->db);
	for (int i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", f->path, ends[i]);
		(void)unlink(path);
	}
	free(f);
	return 0;
}

/* The name of an item in these tests: its letter, or what it is. */
static const char *name_of(const struct plan_item *item, char name[32])
{
	static const char *const others[] = {[CLASS_PING] = "ping",
	                                     [CLASS_REFERRERS] = "referrers",
	                                     [CLASS_FALLBACK_TAG] = "fallback-tag",
	                                     [CLASS_TAGS_LIST] = "tags-list",
	                                     [CLASS_CATALOG] = "catalog"};
	struct key_parts parts;

	assert_true(layout_parse(&parts, item->key));
	switch (item->object_class) {
	case CLASS_BLOB:
	case CLASS_MANIFEST:
		(void)snprintf(name, 32, "%c", item->digest.bytes[0]);
		break;
	case CLASS_TAG:
		(void)snprintf(name, 32, "%.20s", parts.tag);
		break;
	default:
		(void)snprintf(name, 32, "%s", others[item->object_class]);
		break;
	}
	return name;
}

static void add(struct fixture *f, enum object_class object_class, const char *key, char digest)
{
	struct plan_item item = {.object_class = object_class, .digest = letter(digest)};
	struct err err = ERR_INIT;

	(void)snprintf(item.key, sizeof(item.key), "%s", key);
	(void)snprintf(item.why, sizeof(item.why), "missing");
	assert_int_equal(plan_add(&f->plan, &item, &err), 0);
}

/* Plans what `what` says: letters of blobs and manifests, 1 and 2 for the tags, t for the list, r
 * and f for those of the referrers of m, R for that of j. */
static void plan_these(struct fixture *f, const char *what)
{
	char key[KEY_MAX];

	for (; *what; what++) {
		struct digest d = letter(*what);

		if (*what == '1')
			add(f, CLASS_TAG, layout_tag(key, "r", "one"), 'i');
		else if (*what == '2')
			add(f, CLASS_TAG, layout_tag(key, "r", "two"), 'n');
		else if (*what == 't')
			add(f, CLASS_TAGS_LIST, layout_tags_list(key, "r"), 't');
		else if (strchr("rfR", *what) != NULL) {
			struct digest subject = letter(*what == 'R' ? 'j' : 'm');

			if (*what == 'f')
				add(f, CLASS_FALLBACK_TAG, layout_fallback_tag(key, "r", &subject),
				    'f');
			else
				add(f, CLASS_REFERRERS, layout_referrers(key, "r", &subject), 'r');
		} else if (strchr("imnsjk", *what))
			add(f, CLASS_MANIFEST, layout_manifest(key, "r", &d), *what);
		else
			add(f, CLASS_BLOB, layout_blob(key, "r", &d), *what);
	}
}

static void held(void *context, const struct plan_item *item)
{
	char name[32], *text = context;

	(void)strcat(strcat(text, name_of(item, name)), " ");
}

/*
 * Carries the plan out, failing what `failing` names, and returns the order as text: "c x m …". No
 * two items are ever under way at once, so this is the order of readiness.
 */
static void play(struct fixture *f, const char *failing, char done[256], char held_back[256])
{
	struct plan_item item;
	struct err err = ERR_INIT;
	char name[32];

	done[0] = held_back[0] = '\0';
	assert_int_equal(publication_order_make(&f->plan, f->db, &err), 0);
	assert_int_equal(plan_start(&f->plan, &err), 0);
	do {
		while (plan_take(&f->plan, PLAN_ANY, &item, &err) > 0) {
			(void)name_of(&item, name);
			if (name[1] == '\0' && strchr(failing, name[0])) {
				assert_int_equal(
					plan_fail(&f->plan, item.id, held, held_back, &err), 0);
				continue;
			}
			(void)strcat(strcat(done, name), " ");
			assert_int_equal(plan_done(&f->plan, item.id, &err), 0);
		}
	} while (plan_break_circles(&f->plan, &err) > 0);
	assert_int_equal(plan_check_end(&f->plan, &err), 0);
}

struct play_case {
	const char *plan, *failing, *done, *held;
};

static void play_cases(struct fixture *f, const struct play_case *cases, size_t count)
{
	char done[256], held_back[256];

	for (size_t i = 0; i < count; i++) {
		struct err err = ERR_INIT;

		assert_int_equal(plan_open(&f->plan, &err), 0);
		plan_these(f, cases[i].plan);
		play(f, cases[i].failing, done, held_back);
		assert_string_equal(done, cases[i].done);
		assert_string_equal(held_back, cases[i].held);
	}
}

static void plays(void **state)
{
	static const struct play_case cases[] = {
		/* Image by image, children first, the list last. */
		{"t12yxcinm", "", "c x m y n i one two tags-list ", ""},
		/* One bad layer holds back its own image only. */
		{"t12yxcinm", "x", "c y n two tags-list ", "m i one "},
		{"t12yxcinm", "y", "c x m tags-list ", "n two i one "},
		/* What is in the bucket already is no obstacle … */
		{"1m", "", "m one ", ""},
		/* … but a tag waits for a layer that its manifest there lacks. */
		{"1x", "", "x one ", ""},
		{"1x", "x", "", "one "},
		/* Untagged manifests go too; blobs that nothing planned needs as well. */
		{"zsc", "", "z s c ", ""},
	};

	play_cases(*state, cases, sizeof(cases) / sizeof(*cases));
}

static void refer(struct fixture *f, char parent, const char *children, char subject)
{
	struct object_row row = {.object_class = CLASS_MANIFEST, .digest = letter(parent)};
	struct err err = ERR_INIT;

	(void)layout_manifest(row.key, "r", &row.digest);
	assert_int_equal(object_put(f->db, &row, &err), 0);
	manifest(f, parent, children, subject);
}

/*
 * The index j refers to m, which is one of its own; k, which has j, refers to that. What a list of
 * referrers waits for does not wait for the list.
 */
static void breaks_circles(void **state)
{
	static const struct play_case cases[] = {
		{"jmnr", "", "m n j referrers ", ""},
		{"rfkjRmn", "", "m n j k referrers referrers fallback-tag ", ""},
		/* What only comes after the circle waits for it. */
		{"1rjmni", "", "m n j referrers i one ", ""},
		{"t1rjmni", "n", "m tags-list ", "j referrers i one "},
		/* m is in the bucket, and so is k, which waits for nothing. */
		{"rjn", "", "n j referrers ", ""},
		/* The circle goes through what is in the bucket. */
		{"rn", "", "n referrers ", ""},
		{"rn", "n", "", "referrers "},
		{"1r", "", "referrers one ", ""},
		{"r", "", "referrers ", ""},
		{"Rjx", "", "x j referrers ", ""},
		{"Rrjx", "x", "", "j referrers referrers "},
	};

	refer(*state, 'j', "mn", 'm');
	refer(*state, 'k', "j", 'j');
	play_cases(*state, cases, sizeof(cases) / sizeof(*cases));
}

static void remove_tag(struct fixture *f, const char *repo, const char *tag)
{
	struct plan_item item = {.object_class = CLASS_TAG, .verb = ACTION_DELETE};
	struct err err = ERR_INIT;

	(void)layout_tag(item.key, repo, tag);
	assert_int_equal(plan_add(&f->plan, &item, &err), 0);
}

/* FY2: a list that names a tag which is gone is the next to go. */
static void lists_follow_removed_tags(void **state)
{
	static const struct {
		const char *more, *failing, *done;
	} cases[] = {
		/* Of the tags of its repository that are sent, they are the last. */
		{"t1im", "", "out tags-list m i one gone went tags-list catalog "},
		{"t1im", "m", "out tags-list gone went tags-list catalog "},
		{"tyx", "", "out tags-list gone went tags-list y x catalog "},
		/* Without a list in the plan. */
		{"1im", "", "out tags-list m i one gone went catalog "},
	};
	struct fixture *f = *state;
	char done[256], held_back[256], key[KEY_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(plan_open(&f->plan, &err), 0);
		add(f, CLASS_CATALOG, layout_catalog(key), 'c');
		remove_tag(f, "q", "out");
		add(f, CLASS_TAGS_LIST, layout_tags_list(key, "q"), 't');
		remove_tag(f, "r", "gone");
		plan_these(f, cases[i].more);
		remove_tag(f, "r", "went");
		play(f, cases[i].failing, done, held_back);
		assert_string_equal(done, cases[i].done);
	}
}

static void every_item_has_a_rank(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct plan_item item = {.rank = 0};
	int count = 0;

	plan_these(f, "t12yxcinmsz");
	assert_int_equal(publication_order_make(&f->plan, f->db, &err), 0);
	while (plan_after_rank(&f->plan, item.rank, &item, &err) > 0)
		count++;
	assert_int_equal(count, 11);
}

/* What is taken beside a heavy item that is ready. */
static void light_ones_in_turn(void **state)
{
	struct fixture *f = *state;
	struct plan_item item;
	struct err err = ERR_INIT;
	struct digest x = letter('x');
	char key[KEY_MAX];

	plan_these(f, "zxc");
	assert_int_equal(plan_find(&f->plan, layout_blob(key, "r", &x), &item, &err), 1);
	item.send_bytes = 2 << 20;
	assert_int_equal(plan_set(&f->plan, &item, &err), 0);
	assert_int_equal(publication_order_make(&f->plan, f->db, &err), 0);
	assert_int_equal(plan_start(&f->plan, &err), 0);
	assert_int_equal(plan_take(&f->plan, PLAN_LIGHT_IN_TURN, &item, &err), 1);
	assert_int_equal(item.digest.bytes[0], 'z');
	assert_int_equal(plan_take(&f->plan, PLAN_LIGHT_IN_TURN, &item, &err), 0);
	assert_int_equal(plan_take(&f->plan, PLAN_LIGHT_ONLY, &item, &err), 1);
	assert_int_equal(item.digest.bytes[0], 'c');
	assert_int_equal(plan_take(&f->plan, PLAN_ANY, &item, &err), 1);
	assert_int_equal(item.digest.bytes[0], 'x');
}

/* A manifest of the nest below: at a level, from 0, one of NEST_WIDE. */
enum { NEST_DEEP = 7, NEST_WIDE = 8 };

static struct digest nested(int level, int at)
{
	return letter((char)(128 + level * NEST_WIDE + at));
}

/* Each manifest of a level has all of the next, and those of the last one the layer x. */
static void make_nest(struct fixture *f)
{
	struct edge_row edges[NEST_WIDE];
	struct err err = ERR_INIT;

	for (int level = 0; level < NEST_DEEP; level++) {
		bool last = level == NEST_DEEP - 1;

		memset(edges, 0, sizeof(edges));
		for (int at = 0; at < NEST_WIDE; at++) {
			edges[at].child = last ? letter('x') : nested(level + 1, at);
			edges[at].role = last ? EDGE_LAYER : EDGE_MANIFEST;
			edges[at].present = 1;
		}
		for (int at = 0; at < NEST_WIDE; at++) {
			struct manifest_row row = {.digest = nested(level, at), .media_type = "x"};

			assert_int_equal(manifest_put(f->db, &row, &err), 0);
			assert_int_equal(
				edges_put(f->db, &row.digest, edges, last ? 1 : NEST_WIDE, &err),
				0);
		}
	}
}

/*
 * Tags on the upper indexes, which are in the bucket already, of 8^7 paths each: a walk that takes
 * them one by one does not end before the alarm. A layer that is missing holds all of them back.
 */
static void takes_a_nest_manifest_by_manifest(void **state)
{
	static const char *const all = "1 2 3 4 5 6 7 8 ", *const none = "";
	struct fixture *f = *state;
	char done[256], held_back[256], key[KEY_MAX], tag[2] = "1";
	struct err err = ERR_INIT;

	make_nest(f);
	for (int missing = 0; missing < 2; missing++) {
		assert_int_equal(plan_open(&f->plan, &err), 0);
		plan_these(f, missing ? "x" : "");
		for (tag[0] = '1'; tag[0] <= '8'; tag[0]++)
			add(f, CLASS_TAG, layout_tag(key, "r", tag), (char)(128 + tag[0] - '1'));
		(void)alarm(8);
		play(f, "x", done, held_back);
		(void)alarm(0);
		assert_string_equal(done, missing ? none : all);
		assert_string_equal(held_back, missing ? all : none);
	}
}

/* ---- many tags on a wide index */

static struct digest numbered(char kind, int number)
{
	uint8_t bytes[SHA256_BYTES] = {(uint8_t)kind, (uint8_t)(number >> 8), (uint8_t)number};

	return digest_from_sha256(bytes);
}

static void put_manifest(struct fixture *f, const struct digest *d, char child_kind, int first,
                         int count)
{
	struct edge_row *edges = calloc((size_t)count, sizeof(*edges));
	struct manifest_row row = {.digest = *d, .media_type = "x"};
	struct err err = ERR_INIT;

	assert_non_null(edges);
	for (int i = 0; i < count; i++) {
		edges[i].child = numbered(child_kind, first + i);
		edges[i].role = child_kind == 'M' ? EDGE_MANIFEST : EDGE_LAYER;
		edges[i].present = 1;
	}
	assert_int_equal(manifest_put(f->db, &row, &err), 0);
	assert_int_equal(edges_put(f->db, d, edges, (size_t)count, &err), 0);
	free(edges);
}

/* An index of `wide` manifests, all in the bucket, which lacks their layers; `tags` tags on it. */
static void plan_wide(struct fixture *f, int wide, int tags)
{
	struct digest index = numbered('I', wide);
	struct err err = ERR_INIT;
	char key[KEY_MAX], tag[16];

	assert_int_equal(plan_open(&f->plan, &err), 0);
	put_manifest(f, &index, 'M', 0, wide);
	for (int i = 0; i < wide; i++) {
		struct digest manifest = numbered('M', i), layer = numbered('L', i);
		struct plan_item item = {.object_class = CLASS_BLOB, .digest = layer};

		put_manifest(f, &manifest, 'L', i, 1);
		(void)layout_blob(item.key, "r", &layer);
		assert_int_equal(plan_add(&f->plan, &item, &err), 0);
	}
	for (int i = 0; i < tags; i++) {
		struct plan_item item = {.object_class = CLASS_TAG, .digest = index};

		(void)snprintf(tag, sizeof(tag), "%d", i);
		(void)snprintf(item.key, sizeof(item.key), "%s", layout_tag(key, "r", tag));
		assert_int_equal(plan_add(&f->plan, &item, &err), 0);
	}
	assert_int_equal(publication_order_make(&f->plan, f->db, &err), 0);
}

static int64_t count_of(struct fixture *f, const char *sql)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(query_start(&q, f->plan.db, sql, &err), 0);
	assert_int_equal(query_step(&q, &err), 1);
	return query_int(&q, 0);
}

static void count_held(void *context, const struct plan_item *item)
{
	(void)item;
	++*(int *)context;
}

/* FY1: each edge of the graph and each tag costs one edge of the plan, and is over once. */
static void costs_tags_and_edges_and_not_their_product(void **state)
{
	static const int sizes[][2] = {{40, 80}, {200, 400}};
	struct fixture *f = *state;
	struct plan_item item;
	struct err err = ERR_INIT;

	for (int i = 0; i < 2; i++) {
		int wide = sizes[i][0], tags = sizes[i][1], held_back = 0, taken = 0;

		plan_wide(f, wide, tags);
		assert_int_equal(count_of(f, "SELECT count(*) FROM plan_edge"), 2 * wide + tags);
		assert_int_equal(plan_start(&f->plan, &err), 0);
		while (plan_take(&f->plan, PLAN_ANY, &item, &err) > 0) {
			if (taken++ < wide) /* no tag before the last layer */
				assert_int_equal(item.object_class, CLASS_BLOB);
			assert_int_equal(plan_done(&f->plan, item.id, &err), 0);
		}
		assert_int_equal(taken, wide + tags);
		assert_int_equal(plan_check_end(&f->plan, &err), 0);

		plan_wide(f, wide, tags);
		assert_int_equal(plan_start(&f->plan, &err), 0);
		while (plan_take(&f->plan, PLAN_ANY, &item, &err) > 0)
			assert_int_equal(plan_fail(&f->plan, item.id, count_held, &held_back, &err),
			                 0);
		assert_int_equal(held_back, tags);
		assert_int_equal(plan_check_end(&f->plan, &err), 0);
	}
}

/* The last one: the signal stays. */
static void ends_when_asked_to(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	plan_these(f, "1m");
	assert_int_equal(stop_install(&err), 0);
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(publication_order_make(&f->plan, f->db, &err), -1);
	assert_int_equal(err.code, ERR_INTERRUPTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(plays, setup, teardown),
		cmocka_unit_test_setup_teardown(breaks_circles, setup, teardown),
		cmocka_unit_test_setup_teardown(lists_follow_removed_tags, setup, teardown),
		cmocka_unit_test_setup_teardown(every_item_has_a_rank, setup, teardown),
		cmocka_unit_test_setup_teardown(light_ones_in_turn, setup, teardown),
		cmocka_unit_test_setup_teardown(costs_tags_and_edges_and_not_their_product, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(takes_a_nest_manifest_by_manifest, setup, teardown),
		cmocka_unit_test_setup_teardown(ends_when_asked_to, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
