#include "sync/plan/bodies.h"
#include "sync/plan/bucket_keys.h"
#include "sync/plan/keepers.h"
#include "sync/plan/open.h"
#include "sync/plan/parts.h"

#include "base/name_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int setup(void **state)
{
	struct plan *plan = calloc(1, sizeof(*plan));
	struct err err = ERR_INIT;

	assert_non_null(plan);
	assert_int_equal(plan_open(plan, &err), 0);
	*state = plan;
	return 0;
}

static int teardown(void **state)
{
	plan_close(*state);
	free(*state);
	return 0;
}

static int64_t add(struct plan *plan, const char *key, enum plan_state state, int64_t rank)
{
	struct plan_item item = {.state = state, .rank = rank};
	struct key_parts parts;
	struct err err = ERR_INIT;

	assert_true(layout_parse(&parts, key));
	item.object_class = parts.object_class;
	(void)snprintf(item.key, sizeof(item.key), "%s", key);
	assert_int_equal(plan_add(plan, &item, &err), 0);
	return item.id;
}

static bool has(struct plan *plan, const char *key)
{
	struct plan_item item;
	struct err err = ERR_INIT;
	int got = plan_find(plan, key, &item, &err);

	assert_in_range(got, 0, 1);
	return got == 1;
}

static void walks_by_class_and_state(void **state)
{
	struct plan *plan = *state;
	struct plan_item item = {0};
	struct err err = ERR_INIT;
	int64_t tag = add(plan, "v2/a/manifests/1", PLAN_REMOVAL, 0);
	int64_t list = add(plan, "v2/a/tags/list", PLAN_REMOVAL, 0);

	(void)add(plan, "v2/b/manifests/1", PLAN_WAITING, 7);
	assert_int_equal(plan_after(plan, CLASS_NONE, PLAN_REMOVAL, 0, &item, &err), 1);
	assert_int_equal(item.id, tag);
	assert_int_equal(plan_after(plan, CLASS_NONE, PLAN_REMOVAL, tag, &item, &err), 1);
	assert_int_equal(item.id, list);
	assert_int_equal(plan_after(plan, CLASS_TAG, PLAN_REMOVAL, tag, &item, &err), 0);
	assert_int_equal(plan_count_removals(plan, &err), 2);
	/* A rank that was reserved is kept. */
	assert_int_equal(plan_after_rank(plan, -1, &item, &err), 1);
	assert_int_equal(item.rank, 7);
	assert_int_equal(plan_start_removals(plan, CLASS_TAG, &err), 0);
	assert_int_equal(plan_count_removals(plan, &err), 1);
}

static void is_done_again_so_often_and_no_more(void **state)
{
	struct plan *plan = *state;
	struct plan_item item;
	struct err err = ERR_INIT;

	(void)add(plan, "v2/_catalog", PLAN_WAITING, 1);
	assert_int_equal(plan_start(plan, &err), 0);
	for (int i = 0; i < PLAN_AGAIN_MAX; i++) {
		assert_int_equal(plan_take(plan, PLAN_LIGHT_ONLY, &item, &err), 1);
		assert_int_equal(plan_again(plan, &item, &err), PLAN_AGAIN_READY);
	}
	assert_int_equal(plan_take(plan, PLAN_LIGHT_ONLY, &item, &err), 1);
	assert_int_equal(plan_again(plan, &item, &err), PLAN_AGAIN_TOO_OFTEN);
}

static void keepers_are_read_once_and_keep_lists(void **state)
{
	struct plan *plan = *state;
	struct err err = ERR_INIT;
	char key[KEY_MAX];

	(void)add(plan, "v2/a/manifests/1", PLAN_REMOVAL, 0);
	(void)add(plan, "v2/a/tags/list", PLAN_REMOVAL, 0);
	(void)add(plan, "v2/c/tags/list", PLAN_REMOVAL, 0);
	assert_int_equal(keepers_add(plan, "v2/b/manifests/2", "b", &err), 0);
	assert_int_equal(keepers_add(plan, "v2/a/manifests/3", "a", &err), 0);
	assert_int_equal(keepers_add(plan, "v2/a/manifests/2", "a", &err), 0);
	assert_int_equal(keepers_trim(plan, &err), 0); /* nothing goes from b */
	assert_int_equal(keepers_next(plan, key, &err), 1);
	assert_string_equal(key, "v2/a/manifests/2");
	assert_int_equal(keepers_add(plan, key, "a", &err), 0);
	assert_int_equal(keepers_next(plan, key, &err), 1);
	assert_string_equal(key, "v2/a/manifests/3");
	assert_int_equal(keepers_next(plan, key, &err), 0);
	assert_int_equal(keepers_keep_lists(plan, &err), 0);
	assert_false(has(plan, "v2/a/tags/list"));
	assert_true(has(plan, "v2/a/manifests/1"));
	assert_true(has(plan, "v2/c/tags/list"));
}

/* FY2: a keeper speaks of its own repository, and of none that is nested below that one. */
static void keepers_leave_nested_repositories_alone(void **state)
{
	struct plan *plan = *state;
	struct err err = ERR_INIT;
	char key[KEY_MAX];

	(void)add(plan, "v2/app/zoo/tags/list", PLAN_REMOVAL, 0);
	(void)add(plan, "v2/app/a/tags/list", PLAN_REMOVAL, 0);
	assert_int_equal(keepers_add(plan, "v2/app/manifests/1", "app", &err), 0);
	assert_int_equal(keepers_keep_lists(plan, &err), 0);
	assert_true(has(plan, "v2/app/zoo/tags/list"));
	assert_true(has(plan, "v2/app/a/tags/list"));
	assert_int_equal(keepers_trim(plan, &err), 0); /* nothing goes from app itself */
	assert_int_equal(keepers_next(plan, key, &err), 0);
}

static void names_what_the_bucket_has(void **state)
{
	struct plan *plan = *state;
	struct name_list names = {0};
	struct err err = ERR_INIT;
	char repo[REPO_MAX + 1] = "";

	assert_int_equal(bucket_keys_add_tag(plan, "b", "2", &err), 0);
	assert_int_equal(bucket_keys_add_tag(plan, "b", "10", &err), 0);
	assert_int_equal(bucket_keys_add_tag(plan, "b", "2", &err), 0);
	assert_int_equal(bucket_keys_add_repo(plan, "a", &err), 0);
	assert_int_equal(bucket_keys_next_tagged(plan, repo, &err), 1);
	assert_string_equal(repo, "b");
	assert_int_equal(bucket_keys_next_tagged(plan, repo, &err), 0);
	assert_int_equal(bucket_keys_each_tag(plan, "b", name_list_add, &names, &err), 0);
	assert_int_equal(bucket_keys_each_repo(plan, name_list_add, &names, &err), 0);
	assert_int_equal(names.count, 3);
	assert_string_equal(names.list[0], "10");
	assert_string_equal(names.list[1], "2");
	assert_string_equal(names.list[2], "a");
	name_list_release(&names);
}

static int is_second(void *context, uint32_t number, const char *etag, struct err *err)
{
	(void)err;
	(void)snprintf(context, 8, "%s", etag);
	return number == 2 ? 5 : 0;
}

static void keeps_bodies_and_parts(void **state)
{
	struct plan *plan = *state;
	struct err err = ERR_INIT;
	char *body = NULL, etag[8] = "";
	size_t len;

	assert_int_equal(plan_body_get(plan, 1, &body, &len, &err), 0);
	assert_int_equal(plan_body_put(plan, 1, "{}", 2, &err), 0);
	assert_int_equal(plan_body_put(plan, 1, "[1]", 3, &err), 0);
	assert_int_equal(plan_body_get(plan, 1, &body, &len, &err), 1);
	assert_int_equal(len, 3);
	assert_string_equal(body, "[1]");
	free(body);
	assert_int_equal(plan_part_put(plan, 1, 2, "two", &err), 0);
	assert_int_equal(plan_part_put(plan, 1, 1, "one", &err), 0);
	assert_int_equal(plan_part_put(plan, 1, 3, "three", &err), 0);
	assert_int_equal(plan_parts_each(plan, 1, is_second, etag, &err), 5);
	assert_string_equal(etag, "two");
	assert_int_equal(plan_parts_each(plan, 2, is_second, etag, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(walks_by_class_and_state, setup, teardown),
		cmocka_unit_test_setup_teardown(is_done_again_so_often_and_no_more, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(keepers_are_read_once_and_keep_lists, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(keepers_leave_nested_repositories_alone, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(names_what_the_bucket_has, setup, teardown),
		cmocka_unit_test_setup_teardown(keeps_bodies_and_parts, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
