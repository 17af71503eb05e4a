/*
 * Visits side by side, over a scripted transport: each poll answers the request that came last, so
 * that answers come in another order than they were asked for.
 */
#include "sync/doctor/visit.h"

#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>

enum { MANY = 50, BUSY_TIMES = 2 };

struct http_exchange {
	struct http_request request;
	char url[VISIT_URL_MAX];
};

struct script {
	struct transport transport; /* first */
	struct http_exchange *under_way[2 * VISITS_AT_ONCE];
	size_t count, most;
	unsigned asked, busy;
	bool fails; /* polls do */
};

static int submit(struct transport *t, const struct http_request *request,
                  struct http_exchange **exchange, struct err *err)
{
	struct script *s = (struct script *)t;
	struct http_exchange *e = calloc(1, sizeof(*e));

	if (!e)
		return err_memory(err);
	e->request = *request;
	(void)snprintf(e->url, sizeof(e->url), "%s", request->url);
	assert_true(s->count < 2 * VISITS_AT_ONCE);
	s->under_way[s->count++] = e;
	s->most = s->count > s->most ? s->count : s->most;
	s->asked++;
	*exchange = e;
	return 0;
}

/* /to/N redirects to /N, /busy is 503 at first, all else is its own path. */
static void answer(struct script *s, struct http_exchange *e)
{
	const char *path = strstr(e->url, "://host/") + strlen("://host");
	struct str headers = STR_INIT(1000), body = STR_INIT(1000);
	struct http_answer a = {.status = 200, .message = "", .headers = &headers, .body = &body};
	char line[200];

	if (strncmp(path, "/to/", 4) == 0) {
		int len = snprintf(line, sizeof(line), "Location: %s", path + 3);

		a.status = 302;
		assert_int_equal(http_headers_add(&headers, line, (size_t)len), 0);
	} else if (strcmp(path, "/busy") == 0 && s->busy > 0) {
		s->busy--;
		a.status = 503;
	}
	assert_int_equal(str_adds(&body, path + 1), 0);
	e->request.done(e->request.context, &a);
	str_release(&headers);
	str_release(&body);
	free(e);
}

static int answer_last(struct transport *t, int timeout_ms, struct err *err)
{
	struct script *s = (struct script *)t;

	(void)timeout_ms;
	if (s->fails)
		return err_set(err, ERR_OTHER, "the script ends here");
	assert_true(s->count > 0);
	s->count--;
	answer(s, s->under_way[s->count]);
	return 1;
}

static void cancel(struct transport *t, struct http_exchange *exchange)
{
	struct script *s = (struct script *)t;
	size_t i = 0;

	while (s->under_way[i] != exchange)
		i++;
	s->count--;
	memmove(&s->under_way[i], &s->under_way[i + 1], (s->count - i) * sizeof(s->under_way[0]));
	free(exchange);
}

static const struct transport_ops ops = {.submit = submit, .poll = answer_last, .cancel = cancel};

static void begin(struct script *s, struct visitor *v)
{
	*s = (struct script){.transport = {&ops}, .busy = BUSY_TIMES};
	*v = (struct visitor){.transport = &s->transport, .base = STR_INIT(100)};
	assert_int_equal(str_adds(&v->base, "https://host/"), 0);
}

struct seen {
	struct visitor *visitor;
	char paths[MANY][16];
	size_t count, ends_at; /* 0: never */
};

static int look(void *context, const char *path, const struct visit *v, struct err *err)
{
	struct seen *seen = context;
	const char *slash = strchr(path, '/');

	assert_int_equal(v->status, 200);
	assert_string_equal(str_text(&v->body), slash ? slash + 1 : path);
	(void)snprintf(seen->paths[seen->count++], sizeof(seen->paths[0]), "%s", path);
	return seen->count == seen->ends_at ? err_set(err, ERR_OTHER, "enough") : 0;
}

static void make_paths(char text[MANY][16], const char *paths[MANY])
{
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(text[i], 16, i % 7 == 3 ? "to/%d" : "%d", i);
		paths[i] = text[i];
	}
	paths[20] = "busy";
}

static void test_many(void **state)
{
	struct script s;
	struct visitor v;
	struct seen seen = {0};
	struct err err = ERR_INIT;
	char text[MANY][16];
	const char *paths[MANY];

	(void)state;
	begin(&s, &v);
	make_paths(text, paths);
	MUST(visit_many(&v, paths, MANY, look, &seen, &err));
	assert_int_equal(seen.count, MANY);
	for (int i = 0; i < MANY; i++)
		assert_string_equal(seen.paths[i], paths[i]);
	assert_int_equal(s.most, VISITS_AT_ONCE);
	assert_int_equal(s.count, 0);
	assert_int_equal(v.redirects, 7);
	assert_int_equal(s.asked, MANY + 7 + BUSY_TIMES);
	MUST(visit_many(&v, paths, 0, look, &seen, &err));
	str_release(&v.base);
}

/* Whatever ends it, nothing is under way any more. */
static void test_ends(void **state)
{
	struct script s;
	struct visitor v;
	struct seen seen = {.ends_at = 3};
	struct err err = ERR_INIT;
	char text[MANY][16];
	const char *paths[MANY];

	(void)state;
	begin(&s, &v);
	make_paths(text, paths);
	MUST_FAIL(visit_many(&v, paths, MANY, look, &seen, &err), ERR_OTHER);
	assert_int_equal(seen.count, 3);
	assert_int_equal(s.count, 0);
	s.fails = true;
	err = (struct err)ERR_INIT;
	MUST_FAIL(visit_many(&v, paths, MANY, look, &seen, &err), ERR_OTHER);
	assert_int_equal(seen.count, 3);
	assert_int_equal(s.count, 0);
	str_release(&v.base);
}

/* `look` may visit, too, while others are under way. */
static int look_again(void *context, const char *path, const struct visit *v, struct err *err)
{
	struct seen *seen = context;
	struct visit again;
	int result = visit(seen->visitor, HTTP_HEAD, path, "Range: bytes=0-0", &again, err);

	if (result == 0)
		assert_string_equal(str_text(&again.body), str_text(&v->body));
	visit_release(&again);
	return result < 0 ? -1 : look(context, path, v, err);
}

static void test_within(void **state)
{
	struct script s;
	struct visitor v;
	struct seen seen = {.visitor = &v};
	struct err err = ERR_INIT;
	char text[MANY][16];
	const char *paths[MANY];

	(void)state;
	begin(&s, &v);
	make_paths(text, paths);
	MUST(visit_many(&v, paths, MANY, look_again, &seen, &err));
	assert_int_equal(seen.count, MANY);
	assert_int_equal(s.count, 0);
	str_release(&v.base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_within),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
