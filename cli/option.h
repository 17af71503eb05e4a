/*
 * option: the one table of options, from which parsing, --help, shell completion, environment
 * variables (DRYDOCK_<OPTION>) and configuration keys are made.
 *
 *     struct options o;
 *     options_init(&o);
 *     options_parse(&o, command, argc, argv, err);     the command line
 *     options_environment(&o, command, err);           DRYDOCK_*
 *     (cli/config.h adds the files)
 *     option_flag(&o, OPT_DRY_RUN); option_text(&o, OPT_ROOT); …
 *
 * A value keeps its origin, so that a complaint about it, and `config list --show-origin`, can say
 * where it came from. The first source that gives an option a value wins: add the strongest first.
 */
#ifndef DRYDOCK_CLI_OPTION_H
#define DRYDOCK_CLI_OPTION_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which commands take an option. */
enum command_bit {
	CMD_STAGE = 1 << 0,
	CMD_SYNC = 1 << 1,
	CMD_DIFF = 1 << 2,
	CMD_STATUS = 1 << 3,
	CMD_LS = 1 << 4,
	CMD_VERIFY = 1 << 5,
	CMD_VERSION = 1 << 6,
	CMD_HELP = 1 << 7,
	CMD_COMPLETION = 1 << 8,
	CMD_UNTAG = 1 << 9,
	CMD_GC = 1 << 10,
	CMD_RESCAN = 1 << 11,
	CMD_UPLOADS = 1 << 12,
	CMD_CONFIG = 1 << 13,
	CMD_ANY = ~0,
};
enum {
	CMD_REMOTE =
		CMD_SYNC | CMD_DIFF | CMD_UPLOADS | CMD_VERIFY, /* those that talk to a bucket */
	CMD_TRANSFER = CMD_SYNC | CMD_DIFF,
	CMD_WRITES = CMD_STAGE | CMD_SYNC | CMD_UNTAG | CMD_GC | CMD_RESCAN | CMD_UPLOADS,
};

enum option_id {
	/* every command */
	OPT_ROOT,
	OPT_CONFIG,
	OPT_QUIET,
	OPT_VERBOSE,
	OPT_JSON,
	OPT_PROGRESS,
	OPT_COLOR,
	OPT_LOG_FILE,
	OPT_HELP,
	OPT_LOCK_WAIT,
	/* stage */
	OPT_NAME,
	OPT_PLATFORM,
	OPT_STRIP_HOST,
	OPT_SPARSE,
	OPT_FORMAT,
	OPT_COMPRESS,
	OPT_LINK,
	OPT_RECHECK,
	OPT_NO_REFERRERS,
	/* how much of an archive is read */
	OPT_MAX_MANIFEST_SIZE,
	OPT_MAX_INDEX_SIZE,
	OPT_MAX_JSON_VALUES,
	OPT_MAX_JSON_DEPTH,
	OPT_MAX_ENTRIES,
	OPT_MAX_UNCOMPRESSED_SIZE,
	/* where the bucket is */
	OPT_ENDPOINT_URL,
	OPT_REGION,
	OPT_PROFILE,
	OPT_PROVIDER,
	OPT_ADDRESSING_STYLE,
	OPT_NO_VERIFY_SSL,
	OPT_CA_BUNDLE,
	/* how to transfer */
	OPT_TRANSFERS,
	OPT_PART_SIZE,
	OPT_MULTIPART_THRESHOLD,
	OPT_BWLIMIT,
	OPT_MAX_DURATION,
	OPT_MAX_TRANSFER,
	OPT_GIVE_UP_AFTER,
	OPT_CONNECT_WAIT,
	OPT_RETRY_MAX_DELAY,
	OPT_TIMEOUT,
	/* what to put on objects */
	OPT_ACL,
	OPT_SSE,
	OPT_SSE_KMS_KEY_ID,
	OPT_STORAGE_CLASS,
	OPT_CACHE_CONTROL_DIGEST,
	OPT_CACHE_CONTROL_TAG,
	/* what to do */
	OPT_DRY_RUN,
	OPT_DELETE,
	OPT_MAX_DELETE,
	OPT_GRACE,
	OPT_INCLUDE,
	OPT_EXCLUDE,
	OPT_CHECK_METADATA,
	OPT_PARANOID,
	OPT_FORCE_TAG,
	OPT_ALERT_AFTER,
	OPT_METRICS_FILE,
	OPT_EXIT_CODE,
	/* others */
	OPT_TREE,
	OPT_REMOTE,
	OPT_FULL,
	OPT_SHOW_ORIGIN,
	OPTION_COUNT,
};

enum option_type {
	OPTION_FLAG, /* no value; in the environment and files 1/0, true/false, yes/no, on/off */
	OPTION_COUNT_UP, /* may be repeated: -vv */
	OPTION_TEXT,
	OPTION_LIST, /* may be repeated; in the environment and files separated by commas */
	OPTION_NUMBER,
	OPTION_SIZE,
	OPTION_DURATION,
	OPTION_CHOICE,
	OPTION_OPTIONAL, /* --delete or --delete=foreign: a choice that may be left out */
};

struct option_spec {
	enum option_id id;
	char short_name;      /* 0: none */
	const char *name;     /* without dashes */
	const char *argument; /* shown in help; NULL for flags */
	enum option_type type;
	unsigned commands;   /* enum command_bit */
	const char *choices; /* "auto|path|virtual", or NULL */
	const char *help;
};

extern const struct option_spec OPTION_TABLE[OPTION_COUNT];

enum { OPTION_LIST_MAX = 256, ORIGIN_MAX = 320 };

struct option_value {
	const char
		*values[OPTION_LIST_MAX]; /* borrowed from argv and environ, or owned by `arena` */
	size_t count;                     /* of values; flags: 1 when given */
	char origin[ORIGIN_MAX];          /* "--part-size", "DRYDOCK_PART_SIZE", "config:12 …" */
};

struct options {
	struct option_value values[OPTION_COUNT];
	const char **operands; /* owned array of borrowed text */
	size_t operand_count;
	char **arena; /* owned copies */
	size_t arena_count;
};

void options_init(struct options *o);
void options_release(struct options *o);

/* Options stand before, between or after the operands; "--" ends them. `argv` is without the
 * command's name. ERR_USAGE for what cannot be understood or does not belong to the command. */
int options_parse(struct options *o, unsigned command, int argc, char **argv,
                  struct err *err) MUST_CHECK;
int options_environment(struct options *o, unsigned command, struct err *err) MUST_CHECK;

/* For config files: adds a value from `origin`, copied, unless a stronger source gave one. */
int options_add(struct options *o, enum option_id id, const char *value, const char *origin,
                struct err *err) MUST_CHECK;

/* By long name, also with '_' for '-'. NULL when there is none. */
const struct option_spec *option_find(const char *name, size_t len);

bool option_given(const struct options *o, enum option_id id);
bool option_flag(const struct options *o, enum option_id id);
unsigned option_count(const struct options *o, enum option_id id);   /* OPTION_COUNT_UP */
const char *option_text(const struct options *o, enum option_id id); /* NULL when not given */
/* These leave *value alone when the option was not given. */
int option_size(const struct options *o, enum option_id id, uint64_t *bytes,
                struct err *err) MUST_CHECK;
int option_duration(const struct options *o, enum option_id id, int64_t *ms,
                    struct err *err) MUST_CHECK;
int option_number(const struct options *o, enum option_id id, uint64_t *number,
                  struct err *err) MUST_CHECK;
/* Position in `choices`, or `otherwise` when not given. Choices are checked when they are added. */
int option_choice(const struct options *o, enum option_id id, int otherwise);

#endif
