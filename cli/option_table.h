/*
 * option_table: the one table of options, from which parsing, --help, shell completion, environment
 * variables (DRYDOCK_<OPTION>) and configuration keys are made, and with which the manual is
 * compared.
 *
 * A default is the constant that the code goes by, which stands where that code is; the table only
 * refers to it, and --help formats it.
 */
#ifndef DRYDOCK_CLI_OPTION_TABLE_H
#define DRYDOCK_CLI_OPTION_TABLE_H

#include "base/units.h"

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
	CMD_SERVE = 1 << 14,
	CMD_REMOTES = 1 << 15, /* drydock remote */
	CMD_INIT = 1 << 16,
	CMD_HEADERS = 1 << 17,
	CMD_DOCTOR = 1 << 18,
	CMD_RECIPE = 1 << 19,
	CMD_PAGE = 1 << 20,
	CMD_EXPORT = 1 << 21,
	CMD_ANY = 0x7fffffff,
};
enum {
	/* Those that are about a bucket. */
	CMD_BUCKET = CMD_SYNC | CMD_DIFF | CMD_UPLOADS | CMD_VERIFY | CMD_DOCTOR | CMD_RECIPE,
	/* What drydock remote puts into a remote's section besides. */
	CMD_REMOTE = CMD_BUCKET | CMD_REMOTES,
	CMD_TRANSFER = CMD_SYNC | CMD_DIFF | CMD_REMOTES,
	CMD_ATTRIBUTES = CMD_TRANSFER | CMD_DOCTOR, /* those that put headers on objects */
	/* Those that have to do with a link; doctor has no patience with it, recipe has none. */
	CMD_LINK = (CMD_REMOTE & ~(CMD_DOCTOR | CMD_RECIPE)) | CMD_STAGE,
	CMD_WRITES =
		CMD_STAGE | CMD_SYNC | CMD_UNTAG | CMD_GC | CMD_RESCAN | CMD_UPLOADS | CMD_PAGE,
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
	OPT_FROM,
	OPT_IMAGE,
	OPT_PLATFORM,
	OPT_STRIP_HOST,
	OPT_SPARSE,
	OPT_FORMAT,
	OPT_COMPRESS,
	OPT_LINK,
	OPT_RECHECK,
	OPT_NO_REFERRERS,
	/* registries: docker:// */
	OPT_AUTHFILE,
	OPT_SRC_TLS_VERIFY,
	OPT_REGISTRY_MIRROR,
	OPT_TAGS_LIMIT,
	OPT_FOREIGN_LAYERS,
	OPT_REFERRERS,
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
	OPT_REQUEST_PAYER,
	OPT_NO_VERIFY_SSL,
	OPT_CA_BUNDLE,
	OPT_CLIENT_CERT,
	OPT_CLIENT_KEY,
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
	OPT_PAGE,
	OPT_FORCE_TAG,
	OPT_ALERT_AFTER,
	OPT_METRICS_FILE,
	OPT_NOTIFY,
	OPT_NOTIFY_ON,
	OPT_EXIT_CODE,
	/* others */
	OPT_TREE,
	OPT_REMOTE,
	OPT_FULL,
	OPT_SHOW_ORIGIN,
	OPT_USER,
	/* serve */
	OPT_LISTEN,
	OPT_MAX_CONNECTIONS,
	OPT_TLS_CERT,
	OPT_TLS_KEY,
	OPT_HTPASSWD,
	OPT_ACCESS_LOG,
	/* headers */
	OPT_OUTPUT,
	OPT_HEADERS,
	/* export */
	OPT_EXPORT_TREE,
	OPT_FOR,
	/* doctor */
	OPT_PULL_HOST,
	OPT_READ_ONLY,
	OPT_NO_PULL,
	/* page */
	OPT_TITLE,
	OPTION_COUNT,
};

enum option_type {
	OPTION_FLAG, /* no value; in the environment and files 1/0, true/false, yes/no, on/off */
	OPTION_COUNT_UP, /* may be repeated: -vv */
	OPTION_TEXT,
	OPTION_PATH, /* of a file or folder; ~/ is the home folder */
	OPTION_LIST, /* may be repeated; in the environment and files separated by commas */
	OPTION_NUMBER,
	OPTION_SIZE,
	OPTION_RATE, /* a size, in a second */
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
	unsigned commands;      /* enum command_bit */
	const char *choices;    /* "auto|path|virtual"; or NULL */
	const char *help;       /* without the default, unless that is no value */
	uint64_t default_value; /* of numbers, sizes (bytes) and durations (ms); 0: there is none */
};

extern const struct option_spec OPTION_TABLE[OPTION_COUNT];

/*
 * By long name, also with '_' for '-', or by letter. NULL when there is none. Where two commands
 * mean different things by one name, that of `commands` is found first.
 */
const struct option_spec *option_find(const char *name, size_t len, unsigned commands);
const struct option_spec *option_find_short(char letter);

/* Whether the next word is the option's value, where no "=value" stands with it. */
bool option_takes_value(const struct option_spec *spec);

/* The default as a user would write it: "8", "5MiB", "24h"; "" when there is none. Returns `text`.
 */
const char *option_default_text(const struct option_spec *spec, char text[UNITS_TEXT_MAX]);

#endif
