#include "cli/report_text.h"

#include "base/units.h"

#include <inttypes.h>
#include <string.h>

#define GREEN "\033[32m"
#define RED   "\033[31m"
#define AMBER "\033[33m"
#define CYAN  "\033[36m"
#define PLAIN "\033[0m"

void report_text_key(struct str *out, const char *key, struct report_style style)
{
	const char *colon = strrchr(key, ':');

	if (style.full_keys || !colon || strlen(colon) <= DIGEST_SHORT_HEX + 1) {
		(void)str_add_printable(out, key, strlen(key));
		return;
	}
	(void)str_add_printable(out, key, (size_t)(colon - key) + 1 + DIGEST_SHORT_HEX);
	(void)str_adds(out, "…");
}

static void add_digest(struct str *out, const struct digest *d, struct report_style style)
{
	char text[DIGEST_TEXT_MAX];

	report_text_key(out, digest_text(d, text), style);
}

static const char *const VERB_COLORS[] = {
	[ACTION_UPLOAD] = GREEN, [ACTION_RESUME] = GREEN, [ACTION_COPY] = GREEN,
	[ACTION_TAG] = CYAN,     [ACTION_UPDATE] = CYAN,  [ACTION_DELETE] = RED,
	[ACTION_REPAIR] = GREEN, [ACTION_KEPT] = AMBER,   [ACTION_HELD] = AMBER,
};

/* upload  v2/app/blobs/sha256:ab12…   52.1 MiB  missing */
void report_text_action(struct str *out, const struct event_action *a, struct report_style style)
{
	char size[UNITS_TEXT_MAX];

	if (style.color)
		(void)str_adds(out, VERB_COLORS[a->verb]);
	(void)str_addf(out, "%-7s", action_verb_name(a->verb));
	(void)str_adds(out, style.color ? PLAIN " " : " ");
	report_text_key(out, a->key, style);
	(void)str_addf(out, "  %s", size_text(a->size_bytes, size));
	if (a->verb == ACTION_COPY && a->copy_from)
		(void)str_addf(out, "  from %s", a->copy_from);
	else if (a->verb == ACTION_RESUME && a->parts_total)
		(void)str_addf(out, "  parts %" PRIu64 "/%" PRIu64 " there", a->parts_there,
		               a->parts_total);
	else if (a->verb == ACTION_TAG && a->new_digest.alg != DIGEST_NONE) {
		(void)str_adds(out, "  ");
		if (a->old_digest.alg != DIGEST_NONE) {
			add_digest(out, &a->old_digest, style);
			(void)str_adds(out, " -> ");
		}
		add_digest(out, &a->new_digest, style);
	}
	if (a->why && *a->why && a->verb != ACTION_COPY)
		(void)str_addf(out, "  %s", a->why);
	(void)str_addc(out, '\n');
}

static void add_requests(struct str *out, const struct event_summary *s)
{
	const char *comma = "";

	(void)str_adds(out, "requests: ");
	for (int i = 0; i < REQUEST_KINDS; i++)
		if (s->requests[i]) {
			(void)str_addf(out, "%s%" PRIu64 " %s", comma, s->requests[i],
			               request_kind_name((enum request_kind)i));
			comma = ", ";
		}
	if (!*comma)
		(void)str_adds(out, "none");
	(void)str_addc(out, '\n');
}

static void add_count(struct str *out, const char *comma, uint64_t n, const char *one,
                      const char *many)
{
	(void)str_addf(out, "%s%" PRIu64 " %s", comma, n, n == 1 ? one : many);
}

static void add_dry_summary(struct str *out, const struct event_summary *s)
{
	char bytes[UNITS_TEXT_MAX];

	(void)str_addf(out, "dry run: %s to send", size_text(s->bytes_total, bytes));
	add_count(out, ", ", s->uploaded + s->resumed, "object", "objects");
	add_count(out, ", ", s->copied, "copy", "copies");
	if (s->repaired)
		add_count(out, ", ", s->repaired, "repair", "repairs");
	add_count(out, ", ", s->tags_moved, "tag moved", "tags moved");
	add_count(out, ", ", s->deleted, "delete", "deletes");
	(void)str_addf(out, ", %" PRIu64 " unchanged; ", s->unchanged);
	add_requests(out, s);
}

void report_text_summary(struct str *out, const struct event_summary *s)
{
	const struct {
		uint64_t count;
		const char *word;
	} counts[] = {{s->resumed, "resumed"},     {s->copied, "copied"},
	              {s->repaired, "repaired"},   {s->deleted, "deleted"},
	              {s->unchanged, "unchanged"}, {s->kept, "kept"},
	              {s->held, "held"},           {s->failed, "failed"}};
	char bytes[UNITS_TEXT_MAX], took[UNITS_TEXT_MAX];

	if (s->dry_run) {
		add_dry_summary(out, s);
		return;
	}
	add_count(out, "", s->uploaded, "uploaded", "uploaded");
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (counts[i].count)
			add_count(out, ", ", counts[i].count, counts[i].word, counts[i].word);
	(void)str_addf(out, "; %s sent in %s; ", size_text(s->bytes_sent, bytes),
	               duration_text(s->duration_ms, took));
	if (s->retries)
		add_count(out, "", s->retries, "retry; ", "retries; ");
	add_requests(out, s);
}

/* "52.1 MiB, 3 new blobs (12.0 MiB)" */
static void add_size(struct str *out, uint64_t bytes, uint64_t new_blobs, uint64_t new_bytes)
{
	char text[UNITS_TEXT_MAX];

	(void)str_adds(out, size_text(bytes, text));
	if (new_blobs) {
		add_count(out, ", ", new_blobs, "new blob", "new blobs");
		(void)str_addf(out, " (%s)", size_text(new_bytes, text));
	} else {
		(void)str_adds(out, ", nothing new");
	}
}

void report_text_staged(struct str *out, const struct event_staged *s, struct report_style style)
{

	if (style.color)
		(void)str_adds(out, GREEN "staged" PLAIN " ");
	else
		(void)str_adds(out, "staged ");
	(void)str_addf(out, "%s:%s  ", s->name, s->tag);
	add_digest(out, &s->digest, style);
	(void)str_adds(out, "  ");
	add_size(out, s->bytes, s->new_blobs, s->new_bytes);
	(void)str_addc(out, '\n');
}

void report_text_stage(struct str *out, const struct event_stage *s, struct report_style style)
{
	static const char *const colors[] = {
		[STAGE_ADD] = GREEN, [STAGE_MOVE] = CYAN, [STAGE_SAME] = ""};

	(void)str_addf(out, "%s%-5s%s ", style.color ? colors[s->verb] : "",
	               stage_verb_name(s->verb), style.color && *colors[s->verb] ? PLAIN : "");
	(void)str_addf(out, "%s%s%s  ", s->name, s->tag[0] ? ":" : "", s->tag);
	if (s->old_digest.alg != DIGEST_NONE) {
		add_digest(out, &s->old_digest, style);
		(void)str_adds(out, " -> ");
	}
	add_digest(out, &s->digest, style);
	if (s->platforms[0])
		(void)str_addf(out, "  %s", s->platforms);
	(void)str_adds(out, "  ");
	add_size(out, s->bytes, s->new_blobs, s->new_bytes);
	if (s->new_blobs && s->old_blobs)
		(void)str_addf(out, ", %" PRIu64 " there", s->old_blobs);
	(void)str_addc(out, '\n');
}

void report_text_stage_summary(struct str *out, const struct event_stage_summary *s)
{
	char bytes[UNITS_TEXT_MAX];

	add_count(out, "dry run: ", s->images, "image", "images");
	add_count(out, ", ", s->tags_new, "new tag", "new tags");
	add_count(out, ", ", s->tags_moved, "tag moved", "tags moved");
	(void)str_addf(out, ", %" PRIu64 " unchanged", s->tags_same);
	add_count(out, "; ", s->new_blobs, "blob", "blobs");
	(void)str_addf(out, ", %s to add", size_text(s->new_bytes, bytes));
	add_count(out, "; ", s->old_blobs, "blob", "blobs");
	(void)str_addf(out, ", %s there already\n", size_text(s->old_bytes, bytes));
}

static void add_image_head(struct str *out, const struct event_image *i, struct report_style style)
{
	(void)str_addf(out, "%s:%s ", i->name, i->tag);
	if (i->step == IMAGE_COMPLETE) {
		(void)str_addf(out, "%sis complete%s: ", style.color ? GREEN : "",
		               style.color ? PLAIN : "");
	} else if (i->old_digest.alg != DIGEST_NONE && !digest_equal(&i->old_digest, &i->digest)) {
		(void)str_adds(out, "moves from ");
		add_digest(out, &i->old_digest, style);
		(void)str_adds(out, " to ");
		add_digest(out, &i->digest, style);
		(void)str_adds(out, ": ");
	} else {
		(void)str_adds(out, "is new: ");
	}
}

void report_text_image(struct str *out, const struct event_image *i, struct report_style style)
{
	char count[UNITS_TEXT_MAX], bytes[UNITS_TEXT_MAX];

	if (i->name) {
		add_image_head(out, i, style);
		(void)str_adds(out, count_text(i->layers, "layer", "layers", count));
	} else {
		(void)str_adds(out, count_text(i->objects, "other object", "other objects", count));
	}
	(void)str_addf(out, ", %s %s", size_text(i->bytes, bytes),
	               i->step == IMAGE_COMPLETE ? "sent" : "to send");
	if (i->step == IMAGE_COMPLETE && i->pull_host)
		(void)str_addf(out, ", pull %s/%s:%s", i->pull_host, i->name, i->tag);
	(void)str_addc(out, '\n');
}

void report_text_removal(struct str *out, const struct key_parts *tag, const char *why, bool done,
                         struct report_style style)
{
	(void)str_addf(out, "%s:%s %s%s%s", tag->repo, tag->tag, style.color ? RED : "",
	               done ? "is removed" : "goes", style.color ? PLAIN : "");
	if (why && *why)
		(void)str_addf(out, ": %s", why);
	(void)str_addc(out, '\n');
}
