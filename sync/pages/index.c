#include "sync/pages/index.h"

#include "sync/dispatch/ask.h"
#include "sync/s3/etag.h"

#include "base/cleanup.h"
#include "base/page_index.h"

#include <string.h>

enum { INDEX_TRIES = 5 }; /* while other roots write it */

/* This root's index in t->body becomes that of all roots. */
static int unite(struct page_transfer *t, const struct str *theirs, struct err *err)
{
	AUTO_STR struct str united = STR_INIT(PAGES_BYTES_MAX);
	struct text_set known = TEXT_SET_INIT;
	int result;

	if (!page_path_is_ours(str_text(theirs)))
		return err_set(err, ERR_REFUSED,
		               PAGE_INDEX " in the bucket is none of drydock's: remove it, or sync "
		                          "without --page");
	result = pages_catalog_then(t->pages->run, &known, err);
	if (result >= 0)
		result = page_index_merge(&united, str_text(&t->body), str_text(theirs), &known,
		                          err);
	text_set_release(&known);
	if (result < 0)
		return -1;
	str_clear(&t->body);
	(void)str_add(&t->body, str_text(&united), united.len);
	return str_check(&t->body, PAGE_INDEX, err) < 0 ? -1 : pages_sum(t, err);
}

static bool is_same(const struct str *a, const struct str *b)
{
	return a->len == b->len && memcmp(str_text(a), str_text(b), a->len) == 0;
}

/* 1 when it must be tried again, 0, -1. */
static int try_index(struct pages *p, struct err *err)
{
	const struct provider *provider = sync_run_provider(p->run);
	AUTO_STR struct str theirs = STR_INIT(PAGES_BYTES_MAX);
	struct page_transfer *t = &p->slots[0];
	struct ask_head head;
	int found, got;

	p->conflict = false;
	got = pages_load(t, PAGE_INDEX, err);
	if (got <= 0)
		return got;
	found = ask_get(&p->run->dispatch, PAGE_INDEX, &head, &theirs, err);
	if (found < 0 || (found > 0 && unite(t, &theirs, err) < 0))
		return -1;
	t->is_there = found > 0;
	if (found > 0 && is_same(&t->body, &theirs))
		return 0;
	/* Nobody has written it: the server reads the condition otherwise. */
	if (found > 0 && p->refused_etag[0] && etag_same(head.etag, p->refused_etag))
		session_doubt_conditions(&p->run->session);
	pages_send(t, found > 0 && provider_has(provider, PROVIDER_IF_MATCH) ? head.etag : NULL,
	           found == 0 && provider_has(provider, PROVIDER_IF_NONE_MATCH));
	if (pages_wait(p, err) < 0)
		return -1;
	return p->conflict;
}

int index_publish(struct pages *p, struct err *err)
{
	struct err why = ERR_INIT;
	int again = 1;

	for (int i = 0; again == 1 && i < INDEX_TRIES; i++)
		again = try_index(p, &why);
	if (again == 1)
		(void)err_set(&why, ERR_TEMPORARY,
		              "PUT " PAGE_INDEX ": other roots keep writing it");
	if (again == 0)
		return 0;
	if (again < 0 && sync_run_ends_with(p->run, &why)) {
		*err = why;
		return -1;
	}
	sync_run_object_failed(p->run, &why);
	return 0;
}
