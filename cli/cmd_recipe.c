#include "cli/command.h"

#include "base/cleanup.h"
#include "cli/sync_options.h"
#include "sync/recipe/recipe.h"

#include <stdio.h>
#include <string.h>

enum { LINE_MAX_BYTES = 1 << 20 };

static void print_commands_json(const char *commands, struct str *line)
{
	const char *comma = "";

	while (*commands) {
		size_t len = strcspn(commands, "\n");
		AUTO_STR struct str command = STR_INIT(LINE_MAX_BYTES);

		(void)str_add(&command, commands, len);
		(void)str_adds(line, comma);
		(void)str_add_json(line, str_text(&command));
		comma = ",";
		commands += len + (commands[len] == '\n');
	}
}

static void print_json(const struct recipe *r, const char *client)
{
	AUTO_STR struct str line = STR_INIT(LINE_MAX_BYTES);

	report_json_begin("recipe");
	report_json_text("client", client);
	report_json_text("message", str_text(&r->what));
	if (r->image.len > 0)
		report_json_text("image", str_text(&r->image));
	(void)str_adds(&line, ",\"files\":[");
	for (unsigned i = 0; i < r->file_count; i++) {
		(void)str_addf(&line, "%s{\"path\":", i > 0 ? "," : "");
		(void)str_add_json(&line, str_text(&r->files[i].path));
		(void)str_adds(&line, ",\"content\":");
		(void)str_add_json(&line, str_text(&r->files[i].content));
		if (*r->files[i].note) {
			(void)str_adds(&line, ",\"note\":");
			(void)str_add_json(&line, r->files[i].note);
		}
		(void)str_addc(&line, '}');
	}
	(void)str_adds(&line, "],\"commands\":[");
	print_commands_json(str_text(&r->commands), &line);
	(void)printf("%s]}\n", str_text(&line));
}

static void print_text(const struct recipe *r)
{
	(void)printf("# %s\n", str_text(&r->what));
	for (unsigned i = 0; i < r->file_count; i++) {
		const struct recipe_file *file = &r->files[i];

		(void)printf("\n# %s", str_text(&file->path));
		(void)printf(*file->note ? " (%s)\n" : "\n", file->note);
		(void)printf("%s", str_text(&file->content));
	}
	if (r->file_count > 0)
		(void)printf("\n# then, as root\n");
	(void)printf("%s", str_text(&r->commands));
}

int cmd_recipe(struct cli *cli, struct err *err)
{
	const struct options *o = &cli->options;
	struct sync_options options;
	struct recipe_wish wish = {.client = recipe_client_named(o->operands[0]),
	                           .options = &options,
	                           .pull_host = option_text(o, OPT_PULL_HOST)};
	struct recipe recipe;
	int result;

	if (wish.client == RECIPE_UNKNOWN)
		return command_unknown_verb(cli->command, o->operands[0], err);
	if (sync_options_read(cli, "recipe CLIENT", SYNC_DRY_RUN, &options, err) < 0)
		return -1;
	result = recipe_make(&recipe, &wish, err);
	if (result == 0 && cli->report.output == REPORT_JSON)
		print_json(&recipe, recipe_client_name(wish.client));
	else if (result == 0)
		print_text(&recipe);
	recipe_release(&recipe);
	return result;
}
