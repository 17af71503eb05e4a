#include "stage/export/plan.h"

#include "base/media_type.h"
#include "base/stop.h"
#include "db/state/object.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 64 };

/* What is to be there, in the order of keys. */
struct wanted {
	const struct place *place;
	struct object_row page[PAGE];
	char after[KEY_MAX];
	int count, at;    /* of page */
	bool over;        /* there are no more objects */
	size_t next_file; /* of the host's */
};

struct planning {
	const struct plan_options *options;
	struct plan_counts *counts;
	struct wanted *wanted; /* owned */
	struct marker old;
	char folder[KEY_MAX]; /* of the last item */
	uint64_t folder_files;
	char way[KEY_MAX]; /* the folders in the tree that were looked at last */
};

static enum export_kind kind_of(const struct object_row *row)
{
	static const enum export_kind kinds[] = {[CLASS_BLOB] = KIND_BLOB,
	                                         [CLASS_MANIFEST] = KIND_MANIFEST,
	                                         [CLASS_REFERRERS] = KIND_REFERRERS,
	                                         [CLASS_FALLBACK_TAG] = KIND_FALLBACK,
	                                         [CLASS_TAG] = KIND_TAG,
	                                         [CLASS_TAGS_LIST] = KIND_LIST,
	                                         [CLASS_CATALOG] = KIND_CATALOG};

	if (row->object_class == CLASS_MANIFEST &&
	    media_type_manifest(row->content_type) == MANIFEST_INDEX)
		return KIND_INDEX;
	return kinds[row->object_class];
}

/* 1, 0 at the end, -1. */
static int next_row(struct wanted *w, const struct object_row **row, struct err *err)
{
	do {
		if (w->at == w->count && !w->over) {
			w->at = 0;
			w->count =
				object_page(w->place->root->db, w->after, NULL, w->page, PAGE, err);
			if (w->count < 0 || stop_check(err) < 0)
				return -1;
			if (w->count > 0)
				memcpy(w->after, w->page[w->count - 1].key, KEY_MAX);
			w->over = w->count == 0;
		}
		if (w->over)
			return 0;
		*row = &w->page[w->at++];
	} while ((*row)->object_class <= CLASS_PING);
	return 1;
}

static int next_wanted(struct wanted *w, struct export_item *item, struct err *err)
{
	const struct host_file *file = w->next_file < w->place->files->count
	                                       ? &w->place->files->files[w->next_file]
	                                       : NULL;
	const struct object_row *row;
	int got = next_row(w, &row, err);

	if (got < 0)
		return -1;
	*item = (struct export_item){.sign = EXPORT_WANTED};
	if (file && (got == 0 || strcmp(file->key, row->key) < 0)) {
		w->at -= got;
		w->next_file++;
		item->kind = KIND_HOST;
		item->size_bytes = file->text.len;
		memcpy(item->key, file->key, strlen(file->key) + 1);
		return digest_of_bytes(&item->digest, DIGEST_SHA256, str_text(&file->text),
		                       file->text.len, err) < 0
		               ? -1
		               : 1;
	}
	if (got == 0)
		return 0;
	item->kind = kind_of(row);
	item->size_bytes = row->size_bytes;
	item->digest = row->digest;
	memcpy(item->key, row->key, sizeof(item->key));
	return 1;
}

void plan_tell(const struct event_sink *sink, enum event_type type, const struct export_item *item,
               bool is_new)
{
	struct event event = {.type = type};

	event.u.action.verb = item->sign == EXPORT_GONE ? ACTION_DELETE
	                      : is_new                  ? ACTION_COPY
	                                                : ACTION_UPDATE;
	event.u.action.key = item->key;
	event.u.action.size_bytes = item->size_bytes;
	event.u.action.sent_bytes = 0;
	event_emit(sink, &event);
}

static void count_load(struct planning *p, const struct export_item *item)
{
	const struct export_host *host = p->options->host;
	struct host_load *load = &p->counts->load;
	const char *slash = strrchr(item->key, '/');
	size_t len = slash ? (size_t)(slash - item->key) : 0;

	load->files++;
	load->bytes += item->size_bytes;
	if (host && host->file_bytes_max && item->size_bytes > host->file_bytes_max)
		load->too_large++;
	if (item->size_bytes > load->largest_bytes) {
		load->largest_bytes = item->size_bytes;
		memcpy(load->largest, item->key, sizeof(load->largest));
	}
	if (strlen(p->folder) != len || memcmp(p->folder, item->key, len) != 0) {
		memcpy(p->folder, item->key, len);
		p->folder[len] = '\0';
		p->folder_files = 0;
	}
	if (++p->folder_files > load->folder_files) {
		load->folder_files = p->folder_files;
		memcpy(load->folder, p->folder, sizeof(load->folder));
	}
}

/* Below a folder that is a link all would be put, and removed, somewhere else. */
static int check_way(struct planning *p, const struct export_item *item, struct err *err)
{
	const char *slash = strrchr(item->key, '/');
	size_t len = slash ? (size_t)(slash - item->key) : 0;
	char part[KEY_MAX];

	if (strlen(p->way) != len || memcmp(p->way, item->key, len) != 0) {
		p->way[0] = '\0';
		for (size_t i = 1; i <= len; i++) {
			if (item->key[i] != '/')
				continue;
			memcpy(part, item->key, i);
			part[i] = '\0';
			if (place_check_kind(p->options->place, part, true, err) < 0)
				return err_context(err, "%s", p->options->path);
		}
		memcpy(p->way, item->key, len);
		p->way[len] = '\0';
	}
	if (item->sign == EXPORT_THERE)
		return 0;
	if (place_check_kind(p->options->place, item->key, false, err) < 0)
		return err_context(err, "%s", p->options->path);
	return 0;
}

static int add_line(struct planning *p, const struct export_item *item, bool is_new,
                    struct err *err)
{
	struct plan_counts *c = p->counts;

	if (check_way(p, item, err) < 0)
		return -1;
	if (item->sign != EXPORT_GONE)
		count_load(p, item);
	if (item->sign == EXPORT_WANTED) {
		*(is_new ? &c->added : &c->changed) += 1;
		c->put_bytes += item->size_bytes;
	}
	c->removed += item->sign == EXPORT_GONE;
	if (p->options->tell && item->sign != EXPORT_THERE)
		plan_tell(p->options->tell, EVENT_PLAN, item, is_new);
	return p->options->marker ? marker_add(p->options->marker, item, err) : 0;
}

/* What an earlier run has put there, or was about to (H8). */
static int plan_known(struct planning *p, struct export_item *item, const struct export_item *old,
                      struct err *err)
{
	bool was_there = old->sign == EXPORT_THERE && digest_equal(&old->digest, &item->digest);
	bool immutable =
		item->kind == KIND_BLOB || item->kind == KIND_MANIFEST || item->kind == KIND_INDEX;
	int look = place_look(p->options->place, item, err);

	if (look < 0)
		return -1;
	if (look == PLACE_DONE && (was_there || immutable))
		item->sign = EXPORT_THERE;
	if (old->sign != EXPORT_THERE)
		p->counts->again = true;
	return add_line(p, item, look == PLACE_EMPTY, err);
}

static bool yields(const struct place *place, const struct export_item *item)
{
	for (size_t i = 0; i < place->files->count; i++)
		if (strcmp(place->files->files[i].key, item->key) == 0)
			return place->files->files[i].yields;
	return false;
}

static int plan_new(struct planning *p, struct export_item *item, struct err *err)
{
	int look = place_look(p->options->place, item, err);
	int taken = look <= PLACE_EMPTY ? look : place_is_taken(p->options->place, item, err);

	if (taken < 0)
		return -1;
	if (!taken)
		return add_line(p, item, true, err);
	if (item->kind == KIND_HOST && yields(p->options->place, item))
		return 0;
	return err_set(err, ERR_REFUSED,
	               "%s/%s is there, and drydock has not put it there: take another folder, or "
	               "move it away",
	               p->options->path, item->key);
}

/* Of both the one that comes first; 0: both at once. */
static int compare(int got, const struct export_item *item, int old_got,
                   const struct export_item *old)
{
	if (got == 0 || old_got == 0)
		return old_got - got;
	return strcmp(item->key, old->key);
}

static int merge(struct planning *p, struct err *err)
{
	struct export_item item, old;
	int got = next_wanted(p->wanted, &item, err);
	int old_got = got < 0 ? -1 : marker_next(&p->old, &old, err);

	while (got >= 0 && old_got >= 0 && got + old_got > 0) {
		int order = compare(got, &item, old_got, &old), result;

		if (order > 0) {
			if (old.sign != EXPORT_THERE)
				p->counts->again = true;
			old.sign = EXPORT_GONE;
			result = add_line(p, &old, false, err);
		} else if (order == 0) {
			result = plan_known(p, &item, &old, err);
		} else {
			result = plan_new(p, &item, err);
		}
		if (result < 0)
			return -1;
		if (order >= 0)
			old_got = marker_next(&p->old, &old, err);
		if (order <= 0)
			got = next_wanted(p->wanted, &item, err);
	}
	return got < 0 || old_got < 0 ? -1 : 0;
}

int plan_make(const struct plan_options *options, struct plan_counts *counts, struct err *err)
{
	struct planning p = {.options = options, .counts = counts};
	struct db *db = options->place->root->db;
	struct err ignored = ERR_INIT;
	int result;

	*counts = (struct plan_counts){.added = 0};
	p.wanted = calloc(1, sizeof(*p.wanted));
	if (!p.wanted)
		return err_memory(err);
	p.wanted->place = options->place;
	/* One look at the state: what is staged meanwhile is the next run's. */
	result = marker_open(&p.old, options->place->dir, err);
	counts->again = !p.old.file;
	if (result == 0)
		result = db_exec(db, "BEGIN", err);
	if (result == 0) {
		result = merge(&p, err);
		if (db_exec(db, "COMMIT", result == 0 ? err : &ignored) < 0)
			result = -1;
	}
	marker_close(&p.old);
	free(p.wanted);
	return result;
}
