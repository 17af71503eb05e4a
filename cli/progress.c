#include "cli/progress.h"

#include "base/cleanup.h"
#include "base/units.h"
#include "cli/cells.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	STALE_MS = 10000, /* a line that did not move so long gives its place to another */
	TOTAL_MAX = 1024,
	FIGURES_COLUMNS = 44, /* from this width on a line has room for more than a percentage */
};

#define BOLD  "\033[1m"
#define AMBER "\033[33m"
#define PLAIN "\033[0m"

/* ---- what is told */

static void begin_phase(struct progress *p, const struct event_progress *event, const char *what,
                        int64_t at_ms)
{
	memset(p->lines, 0, sizeof(p->lines));
	memset(&p->rate, 0, sizeof(p->rate));
	p->begun = true;
	p->phase = event->phase;
	p->phase_at_ms = at_ms;
	p->moved_at_ms = at_ms;
	p->shown_bytes = 0;
	memset(&p->total, 0, sizeof(p->total));
	(void)snprintf(p->what, sizeof(p->what), "%s", what);
}

static struct progress_line *line_for(struct progress *p, const char *key, int64_t at_ms)
{
	struct progress_line *free_line = NULL;

	for (int i = 0; i < PROGRESS_LINES_MAX; i++) {
		struct progress_line *line = &p->lines[i];

		if (strcmp(line->key, key) == 0)
			return line;
		if (!free_line && (!line->key[0] || at_ms - line->moved_at_ms > STALE_MS))
			free_line = line;
	}
	if (free_line) {
		(void)snprintf(free_line->key, sizeof(free_line->key), "%s", key);
		free_line->done_bytes = 0;
	}
	return free_line;
}

void progress_note(struct progress *p, const struct event_progress *event, int64_t at_ms)
{
	char what[PROGRESS_WHAT_MAX];
	struct progress_line *line;

	if (event->phase == PHASE_PUBLISHING && p->begun) {
		p->publishing_at_ms = at_ms;
		return;
	}
	(void)snprintf(what, sizeof(what), "%s", event->what ? event->what : "");
	if (!p->begun || p->phase != event->phase || strcmp(p->what, what) != 0)
		begin_phase(p, event, what, at_ms);
	if (event->total_done_bytes > p->total.total_done_bytes ||
	    event->objects_done > p->total.objects_done)
		p->moved_at_ms = at_ms;
	p->publishing_at_ms = 0;
	p->total = *event;
	p->total.key = p->total.what = NULL;
	if (event->total_done_bytes > p->shown_bytes)
		p->shown_bytes = event->total_done_bytes;
	rate_note(&p->rate, event->total_done_bytes, at_ms);
	line = event->key ? line_for(p, event->key, at_ms) : NULL;
	if (!line)
		return;
	if (event->done_bytes > line->done_bytes)
		line->done_bytes = event->done_bytes;
	line->size_bytes = event->size_bytes;
	line->moved_at_ms = at_ms;
}

void progress_link(struct progress *p, const struct event_link *event, int64_t at_ms)
{
	p->link = *event;
	p->link_at_ms = at_ms;
}

void progress_object_done(struct progress *p, const char *key)
{
	for (int i = 0; i < PROGRESS_LINES_MAX; i++)
		if (strcmp(p->lines[i].key, key) == 0)
			p->lines[i].key[0] = '\0';
}

/* ---- the last line */

static const char *done_word(enum progress_phase phase)
{
	static const char *const words[] = {
		[PHASE_SENDING] = "sent",         [PHASE_COMPARING] = "compared",
		[PHASE_READING] = "read",         [PHASE_COMPRESSING] = "compressed",
		[PHASE_CHECKING] = "checked",     [PHASE_COLLECTING] = "removed",
		[PHASE_PUBLISHING] = "published", [PHASE_EXPORTING] = "exported",
	};

	return words[phase];
}

static const char *doing_words(enum progress_phase phase)
{
	static const char *const words[] = {
		[PHASE_SENDING] = "sending",
		[PHASE_COMPARING] = "comparing with the bucket",
		[PHASE_READING] = "reading",
		[PHASE_COMPRESSING] = "compressing",
		[PHASE_CHECKING] = "checking",
		[PHASE_PUBLISHING] = "publishing",
		[PHASE_COLLECTING] = "looking for what no tag reaches",
		[PHASE_EXPORTING] = "exporting",
	};

	return words[phase];
}

static int percent(uint64_t done, uint64_t all)
{
	return all == 0 || done >= all ? 100 : (int)((double)done * 100 / (double)all);
}

/* Whole seconds: a figure that counts on. */
static const char *seconds_text(int64_t ms, char text[UNITS_TEXT_MAX])
{
	return duration_text(ms < 0 ? 0 : ms / 1000 * 1000, text);
}

/* How long nothing has moved when that is worth a word, else 0. */
static int64_t still_ms(const struct progress *p, int64_t at_ms)
{
	int64_t still = at_ms - p->moved_at_ms;

	if (p->link.state == LINK_DOWN || p->link.state == LINK_STALLED)
		return p->link.for_ms + at_ms - p->link_at_ms;
	if (p->total.total_done_bytes == 0 && p->total.objects_done == 0)
		return 0; /* nothing is counted, or not begun */
	return still >= RATE_STALLED_MS ? still : 0;
}

static void add_gives_up(const struct progress *p, struct str *out, int64_t at_ms)
{
	char text[UNITS_TEXT_MAX];

	(void)str_addf(out, ", gives up in %s, ",
	               seconds_text(p->link.gives_up_in_ms - (at_ms - p->link_at_ms), text));
}

/* Why there is no rate to tell. False: there is one. */
static bool add_standstill(const struct progress *p, struct str *out, int64_t at_ms)
{
	int64_t still = still_ms(p, at_ms);
	char text[UNITS_TEXT_MAX];

	switch (p->link.state) {
	case LINK_DOWN:
		(void)str_addf(out, "no link for %s, trying again", seconds_text(still, text));
		add_gives_up(p, out, at_ms);
		return true;
	case LINK_BUSY:
		(void)str_addf(out, "the server asks for a pause, again in %s, ",
		               seconds_text(p->link.again_in_ms - (at_ms - p->link_at_ms), text));
		return true;
	case LINK_STALLED:
		(void)str_addf(out, "stalled for %s", seconds_text(still, text));
		add_gives_up(p, out, at_ms);
		return true;
	case LINK_MOVES:
		break;
	}
	if (p->publishing_at_ms > 0) {
		(void)str_addf(out, "publishing for %s, ",
		               seconds_text(at_ms - p->publishing_at_ms, text));
		return true;
	}
	if (still > 0)
		(void)str_addf(out, "stalled for %s, ", seconds_text(still, text));
	return still > 0;
}

static void add_rate(const struct progress *p, struct str *out, int64_t at_ms)
{
	const struct event_progress *t = &p->total;
	char text[UNITS_TEXT_MAX];
	double rate = rate_per_second(&p->rate, at_ms);

	if (rate < 1)
		return;
	if (t->total_bytes > t->total_done_bytes)
		(void)str_addf(
			out, "%s left, ",
			seconds_text(
				rate_left_ms(&p->rate, t->total_bytes - t->total_done_bytes, at_ms),
				text));
	(void)str_addf(out, "%s/s, ", size_text((uint64_t)rate, text));
}

/* The most useful first: the rest is what a narrow terminal cuts off. */
void progress_add_total(const struct progress *p, struct str *out, int64_t at_ms)
{
	char done[UNITS_TEXT_MAX], total[UNITS_TEXT_MAX];
	const struct event_progress *t = &p->total;
	size_t before = out->len;

	if (t->total_bytes > 0)
		(void)str_addf(out, "%d%% %s, ", percent(p->shown_bytes, t->total_bytes),
		               done_word(p->phase));
	if (!add_standstill(p, out, at_ms))
		add_rate(p, out, at_ms);
	if (t->total_bytes > 0)
		(void)str_addf(out, "%s of %s", size_text(p->shown_bytes, done),
		               size_text(t->total_bytes, total));
	else if (p->shown_bytes > 0)
		(void)str_addf(out, "%s %s", size_text(p->shown_bytes, done), done_word(p->phase));
	else
		(void)str_addf(out, "%s, %s", doing_words(p->phase),
		               seconds_text(at_ms - p->phase_at_ms, done));
	if (t->objects_total > 0)
		(void)str_addf(out, ", %" PRIu64 " of %s", t->objects_done,
		               count_text(t->objects_total, "object", "objects", total));
	else if (t->objects_done > 0)
		(void)str_addf(out, ", %s",
		               count_text(t->objects_done, "object", "objects", total));
	if (t->total_done_bytes < p->shown_bytes)
		(void)str_addf(out, ", %s lost and sent again",
		               size_text(p->shown_bytes - t->total_done_bytes, total));
	if (p->what[0] && out->len > before)
		(void)str_adds(out, ": ");
	(void)str_add_printable(out, p->what, strlen(p->what));
}

/* ---- the frame */

/* "v2/app/blobs/sha256:ab12cd34ef56" of a key with a digest. */
static void add_name(struct str *out, const char *key)
{
	const char *colon = strrchr(key, ':');
	size_t len = strlen(key), most = colon ? (size_t)(colon - key) + 1 + DIGEST_SHORT_HEX : len;

	(void)str_add_printable(out, key, most < len ? most : len);
}

/* "  v2/app/blobs/sha256:ab12cd34ef56      12.0 MiB / 52.1 MiB  23%" */
static void add_line(struct str *out, const struct progress_line *line, size_t columns,
                     const char *mark)
{
	char done[UNITS_TEXT_MAX], size[UNITS_TEXT_MAX], figures[2 * UNITS_TEXT_MAX + 16];
	AUTO_STR struct str name = STR_INIT(KEY_MAX * 4);
	size_t room, used;

	if (line->size_bytes == 0)
		(void)snprintf(figures, sizeof(figures), "%s", size_text(line->done_bytes, done));
	else if (columns < FIGURES_COLUMNS)
		(void)snprintf(figures, sizeof(figures), "%3d%%",
		               percent(line->done_bytes, line->size_bytes));
	else
		(void)snprintf(figures, sizeof(figures), "%10s / %s %3d%%",
		               size_text(line->done_bytes, done), size_text(line->size_bytes, size),
		               percent(line->done_bytes, line->size_bytes));
	room = columns - 3 - strlen(figures);
	add_name(&name, line->key);
	(void)str_adds(out, "  ");
	used = cells_count(str_text(&name), name.len);
	cells_add_cut(out, str_text(&name), room, mark);
	(void)str_addf(out, "%*s %s", used < room ? (int)(room - used) : 0, "", figures);
}

static void end_row(struct str *out, bool last)
{
	(void)str_adds(out, last ? "\033[K\033[J" : "\033[K\r\n");
}

void progress_draw(const struct progress *p, struct str *out, const struct progress_size *size,
                   int64_t at_ms)
{
	/* The last column stays free: a character there leaves some terminals about to wrap. */
	size_t columns = size->columns > 1 ? size->columns - 1 : 1;
	unsigned room = size->rows > 2 ? size->rows - 2 : 0, rows = 0;
	AUTO_STR struct str total = STR_INIT(TOTAL_MAX);

	if (size->columns < PROGRESS_COLUMNS_LEAST)
		room = 0;
	(void)str_adds(out, "\r");
	for (int i = 0; i < PROGRESS_LINES_MAX && rows < room; i++)
		if (p->lines[i].key[0]) {
			add_line(out, &p->lines[i], columns, size->mark);
			end_row(out, false);
			rows++;
		}
	progress_add_total(p, &total, at_ms);
	if (size->color)
		(void)str_adds(out,
		               p->link.state != LINK_MOVES || still_ms(p, at_ms) ? AMBER : BOLD);
	cells_add_cut(out, str_text(&total), columns, size->mark);
	if (size->color)
		(void)str_adds(out, PLAIN);
	end_row(out, true);
	if (rows > 0)
		(void)str_addf(out, "\033[%uA", rows);
	(void)str_adds(out, "\r");
}
