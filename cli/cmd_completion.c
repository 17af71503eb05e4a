#include "cli/command.h"

#include <stdio.h>
#include <string.h>

/* Made from the tables, so that it always knows exactly what the program knows. */

static void print_options_of(const struct command *command, const char *separator)
{
	for (int i = 0; i < OPTION_COUNT; i++)
		if (OPTION_TABLE[i].commands & command->bit)
			(void)printf("%s--%s", separator, OPTION_TABLE[i].name);
}

static void bash(void)
{
	(void)printf(
		"_drydock() {\n"
		"    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} cmd= w\n"
		"    for w in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
		"        case $w in -*) ;; *) cmd=$w; break ;; esac\n"
		"    done\n"
		"    case $prev in\n");
	for (int i = 0; i < OPTION_COUNT; i++) {
		const struct option_spec *spec = &OPTION_TABLE[i];

		if (spec->type != OPTION_CHOICE)
			continue;
		(void)printf("        --%s) COMPREPLY=($(compgen -W \"", spec->name);
		for (const char *p = spec->choices; *p; p++)
			(void)putchar(*p == '|' ? ' ' : *p);
		(void)printf("\" -- \"$cur\")); return ;;\n");
	}
	(void)printf("    esac\n    case $cmd in\n        '') COMPREPLY=($(compgen -W \"");
	for (const struct command *c = COMMANDS; c->name; c++)
		(void)printf("%s ", c->name);
	(void)printf("\" -- \"$cur\")) ;;\n");
	for (const struct command *c = COMMANDS; c->name; c++) {
		(void)printf("        %s) [[ $cur == -* ]] && COMPREPLY=($(compgen -W \"", c->name);
		print_options_of(c, " ");
		(void)printf("\" -- \"$cur\")) ;;\n");
	}
	(void)printf("    esac\n}\ncomplete -o default -o bashdefault -F _drydock drydock\n");
}

static void zsh(void)
{
	(void)printf("#compdef drydock\n_drydock() {\n    local -a commands=(");
	for (const struct command *c = COMMANDS; c->name; c++)
		(void)printf("'%s:%s' ", c->name, c->summary);
	(void)printf(")\n    if (( CURRENT == 2 )); then _describe command commands; return; fi\n"
	             "    case $words[2] in\n");
	for (const struct command *c = COMMANDS; c->name; c++) {
		(void)printf("        %s) [[ $words[CURRENT] == -* ]] && compadd --", c->name);
		print_options_of(c, " ");
		(void)printf(" || _files ;;\n");
	}
	(void)printf("    esac\n}\n_drydock \"$@\"\n");
}

static void fish(void)
{
	for (const struct command *c = COMMANDS; c->name; c++) {
		(void)printf("complete -c drydock -n __fish_use_subcommand -a %s -d '%s'\n",
		             c->name, c->summary);
		for (int i = 0; i < OPTION_COUNT; i++)
			if (OPTION_TABLE[i].commands & c->bit)
				(void)printf(
					"complete -c drydock -n '__fish_seen_subcommand_from %s' "
					"-l %s%s\n",
					c->name, OPTION_TABLE[i].name,
					OPTION_TABLE[i].argument ? " -r" : "");
	}
}

int cmd_completion(struct cli *cli, struct err *err)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (strcmp(shells[i].name, cli->options.operands[0]) == 0) {
			shells[i].print();
			return 0;
		}
	return err_set(err, ERR_USAGE, "there is no completion for '%.40s': bash, zsh or fish",
	               cli->options.operands[0]);
}
