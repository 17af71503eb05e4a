#include "cli/command.h"

#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

const struct command COMMANDS[] = {
	{"stage", CMD_STAGE, "SRC… | --from FILE", "read image archives into the registry root",
         "SRC is an archive of docker save, nerdctl save, podman save, ctr images export or skopeo "
         "(plain or compressed), an OCI layout or a folder, or - for standard input. What it is is "
         "found out from its content; a prefix overrides that: docker-archive: oci-archive: oci: "
         "dir: docker-daemon:. Behind the path of the first three may stand which image of it is "
         "meant, as in oci:DIR:TAG; --image says so of any source. An image of a registry is "
         "docker://[HOST/]NAME[:TAG].\n"
         "\n"
         "Every digest is checked before anything is published. The root is made when it is not "
         "there.\n"
         "\n"
         "FILE has one source a line, in words quoted as for a shell, of which nothing is "
         "expanded; "
         "# begins a comment. A line may have these options for its source: --name --image "
         "--platform --strip-host --sparse --format --compress. Relative paths begin in the "
         "working directory.",
         cmd_stage, 0, SIZE_MAX, 0}, /* cmd_stage counts: --from decides */
	{"sync", CMD_SYNC, "[REMOTE | s3://BUCKET[/PREFIX]]", "send to a bucket what it lacks",
         "Lists the bucket, compares it with the root, and sends only what is missing, blobs "
         "first, tags last. Whatever stops it, the next run goes on where it stopped. A dry run "
         "ends with status 3 when something would be held.\n"
         "\n"
         "REMOTE is a name from the configuration; with one remote there, or one named default, it "
         "may be left out. A URL means the remote that has it. Credentials come from where aws-cli "
         "takes them.",
         cmd_sync, 0, 1, 0},
	{"diff", CMD_DIFF, "[REMOTE | s3://BUCKET[/PREFIX]]", "show what sync would do",
         "The same plan as sync --dry-run: only GET, HEAD and LIST are sent, nothing changes. "
         "Status 3 when something would be held, as it is then of sync.",
         cmd_diff, 0, 1, 0},
	{"status", CMD_STATUS, "[REMOTE]", "root, last runs, uploads in flight, what waits",
         "From the state alone: no request is sent.", cmd_status, 0, 1, 0},
	{"ls", CMD_LS, "[NAME[:TAG]]", "list repositories, tags, platforms and sizes", "", cmd_ls,
         0, 1, 0},
	{"verify", CMD_VERIFY, "[--remote [--full] [REMOTE | s3://BUCKET[/PREFIX]]]",
         "read the whole root, or a bucket, and check every digest",
         "With --remote each object of the bucket is looked at (HEAD): is it there, with its size, "
         "checksum and Content-Type? With --full it is fetched and hashed as well.",
         cmd_verify, 0, SIZE_MAX, 0}, /* cmd_verify counts: --remote decides */
	{"untag", CMD_UNTAG, "NAME:TAG…", "take tags out of the registry",
         "What a tag points to stays until gc. The next sync removes the tag from the bucket too, "
         "if "
         "the bucket's is the one that this root put there.",
         cmd_untag, 1, SIZE_MAX, 0},
	{"gc", CMD_GC, "", "drop manifests and blobs that no tag reaches any more",
         "Only the root is changed. In a bucket, sync --delete removes what the root no longer "
         "has.",
         cmd_gc, 0, 0, 0},
	{"rescan", CMD_RESCAN, "", "rebuild the state file from the tree",
         "Hashes every file and records what verifies. The old state file, whatever is wrong with "
         "it, is kept beside the new one. What the tree cannot tell is lost: uploads under way, "
         "tags "
         "that were removed since the last sync, and what was known of buckets.",
         cmd_rescan, 0, 0, 0},
	{"uploads", CMD_UPLOADS, "list|abort [REMOTE | s3://BUCKET[/PREFIX]]",
         "show or abort multipart uploads under way",
         "Only uploads that this root began are shown and aborted. An aborted one starts over with "
         "the "
         "next sync.",
         cmd_uploads, 1, 2, 1},
	{"init", CMD_INIT, "[DIR]", "make a registry root",
         "DIR is ./registry when it is left out. A folder that holds other things is taken as it "
         "is. stage makes a root too where there is none.",
         cmd_init, 0, 1, 0},
	{"remote", CMD_REMOTES, "list|show|add|set|remove [REMOTE [URL]]",
         "show and change the remotes of the configuration",
         "add takes a name, s3://BUCKET[/PREFIX] and the options that sync is to have for it, and "
         "set what is to be changed of them. list shows all remotes, show what is said of one. The "
         "configuration that is changed is the root's where there is a root, else the user's; with "
         "--user or --config it is the user's.",
         cmd_remote, 1, 3, 0},
	{"config", CMD_CONFIG, "list|get|set|unset|edit [KEY [VALUE]]",
         "show and change the configuration",
         "KEY is SECTION.NAME: core.root, sync.part_size, remote.prod.url. list shows what both "
         "files say, the user's first; get what counts: the root's file beats the user's. The "
         "file that is changed is the root's where there is a root, else the user's; with --user "
         "or --config it is the user's. Comments and the rest of it stay as they are. edit opens "
         "it in $VISUAL or $EDITOR, and refuses what could not be read.",
         cmd_config, 1, 3, 0},
	{"doctor", CMD_DOCTOR, "[REMOTE | s3://BUCKET[/PREFIX]]",
         "say whether a bucket can be written and pulled from, and what to do",
         "First as sync would, with your credentials: may they list, write and delete? What is "
         "written for that lies below drydock-doctor/, beside the registry, and is removed again. "
         "Then as container clients would, without credentials, at the address from which people "
         "pull. A line for each check; where one fails, why it matters and what to paste. No root "
         "is needed.",
         cmd_doctor, 0, 1, 0},
	{"recipe", CMD_RECIPE,
         "docker|podman|containerd|nerdctl|k3s|nginx [REMOTE | s3://BUCKET[/PREFIX]]",
         "print how the machines that pull are set up",
         "Which files a client needs to pull from the remote, what stands in them, and what to "
         "type then: only what is needed for http, for a certificate of your own authority, or "
         "for a bucket below a path; nginx maps such a bucket to a host. --pull-host says where "
         "people pull from, if not from the bucket's own host. No request is sent.",
         cmd_recipe, 1, 2, 1},
	{"serve", CMD_SERVE, "", "let container clients pull from the root",
         "A read-only registry over HTTP: docker pull 127.0.0.1:5000/app:1.0. Only this machine "
         "can "
         "reach it unless --listen says otherwise; for others give it TLS and passwords. What is "
         "staged, untagged or moved meanwhile "
         "shows at once. Each request is told on standard output, in the common log format. A "
         "signal (TERM, INT) ends it.",
         cmd_serve, 0, 0, 0},
	{"headers", CMD_HEADERS,
         "nginx|apache|caddy|lighttpd|netlify|cloudflare-pages|s3-website|cloudfront",
         "print the configuration of a web server for the root",
         "With it that server answers container clients from the root's tree: types and digests "
         "of manifests, errors, caching, and nothing but v2/. It holds the tags: make it again "
         "after they have changed. s3-website and cloudfront are for what stands before a bucket, "
         "and know no tags.",
         cmd_headers, 1, 1, 0},
	{"page", CMD_PAGE, "", "write pages about the root for people to look at",
         "index.html and what is below page/, beside v2/: static, for any web server and any "
         "browser; they load nothing from elsewhere. Repositories, tags, platforms, sizes, layers "
         "and who shares them, labels, provenance, signatures, and commands to pull. Only pages "
         "that change are written; make them again after tags have changed.",
         cmd_page, 0, 0, 0},
	{"export", CMD_EXPORT, "",
         "put the published tree into a folder, for a host of static files",
         "As links where the file system can, else as clones or copies, and never .drydock. Again, "
         "it changes what differs and takes away what the root no longer has, of its own files "
         "alone; killed, it goes on. --for adds what a host wants, such as _headers, says what it "
         "cannot do, and refuses what is beyond its limits. Without it the tree is for rsync, scp "
         "or a web server.",
         cmd_export, 0, 0, 0},
	{"completion", CMD_COMPLETION, "bash|zsh|fish", "print a shell completion script",
         "For bash: source <(drydock completion bash). make install puts the scripts where the "
         "shells "
         "look for them. They ask the root and the configuration by completion remotes, "
         "keys, repositories and tags, which print a word a line.",
         cmd_completion, 1, 1, 0},
	{"version", CMD_VERSION, "", "print the version, and those of the libraries", "",
         cmd_version, 0, 0, 0},
	{"help", CMD_HELP, "[COMMAND|providers]", "show help",
         "help providers prints what is known of the services that speak S3, and from where.",
         cmd_help, 0, 1, 0},
	{NULL, 0, NULL, NULL, NULL, NULL, 0, 0, 0},
};

const struct command *command_find(const char *name)
{
	for (const struct command *c = COMMANDS; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

const char *command_section(size_t i, unsigned *command)
{
	*command = COMMANDS[i].bit;
	return COMMANDS[i].name;
}

/* What git, docker, skopeo, rclone and restic call it. */
static const struct {
	const char *word, *meant;
} FOREIGN_WORDS[] = {
	{"push", "sync"},    {"upload", "sync"}, {"publish", "sync"},   {"load", "stage"},
	{"import", "stage"}, {"add", "stage"},   {"pull", "stage"},     {"copy", "stage"},
	{"rm", "untag"},     {"rmi", "untag"},   {"remove", "untag"},   {"delete", "untag"},
	{"list", "ls"},      {"images", "ls"},   {"tree", "ls"},        {"prune", "gc"},
	{"check", "verify"}, {"fsck", "verify"}, {"rebuild", "rescan"},
};

int command_unknown(const char *name, struct err *err)
{
	char hint[NEAREST_HINT_MAX];
	struct nearest n;

	nearest_init(&n, name);
	for (const struct command *c = COMMANDS; c->name; c++)
		nearest_offer(&n, c->name);
	for (size_t i = 0; i < sizeof(FOREIGN_WORDS) / sizeof(FOREIGN_WORDS[0]); i++)
		if (strcmp(FOREIGN_WORDS[i].word, name) == 0)
			nearest_offer_as(&n, name, FOREIGN_WORDS[i].meant);
	return err_set(err, ERR_USAGE, "there is no command '%.80s'%s (drydock help lists them)",
	               name, nearest_hint(&n, "", hint));
}

int command_unknown_verb(const struct command *command, const char *verb, struct err *err)
{
	size_t end = strcspn(command->operands, " ");
	char hint[NEAREST_HINT_MAX];
	struct nearest n;

	nearest_init(&n, verb);
	nearest_offer_choices(&n, command->operands, end);
	return err_set(err, ERR_USAGE, "'%.40s' is none of %.*s%s", verb, (int)end,
	               command->operands, nearest_hint(&n, "", hint));
}
