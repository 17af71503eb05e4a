/*
 * manual: writes the pages of the manual, in mdoc, from the program's own tables and from prose.
 *
 *     manual PROSE OUT
 *
 * OUT/drydock-COMMAND.1 is made for every command: name, synopsis, options in the order of help
 * with their defaults, and an example come from the tables. PROSE/COMMAND.mdoc, if it is there,
 * holds the description, and behind its first ".Sh" the sections that follow the options. In
 * PROSE/options.mdoc the text of an option follows a line `.\" option NAME`, or `.\" option NAME
 * COMMAND` for one command alone; an option without has the words of --help.
 *
 * PROSE/PAGE.[1-9] are pages of their own. In them a line "@COMMANDS@" stands for a list of all
 * commands, "@KEYS@" for one of all options as keys of a configuration file, "@PROVIDERS@" for one
 * of the services that speak S3.
 */
#include "cli/help_order.h"
#include "sync/s3/provider.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATE "November 29, 2026"

static void die(const char *what)
{
	(void)fprintf(stderr, "manual: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The whole file, to be freed; NULL when there is none. */
static char *read_file(const char *folder, const char *name)
{
	char path[4096], *text;
	FILE *file;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "r");
	if (!file && errno == ENOENT)
		return NULL;
	text = calloc(1, 1 << 20);
	if (!file || !text)
		die(path);
	len = fread(text, 1, (1 << 20) - 1, file);
	if (ferror(file) || len == (1 << 20) - 1)
		die(path);
	(void)fclose(file);
	return text;
}

static void put_char(FILE *out, const char *p, bool begins_word)
{
	if (*p == '\\')
		(void)fputs("\\e", out);
	else if (*p == '-' && begins_word)
		(void)fputs("\\-", out);
	else
		(void)fputc(*p, out);
}

/* Text in lines of mdoc: each sentence begins one, and none is long. `column` is where it begins.
 */
static void put_text(FILE *out, const char *text, size_t column)
{
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, " \n");

		if (column && (column + n > 76 ||
		               (p > text && strchr(".:?", p[-2]) && isupper((unsigned char)*p)))) {
			(void)fputc('\n', out);
			column = 0;
		} else if (column && p > text) {
			(void)fputc(' ', out);
		}
		if (column == 0 && (*p == '.' || *p == '\''))
			(void)fputs("\\&", out);
		column += n + 1;
		for (const char *end = p + n; p < end; p++) {
			if (strncmp(p, "…", strlen("…")) == 0) {
				(void)fputs("...", out);
				p += strlen("…") - 1;
			} else {
				put_char(out, p, p == end - n || p[-1] == '-');
			}
		}
		if (strncmp(p, "\n\n", 2) == 0) {
			(void)fputs("\n.Pp\n", out);
			column = 0;
			p++;
		}
		p += *p != '\0';
	}
}

/* An example, as it stands. */
static void put_literal(FILE *out, const char *text)
{
	for (const char *p = text; *p; p++)
		put_char(out, p, p == text || p[-1] == ' ' || p[-1] == '-');
}

/* As they stand; a line may end between alternatives. */
static void put_operands(FILE *out, const char *text)
{
	for (const char *p = text; *p; p++) {
		put_char(out, p, p == text || p[-1] == ' ' || p[-1] == '-');
		if (*p == '|')
			(void)fputs("\\:", out);
	}
}

static void put_sentence(FILE *out, const char *text)
{
	(void)fputc(toupper((unsigned char)*text), out);
	put_text(out, text + 1, 1);
	(void)fputs(".\n", out);
}

/* "auto|path" with spaces, as mdoc wants alternatives. */
static void put_argument(FILE *out, const char *argument)
{
	for (const char *p = argument; *p; p++)
		if (*p == '|')
			(void)fputs(" | ", out);
		else if (*p == '[')
			(void)fputs(p == argument ? "\\&[" : "[", out);
		else
			(void)fputc(*p, out);
}

static void put_item(FILE *out, const struct option_spec *spec)
{
	(void)fputs(".It ", out);
	if (spec->short_name)
		(void)fprintf(out, "Fl %c , ", spec->short_name);
	(void)fprintf(out, "Fl -%s", spec->name);
	if (spec->type == OPTION_OPTIONAL)
		(void)fprintf(out, " Ns Op = Ns Ar %s", spec->argument);
	else if (spec->argument) {
		(void)fputs(" Ar ", out);
		put_argument(out, spec->type == OPTION_CHOICE ? spec->choices : spec->argument);
	}
	(void)fputc('\n', out);
}

/* What stands in the prose behind `.\" option KEY`, up to the next such line. */
static const char *find_prose(const char *prose, const char *key, size_t *len)
{
	static const char mark[] = "\n.\\\" option ";

	for (const char *p = prose; p && (p = strstr(p, mark));) {
		const char *next, *end;

		p += strlen(mark);
		end = strchr(p, '\n');
		if (!end)
			return NULL;
		next = strstr(end, mark);
		if ((size_t)(end - p) != strlen(key) || memcmp(p, key, strlen(key)) != 0)
			continue;
		*len = next ? (size_t)(next - end) : strlen(end + 1);
		return end + 1;
	}
	return NULL;
}

static void put_option(FILE *out, const struct option_spec *spec, const struct command *command,
                       const char *prose)
{
	char key[100], value[UNITS_TEXT_MAX];
	const char *text, *choices = spec->type == OPTION_CHOICE ? spec->choices : NULL;
	size_t len = 0;

	put_item(out, spec);
	(void)snprintf(key, sizeof(key), "%s %s", spec->name, command->name);
	text = find_prose(prose, key, &len);
	if (!text)
		text = find_prose(prose, spec->name, &len);
	if (text)
		(void)fwrite(text, 1, len, out);
	else
		put_sentence(out, spec->help);
	(void)option_default_text(spec, value);
	if (*value)
		(void)fprintf(out, "The default is %s.\n", value);
	else if (choices)
		(void)fprintf(out, "The default is %.*s.\n", (int)strcspn(choices, "|"), choices);
}

static void put_options(FILE *out, const struct command *command, const char *prose)
{
	enum option_id order[OPTION_COUNT];

	(void)fputs(".Sh OPTIONS\n", out);
	for (int group = HELP_FIRST; group < HELP_GROUPS; group++) {
		size_t count = help_order(command, (enum help_group)group, order);

		if (count == 0)
			continue;
		(void)fprintf(out, ".Ss %s\n.Bl -tag -width Ds\n",
		              help_group_title((enum help_group)group));
		for (size_t i = 0; i < count; i++)
			put_option(out, &OPTION_TABLE[order[i]], command, prose);
		(void)fputs(".El\n", out);
	}
}

static void put_example(FILE *out, const struct command *command)
{
	const char *example = help_example(command);

	if (!example)
		return;
	(void)fputs(".Sh EXAMPLES\n.Bd -literal\n", out);
	put_literal(out, example);
	(void)fputs("\n.Ed\n", out);
}

static void put_head(FILE *out, const struct command *command)
{
	char title[100];
	size_t len = strlen(command->operands);
	bool optional = len > 1 && command->operands[0] == '[' && command->operands[len - 1] == ']';

	(void)snprintf(title, sizeof(title), "%s", command->name);
	for (char *p = title; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	(void)fprintf(out,
	              ".Dd " DATE "\n.Dt DRYDOCK-%s 1\n.Os\n.Sh NAME\n.Nm drydock-%s\n.Nd %s\n"
	              ".Sh SYNOPSIS\n.Nm drydock %s\n.Op Ar OPTION ...\n",
	              title, command->name, command->summary, command->name);
	if (optional)
		(void)fprintf(out, ".Op Ar %.*s\n", (int)len - 2, command->operands + 1);
	else if (len) {
		(void)fputs(".Ar ", out);
		put_operands(out, command->operands);
		(void)fputc('\n', out);
	}
	(void)fputs(".Sh DESCRIPTION\n", out);
}

static FILE *create(const char *folder, const char *name)
{
	char path[4096];
	FILE *out;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	out = fopen(path, "w");
	if (!out)
		die(path);
	return out;
}

static void finish(FILE *out, const char *name)
{
	if (ferror(out) || fclose(out) != 0)
		die(name);
}

static void write_command(const struct command *command, const char *from, const char *to,
                          const char *options)
{
	char name[100], *prose;
	const char *rest;
	FILE *out;

	(void)snprintf(name, sizeof(name), "%s.mdoc", command->name);
	prose = read_file(from, name);
	(void)snprintf(name, sizeof(name), "drydock-%s.1", command->name);
	out = create(to, name);
	put_head(out, command);
	rest = prose ? strstr(prose, "\n.Sh ") : NULL;
	rest = rest ? rest + 1 : NULL;
	if (prose)
		(void)fwrite(prose, 1, rest ? (size_t)(rest - prose) : strlen(prose), out);
	else
		put_sentence(out, command->summary);
	if (!prose && *command->details) {
		(void)fputs(".Pp\n", out);
		put_text(out, command->details, 0);
		(void)fputc('\n', out);
	}
	put_options(out, command, options);
	(void)fputs(rest ? rest : "", out);
	if (!rest || !strstr(rest, ".Sh EXAMPLES"))
		put_example(out, command);
	(void)fputs(".Sh SEE ALSO\n.Xr drydock 1 ,\n.Xr drydock-config 5", out);
	if (command->bit & CMD_REMOTE)
		(void)fputs(" ,\n.Xr drydock-remotes 7", out);
	(void)fputc('\n', out);
	free(prose);
	finish(out, name);
}

static void put_commands(FILE *out)
{
	(void)fputs(".Bl -tag -width Ds\n", out);
	for (const struct command *c = COMMANDS; c->name; c++) {
		(void)fprintf(out, ".It Xr drydock-%s 1\n", c->name);
		put_sentence(out, c->summary);
	}
	(void)fputs(".El\n", out);
}

static void put_keys(FILE *out)
{
	static const char *const kinds[] = {
		[OPTION_FLAG] = "yes or no",      [OPTION_COUNT_UP] = "a number",
		[OPTION_TEXT] = "text",           [OPTION_LIST] = "texts, separated by commas",
		[OPTION_NUMBER] = "a number",     [OPTION_SIZE] = "a size",
		[OPTION_DURATION] = "a duration", [OPTION_CHOICE] = "one of",
		[OPTION_OPTIONAL] = "one of",
	};

	(void)fputs(".Bl -tag -width Ds -compact\n", out);
	for (int i = 0; i < OPTION_COUNT; i++) {
		const struct option_spec *spec = &OPTION_TABLE[i];
		const char *separator = ":";

		if (spec->id == OPT_HELP || spec->id == OPT_CONFIG)
			continue;
		(void)fputs(".It Li ", out);
		for (const char *p = spec->name; *p; p++)
			(void)fputc(*p == '-' ? '_' : *p, out);
		(void)fprintf(out, "\n%s", kinds[spec->type]);
		if (spec->choices) {
			(void)fputc(' ', out);
			for (const char *p = spec->choices; *p; p++)
				(void)(*p == '|' ? fputs(", ", out) : fputc(*p, out));
		}
		for (const struct command *c = COMMANDS; c->name; c++)
			if ((spec->commands & c->bit) && spec->commands != CMD_ANY &&
			    c->bit != CMD_REMOTES) {
				(void)fprintf(out, "%s %s", *separator == ':' ? "; of" : separator,
				              c->name);
				separator = ",";
			}
		(void)fputc('\n', out);
	}
	(void)fputs(".El\n", out);
}

static void put_providers(FILE *out)
{
	(void)fputs(".Bl -tag -width Ds -compact\n", out);
	for (unsigned i = 0; provider_at(i); i++) {
		const struct provider *p = provider_at(i);

		(void)fprintf(out, ".It Li %s\n", p->name);
		put_text(out, p->title, 0);
		if (*p->hosts) {
			(void)fputs(":\n", out);
			put_text(out, p->hosts, 0);
		}
		(void)fprintf(out, ";\n%s, %u parts at most\n",
		              provider_has(p, PROVIDER_VIRTUAL_HOST) ? "BUCKET.HOST"
		                                                     : "HOST/BUCKET",
		              (unsigned)p->max_parts);
	}
	(void)fputs(".El\n", out);
}

static void write_page(const char *from, const char *to, const char *name)
{
	char *text = read_file(from, name);
	FILE *out = create(to, name);

	if (!text)
		die(name);
	for (char *line = text; *line;) {
		size_t len = strcspn(line, "\n") + 1;

		if (strncmp(line, "@COMMANDS@\n", len) == 0)
			put_commands(out);
		else if (strncmp(line, "@KEYS@\n", len) == 0)
			put_keys(out);
		else if (strncmp(line, "@PROVIDERS@\n", len) == 0)
			put_providers(out);
		else
			(void)fwrite(line, 1, len, out);
		line += len;
	}
	free(text);
	finish(out, name);
}

int main(int argc, char **argv)
{
	const struct dirent *entry;
	char *options;
	DIR *dir;

	if (argc != 3) {
		(void)fprintf(stderr, "usage: manual PROSE OUT\n");
		return 2;
	}
	options = read_file(argv[1], "options.mdoc");
	for (const struct command *c = COMMANDS; c->name; c++)
		write_command(c, argv[1], argv[2], options);
	free(options);
	dir = opendir(argv[1]);
	if (!dir)
		die(argv[1]);
	while ((entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);

		if (len > 2 && entry->d_name[len - 2] == '.' &&
		    isdigit((unsigned char)entry->d_name[len - 1]))
			write_page(argv[1], argv[2], entry->d_name);
	}
	(void)closedir(dir);
	return 0;
}
