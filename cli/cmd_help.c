#include "cli/command.h"
#include "cli/help_order.h"
#include "cli/help_providers.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { HELP_WIDTH = 79, OPTION_COLUMN = 30, USAGE_INDENT = 4 };

/* Prints `text` wrapped at HELP_WIDTH; lines after the first begin at `indent`. */
static void print_wrapped(const char *text, int indent, int column)
{
	int space = 0; /* owed before the next word, unless it begins a line */

	while (*text) {
		int n = (int)strcspn(text, " \n");

		if (column + space + n > HELP_WIDTH && column > indent) {
			(void)printf("\n%*s", indent, "");
			column = indent;
			space = 0;
		}
		(void)printf("%*s%.*s", space, "", n, text);
		column += space + n;
		text += n;
		space = 0;
		if (*text == '\n') {
			(void)printf("\n%*s", indent, "");
			column = indent;
		} else if (*text == ' ') {
			space = 1;
		}
		text += *text != '\0';
	}
	(void)putchar('\n');
}

static void print_option(const struct option_spec *spec)
{
	char left[80], default_text[UNITS_TEXT_MAX], help[200];
	int n;

	n = spec->short_name
	            ? snprintf(left, sizeof(left), "  -%c, --%s", spec->short_name, spec->name)
	            : snprintf(left, sizeof(left), "      --%s", spec->name);
	if (spec->argument && spec->type == OPTION_OPTIONAL)
		n += snprintf(left + n, sizeof(left) - (size_t)n, "[=%s]", spec->argument);
	else if (spec->argument)
		n += snprintf(left + n, sizeof(left) - (size_t)n, " %s", spec->argument);
	(void)printf("%-*s", OPTION_COLUMN - 1, left);
	if (n >= OPTION_COLUMN - 1)
		(void)printf("\n%*s", OPTION_COLUMN - 1, "");
	(void)putchar(' ');
	(void)option_default_text(spec, default_text);
	(void)snprintf(help, sizeof(help), *default_text ? "%s (default: %s)" : "%s", spec->help,
	               default_text);
	print_wrapped(help, OPTION_COLUMN, OPTION_COLUMN);
}

static void print_overview(void)
{
	(void)printf(
		"drydock keeps a static container registry: plain objects in a bucket, from which\n"
		"every container client pulls, with no registry process anywhere.\n\n"
		"  drydock stage app.tar                     archive -> registry root (offline)\n"
		"  drydock sync s3://my-registry -n          what would be sent\n"
		"  drydock sync s3://my-registry             send it; run again to resume\n\n"
		"Commands:\n");
	for (const struct command *c = COMMANDS; c->name; c++)
		(void)printf("  %-11s %s\n", c->name, c->summary);
	(void)printf("\nOptions of every command:\n");
	for (int i = 0; i < OPTION_COUNT; i++)
		if (OPTION_TABLE[i].commands == CMD_ANY)
			print_option(&OPTION_TABLE[i]);
	(void)printf(
		"\nEvery option has an environment variable (DRYDOCK_ROOT, DRYDOCK_PART_SIZE, …)\n"
		"and a configuration key. drydock help COMMAND tells more; so does man "
		"drydock.\n");
}

static void print_group(const struct command *command, enum help_group group)
{
	enum option_id order[OPTION_COUNT];
	size_t count = help_order(command, group, order);

	if (count == 0)
		return;
	(void)printf("\n%s:\n", help_group_title(group));
	for (size_t i = 0; i < count; i++)
		print_option(&OPTION_TABLE[order[i]]);
}

static void print_example(const char *example)
{
	(void)printf("\nExample:\n");
	for (size_t n; *example; example += n + (example[n] == '\n')) {
		n = strcspn(example, "\n");
		(void)printf("  %.*s\n", (int)n, example);
	}
}

void help_print(const struct command *command)
{
	char usage[200];

	if (!command) {
		print_overview();
		return;
	}
	(void)snprintf(usage, sizeof(usage), "usage: drydock %s [OPTION]…%s%s", command->name,
	               *command->operands ? " " : "", command->operands);
	print_wrapped(usage, USAGE_INDENT, 0);
	(void)printf("\n%c%s.\n", toupper((unsigned char)command->summary[0]),
	             command->summary + 1);
	if (*command->details) {
		(void)putchar('\n');
		print_wrapped(command->details, 0, 0);
	}
	if (help_example(command))
		print_example(help_example(command));
	for (int group = HELP_FIRST; group < HELP_GROUPS; group++)
		print_group(command, (enum help_group)group);
	(void)printf("\nman drydock-%s tells more.\n", command->name);
}

int cmd_help(struct cli *cli, struct err *err)
{
	const struct command *command = NULL;

	if (cli->options.operand_count == 1 && strcmp(cli->options.operands[0], "providers") == 0) {
		help_providers_print(cli->report.output == REPORT_JSON);
		return 0;
	}
	if (cli->options.operand_count == 1) {
		command = command_find(cli->options.operands[0]);
		if (!command)
			return command_unknown(cli->options.operands[0], err);
	}
	help_print(command);
	return 0;
}
