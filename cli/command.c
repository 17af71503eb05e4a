#include "cli/command.h"

#include <string.h>

const struct command COMMANDS[] = {
	{"stage", CMD_STAGE, "SRC…", "read image archives into the registry root",
         "SRC is an archive of docker save, nerdctl save, podman save, ctr images export or skopeo "
         "(plain or compressed), an OCI layout or a folder, or - for standard input. What it is is "
         "found out from its content; a prefix overrides that: docker-archive: oci-archive: oci: "
         "dir: docker-daemon:\n"
         "\n"
         "Every digest is checked before anything is published. The root is made when it is not "
         "there.",
         cmd_stage},
	{"sync", CMD_SYNC, "[REMOTE | s3://BUCKET[/PREFIX]]", "send to a bucket what it lacks",
         "Lists the bucket, compares it with the root, and sends only what is missing, blobs "
         "first, tags last. Whatever stops it, the next run goes on where it stopped.\n"
         "\n"
         "REMOTE is a name from the configuration; with one remote there, or one named default, it "
         "may be left out. Credentials come from where aws-cli takes them.",
         cmd_sync},
	{"diff", CMD_DIFF, "[REMOTE | s3://BUCKET[/PREFIX]]", "show what sync would do",
         "The same plan as sync --dry-run: only GET, HEAD and LIST are sent, nothing changes.",
         cmd_diff},
	{"status", CMD_STATUS, "[REMOTE]", "root, last runs, uploads in flight, what waits",
         "From the state alone: no request is sent.", cmd_status},
	{"ls", CMD_LS, "[NAME[:TAG]]", "list repositories, tags, platforms and sizes", "", cmd_ls},
	{"verify", CMD_VERIFY, "", "read the whole root and check every digest", "", cmd_verify},
	{"completion", CMD_COMPLETION, "bash|zsh|fish", "print a shell completion script",
         "bash: drydock completion bash > /etc/bash_completion.d/drydock", cmd_completion},
	{"version", CMD_VERSION, "", "print the version, and those of the libraries", "",
         cmd_version},
	{"help", CMD_HELP, "[COMMAND]", "show help", "", cmd_help},
	{NULL, 0, NULL, NULL, NULL, NULL},
};

const struct command *command_find(const char *name)
{
	for (const struct command *c = COMMANDS; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

int cli_check_operands(const struct cli *cli, const char *name, size_t least, size_t most,
                       struct err *err)
{
	size_t count = cli->options.operand_count;
	const struct command *command = command_find(name);

	if (count >= least && count <= most)
		return 0;
	if (count < least)
		return err_set(err, ERR_USAGE, "something is missing: drydock %s [OPTION]… %s",
		               name, command->operands);
	return err_set(err, ERR_USAGE, "unexpected '%s': drydock %s [OPTION]… %s",
	               cli->options.operands[most], name, command->operands);
}
