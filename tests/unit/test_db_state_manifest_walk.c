#include "db/state/manifest_walk.h"

#include "base/layout.h"
#include "db/state/tag.h"
#include "tests/unit/state.h"

/* What fn was told: "+3" enter, "=3" again, "-3" leave, ".3" done; "!" absent, "r" referrer. */
struct told {
	char text[600];
	int entered, again;
	uint8_t past; /* fn answers WALK_PAST to this one */
	uint8_t fail; /* fn fails at this one */
};

static int tell(void *context, const struct walk_visit *v, struct err *err)
{
	struct told *t = context;
	size_t used = strlen(t->text);
	uint8_t no = v->digest.bytes[0];

	t->entered += v->step == WALK_ENTER;
	t->again += v->step == WALK_AGAIN;
	(void)snprintf(t->text + used, sizeof(t->text) - used, "%c%d%s%s ", "+=-."[v->step], no,
	               v -> present ? "" : "!", v->is_referrer ? "r" : "");
	if (no == t->fail)
		return err_set(err, ERR_USAGE, "told to fail");
	return v->step == WALK_ENTER && no == t->past ? WALK_PAST : WALK_INTO;
}

static void edge(struct db *db, uint8_t parent, int count, const uint8_t *children,
                 enum edge_role role)
{
	struct edge_row edges[8];
	struct digest d = digest_no(parent);
	struct err err = ERR_INIT;

	memset(edges, 0, sizeof(edges));
	for (int i = 0; i < count; i++) {
		edges[i].child = digest_no(children[i]);
		edges[i].role = role;
		edges[i].present = 1;
	}
	MUST(edges_put(db, &d, edges, (size_t)count, &err));
}

/* A manifest of config 100 + no and layer 50, which every manifest shares. */
static void image(struct db *db, uint8_t no, uint8_t subject, bool layer_present)
{
	struct manifest_row row = {.digest = digest_no(no), .media_type = "type"};
	struct edge_row edges[3];
	struct object_row object;
	struct err err = ERR_INIT;

	memset(edges, 0, sizeof(edges));
	memset(&object, 0, sizeof(object));
	if (subject)
		row.subject = digest_no(subject);
	edges[0] = (struct edge_row){row.subject, EDGE_SUBJECT, 1, 0, ""};
	edges[1] = (struct edge_row){digest_no((uint8_t)(100 + no)), EDGE_CONFIG, 1, 0, ""};
	edges[2] = (struct edge_row){digest_no(50), EDGE_LAYER, layer_present, 0, ""};
	MUST(manifest_put(db, &row, &err));
	MUST(edges_put(db, &row.digest, edges + !subject, (size_t)2 + (subject != 0), &err));
	(void)layout_manifest(object.key, "a", &row.digest);
	object.object_class = CLASS_MANIFEST;
	object.digest = row.digest;
	MUST(object_put(db, &object, &err));
}

static void order_of_the_steps(void **state)
{
	struct state *s = *state;
	struct told told = {0};
	struct manifest_walk walk = {.db = s->db, .repo = "a", .fn = tell, .context = &told};
	struct digest one = digest_no(1);
	struct err err = ERR_INIT;
	uint32_t value;

	edge(s->db, 1, 3, (const uint8_t[]){2, 3, 2}, EDGE_MANIFEST);
	image(s->db, 2, 0, true);
	image(s->db, 3, 0, false);
	image(s->db, 4, 2, true);
	MUST(manifest_walk_from(&walk, &one, &err));
	assert_string_equal(told.text, "+1 +2 +102 +50 -2 +4r +104 =50 -4r .4r .2 +3 +103 -3 .3 "
	                               "=2 -1 .1 ");
	assert_true(digest_map_get(&walk.seen, &one, &value));
	/* A walk's life is longer than one root. */
	told.text[0] = '\0';
	MUST(manifest_walk_from(&walk, &one, &err));
	assert_string_equal(told.text, "=1 ");
	manifest_walk_release(&walk);
}

static void what_is_left_out(void **state)
{
	struct state *s = *state;
	struct told told = {.past = 2};
	struct manifest_walk walk = {.db = s->db, .absent = true, .fn = tell, .context = &told};
	struct digest one = digest_no(1), three = digest_no(3);
	struct err err = ERR_INIT;

	edge(s->db, 1, 2, (const uint8_t[]){2, 3}, EDGE_MANIFEST);
	image(s->db, 2, 0, true);
	image(s->db, 3, 0, false);
	image(s->db, 4, 3, true);
	MUST(manifest_walk_from(&walk, &one, &err));
	assert_string_equal(told.text, "+1 +2 +3 +103 +50! -3 .3 -1 .1 ");
	manifest_walk_release(&walk);

	told = (struct told){.fail = 103};
	walk = (struct manifest_walk){.db = s->db, .fn = tell, .context = &told};
	MUST_FAIL(manifest_walk_from(&walk, &three, &err), ERR_USAGE);
	assert_string_equal(told.text, "+3 +103 ");
	manifest_walk_release(&walk);
}

static void tags_of_one_repository(void **state)
{
	struct state *s = *state;
	struct told told = {0};
	struct manifest_walk walk = {.db = s->db, .repo = "a", .fn = tell, .context = &told};
	struct digest two = digest_no(2), three = digest_no(3), four = digest_no(4);
	struct err err = ERR_INIT;

	image(s->db, 2, 0, true);
	image(s->db, 3, 0, true);
	MUST(tag_put(s->db, "a", "x", &three, &err));
	MUST(tag_put(s->db, "a", "y", &two, &err));
	MUST(tag_put(s->db, "a", "gone", &four, &err));
	MUST(tag_remove(s->db, "a", "gone", &err));
	MUST(tag_put(s->db, "b", "x", &four, &err));
	MUST(manifest_walk_tags(&walk, &err));
	assert_string_equal(told.text, "+3 +103 +50 -3 .3 +2 +102 =50 -2 .2 ");
	manifest_walk_release(&walk);
}

/* The bytes of a manifest can be a layer, and an index its own referrer's child. */
static void both_roles_and_circles(void **state)
{
	struct state *s = *state;
	struct told told = {0};
	struct manifest_walk walk = {.db = s->db, .repo = "a", .fn = tell, .context = &told};
	struct digest one = digest_no(1);
	struct err err = ERR_INIT;

	edge(s->db, 1, 1, (const uint8_t[]){3}, EDGE_LAYER);
	image(s->db, 3, 1, true);
	edge(s->db, 3, 1, (const uint8_t[]){1}, EDGE_MANIFEST);
	MUST(manifest_walk_from(&walk, &one, &err));
	assert_string_equal(told.text, "+1 +3 -1 +3r =1 -3r .3r .1 ");
	manifest_walk_release(&walk);
}

/* Seven levels of eight indexes, each naming all eight below: 8^6 paths to each of the last. */
static void paths_are_not_walked(void **state)
{
	enum { DEEP = 7, WIDE = 8 };
	struct state *s = *state;
	struct told told = {0};
	struct manifest_walk walk = {.db = s->db, .repo = "a", .fn = tell, .context = &told};
	struct digest root = digest_no(1);
	struct err err = ERR_INIT;
	uint8_t below[WIDE];

	for (int level = 0; level < DEEP; level++) {
		for (int i = 0; i < WIDE; i++)
			below[i] = (uint8_t)(10 + level * WIDE + i);
		for (int i = 0; i < (level ? WIDE : 1); i++)
			edge(s->db, level ? (uint8_t)(below[i] - WIDE) : 1, WIDE, below,
			     EDGE_MANIFEST);
	}
	MUST(manifest_walk_from(&walk, &root, &err));
	assert_int_equal(told.entered, 1 + DEEP * WIDE);
	assert_int_equal(told.again, (DEEP - 1) * (WIDE * WIDE - WIDE));
	manifest_walk_release(&walk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(order_of_the_steps),     STATE_TEST(what_is_left_out),
		STATE_TEST(tags_of_one_repository), STATE_TEST(both_roles_and_circles),
		STATE_TEST(paths_are_not_walked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
