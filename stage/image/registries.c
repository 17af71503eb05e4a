#include "stage/image/registries.h"

#include <stdlib.h>
#include <string.h>

static int64_t at_most(int64_t given, int64_t most)
{
	return given > 0 && given < most ? given : most;
}

int registries_init(struct registries *r, const struct registry_options *options, struct err *err)
{
	size_t count = options->mirror_count;

	memset(r, 0, sizeof(*r));
	r->options = options;
	r->of_mirrors = *options;
	r->of_mirrors.connect_wait_ms = at_most(options->connect_wait_ms, REGISTRY_MIRROR_WAIT_MS);
	r->of_mirrors.give_up_after_ms =
		at_most(options->give_up_after_ms, REGISTRY_MIRROR_WAIT_MS);
	r->mirrors = calloc(count + 1, sizeof(*r->mirrors));
	r->away = calloc(count + 1, sizeof(*r->away));
	if (!r->mirrors || !r->away)
		return err_memory(err);
	for (size_t i = 0; i < count; i++)
		if (registry_mirror_parse(&r->mirrors[i], options->mirrors[i], err) < 0)
			return err_context(err, "--registry-mirror");
	return 0;
}

void registries_release(struct registries *r)
{
	registry_sessions_release(&r->sessions);
	free(r->mirrors);
	free(r->away);
}

void registries_begin(struct registries *r)
{
	r->at = 0;
	r->is_open = false;
}

int registries_open(struct registries *r, struct import *import, struct err *err)
{
	struct remote *remote = &import->remote;
	const struct registry_options *options = r->options;
	struct registry_reference there;

	if (registry_reference_parse(&remote->ref, import->source.text, err) < 0)
		return -1;
	there = remote->ref;
	while (r->at < options->mirror_count &&
	       (r->away[r->at] ||
	        registry_reference_on_mirror(&remote->ref, &r->mirrors[r->at], &there) < 0))
		r->at++;
	if (r->at < options->mirror_count)
		options = &r->of_mirrors;
	remote->session = registry_sessions_get(&r->sessions, options, &there, import->sink, err);
	r->is_open = remote->session != NULL;
	return r->is_open ? 0 : -1;
}

/* Not what the next place would meet as well: the disk, the root, the end of the run. */
static bool is_of_mirror(const struct err *err)
{
	switch (err->code) {
	case ERR_OTHER:
	case ERR_NOT_FOUND:
	case ERR_TEMPORARY:
	case ERR_CONFIG:
	case ERR_AUTH:
	case ERR_INTEGRITY:
	case ERR_MALFORMED:
	case ERR_REFUSED:
		return true;
	default:
		return false;
	}
}

bool registries_elsewhere(struct registries *r, const struct event_sink *sink, const char *text,
                          const struct err *err)
{
	if (!r->is_open || r->at == r->options->mirror_count || !is_of_mirror(err))
		return false;
	event_note(sink, "%s: not from the mirror %s: %s", text, r->mirrors[r->at].host,
	           err->message);
	r->away[r->at] = r->away[r->at] || err->code == ERR_TEMPORARY || err->code == ERR_CONFIG;
	r->at++;
	r->is_open = false;
	return true;
}
