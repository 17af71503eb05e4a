/* What makes a manifest complete, and what of it is recorded. */
#include "stage/image/node.h"

#include "tests/unit/state.h"

#define HEX       "b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define AT(no)    ",\"size\":7,\"digest\":\"sha256:" no HEX "\"}"
#define CONFIG    "\"config\":{\"mediaType\":\"" MT_OCI_CONFIG "\"" AT("c0")
#define LAYER(no) "{\"mediaType\":\"" MT_OCI_LAYER_GZIP "\"" AT(no)
#define FOREIGN                                                                                    \
	"{\"mediaType\":\"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip\"" AT("f0")
#define CHILD(no) "{\"mediaType\":\"" MT_OCI_MANIFEST "\"" AT(no)
#define ARM(no)                                                                                    \
	"{\"mediaType\":\"" MT_OCI_MANIFEST "\",\"platform\":{\"os\":\"linux\","                   \
	"\"architecture\":\"arm64\"}" AT(no)
#define ATTEST(no)                                                                                 \
	"{\"mediaType\":\"" MT_OCI_MANIFEST "\",\"platform\":{\"os\":\"unknown\","                 \
	"\"architecture\":\"unknown\"}" AT(no)
#define IMAGE "{\"schemaVersion\":2,\"mediaType\":\"" MT_OCI_MANIFEST "\"," CONFIG ",\"layers\":["
#define INDEX "{\"schemaVersion\":2,\"mediaType\":\"" MT_OCI_INDEX "\",\"manifests\":["

struct node_case {
	const char *text;
	const char *lacks;   /* NULL: it is complete */
	enum edge_role role; /* of the last edge */
	uint8_t absent[3];   /* first bytes of the digests that are not found */
};

#define FIRST_OF_INDEX                                                                             \
	"no manifest of the index is complete: the first (sha256:a0" HEX ") is missing"

static const struct node_case CASES[] = {
	{IMAGE LAYER("a0") "]}", NULL, EDGE_LAYER, {0}},
	{IMAGE "]}", NULL, EDGE_CONFIG, {0}},
	{IMAGE LAYER("a0") "," LAYER("a1") "]}",
         "layers[0] (sha256:a0" HEX ") is missing",
         EDGE_LAYER,
         {0xa1, 0xa0}},
	{IMAGE LAYER("a0") "]}", "config (sha256:c0" HEX ") is missing", EDGE_LAYER, {0xc0}},
	{IMAGE FOREIGN "]}", NULL, EDGE_LAYER, {0xf0}},
	{IMAGE CHILD("a0") "]}", NULL, EDGE_LAYER, {0}},
	{INDEX CHILD("a0") "," ARM("a1") "]}", NULL, EDGE_MANIFEST, {0xa0}},
	{INDEX CHILD("a0") "," ARM("a1") "]}", FIRST_OF_INDEX, EDGE_MANIFEST, {0xa0, 0xa1}},
	{INDEX CHILD("a0") "," ATTEST("a1") "]}", FIRST_OF_INDEX, EDGE_MANIFEST, {0xa0}},
	{INDEX ATTEST("a1") "]}", NULL, EDGE_MANIFEST, {0xa1}},
	{INDEX LAYER("a0") "]}", NULL, EDGE_LAYER, {0}},
	{INDEX "],\"subject\":" CHILD("a2") "}", NULL, EDGE_SUBJECT, {0xa2}},
};

static int find(void *context, struct node *node, const struct descriptor *d, struct edge *edge,
                const char *path, struct err *err)
{
	const struct node_case *c = context;

	(void)node;
	(void)path;
	(void)err;
	edge->present = true;
	for (size_t i = 0; i < COUNT(c->absent); i++)
		if (c->absent[i] == d->digest.bytes[0])
			edge->present = false;
	return 0;
}

static int see_edge(void *context, const struct edge_row *edge, struct err *err)
{
	const struct node *node = context;
	const struct edge *own = node->edges;

	(void)err;
	while (!digest_equal(&own->child, &edge->child))
		own++;
	assert_true(own < node->edges + node->edge_count);
	assert_int_equal(edge->role, own->role);
	assert_int_equal(edge->present, own->present);
	assert_int_equal(edge->size_bytes, 7);
	assert_string_equal(edge->platform, edge_platform(node, own));
	return 0;
}

static void check_case(struct db *db, const struct node_case *c, uint8_t no)
{
	AUTO_STR struct str texts = STR_INIT(1000);
	struct node node = {.digest = digest_no(no), .texts = &texts};
	struct node_case context = *c;
	struct manifest doc;
	struct err err = ERR_INIT;

	MUST(manifest_read(&doc, c->text, strlen(c->text), NULL, &JSON_LIMITS_MANIFEST, &err));
	MUST(node_read(&node, &doc, find, &context, &err));
	if (c->lacks)
		assert_string_equal(node.lacks, c->lacks);
	else
		assert_null(node.lacks);
	assert_int_equal(node.complete, !c->lacks);
	assert_int_equal(node.edges[node.edge_count - 1].role, c->role);
	MUST(node_record(&node, db, &err));
	assert_int_equal(manifest_has(db, &node.digest, &err), 1);
	MUST(edges_each(db, &node.digest, see_edge, &node, &err));
	node_release(&node);
	manifest_release(&doc);
}

static void test_complete(void **state)
{
	struct state *s = *state;

	for (size_t i = 0; i < COUNT(CASES); i++)
		check_case(s->db, &CASES[i], (uint8_t)(i + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {STATE_TEST(test_complete)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
