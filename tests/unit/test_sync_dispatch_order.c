/*
 * Which request goes out when, at -j 2: over a link that answers when the test says so. A request
 * is known by its key, one letter; capitals are heavy.
 */
#include "sync/dispatch/head_many.h"
#include "sync/s3/client.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TRANSFERS = 2, KEYS = 128 };

struct http_exchange {
	struct http_request request;
	char key;
};

struct fixture {
	struct transport transport; /* first */
	struct http_exchange *flying[KEYS];
	char answers[KEYS]; /* keys that the next poll answers */
	bool each;          /* every poll answers the lowest key that flies */
	char sent[KEYS];    /* keys in the order in which they went out */
	char done[KEYS];    /* keys in the order in which they were told of their end */
	uint64_t arrived;   /* bytes of each that flies */
	uint64_t sending;   /* … and those that were handed over */
	struct task tasks[KEYS];
	char keys[KEYS][2];
	struct credentials *credentials;
	struct s3 *s3;
	struct dispatch d;
};

static int link_submit(struct transport *t, const struct http_request *request,
                       struct http_exchange **exchange, struct err *err)
{
	struct fixture *f = (struct fixture *)t;
	struct http_exchange *x = calloc(1, sizeof(*x));

	if (!x)
		return err_memory(err);
	x->request = *request;
	x->key = request->url[strlen(request->url) - 1];
	f->flying[(unsigned char)x->key] = x;
	f->sent[strlen(f->sent)] = x->key;
	*exchange = x;
	return 0;
}

static void link_cancel(struct transport *t, struct http_exchange *x)
{
	((struct fixture *)t)->flying[(unsigned char)x->key] = NULL;
	free(x);
}

static int link_poll(struct transport *t, int timeout_ms, struct err *err)
{
	struct fixture *f = (struct fixture *)t;
	struct str nothing = STR_INIT(1);
	struct http_answer answer = {.status = 204,
	                             .message = "",
	                             .headers = &nothing,
	                             .body = &nothing,
	                             .connected = true};
	int count = 0;

	(void)timeout_ms;
	(void)err;
	for (int key = 0; f->each && key < KEYS && !f->answers[0]; key++)
		if (f->flying[key])
			f->answers[0] = (char)key;
	for (const char *key = f->answers; *key; key++) {
		struct http_exchange *x = f->flying[(unsigned char)*key];

		assert_non_null(x);
		f->flying[(unsigned char)*key] = NULL;
		x->request.done(x->request.context, &answer);
		free(x);
		count++;
	}
	memset(f->answers, 0, sizeof(f->answers));
	return count;
}

static void link_progress(struct transport *t, struct http_exchange *x, struct http_progress *p)
{
	(void)x;
	p->acknowledged_bytes = ((struct fixture *)t)->arrived;
	p->sent_bytes = ((struct fixture *)t)->sending;
}

static const struct transport_ops link_ops = {
	.submit = link_submit, .poll = link_poll, .cancel = link_cancel, .progress = link_progress};

static void on_done(struct task *task, struct s3_result *result,
                    const struct retry_decision *decision)
{
	struct fixture *f = task->owner;

	(void)decision;
	assert_true(result->ok);
	f->done[strlen(f->done)] = task->request.key[0];
}

static int setup(void **state)
{
	static const struct endpoint_settings where = {
		.url = "http://127.0.0.1:1", .bucket = "b", .addressing = ADDRESSING_PATH};
	static const struct dispatch_settings settings = {
		.transfers = TRANSFERS,
		.patience = {.connect_wait_ms = 60000, .give_up_after_ms = 60000},
		.sink = &EVENT_SINK_NONE};
	struct fixture *f = calloc(1, sizeof(*f));
	static const struct credentials_settings nobody = {.anonymous = true};
	struct s3_settings of_s3 = {0};
	struct err err = ERR_INIT;

	if (!f)
		return -1;
	f->transport.ops = &link_ops;
	assert_int_equal(endpoint_make(&of_s3.endpoint, &where, &err), 0);
	f->credentials = of_s3.credentials = credentials_new(&nobody, &err);
	f->s3 = s3_new(&of_s3, &f->transport, &err);
	assert_non_null(f->s3);
	dispatch_init(&f->d, f->s3, &settings);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	dispatch_cancel_all(&f->d);
	assert_true(dispatch_idle(&f->d));
	assert_int_equal(dispatch_room_ahead(&f->d), TASKS_AHEAD_MAX);
	s3_free(f->s3);
	credentials_free(f->credentials);
	free(f);
	return 0;
}

/* Submits each of the keys. */
static void submit(struct fixture *f, const char *keys, bool ahead)
{
	for (; *keys; keys++) {
		struct task *task = &f->tasks[(unsigned char)*keys];
		char *name = f->keys[(unsigned char)*keys];

		name[0] = *keys;
		task->request = (struct s3_request){.op = S3_DELETE, .key = name};
		task->weight = isupper((unsigned char)*keys) ? TASK_HEAVY : TASK_LIGHT;
		task->ahead = ahead;
		task->done = on_done;
		task->owner = f;
		dispatch_submit(&f->d, task);
	}
}

static void step(struct fixture *f, const char *answers)
{
	struct err err = ERR_INIT;

	(void)strcpy(f->answers, answers);
	assert_int_equal(dispatch_step(&f->d, &err), 0);
}

static void takes_the_place_of_a_light_one(void **state)
{
	struct fixture *f = *state;

	submit(f, "ab", false);
	submit(f, "xyz", true);
	assert_int_equal(dispatch_room(&f->d, TASK_LIGHT), 0);
	assert_int_equal(dispatch_room_ahead(&f->d), TASKS_AHEAD_MAX - 3);
	step(f, "");
	assert_string_equal(f->sent, "ab");
	/* Within the step that brings the answer. */
	step(f, "b");
	assert_string_equal(f->done, "b");
	assert_string_equal(f->sent, "abx");
	step(f, "ax");
	assert_string_equal(f->sent, "abxyz");
	assert_int_equal(dispatch_room_ahead(&f->d), TASKS_AHEAD_MAX);
	step(f, "yz");
	assert_true(dispatch_idle(&f->d));
}

static void leaves_a_heavy_ones_place(void **state)
{
	struct fixture *f = *state;

	submit(f, "Ab", false);
	submit(f, "xy", true);
	step(f, "");
	step(f, "A");
	assert_string_equal(f->sent, "bA");
	/* The owner's turn: another heavy one gets it, or the next step gives it away. */
	assert_int_equal(dispatch_room(&f->d, TASK_HEAVY), 1);
	submit(f, "C", false);
	step(f, "");
	assert_string_equal(f->sent, "bAC");
	step(f, "C");
	assert_string_equal(f->sent, "bAC");
	step(f, "");
	assert_string_equal(f->sent, "bACx");
}

static void others_go_first(void **state)
{
	struct fixture *f = *state;

	submit(f, "x", true);
	submit(f, "Ab", false);
	step(f, "");
	assert_string_equal(f->sent, "bA");
	submit(f, "c", false);
	step(f, "b");
	assert_string_equal(f->sent, "bAc");
	step(f, "c");
	assert_string_equal(f->sent, "bAcx");
}

/* Of two that may fly the second goes when the first is half there. */
static void heavy_ones_are_spread(void **state)
{
	struct fixture *f = *state;

	f->d.pace.limit = 2;
	submit(f, "AB", false);
	f->tasks['A'].request.body.length_bytes = f->tasks['B'].request.body.length_bytes = 1000;
	step(f, "");
	assert_string_equal(f->sent, "A");
	f->arrived = 499;
	step(f, "");
	assert_string_equal(f->sent, "A");
	submit(f, "l", false);
	step(f, "");
	assert_string_equal(f->sent, "Al");
	step(f, "l");
	f->arrived = 500;
	step(f, "");
	assert_string_equal(f->sent, "AlB");
}

/* … but one that was lost does not wait. */
static void lost_ones_go_at_once(void **state)
{
	struct fixture *f = *state;

	f->d.pace.limit = 2;
	submit(f, "AB", false);
	f->tasks['A'].request.body.length_bytes = f->tasks['B'].request.body.length_bytes = 1000;
	f->tasks['B'].lost = 1;
	step(f, "");
	assert_string_equal(f->sent, "AB");
}

/* Where bodies take their time, one goes after the other, lost or not; not when all its bytes are
 * on their way, which is before they are there. */
static void one_body_at_a_time(void **state)
{
	struct fixture *f = *state;

	submit(f, "ABl", false);
	f->tasks['A'].request.body.length_bytes = f->tasks['B'].request.body.length_bytes = 1000;
	f->tasks['B'].lost = 1;
	f->sending = 999;
	f->arrived = 800;
	step(f, "");
	assert_string_equal(f->sent, "lA");
	step(f, "l");
	step(f, "");
	assert_string_equal(f->sent, "lA");
	f->sending = 1000;
	step(f, "");
	assert_string_equal(f->sent, "lAB");
}

/* … nor does one on which nothing moves hold up the others. */
static void a_stuck_one_holds_up_nothing(void **state)
{
	struct fixture *f = *state;

	submit(f, "AB", false);
	f->tasks['A'].request.body.length_bytes = f->tasks['B'].request.body.length_bytes = 1000;
	f->sending = 500;
	step(f, "");
	assert_string_equal(f->sent, "A");
	f->tasks['A'].seen_ms -= 10000;
	step(f, "");
	assert_string_equal(f->sent, "AB");
}

/* At the end of the time a body is waited for if it will be there soon, at the speed it has. */
static void what_is_all_but_there(void **state)
{
	struct fixture *f = *state;

	submit(f, "A", false);
	f->tasks['A'].request.body.length_bytes = 1000;
	step(f, "");
	f->sending = f->arrived = 700;
	f->tasks['A'].sent_ms -= 7000;
	f->each = true;
	dispatch_drain(&f->d, 5000, 3500);
	assert_string_equal(f->done, "A");
	f->each = false;
}

static void what_is_far_from_there(void **state)
{
	struct fixture *f = *state;

	submit(f, "A", false);
	f->tasks['A'].request.body.length_bytes = 1000;
	step(f, "");
	f->sending = f->arrived = 700;
	f->tasks['A'].sent_ms -= 7000;
	f->each = true;
	dispatch_drain(&f->d, 5000, 2500);
	assert_string_equal(f->done, "");
	assert_true(dispatch_idle(&f->d));
}

/* Nothing new is begun by a run that ends. */
static void not_when_it_ends(void **state)
{
	struct fixture *f = *state;

	submit(f, "ab", false);
	submit(f, "x", true);
	step(f, "");
	(void)strcpy(f->answers, "ab");
	dispatch_drain(&f->d, 1000, 0);
	assert_string_equal(f->done, "ab");
	assert_string_equal(f->sent, "ab");
}

struct head_slot {
	struct task task;
	char key[2];
};

struct heads {
	struct fixture *f;
	char next, end; /* the keys in between; '!' fails */
};

static struct heads heads;

static int next_head(void *context, void *slot, const char **key, struct err *err)
{
	struct heads *h = context;
	struct head_slot *s = slot;

	if (h->next == h->end)
		return 0;
	if (h->end == '!' && h->next == 'c')
		return err_set(err, ERR_OTHER, "no next");
	s->key[0] = h->next++;
	*key = s->key;
	return 1;
}

/* Of b there is more to ask for. */
static void on_head(struct task *task, struct s3_result *result,
                    const struct retry_decision *decision)
{
	struct head_slot *s = task->owner;
	struct fixture *f = heads.f;

	(void)decision;
	assert_true(result->ok);
	if (s->key[0] == 'b' && !strchr(f->done, 'b'))
		dispatch_submit(&f->d, task);
	f->done[strlen(f->done)] = s->key[0];
}

static int heads_of(struct fixture *f, char end)
{
	struct head_slot slots[2] = {{.key = ""}};
	struct head_many many = {.dispatch = &f->d,
	                         .slots = slots,
	                         .slot_bytes = sizeof(slots[0]),
	                         .slot_count = 2,
	                         .next = next_head,
	                         .answered = on_head,
	                         .context = &heads};
	struct err err = ERR_INIT;

	heads = (struct heads){f, 'a', end};
	f->each = true;
	return head_many(&many, &err);
}

static void heads_go_side_by_side(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(heads_of(f, 'f'), 0);
	assert_string_equal(f->sent, "abcbde");
	assert_string_equal(f->done, "abbcde");
	assert_int_equal(heads_of(f, 'a'), 0);
	assert_string_equal(f->sent, "abcbde");
}

static void heads_end_with_an_error(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(heads_of(f, '!'), -1);
	assert_string_equal(f->sent, "ab");
	assert_string_equal(f->done, "a");
	assert_true(dispatch_idle(&f->d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(takes_the_place_of_a_light_one, setup, teardown),
		cmocka_unit_test_setup_teardown(leaves_a_heavy_ones_place, setup, teardown),
		cmocka_unit_test_setup_teardown(others_go_first, setup, teardown),
		cmocka_unit_test_setup_teardown(heavy_ones_are_spread, setup, teardown),
		cmocka_unit_test_setup_teardown(lost_ones_go_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(one_body_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stuck_one_holds_up_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_all_but_there, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_far_from_there, setup, teardown),
		cmocka_unit_test_setup_teardown(not_when_it_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(heads_go_side_by_side, setup, teardown),
		cmocka_unit_test_setup_teardown(heads_end_with_an_error, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
