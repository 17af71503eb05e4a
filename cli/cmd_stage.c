#include "cli/command.h"

#include "base/units.h"
#include "cli/stage_limits.h"
#include "stage/stage.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static int read_options(const struct options *o, struct stage_options *s, struct err *err)
{
	const char *compress = option_text(o, OPT_COMPRESS);

	memset(s, 0, sizeof(*s));
	s->sources = o->operands;
	s->source_count = o->operand_count;
	s->name = option_text(o, OPT_NAME);
	s->images = o->values[OPT_IMAGE].values;
	s->image_count = o->values[OPT_IMAGE].count;
	s->platforms = o->values[OPT_PLATFORM].values;
	s->platform_count = o->values[OPT_PLATFORM].count;
	s->hosts = option_flag(o, OPT_STRIP_HOST) ? NAME_STRIP_HOSTS : NAME_KEEP_HOSTS;
	s->sparse = (enum stage_sparse)option_choice(o, OPT_SPARSE, SPARSE_KEEP);
	s->format = (enum stage_format)option_choice(o, OPT_FORMAT, FORMAT_AUTO);
	s->link = (enum stage_link)option_choice(o, OPT_LINK, LINK_COPY);
	s->recheck = option_flag(o, OPT_RECHECK) ? RECHECK_ALL : RECHECK_NEW;
	s->referrers = option_flag(o, OPT_NO_REFERRERS) ? REFERRERS_OMIT : REFERRERS_PUBLISH;
	if (stage_limits_read(o, &s->limits, err) < 0)
		return -1;
	s->recipe = RECIPE_DEFAULT;
	s->oci_layers = compress ? OCI_LAYERS_COMPRESS : OCI_LAYERS_KEEP;
	if (compress && recipe_parse(&s->recipe, compress, err) < 0)
		return err_context(err, "--compress");
	return 0;
}

/* A run that staged nothing leaves no new root behind. */
static bool taken_away(const struct cli *cli, struct root *root)
{
	struct err err = ERR_INIT;
	int gone = root_unmake(root, &err);

	if (gone < 0)
		event_warning(&cli->sink, "the new registry root stays: %s", err.message);
	else if (gone > 0)
		event_note(&cli->sink, "nothing was staged: the new registry root is taken away");
	return gone != 0;
}

int cmd_stage(struct cli *cli, struct err *err)
{
	struct stage_options options;
	struct stage_result result = {0, 0, 0, 0, 0};
	struct root root = ROOT_INIT;
	struct run_row row = {.command = RUN_STAGE, .started_at = time(NULL)};
	int failed;

	if (read_options(&cli->options, &options, err) < 0 ||
	    stage_options_check(&options, err) < 0 ||
	    cli_open_root(cli, &root, ROOT_CREATE, err) < 0)
		return -1;
	failed = stage_run(&root, &options, &cli->sink, &result, err);
	row.bytes = result.new_bytes;
	row.objects = result.images;
	row.failed = result.sources_failed;
	if (failed && taken_away(cli, &root)) {
		root_close(&root);
		return -1;
	}
	cli_record_run(cli, &root, &row, failed, err);
	if (!failed && result.tags)
		event_log(&cli->sink, 1, "pull as BUCKET-HOST/NAME:TAG once synced");
	root_close(&root);
	return failed;
}
