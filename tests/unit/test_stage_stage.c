/*
 * A life of a root, through the functions that the commands call: stage OCI layouts made here,
 * verify, stage again, move a tag, untag, gc. The tree and the state agree after each step.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "base/layout.h"
#include "db/root/open.h"
#include "db/state/object.h"
#include "db/state/tag.h"
#include "stage/document/descriptor.h"
#include "stage/document/manifest.h"
#include "stage/stage.h"
#include "stage/tree/gc.h"
#include "stage/tree/untag.h"
#include "stage/tree/verify.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct bench {
	char path[64]; /* of the folder that holds everything */
	char root_path[80];
	int dir;
};

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	(void)snprintf(b->path, sizeof(b->path), "/tmp/drydock-root.XXXXXX");
	assert_non_null(mkdtemp(b->path));
	(void)snprintf(b->root_path, sizeof(b->root_path), "%s/root", b->path);
	b->dir = open(b->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(b->dir >= 0);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	(void)close(b->dir);
	(void)nftw(b->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(b);
	return 0;
}

/* --- layouts ------------------------------------------------------------------------------- */

static void write_file(const struct bench *b, const char *path, const char *text, size_t len)
{
	struct err err = ERR_INIT;
	int fd;

	assert_int_equal(file_make_parents(b->dir, path, &err), 0);
	fd = openat(b->dir, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(file_write(fd, text, len, path, &err), 0);
	(void)close(fd);
}

/* Writes a blob of the layout and its descriptor, of `type` and with `more` keys. */
static struct digest add_blob(const struct bench *b, const char *layout, const char *type,
                              const char *bytes, const char *more, struct str *descriptor)
{
	char path[256], hex[DIGEST_TEXT_MAX], text[DIGEST_TEXT_MAX];
	struct digest digest;
	struct err err = ERR_INIT;

	assert_int_equal(digest_of_bytes(&digest, DIGEST_SHA256, bytes, strlen(bytes), &err), 0);
	(void)snprintf(path, sizeof(path), "%s/blobs/sha256/%s", layout, digest_hex(&digest, hex));
	write_file(b, path, bytes, strlen(bytes));
	(void)str_addf(descriptor, "{\"mediaType\":\"%s\",\"size\":%zu,\"digest\":\"%s\"%s}", type,
	               strlen(bytes), digest_text(&digest, text), more);
	return digest;
}

/* An image with one layer; its descriptor is appended to `index`. `extra`: keys of the manifest. */
static struct digest add_image(const struct bench *b, const char *layout, const char *arch,
                               const char *layer, const char *extra, const char *more,
                               struct str *index)
{
	struct str config = STR_INIT(4096), layers = STR_INIT(4096), text = STR_INIT(8192);
	char config_text[128];
	struct digest digest;

	(void)snprintf(config_text, sizeof(config_text),
	               "{\"os\":\"linux\",\"architecture\":\"%s\"}", arch);
	(void)add_blob(b, layout, MT_OCI_CONFIG, config_text, "", &config);
	(void)add_blob(b, layout, MT_OCI_LAYER_GZIP, layer, "", &layers);
	(void)str_addf(&text, "{\"schemaVersion\":2,\"config\":%s,\"layers\":[%s]%s}", config.data,
	               layers.data, extra);
	digest = add_blob(b, layout, MT_OCI_MANIFEST, text.data, more, index);
	str_release(&config);
	str_release(&layers);
	str_release(&text);
	return digest;
}

static void finish_layout(const struct bench *b, const char *layout, const struct str *index)
{
	struct str text = STR_INIT(65536);
	char path[128];

	(void)str_addf(&text, "{\"schemaVersion\":2,\"manifests\":[%s]}", index->data);
	(void)snprintf(path, sizeof(path), "%s/index.json", layout);
	write_file(b, path, text.data, text.len);
	(void)snprintf(path, sizeof(path), "%s/oci-layout", layout);
	write_file(b, path, "{\"imageLayoutVersion\":\"1.0.0\"}", 30);
	str_release(&text);
}

#define NAMED(name) ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"" name "\"}"

/* --- commands ------------------------------------------------------------------------------ */

static void open_root(const struct bench *b, struct root *root)
{
	struct err err = ERR_INIT;

	if (root_open(root, b->root_path, ROOT_CREATE, 0, &EVENT_SINK_NONE, &err) < 0)
		fail_msg("%s", err.message);
}

static int stage(const struct bench *b, const char *layout, struct stage_result *result,
                 struct err *err)
{
	char path[128];
	const struct stage_source sources[] = {{.text = path}};
	struct stage_options options = {
		.sources = sources, .source_count = 1, .recipe = RECIPE_DEFAULT};
	struct root root;
	int status;

	(void)snprintf(path, sizeof(path), "%s/%s", b->path, layout);
	open_root(b, &root);
	status = stage_run(&root, &options, &EVENT_SINK_NONE, result, err);
	root_close(&root);
	return status;
}

static void must_stage(const struct bench *b, const char *layout, uint64_t new_blobs)
{
	struct stage_result result;
	struct err err = ERR_INIT;

	if (stage(b, layout, &result, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(result.new_blobs, new_blobs);
}

/* Everything recorded is there and right, nothing else is; returns how many objects there are. */
static uint64_t must_verify(const struct bench *b)
{
	struct verify_result result;
	struct root root;
	struct err err = ERR_INIT;

	open_root(b, &root);
	if (verify_root(&root, &EVENT_SINK_NONE, &result, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(result.foreign, 0);
	root_close(&root);
	return result.objects;
}

static void must_untag(const struct bench *b, const char *name)
{
	struct untag_item item = {.reference = name};
	struct root root;
	struct err err = ERR_INIT;

	open_root(b, &root);
	if (untag(&root, &item, 1, &err) < 0)
		fail_msg("%s", err.message);
	if (!item.removed)
		fail_msg("%s", item.why.message);
	root_close(&root);
}

static struct gc_result must_gc(const struct bench *b, enum gc_mode mode)
{
	struct gc_result result;
	struct root root;
	struct err err = ERR_INIT;

	open_root(b, &root);
	if (gc_run(&root, mode, &EVENT_SINK_NONE, &result, &err) < 0)
		fail_msg("%s", err.message);
	root_close(&root);
	return result;
}

static bool has_key(const struct bench *b, const char *key)
{
	char path[KEY_MAX + 8];
	struct stat st;

	(void)snprintf(path, sizeof(path), "root/%s", key);
	return fstatat(b->dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void assert_text(const struct bench *b, const char *key, const char *expect)
{
	struct str text = STR_INIT(65536);
	char path[KEY_MAX + 8];
	struct err err = ERR_INIT;

	(void)snprintf(path, sizeof(path), "root/%s", key);
	assert_int_equal(file_read_all(b->dir, path, &text, &err), 0);
	assert_string_equal(text.data, expect);
	str_release(&text);
}

/* --- tests --------------------------------------------------------------------------------- */

static void test_life(void **state)
{
	struct bench *b = *state;
	struct str index = STR_INIT(65536);
	struct gc_result gone;

	(void)add_image(b, "one", "amd64", "layer one", "", NAMED("app:1"), &index);
	finish_layout(b, "one", &index);
	must_stage(b, "one", 3);
	/* config, layer, manifest, referrers, tag, list, catalogue */
	assert_int_equal(must_verify(b), 7);
	must_stage(b, "one", 0);
	assert_int_equal(must_verify(b), 7);
	assert_text(b, "v2/app/tags/list", "{\"name\":\"app\",\"tags\":[\"1\"]}");
	assert_text(b, "v2/_catalog", "{\"repositories\":[\"app\"]}");

	/* the same image under another name is only links */
	str_clear(&index);
	(void)add_image(b, "two", "amd64", "layer one", "", NAMED("team/app:2"), &index);
	finish_layout(b, "two", &index);
	must_stage(b, "two", 0);
	assert_int_equal(must_verify(b), 13);
	assert_text(b, "v2/_catalog", "{\"repositories\":[\"app\",\"team/app\"]}");

	/* a moved tag: the old manifest stays until gc */
	str_clear(&index);
	(void)add_image(b, "three", "amd64", "layer three", "", NAMED("app:1"), &index);
	finish_layout(b, "three", &index);
	must_stage(b, "three", 2);
	assert_int_equal(must_verify(b), 16);
	gone = must_gc(b, GC_DRY_RUN);
	assert_int_equal(gone.objects, 2);
	assert_int_equal(gone.blobs, 0); /* the other repository has them still */
	assert_int_equal(must_verify(b), 16);
	gone = must_gc(b, GC_RUN);
	assert_int_equal(gone.objects, 2);
	assert_int_equal(must_verify(b), 13);

	must_untag(b, "team/app:2");
	assert_text(b, "v2/team/app/tags/list", "{\"name\":\"team/app\",\"tags\":[]}");
	assert_int_equal(must_verify(b), 12);
	gone = must_gc(b, GC_RUN);
	assert_int_equal(gone.objects, 3);
	assert_int_equal(gone.blobs, 1); /* the layer; the config is the other image's too */
	assert_int_equal(must_verify(b), 7);
	assert_false(has_key(b, "v2/team"));
	assert_text(b, "v2/_catalog", "{\"repositories\":[\"app\"]}");
	gone = must_gc(b, GC_RUN);
	assert_int_equal(gone.objects, 0);
	str_release(&index);
}

/* Stages an index of two platforms; only those in `with` (of "ab") have their manifest there. */
static void make_index(const struct bench *b, const char *layout, const char *with,
                       const char *name)
{
	struct str list = STR_INIT(65536), index = STR_INIT(65536), scratch = STR_INIT(65536);
	struct str text = STR_INIT(65536);

	(void)add_image(b, strchr(with, 'a') ? layout : "elsewhere", "amd64", "for amd64", "",
	                ",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}", &list);
	(void)str_addc(&list, ',');
	(void)add_image(b, strchr(with, 'b') ? layout : "elsewhere", "arm64", "for arm64", "",
	                ",\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\"}", &list);
	(void)str_addf(&text,
	               "{\"schemaVersion\":2,\"mediaType\":\"" MT_OCI_INDEX
	               "\",\"manifests\":[%s]}",
	               list.data);
	(void)str_addf(&scratch, ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"%s\"}",
	               name);
	(void)add_blob(b, layout, MT_OCI_INDEX, text.data, scratch.data, &index);
	finish_layout(b, layout, &index);
	str_release(&list);
	str_release(&index);
	str_release(&scratch);
	str_release(&text);
}

/* What was missing comes later, under another name: every repository gets it. */
static void test_sparse_is_completed(void **state)
{
	struct bench *b = *state;

	make_index(b, "amd64", "a", "first:1");
	must_stage(b, "amd64", 4);
	assert_int_equal(must_verify(b), 9);
	make_index(b, "arm64", "b", "second:1");
	/* amd64 is taken from the root; arm64 is new and goes to both repositories */
	must_stage(b, "arm64", 3);
	assert_int_equal(must_verify(b), 13 + 12);
}

static void test_referrer_joins_its_subject(void **state)
{
	struct bench *b = *state;
	struct str index = STR_INIT(65536), subject = STR_INIT(4096);
	char key[KEY_MAX], text[DIGEST_TEXT_MAX], tag[TAG_MAX + 1];
	struct digest image;

	image = add_image(b, "signed", "amd64", "layer", "", NAMED("app:1"), &index);
	(void)str_addf(&subject,
	               ",\"artifactType\":\"application/x.signature\",\"subject\":{\"mediaType\":"
	               "\"" MT_OCI_MANIFEST "\",\"size\":1,\"digest\":\"%s\"}",
	               digest_text(&image, text));
	(void)str_addc(&index, ',');
	(void)add_image(b, "signed", "none", "signature", subject.data, "", &index);
	finish_layout(b, "signed", &index);
	must_stage(b, "signed", 6);
	/* seven of the image; the signature's manifest, config, layer, referrers; the fallback tag
	 */
	assert_int_equal(must_verify(b), 12);
	assert_text(b, "v2/app/tags/list", "{\"name\":\"app\",\"tags\":[\"1\"]}");
	(void)layout_tag(key, "app", layout_fallback_tag_name(tag, &image));
	assert_true(has_key(b, key));
	/* the signature stays as long as the image, and goes with it */
	assert_int_equal(must_gc(b, GC_RUN).objects, 0);
	must_untag(b, "app:1");
	assert_int_equal(must_gc(b, GC_RUN).objects, 6);
	assert_int_equal(must_verify(b), 1);
	assert_text(b, "v2/_catalog", "{\"repositories\":[]}");
	str_release(&index);
	str_release(&subject);
}

static void test_bad_image_publishes_nothing(void **state)
{
	struct bench *b = *state;
	struct str index = STR_INIT(65536);
	struct stage_result result;
	struct err err = ERR_INIT;
	char path[256], hex[DIGEST_TEXT_MAX];
	struct digest layer;

	(void)add_image(b, "bad", "amd64", "layer", "", NAMED("app:1"), &index);
	finish_layout(b, "bad", &index);
	assert_int_equal(digest_of_bytes(&layer, DIGEST_SHA256, "layer", 5, &err), 0);
	(void)snprintf(path, sizeof(path), "bad/blobs/sha256/%s", digest_hex(&layer, hex));
	write_file(b, path, "lAyer", 5);
	assert_int_equal(stage(b, "bad", &result, &err), -1);
	assert_int_equal(err.code, ERR_INTEGRITY);
	assert_non_null(strstr(err.message, hex));
	assert_false(has_key(b, "v2"));
	assert_int_equal(must_verify(b), 0);
	str_release(&index);
}

static void test_verify_finds_rot(void **state)
{
	struct bench *b = *state;
	struct str index = STR_INIT(65536);
	struct verify_result result;
	struct root root;
	struct err err = ERR_INIT;
	char path[KEY_MAX + 8], key[KEY_MAX];
	struct digest layer;

	(void)add_image(b, "one", "amd64", "layer", "", NAMED("app:1"), &index);
	finish_layout(b, "one", &index);
	must_stage(b, "one", 3);
	assert_int_equal(digest_of_bytes(&layer, DIGEST_SHA256, "layer", 5, &err), 0);
	(void)snprintf(path, sizeof(path), "root/%s", layout_blob(key, "app", &layer));
	write_file(b, path, "lAyer", 5);
	write_file(b, "root/v2/app/manifests/stray", "x", 1);
	open_root(b, &root);
	assert_int_equal(verify_root(&root, &EVENT_SINK_NONE, &result, &err), -1);
	assert_int_equal(err.code, ERR_INTEGRITY);
	assert_int_equal(result.bad, 1);
	assert_int_equal(result.foreign, 1);
	root_close(&root);
	str_release(&index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sparse_is_completed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_referrer_joins_its_subject, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bad_image_publishes_nothing, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(test_verify_finds_rot, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("stage_root", tests, NULL, NULL);
}
