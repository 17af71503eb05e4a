#include "cli/command.h"

#include "base/cleanup.h"
#include "cli/headers_files.h"
#include "cli/quiet.h"
#include "cli/registry_options.h"
#include "cli/source_list.h"
#include "cli/stage_limits.h"
#include "db/root/preview.h"
#include "stage/stage.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static int read_options(const struct options *o, struct stage_options *s, struct err *err)
{
	memset(s, 0, sizeof(*s));
	s->recipe = RECIPE_DEFAULT;
	s->link = (enum stage_link)option_choice(o, OPT_LINK, LINK_COPY);
	s->recheck = option_flag(o, OPT_RECHECK) ? RECHECK_ALL : RECHECK_NEW;
	s->referrers = option_flag(o, OPT_NO_REFERRERS) ? REFERRERS_OMIT : REFERRERS_PUBLISH;
	if (stage_limits_read(o, &s->limits, err) < 0 ||
	    registry_options_read(o, &s->registry, err) < 0)
		return -1;
	return source_options_read(o, s, err);
}

/* Standard input is read once: as one of the lists, or as one of the sources. */
static int check_standard_input(const struct option_value *from, const struct source_list *list,
                                struct err *err)
{
	size_t uses = 0;

	for (size_t i = 0; i < from->count; i++)
		uses += strcmp(from->values[i], "-") == 0;
	for (size_t i = 0; uses == 1 && i < list->count; i++) {
		const char *text = list->sources[i].text, *colon = strrchr(text, ':');

		uses += strcmp(colon ? colon + 1 : text, "-") == 0;
	}
	if (uses < 2)
		return 0;
	return err_set(err, ERR_USAGE,
	               "--from -: standard input cannot be the list and something else as well");
}

/* Those of the command line first. */
static int read_sources(const struct cli *cli, struct source_list *list,
                        const struct stage_options *of_run, struct err *err)
{
	const struct options *o = &cli->options;
	const struct option_value *from = &o->values[OPT_FROM];

	if (from->count == 0 && cli_check_operands(cli, 1, SIZE_MAX, err) < 0)
		return -1;
	for (size_t i = 0; i < o->operand_count; i++)
		if (source_list_add(list, o->operands[i], err) < 0)
			return -1;
	if (check_standard_input(from, list, err) < 0)
		return -1;
	for (size_t i = 0; i < from->count; i++)
		if (source_list_read(list, from->values[i], of_run, err) < 0)
			return -1;
	return check_standard_input(from, list, err);
}

/*
 * What opening the root has to say of it waits for the first tag that is published: of a root that
 * is taken away again there is nothing to say.
 */
struct held_notes {
	struct event_sink below; /* where all else goes at once */
	struct str notes;        /* owned; each ends with a newline */
	bool opening;
};

static void let_go(struct held_notes *held)
{
	const char *note = str_text(&held->notes);
	size_t len;

	for (; *note; note += len + 1) {
		len = strcspn(note, "\n");
		event_note(&held->below, "%.*s", (int)len, note);
	}
	str_clear(&held->notes);
}

static void hold_notes(void *context, const struct event *event)
{
	struct held_notes *held = context;

	if (held->opening && event->type == EVENT_NOTE) {
		(void)str_addf(&held->notes, "%s\n", event->message);
		return;
	}
	if (event->type == EVENT_STAGED)
		let_go(held);
	event_emit(&held->below, event);
}

/* A run that staged nothing leaves no new root behind. */
static bool taken_away(const struct cli *cli, struct root *root)
{
	struct err err = ERR_INIT;
	int gone = root_unmake(root, &err);

	if (gone < 0)
		event_warning(&cli->sink, "the new registry root stays: %s", err.message);
	return gone != 0;
}

static int stage_into(struct cli *cli, struct held_notes *held, const struct stage_options *options,
                      struct root *root, struct err *err)
{
	struct stage_result result = {0, 0, 0, 0, 0};
	struct run_row row = {.command = RUN_STAGE, .started_at = time(NULL)};
	int failed = stage_run(root, options, &cli->sink, &result, err);

	row.bytes = result.new_bytes;
	row.objects = result.images;
	row.failed = result.sources_failed;
	if (failed && taken_away(cli, root))
		return -1;
	let_go(held);
	cli_record_run(cli, root, &row, failed, err);
	if (!failed && result.tags)
		event_log(&cli->sink, 1, "pull as BUCKET-HOST/NAME:TAG once synced");
	return failed;
}

/* Another run holds the root. Whether that is worth a word, the root's history tells. */
static void tell_of_lock(struct cli *cli, const struct quiet *of, const struct err *err)
{
	struct root root = ROOT_INIT;
	struct err ignored = ERR_INIT;

	if (!cli->report.quiet || err->code != ERR_LOCKED ||
	    cli_open_root(cli, &root, ROOT_READ, &ignored) < 0)
		return;
	cli->report.silent_failure = !quiet_is_news(cli, &root, of, err);
	root_close(&root);
}

static int stage(struct cli *cli, const struct stage_options *options, struct err *err)
{
	struct quiet of = {.command = RUN_STAGE, .partial_may_pass = true};
	struct held_notes held = {cli->sink, STR_INIT(1 << 16), true};
	struct root root = ROOT_INIT;
	int failed;

	if (stage_options_check(options, err) < 0 || quiet_read(&cli->options, &of, err) < 0)
		return -1;
	cli->sink.emit = hold_notes;
	cli->sink.context = &held;
	failed = cli_open_root(cli, &root, ROOT_CREATE, err);
	held.opening = false;
	if (failed) {
		tell_of_lock(cli, &of, err);
	} else {
		if (cli->report.quiet)
			report_hold(&cli->report);
		failed = stage_into(cli, &held, options, &root, err);
		headers_files_refresh(cli, &root);
		if (cli->report.quiet)
			quiet_settle(cli, &root, &of, failed, err);
		root_close(&root);
	}
	cli->sink = held.below;
	str_release(&held.notes);
	return failed;
}

static int dry_run(struct cli *cli, const struct stage_options *options, struct err *err)
{
	AUTO_FREE char *path = root_find(option_text(&cli->options, OPT_ROOT), err);
	struct root root = ROOT_INIT;
	int failed = -1;

	if (path && stage_options_check(options, err) == 0 &&
	    root_preview(&root, path, &cli->sink, err) == 0)
		failed = stage_dry_run(&root, options, &cli->sink, err);
	root_close(&root);
	return failed;
}

int cmd_stage(struct cli *cli, struct err *err)
{
	struct source_list list = SOURCE_LIST_INIT;
	struct stage_options options;
	int result = -1;

	if (read_options(&cli->options, &options, err) == 0 &&
	    read_sources(cli, &list, &options, err) == 0) {
		options.sources = list.sources;
		options.source_count = list.count;
		if (list.count > 0) {
			result = option_flag(&cli->options, OPT_DRY_RUN)
			                 ? dry_run(cli, &options, err)
			                 : stage(cli, &options, err);
		} else {
			event_warning(&cli->sink, "--from lists no sources: nothing is staged");
			result = 0;
		}
	}
	source_list_release(&list);
	return result;
}
