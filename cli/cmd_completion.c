#include "cli/command.h"
#include "cli/remote.h"

#include "db/state/tag.h"

#include <stdio.h>
#include <string.h>

/*
 * The scripts are made from the tables, so that they know exactly what the program knows. What only
 * a root or a configuration knows they ask for when it is needed: completion remotes, keys,
 * repositories and tags print a word a line, and nothing at all where there is none to ask.
 */

/* What stands for an operand or a value: words of the table, or what is to be asked for. */
static void print_words(const char *operands)
{
	size_t n = strcspn(operands, " ");

	if (memchr(operands, '|', n) && operands[0] >= 'a' && operands[0] <= 'z')
		for (size_t i = 0; i < n; i++)
			(void)putchar(operands[i] == '|' ? ' ' : operands[i]);
	if (strstr(operands, "COMMAND"))
		for (const struct command *c = COMMANDS; c->name; c++)
			(void)printf(" %s", c->name);
	if (strstr(operands, "providers"))
		(void)printf(" providers");
}

static const char *asked_for(const char *operands)
{
	if (strstr(operands, "REMOTE"))
		return "remotes";
	if (strstr(operands, "KEY"))
		return "keys";
	if (strstr(operands, "NAME[:TAG]"))
		return "repositories tags";
	if (strstr(operands, "NAME:TAG"))
		return "tags";
	return strstr(operands, "GLOB") ? "repositories" : "";
}

static const char *value_words(const struct option_spec *spec)
{
	if (spec->type == OPTION_CHOICE)
		return spec->choices;
	/* The value of --name is a name to be. */
	return spec->argument && spec->id != OPT_NAME ? spec->argument : "";
}

/* `case` branches, the same in bash and zsh, that set `words` and `ask`. */
static void print_cases(void)
{
	(void)printf("    case $prev in\n");
	for (int i = 0; i < OPTION_COUNT; i++) {
		const struct option_spec *spec = &OPTION_TABLE[i];

		/* A name that is also that of a flag is not known for either before $cmd is. */
		if (!option_takes_value(option_find(spec->name, strlen(spec->name), CMD_ANY)))
			continue;
		(void)printf("        --%s", spec->name);
		if (spec->short_name)
			(void)printf("|-%c", spec->short_name);
		(void)printf(") choice='");
		print_words(value_words(spec));
		(void)printf("' ask='%s' value=yes ;;\n", asked_for(value_words(spec)));
	}
	(void)printf("    esac\n    [ -n \"$value\" ] || case $cmd in\n        '') choice='");
	print_words("COMMAND");
	(void)printf("' ;;\n");
	for (const struct command *c = COMMANDS; c->name; c++) {
		(void)printf("        %s) case $cur in -*) choice='", c->name);
		for (int i = 0; i < OPTION_COUNT; i++)
			if (OPTION_TABLE[i].commands & c->bit)
				(void)printf(" --%s", OPTION_TABLE[i].name);
		(void)printf("' ;; *) choice='");
		print_words(c->operands);
		(void)printf("' ask='%s' ;; esac ;;\n", asked_for(c->operands));
	}
	(void)printf("    esac\n"
	             "");
}

/* What bash and zsh do alike: `line` holds the words before the cursor, the last one is `cur`. */
static void print_common(const char *first)
{
	(void)printf("    local prev= cmd= w choice= ask= value= i\n"
	             "    local -a where\n"
	             "    for ((i = %s + 1; i < %s + ${#line[@]} - 1; i++)); do\n"
	             "        w=${line[i]}\n"
	             "        case $prev in --root|--config) where+=(\"$prev\" \"$w\") ;; esac\n"
	             "        case $w in --root=*|--config=*) where+=(\"$w\") ;; -*) ;;\n"
	             "            *) case $prev in --root|--config|--log-file) ;; *)\n"
	             "                [ -n \"$cmd\" ] || cmd=$w ;; esac ;; esac\n"
	             "        prev=$w\n"
	             "    done\n",
	             first, first);
	print_cases();
}

static void bash(void)
{
	(void)printf("_drydock() {\n"
	             "    local text=${COMP_LINE:0:COMP_POINT} cur\n"
	             "    local -a line\n"
	             "    read -ra line <<<\"$text\"\n"
	             "    case $text in *' ') line+=('') ;; esac\n"
	             "    cur=${line[${#line[@]}-1]}\n");
	print_common("0");
	(void)printf("    for w in $ask; do\n"
	             "        choice+=\" $(\"${line[0]}\" completion \"$w\" \"${where[@]}\" "
	             "2>/dev/null)\"\n"
	             "    done\n"
	             "    COMPREPLY=($(compgen -W \"$choice\" -- \"$cur\"))\n"
	             "    # Readline takes a colon for the end of a word.\n"
	             "    case $cur$COMP_WORDBREAKS in *:*:*)\n"
	             "        w=${cur%%\"${cur##*:}\"}\n"
	             "        COMPREPLY=(\"${COMPREPLY[@]#\"$w\"}\") ;;\n"
	             "    esac\n"
	             "}\n"
	             "complete -o default -o bashdefault -F _drydock drydock\n");
}

static void zsh(void)
{
	(void)printf("#compdef drydock\n"
	             "_drydock() {\n"
	             "    local cur=$words[CURRENT]\n"
	             "    local -a line=(\"${(@)words[1,CURRENT]}\")\n");
	print_common("1");
	(void)printf(
		"    for w in ${=ask}; do\n"
		"        choice+=\" $($line[1] completion $w $where 2>/dev/null)\"\n"
		"    done\n"
		"    if [ -n \"$choice\" ]; then compadd -- ${=choice}; else _files; fi\n"
		"}\n"
		"if [ \"$funcstack[1]\" = _drydock ]; then _drydock \"$@\"; else compdef _drydock "
		"drydock; fi\n");
}

static void fish_ask(const char *ask)
{
	for (; *ask; ask += strcspn(ask, " "), ask += *ask == ' ')
		(void)printf(" (drydock completion %.*s 2>/dev/null)", (int)strcspn(ask, " "), ask);
}

static void fish(void)
{
	for (const struct command *c = COMMANDS; c->name; c++) {
		(void)printf("complete -c drydock -n __fish_use_subcommand -f -a %s -d '%s'\n",
		             c->name, c->summary);
		(void)printf("complete -c drydock -n '__fish_seen_subcommand_from %s' %s-a '",
		             c->name, strstr(c->operands, "SRC") ? "" : "-f ");
		print_words(c->operands);
		fish_ask(asked_for(c->operands));
		(void)printf("'\n");
		for (int i = 0; i < OPTION_COUNT; i++) {
			const struct option_spec *spec = &OPTION_TABLE[i];

			if (!(spec->commands & c->bit))
				continue;
			(void)printf("complete -c drydock -n '__fish_seen_subcommand_from %s' "
			             "-l %s",
			             c->name, spec->name);
			if (spec->short_name)
				(void)printf(" -s %c", spec->short_name);
			if (option_takes_value(spec)) {
				(void)printf(" -r -a '");
				print_words(value_words(spec));
				fish_ask(asked_for(value_words(spec)));
				(void)printf("'");
			}
			(void)putchar('\n');
		}
	}
}

static int print_tag(void *context, const struct tag_row *row, struct err *err)
{
	(void)context, (void)err;
	(void)printf("%s:%s\n", row->repo, row->name);
	return 0;
}

static int print_repo(void *context, const char *repo, struct err *err)
{
	(void)context, (void)err;
	(void)printf("%s\n", repo);
	return 0;
}

static int print_remotes(const struct cli *cli)
{
	const char *names[REMOTES_MAX];
	size_t count = remote_names(&cli->root_config, &cli->user_config, names);

	for (size_t i = 0; i < count; i++)
		(void)printf("%s\n", names[i]);
	return 0;
}

/* The keys of [core] and of the remotes that there are; those of commands are many, and the same.
 */
static int print_keys(const struct cli *cli)
{
	const char *names[REMOTES_MAX];
	size_t count = remote_names(&cli->root_config, &cli->user_config, names);

	for (size_t i = 0; i <= count; i++) {
		const char *name = i < count ? names[i] : NULL;

		if (name)
			(void)printf("remote.%s.url\n", name);
		for (int k = 0; k < OPTION_COUNT; k++) {
			char key[CONFIG_KEY_MAX];

			if (k == OPT_HELP || k == OPT_CONFIG || (name && k == OPT_ROOT) ||
			    (name && !(OPTION_TABLE[k].commands & CMD_REMOTES)))
				continue;
			(void)printf("%s%s.%s\n", name ? "remote." : "core", name ? name : "",
			             config_key_of(&OPTION_TABLE[k], key));
		}
	}
	return 0;
}

static int print_of_root(struct cli *cli, bool tags, struct err *err)
{
	struct root root = ROOT_INIT;
	int result;

	if (cli_open_root(cli, &root, ROOT_READ, err) < 0)
		return -1;
	result = tags ? tag_each(root.db, NULL, TAGS_LIVE, print_tag, NULL, err)
	              : repo_each(root.db, print_repo, NULL, err);
	root_close(&root);
	return result;
}

int cmd_completion(struct cli *cli, struct err *err)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
	const char *what = cli->options.operands[0];

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (strcmp(shells[i].name, what) == 0) {
			shells[i].print();
			return 0;
		}
	if (strcmp(what, "remotes") == 0)
		return print_remotes(cli);
	if (strcmp(what, "keys") == 0)
		return print_keys(cli);
	if (strcmp(what, "tags") == 0 || strcmp(what, "repositories") == 0)
		return print_of_root(cli, what[0] == 't', err);
	return err_set(err, ERR_USAGE, "there is no completion for '%.40s': bash, zsh or fish",
	               what);
}
