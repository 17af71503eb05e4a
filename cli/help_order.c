#include "cli/help_order.h"

#include <string.h>

/* The options that matter most (OPT_HELP stands for none), and an example. */
static const struct hint {
	unsigned command; /* enum command_bit */
	enum option_id first[HELP_FIRST_MAX];
	const char *example;
} HINTS[] = {
	{CMD_STAGE,
         {OPT_NAME, OPT_IMAGE, OPT_PLATFORM, OPT_COMPRESS, OPT_ROOT},
         "drydock stage docker://example.org/app:1.0\n"
         "nerdctl save app:1.0 | drydock stage -\n"
         "drydock stage -t tools/app:1.0 app.tar"},
	{CMD_SYNC,
         {OPT_DRY_RUN, OPT_ENDPOINT_URL, OPT_QUIET, OPT_MAX_DURATION, OPT_DELETE},
         "drydock sync s3://my-registry -n\n"
         "drydock sync prod"},
	{CMD_DIFF,
         {OPT_EXIT_CODE, OPT_ENDPOINT_URL, OPT_INCLUDE, OPT_DELETE, OPT_JSON},
         "drydock diff prod"},
	{CMD_STATUS, {OPT_ROOT, OPT_JSON, OPT_HELP, OPT_HELP, OPT_HELP}, "drydock status"},
	{CMD_LS, {OPT_TREE, OPT_ROOT, OPT_JSON, OPT_HELP, OPT_HELP}, "drydock ls --tree app:1.0"},
	{CMD_VERIFY,
         {OPT_REMOTE, OPT_FULL, OPT_ENDPOINT_URL, OPT_ROOT, OPT_JSON},
         "drydock verify --remote prod"},
	{CMD_UNTAG,
         {OPT_ROOT, OPT_LOCK_WAIT, OPT_HELP, OPT_HELP, OPT_HELP},
         "drydock untag app:1.0"},
	{CMD_GC, {OPT_DRY_RUN, OPT_ROOT, OPT_LOCK_WAIT, OPT_HELP, OPT_HELP}, "drydock gc -n"},
	{CMD_RESCAN,
         {OPT_ROOT, OPT_LOCK_WAIT, OPT_HELP, OPT_HELP, OPT_HELP},
         "drydock rescan --root /srv/registry"},
	{CMD_UPLOADS,
         {OPT_ENDPOINT_URL, OPT_REGION, OPT_ROOT, OPT_JSON, OPT_HELP},
         "drydock uploads list prod"},
	{CMD_INIT,
         {OPT_ROOT, OPT_HELP, OPT_HELP, OPT_HELP, OPT_HELP},
         "drydock init /srv/registry"},
	{CMD_REMOTES,
         {OPT_ENDPOINT_URL, OPT_REGION, OPT_PROFILE, OPT_ACL, OPT_USER},
         "drydock remote add prod s3://images --endpoint-url https://s3.example.com\n"
         "drydock remote set prod --bwlimit 1M"},
	{CMD_CONFIG,
         {OPT_SHOW_ORIGIN, OPT_USER, OPT_ROOT, OPT_JSON, OPT_HELP},
         "drydock config list --show-origin\n"
         "drydock config set sync.max_duration 50m"},
	{CMD_DOCTOR,
         {OPT_PULL_HOST, OPT_READ_ONLY, OPT_ENDPOINT_URL, OPT_PROFILE, OPT_JSON},
         "drydock doctor prod\n"
         "drydock doctor s3://my-registry --pull-host images.example.org"},
	{CMD_RECIPE,
         {OPT_PULL_HOST, OPT_CA_BUNDLE, OPT_ENDPOINT_URL, OPT_JSON, OPT_HELP},
         "drydock recipe podman prod\n"
         "drydock recipe nginx s3://my-registry/team --pull-host images.example.org"},
	{CMD_SERVE,
         {OPT_LISTEN, OPT_TLS_CERT, OPT_TLS_KEY, OPT_HTPASSWD, OPT_ROOT},
         "drydock serve --root /srv/registry"},
	{CMD_HEADERS,
         {OPT_OUTPUT, OPT_LISTEN, OPT_ROOT, OPT_HELP, OPT_HELP},
         "drydock headers nginx --output /etc/nginx/conf.d/drydock.conf"},
	{CMD_PAGE,
         {OPT_PULL_HOST, OPT_TITLE, OPT_ROOT, OPT_LOCK_WAIT, OPT_JSON},
         "drydock page --pull-host images.example.org"},
	{CMD_EXPORT,
         {OPT_EXPORT_TREE, OPT_FOR, OPT_DRY_RUN, OPT_ROOT, OPT_JSON},
         "drydock export --tree site --for netlify\n"
         "drydock export --tree /srv/www && rsync -a /srv/www/v2 example.org:/srv/www/"},
	{CMD_COMPLETION,
         {OPT_HELP, OPT_HELP, OPT_HELP, OPT_HELP, OPT_HELP},
         "source <(drydock completion bash)"},
	{CMD_VERSION, {OPT_VERBOSE, OPT_JSON, OPT_HELP, OPT_HELP, OPT_HELP}, "drydock version -v"},
	{CMD_HELP,
         {OPT_HELP, OPT_HELP, OPT_HELP, OPT_HELP, OPT_HELP},
         "drydock help sync\ndrydock help providers"},
};

static const enum option_id WHERE[] = {
	OPT_ROOT,          OPT_CONFIG,         OPT_ENDPOINT_URL,     OPT_REGION,
	OPT_PROFILE,       OPT_PROVIDER,       OPT_ADDRESSING_STYLE, OPT_REQUEST_PAYER,
	OPT_NO_VERIFY_SSL, OPT_CA_BUNDLE,      OPT_CLIENT_CERT,      OPT_CLIENT_KEY,
	OPT_AUTHFILE,      OPT_SRC_TLS_VERIFY, OPT_REGISTRY_MIRROR,  OPT_LISTEN,
	OPT_USER,          OPT_PULL_HOST};
static const enum option_id HOW[] = {OPT_FORMAT,
                                     OPT_COMPRESS,
                                     OPT_LINK,
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
                                     OPT_MAX_CONNECTIONS,
                                     OPT_ACL,
                                     OPT_SSE,
                                     OPT_SSE_KMS_KEY_ID,
                                     OPT_STORAGE_CLASS,
                                     OPT_CACHE_CONTROL_DIGEST,
                                     OPT_LOCK_WAIT,
                                     OPT_CACHE_CONTROL_TAG};
static const enum option_id SAFETY[] = {OPT_DRY_RUN,
                                        OPT_MAX_DELETE,
                                        OPT_GRACE,
                                        OPT_CHECK_METADATA,
                                        OPT_PARANOID,
                                        OPT_RECHECK,
                                        OPT_SPARSE,
                                        OPT_MAX_MANIFEST_SIZE,
                                        OPT_MAX_INDEX_SIZE,
                                        OPT_MAX_JSON_VALUES,
                                        OPT_MAX_JSON_DEPTH,
                                        OPT_MAX_ENTRIES,
                                        OPT_MAX_UNCOMPRESSED_SIZE};
static const enum option_id OUTPUT[] = {
	OPT_QUIET,     OPT_VERBOSE,     OPT_JSON,         OPT_PROGRESS, OPT_COLOR,
	OPT_LOG_FILE,  OPT_ALERT_AFTER, OPT_METRICS_FILE, OPT_NOTIFY,   OPT_NOTIFY_ON,
	OPT_EXIT_CODE, OPT_SHOW_ORIGIN, OPT_ACCESS_LOG,   OPT_HELP};

#define ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

static bool one_of(enum option_id id, const enum option_id *ids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

const char *help_group_title(enum help_group group)
{
	static const char *const titles[HELP_GROUPS] = {"Most used", "Where",  "How",
	                                                "What",      "Safety", "Output"};

	return titles[group];
}

static const struct hint *hint_of(const struct command *command)
{
	for (size_t i = 0; i < ELEMENTS(HINTS); i++)
		if (HINTS[i].command == command->bit)
			return &HINTS[i];
	return NULL;
}

static size_t first_of(const struct command *command, enum option_id order[OPTION_COUNT])
{
	const struct hint *hint = hint_of(command);
	size_t n = 0;

	if (hint) {
		for (size_t i = 0; i < HELP_FIRST_MAX; i++)
			if (hint->first[i] != OPT_HELP)
				order[n++] = hint->first[i];
		return n;
	}
	for (int i = 0; i < OPTION_COUNT && n < HELP_FIRST_MAX; i++)
		if ((OPTION_TABLE[i].commands & command->bit) &&
		    OPTION_TABLE[i].commands != CMD_ANY)
			order[n++] = (enum option_id)i;
	return n;
}

static enum help_group group_of(enum option_id id)
{
	if (one_of(id, WHERE, ELEMENTS(WHERE)))
		return HELP_WHERE;
	if (one_of(id, HOW, ELEMENTS(HOW)))
		return HELP_HOW;
	if (one_of(id, SAFETY, ELEMENTS(SAFETY)))
		return HELP_SAFETY;
	return one_of(id, OUTPUT, ELEMENTS(OUTPUT)) ? HELP_OUTPUT : HELP_WHAT;
}

size_t help_order(const struct command *command, enum help_group group,
                  enum option_id order[OPTION_COUNT])
{
	enum option_id first[OPTION_COUNT];
	size_t n = 0, first_count = first_of(command, first);

	if (group == HELP_FIRST) {
		memcpy(order, first, first_count * sizeof(first[0]));
		return first_count;
	}
	for (int i = 0; i < OPTION_COUNT; i++) {
		enum option_id id = (enum option_id)i;

		if ((OPTION_TABLE[i].commands & command->bit) && !one_of(id, first, first_count) &&
		    group_of(id) == group)
			order[n++] = id;
	}
	return n;
}

const char *help_example(const struct command *command)
{
	const struct hint *hint = hint_of(command);

	return hint ? hint->example : NULL;
}
