#include "stage/registry/refusal.h"

#include "base/cleanup.h"
#include "base/http/backoff.h"
#include "base/json.h"
#include "base/units.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 300 }; /* bytes of the server's are shown */

/* {"errors": [{"code": …, "message": …}]} */
static void add_words(struct str *text, const struct str *body)
{
	static const struct json_limits limits = {
		.max_bytes = (size_t)64 << 10, .max_values = 1000, .max_depth = 16};
	struct err ignored = ERR_INIT;
	AUTO_JSON json_t *json = json_parse_limited(str_text(body), body->len, &limits, &ignored);
	const json_t *first = json_array_get(json_object_get(json, "errors"), 0);
	const char *code = first ? json_text(first, "code") : NULL;
	const char *message = first ? json_text(first, "message") : NULL;
	AUTO_STR struct str words = STR_INIT((size_t)2 * WORDS_MAX);

	if (code)
		(void)str_addf(&words, " %.100s", code);
	if (message && *message)
		(void)str_addf(&words, ", %.200s", message);
	(void)str_add_printable(text, str_text(&words), words.len);
}

static void add_remedy(struct str *text, const struct registry_scope *scope,
                       const struct http_answer *answer, enum err_code code)
{
	int64_t wait_ms = backoff_retry_after_ms(answer);
	char duration[UNITS_TEXT_MAX];

	if (code == ERR_AUTH && scope) {
		registry_auth_tell(scope, text);
		(void)str_adds(text, "; docker login or skopeo login keeps what it wants");
	} else if (answer->status == 429) {
		(void)str_adds(text, "; too many requests: ");
		if (wait_ms >= 0)
			(void)str_addf(text, "again in %s", duration_text(wait_ms, duration));
		else
			(void)str_adds(text, "run again later, or log in, which may allow more");
	}
}

/* 204 and the like, where something was asked for; 416, where all of it was. */
static bool is_out_of_place(int status)
{
	return status < 400 || status == 416;
}

static enum err_code code_of(int status)
{
	if (status == 401 || status == 403 || status == 407)
		return ERR_AUTH;
	if (status == 404 || status == 410)
		return ERR_NOT_FOUND;
	if (is_out_of_place(status))
		return ERR_MALFORMED;
	if (status == 501 || status == 505)
		return ERR_OTHER; /* and will be */
	if (status == 429 || status == 408 || status >= 500)
		return ERR_TEMPORARY;
	return ERR_OTHER;
}

int registry_refusal(const char *host, const char *what, const struct registry_scope *scope,
                     const struct http_answer *answer, struct err *err)
{
	AUTO_STR struct str text = STR_INIT(ERR_MESSAGE_MAX);
	enum err_code code = code_of(answer->status);

	(void)str_addf(&text, "%d", answer->status);
	add_words(&text, answer->body);
	if (is_out_of_place(answer->status))
		(void)str_adds(&text, ", which is no answer to this request");
	add_remedy(&text, scope, answer, code);
	return err_set(err, code, "%s: %s: %s", host, what, str_text(&text));
}

void registry_log_limits(const struct event_sink *sink, const char *host,
                         const struct http_answer *answer)
{
	static const char *const names[] = {"ratelimit-limit", "ratelimit-remaining",
	                                    "ratelimit-reset"};
	AUTO_STR struct str text = STR_INIT((size_t)1 << 12);

	if (sink->log_level < 1)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = http_answer_header(answer, names[i]);

		if (!value)
			continue;
		(void)str_addf(&text, " %s: ", names[i]);
		(void)str_add_printable(&text, value, strnlen(value, 60));
	}
	if (text.len > 0)
		event_log(sink, 1, "%s:%s", host, str_text(&text));
}
