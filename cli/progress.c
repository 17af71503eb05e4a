#include "cli/progress.h"

#include "base/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	STALE_MS = 10000, /* a line that did not move so long gives its place to another */
	RATE_WINDOW_MS = 500,
};

void progress_init(struct progress *p, bool enabled, bool color, int width)
{
	memset(p, 0, sizeof(*p));
	p->enabled = enabled;
	p->color = color;
	p->width = width < 40 ? 40 : width;
}

static struct progress_line *line_for(struct progress *p, const char *key, int64_t at_ms)
{
	struct progress_line *free_line = NULL;

	for (int i = 0; i < PROGRESS_LINES_MAX; i++) {
		struct progress_line *line = &p->lines[i];

		if (strcmp(line->key, key) == 0)
			return line;
		if (!line->key[0] || at_ms - line->moved_at_ms > STALE_MS)
			free_line = line;
	}
	if (free_line)
		(void)snprintf(free_line->key, sizeof(free_line->key), "%s", key);
	return free_line;
}

/* An exponential mean over windows of half a second: steady enough to read. */
static void note_rate(struct progress *p, uint64_t done, int64_t at_ms)
{
	int64_t passed = at_ms - p->rate_from_ms;
	double now;

	if (p->rate_from_ms == 0 || done < p->rate_from_bytes) {
		p->rate_from_ms = at_ms;
		p->rate_from_bytes = done;
		return;
	}
	if (passed < RATE_WINDOW_MS)
		return;
	now = (double)(done - p->rate_from_bytes) * 1000 / (double)passed;
	p->rate_bytes_per_s = p->rate_bytes_per_s > 0 ? 0.7 * p->rate_bytes_per_s + 0.3 * now : now;
	p->rate_from_ms = at_ms;
	p->rate_from_bytes = done;
}

bool progress_note(struct progress *p, const struct event_progress *event, int64_t at_ms)
{
	struct progress_line *line;

	if (!p->enabled)
		return false;
	p->total = *event;
	p->total.key = NULL;
	note_rate(p, event->total_done_bytes, at_ms);
	if (event->key) {
		line = line_for(p, event->key, at_ms);
		if (line) {
			line->done_bytes = event->done_bytes;
			line->size_bytes = event->size_bytes;
			line->moved_at_ms = at_ms;
		}
	}
	return at_ms - p->drawn_at_ms >= PROGRESS_REDRAW_MS;
}

void progress_object_done(struct progress *p, const char *key)
{
	for (int i = 0; i < PROGRESS_LINES_MAX; i++)
		if (strcmp(p->lines[i].key, key) == 0)
			p->lines[i].key[0] = '\0';
}

void progress_erase(struct progress *p, struct str *out)
{
	if (p->drawn > 0)
		(void)str_addf(out, "\r\033[%dA\033[J", p->drawn);
	p->drawn = 0;
}

/* "  v2/app/blobs/sha256:ab12…   12.0 MiB / 52.1 MiB  23%", as wide as the terminal. */
static void draw_line(const struct progress *p, struct str *out, const struct progress_line *line)
{
	char done[UNITS_TEXT_MAX], size[UNITS_TEXT_MAX], figures[2 * UNITS_TEXT_MAX + 16];
	size_t key_len = strlen(line->key), room;
	const char *key = line->key;
	int percent = line->size_bytes ? (int)(line->done_bytes * 100 / line->size_bytes) : 0;

	if (line->size_bytes)
		(void)snprintf(figures, sizeof(figures), "%10s / %s %3d%%",
		               size_text(line->done_bytes, done), size_text(line->size_bytes, size),
		               percent);
	else
		(void)snprintf(figures, sizeof(figures), "%10s", size_text(line->done_bytes, done));
	room = (size_t)p->width - 4 - strlen(figures);
	if (strlen(figures) + 8 > (size_t)p->width)
		room = 4;
	if (key_len > room)
		(void)str_addf(out, "  %.*s… %s\n", (int)(room - 1), key, figures);
	else
		(void)str_addf(out, "  %-*s %s\n", (int)room, key, figures);
}

static void draw_total(const struct progress *p, struct str *out)
{
	char done[UNITS_TEXT_MAX], total[UNITS_TEXT_MAX], rate[UNITS_TEXT_MAX], eta[UNITS_TEXT_MAX];
	const struct event_progress *t = &p->total;

	if (p->color)
		(void)str_adds(out, "\033[1m");
	(void)str_adds(out, size_text(t->total_done_bytes, done));
	if (t->total_bytes)
		(void)str_addf(out, " of %s", size_text(t->total_bytes, total));
	if (t->objects_total)
		(void)str_addf(out, ", %" PRIu64 " of %" PRIu64 " objects", t->objects_done,
		               t->objects_total);
	if (p->rate_bytes_per_s >= 1) {
		(void)str_addf(out, ", %s/s", size_text((uint64_t)p->rate_bytes_per_s, rate));
		if (t->total_bytes > t->total_done_bytes)
			(void)str_addf(out, ", %s left",
			               duration_text((int64_t)((double)(t->total_bytes -
			                                                t->total_done_bytes) *
			                                       1000 / p->rate_bytes_per_s),
			                             eta));
	}
	(void)str_adds(out, p->color ? "\033[0m\n" : "\n");
}

void progress_draw(struct progress *p, struct str *out, int64_t at_ms)
{
	if (!p->enabled)
		return;
	progress_erase(p, out);
	for (int i = 0; i < PROGRESS_LINES_MAX; i++)
		if (p->lines[i].key[0]) {
			draw_line(p, out, &p->lines[i]);
			p->drawn++;
		}
	draw_total(p, out);
	p->drawn++;
	p->drawn_at_ms = at_ms;
}
