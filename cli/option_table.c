#include "cli/option_table.h"

#include "base/http/backoff.h"
#include "base/http/options.h"
#include "base/json.h"
#include "base/part_size.h"
#include "cli/report.h"
#include "stage/archive/limits.h"
#include "stage/blob/recipe.h"
#include "stage/export/host.h"
#include "stage/page/page.h"
#include "stage/serve/server.h"
#include "sync/run/options.h"

#include <inttypes.h>
#include <stdio.h>

/* In the order of --help. Names are those of aws-cli, rclone, restic and skopeo where they have
 * one. */
const struct option_spec OPTION_TABLE[OPTION_COUNT] = {
	{OPT_ROOT, 0, "root", "DIR", OPTION_PATH, CMD_ANY, NULL,
         "registry root (default: the nearest parent that is one, else ./registry)", 0},
	{OPT_CONFIG, 0, "config", "FILE", OPTION_PATH, CMD_ANY, NULL,
         "read this file instead of the user's configuration", 0},
	{OPT_QUIET, 'q', "quiet", NULL, OPTION_FLAG, CMD_ANY, NULL,
         "say nothing unless something is wrong", 0},
	{OPT_VERBOSE, 'v', "verbose", NULL, OPTION_COUNT_UP, CMD_ANY, NULL,
         "say more: objects, and why; -vv shows each request", 0},
	{OPT_JSON, 0, "json", NULL, OPTION_FLAG, CMD_ANY, NULL,
         "results as JSON Lines on standard output", 0},
	{OPT_PROGRESS, 0, "progress", "HOW", OPTION_CHOICE, CMD_ANY, "auto|plain|none",
         "progress on standard error: auto, plain, none", 0},
	{OPT_COLOR, 0, "color", "WHEN", OPTION_CHOICE, CMD_ANY, "auto|always|never",
         "colour: auto, always, never (NO_COLOR, CLICOLOR_FORCE)", 0},
	{OPT_LOG_FILE, 0, "log-file", "FILE", OPTION_PATH, CMD_ANY, NULL,
         "append to this file what a terminal would show, with time and run, whatever -q says", 0},
	{OPT_HELP, 'h', "help", NULL, OPTION_FLAG, CMD_ANY, NULL, "show this help", 0},
	{OPT_LOCK_WAIT, 0, "lock-wait", "DUR", OPTION_DURATION, CMD_WRITES, NULL,
         "wait so long for another run's lock; without it, status 11 at once", 0},

	{OPT_NAME, 't', "name", "NAME[:TAG]", OPTION_TEXT, CMD_STAGE, NULL,
         "publish under this name (docker.io/library/ is dropped), whatever the archive says", 0},
	{OPT_FROM, 0, "from", "FILE", OPTION_LIST, CMD_STAGE, NULL,
         "read sources from this file too, one a line, with options of their own (- is standard "
         "input; repeatable)",
         0},
	{OPT_IMAGE, 0, "image", "REF", OPTION_LIST, CMD_STAGE, NULL,
         "take this image of a source: by name, tag, digest, or @N from 0 (repeatable)", 0},
	{OPT_PLATFORM, 0, "platform", "OS/ARCH", OPTION_LIST, CMD_STAGE, NULL,
         "keep only this platform of an index (repeatable)", 0},
	{OPT_STRIP_HOST, 0, "strip-host", NULL, OPTION_FLAG, CMD_STAGE, NULL,
         "drop the registry's host from every name", 0},
	{OPT_SPARSE, 0, "sparse", "HOW", OPTION_CHOICE, CMD_STAGE, "keep|prune|error",
         "an index with platforms missing: keep, prune, error", 0},
	{OPT_FORMAT, 0, "format", "FORMAT", OPTION_CHOICE, CMD_STAGE, "auto|docker|oci",
         "format of manifests that have to be made: auto, docker, oci", 0},
	{OPT_COMPRESS, 0, "compress", "HOW", OPTION_TEXT, CMD_STAGE, NULL,
         "plain layers become gzip[:LEVEL], zstd[:LEVEL] or none", 0},
	{OPT_LINK, 0, "link", "HOW", OPTION_CHOICE, CMD_STAGE, "copy|hard",
         "blobs of a directory source: copy, hard (link)", 0},
	{OPT_RECHECK, 0, "recheck", NULL, OPTION_FLAG, CMD_STAGE, NULL,
         "read everything, and repair what is damaged in the root", 0},
	{OPT_NO_REFERRERS, 0, "no-referrers", NULL, OPTION_FLAG, CMD_STAGE, NULL,
         "publish no referrers lists", 0},

	{OPT_AUTHFILE, 0, "authfile", "FILE", OPTION_PATH, CMD_STAGE, NULL,
         "credentials for docker:// sources (default: where podman and docker keep them)", 0},
	{OPT_SRC_TLS_VERIFY, 0, "src-tls-verify", "HOW", OPTION_CHOICE, CMD_STAGE, "true|false",
         "false: take any certificate of a registry, and plain http where it speaks no other", 0},
	{OPT_REGISTRY_MIRROR, 0, "registry-mirror", "HOST=MIRROR", OPTION_LIST, CMD_STAGE, NULL,
         "ask this mirror first for what is on the registry HOST (repeatable)", 0},
	{OPT_TAGS_LIMIT, 0, "tags-limit", "N", OPTION_NUMBER, CMD_STAGE, NULL,
         "of the tags that a pattern such as docker://app:v1.* means, the N newest versions (0: "
         "all)",
         0},
	{OPT_FOREIGN_LAYERS, 0, "foreign-layers", NULL, OPTION_FLAG, CMD_STAGE, NULL,
         "fetch layers that an image keeps elsewhere from the urls it names", 0},
	{OPT_REFERRERS, 0, "referrers", NULL, OPTION_FLAG, CMD_STAGE, NULL,
         "fetch also signatures, attestations and all else that a registry holds about an image",
         0},

	{OPT_MAX_MANIFEST_SIZE, 0, "max-manifest-size", "SIZE", OPTION_SIZE, CMD_STAGE | CMD_RESCAN,
         NULL, "refuse larger manifests and configs", JSON_MANIFEST_BYTES},
	{OPT_MAX_INDEX_SIZE, 0, "max-index-size", "SIZE", OPTION_SIZE, CMD_STAGE, NULL,
         "refuse a larger manifest.json or index.json", JSON_INDEX_BYTES},
	{OPT_MAX_JSON_VALUES, 0, "max-json-values", "N", OPTION_NUMBER, CMD_STAGE | CMD_RESCAN,
         NULL, "refuse documents with more values", JSON_VALUES},
	{OPT_MAX_JSON_DEPTH, 0, "max-json-depth", "N", OPTION_NUMBER, CMD_STAGE | CMD_RESCAN, NULL,
         "refuse documents that are nested deeper", JSON_DEPTH},
	{OPT_MAX_ENTRIES, 0, "max-entries", "N", OPTION_NUMBER, CMD_STAGE, NULL,
         "refuse archives with more entries", LIMIT_ENTRIES},
	{OPT_MAX_UNCOMPRESSED_SIZE, 0, "max-uncompressed-size", "SIZE", OPTION_SIZE, CMD_STAGE,
         NULL, "refuse a layer or entry that is larger unpacked (default: only space limits)", 0},

	{OPT_ENDPOINT_URL, 0, "endpoint-url", "URL", OPTION_TEXT, CMD_REMOTE, NULL,
         "the S3 service, such as https://fra1.digitaloceanspaces.com", 0},
	{OPT_REGION, 0, "region", "NAME", OPTION_TEXT, CMD_REMOTE, NULL, "region of the bucket", 0},
	{OPT_PROFILE, 0, "profile", "NAME", OPTION_TEXT, CMD_REMOTE, NULL,
         "profile of the AWS credentials and config files", 0},
	{OPT_PROVIDER, 0, "provider", "NAME", OPTION_TEXT, CMD_REMOTE, NULL,
         "which service it is, when the host does not tell", 0},
	{OPT_ADDRESSING_STYLE, 0, "addressing-style", "HOW", OPTION_CHOICE, CMD_REMOTE,
         "auto|path|virtual", "where the bucket's name goes: auto, path, virtual (host)", 0},
	{OPT_REQUEST_PAYER, 0, "request-payer", "WHO", OPTION_CHOICE, CMD_REMOTE, "requester",
         "requester: pay for the requests to somebody else's bucket", 0},
	{OPT_NO_VERIFY_SSL, 0, "no-verify-ssl", NULL, OPTION_FLAG, CMD_REMOTE, NULL,
         "do not check the server's certificate", 0},
	{OPT_CA_BUNDLE, 0, "ca-bundle", "FILE", OPTION_PATH, CMD_REMOTE, NULL,
         "certificates to trust", 0},
	{OPT_CLIENT_CERT, 0, "client-cert", "FILE", OPTION_PATH, CMD_REMOTE | CMD_STAGE, NULL,
         "show this certificate (PEM) to the server; its key may be in it", 0},
	{OPT_CLIENT_KEY, 0, "client-key", "FILE", OPTION_PATH, CMD_REMOTE | CMD_STAGE, NULL,
         "private key (PEM) of --client-cert", 0},

	{OPT_TRANSFERS, 'j', "transfers", "N", OPTION_NUMBER, CMD_TRANSFER | CMD_STAGE, NULL,
         "requests in flight at most; stage: 4", SYNC_TRANSFERS},
	{OPT_PART_SIZE, 0, "part-size", "SIZE", OPTION_SIZE, CMD_TRANSFER, NULL,
         "smallest multipart part", PART_SIZE_MINIMUM},
	{OPT_MULTIPART_THRESHOLD, 0, "multipart-threshold", "SIZE", OPTION_SIZE, CMD_TRANSFER, NULL,
         "larger objects go in parts", MULTIPART_THRESHOLD},
	{OPT_BWLIMIT, 0, "bwlimit", "RATE", OPTION_RATE, CMD_TRANSFER | CMD_STAGE, NULL,
         "bytes per second at most, such as 1M (0: no limit)", 0},
	{OPT_MAX_DURATION, 0, "max-duration", "DUR", OPTION_DURATION, CMD_LINK, NULL,
         "stop after so long, with status 10 (0: no limit)", 0},
	{OPT_MAX_TRANSFER, 0, "max-transfer", "SIZE", OPTION_SIZE, CMD_TRANSFER, NULL,
         "stop after so many bytes, with status 8 (0: no limit)", 0},
	{OPT_GIVE_UP_AFTER, 0, "give-up-after", "DUR", OPTION_DURATION, CMD_LINK, NULL,
         "give up after so long without progress", SYNC_GIVE_UP_AFTER_MS},
	{OPT_CONNECT_WAIT, 0, "connect-wait", "DUR", OPTION_DURATION, CMD_LINK, NULL,
         "wait so long for the first answer", SYNC_CONNECT_WAIT_MS},
	{OPT_RETRY_MAX_DELAY, 0, "retry-max-delay", "DUR", OPTION_DURATION, CMD_LINK, NULL,
         "longest pause between attempts", BACKOFF_DELAY_MAX_MS},
	{OPT_TIMEOUT, 0, "timeout", "DUR", OPTION_DURATION, CMD_LINK | CMD_DOCTOR, NULL,
         "a connection without any progress is dropped", HTTP_STALL_MS},

	{OPT_ACL, 0, "acl", "ACL", OPTION_CHOICE, CMD_ATTRIBUTES,
         "private|public-read|public-read-write|authenticated-read|aws-exec-read|"
         "bucket-owner-read|bucket-owner-full-control",
         "canned ACL for every object, such as public-read", 0},
	{OPT_SSE, 0, "sse", "HOW", OPTION_CHOICE, CMD_ATTRIBUTES, "AES256|aws:kms|aws:kms:dsse",
         "server-side encryption: AES256 or aws:kms", 0},
	{OPT_SSE_KMS_KEY_ID, 0, "sse-kms-key-id", "ID", OPTION_TEXT, CMD_ATTRIBUTES, NULL,
         "key for --sse aws:kms", 0},
	{OPT_STORAGE_CLASS, 0, "storage-class", "CLASS", OPTION_TEXT, CMD_ATTRIBUTES, NULL,
         "storage class of new objects", 0},
	{OPT_CACHE_CONTROL_DIGEST, 0, "cache-control-digest", "TEXT", OPTION_TEXT, CMD_ATTRIBUTES,
         NULL, "Cache-Control of blobs and manifests by digest", 0},
	{OPT_CACHE_CONTROL_TAG, 0, "cache-control-tag", "TEXT", OPTION_TEXT, CMD_ATTRIBUTES, NULL,
         "Cache-Control of tags and lists", 0},

	{OPT_DRY_RUN, 'n', "dry-run", NULL, OPTION_FLAG, CMD_STAGE | CMD_SYNC | CMD_GC | CMD_EXPORT,
         NULL, "show what would be done, change nothing", 0},
	{OPT_DELETE, 0, "delete", "foreign", OPTION_OPTIONAL, CMD_TRANSFER, "own|foreign",
         "remove what nothing staged refers to; =foreign also what we did not send", 0},
	{OPT_MAX_DELETE, 0, "max-delete", "N", OPTION_NUMBER, CMD_TRANSFER, NULL,
         "refuse to delete more", SYNC_MAX_DELETE},
	{OPT_GRACE, 0, "grace", "DUR", OPTION_DURATION, CMD_TRANSFER, NULL,
         "delete nothing younger", SYNC_GRACE_MS},
	{OPT_INCLUDE, 0, "include", "GLOB", OPTION_LIST, CMD_TRANSFER, NULL,
         "only repositories NAME, or tags NAME:TAG, that match (repeatable)", 0},
	{OPT_EXCLUDE, 0, "exclude", "GLOB", OPTION_LIST, CMD_TRANSFER, NULL,
         "leave out what matches, whatever --include says (repeatable)", 0},
	{OPT_CHECK_METADATA, 0, "check-metadata", NULL, OPTION_FLAG, CMD_TRANSFER, NULL,
         "compare Content-Type, Cache-Control and recorded digests too; repair", 0},
	{OPT_PARANOID, 0, "paranoid", NULL, OPTION_FLAG, CMD_TRANSFER, NULL,
         "trust no ETag that is not an MD5: compare metadata or bytes", 0},
	{OPT_PAGE, 0, "page", NULL, OPTION_FLAG, CMD_TRANSFER, NULL,
         "send the pages of drydock page too, last", 0},
	{OPT_FORCE_TAG, 0, "force-tag", "NAME:TAG", OPTION_LIST, CMD_SYNC | CMD_DIFF, NULL,
         "send this tag though it changed on both sides (repeatable)", 0},
	{OPT_ALERT_AFTER, 0, "alert-after", "DUR", OPTION_DURATION,
         CMD_STAGE | CMD_SYNC | CMD_REMOTES, NULL,
         "with -q: stay silent about the link until so long without success",
         REPORT_ALERT_AFTER_MS},
	{OPT_METRICS_FILE, 0, "metrics-file", "FILE", OPTION_PATH, CMD_SYNC | CMD_REMOTES, NULL,
         "write figures of the run in Prometheus text format", 0},
	{OPT_NOTIFY, 0, "notify", "CMD", OPTION_TEXT, CMD_STAGE | CMD_SYNC | CMD_REMOTES, NULL,
         "run this, without a shell, when a run has failed; what happened is its input", 0},
	{OPT_NOTIFY_ON, 0, "notify-on", "WHEN", OPTION_CHOICE, CMD_STAGE | CMD_SYNC | CMD_REMOTES,
         "failure|change|always", "when to notify: failure, change (or failure), always", 0},
	{OPT_EXIT_CODE, 0, "exit-code", NULL, OPTION_FLAG, CMD_DIFF, NULL,
         "status 12 when there is something to do", 0},

	{OPT_TREE, 0, "tree", NULL, OPTION_FLAG, CMD_LS, NULL,
         "show manifests, configs and layers below each tag", 0},
	{OPT_REMOTE, 0, "remote", NULL, OPTION_FLAG, CMD_VERIFY, NULL,
         "check the bucket instead of the root", 0},
	{OPT_FULL, 0, "full", NULL, OPTION_FLAG, CMD_VERIFY, NULL,
         "with --remote: fetch every object and hash it", 0},
	{OPT_SHOW_ORIGIN, 0, "show-origin", NULL, OPTION_FLAG, CMD_CONFIG | CMD_REMOTES, NULL,
         "tell in which file and line each value stands", 0},
	{OPT_USER, 0, "user", NULL, OPTION_FLAG, CMD_CONFIG | CMD_REMOTES, NULL,
         "change the user's configuration, also where there is a root", 0},

	{OPT_LISTEN, 0, "listen", "HOST:PORT", OPTION_TEXT, CMD_SERVE | CMD_HEADERS, NULL,
         "wait for clients there; port 0: any", 0},
	{OPT_MAX_CONNECTIONS, 0, "max-connections", "N", OPTION_NUMBER, CMD_SERVE, NULL,
         "serve so many at once, let others wait", SERVE_CONNECTIONS},
	{OPT_TLS_CERT, 0, "tls-cert", "FILE", OPTION_PATH, CMD_SERVE, NULL,
         "speak TLS, with this certificate (PEM) …", 0},
	{OPT_TLS_KEY, 0, "tls-key", "FILE", OPTION_PATH, CMD_SERVE, NULL,
         "… and its private key (PEM)", 0},
	{OPT_HTPASSWD, 0, "htpasswd", "FILE", OPTION_PATH, CMD_SERVE, NULL,
         "only for the names and passwords in this file (htpasswd -B)", 0},
	{OPT_ACCESS_LOG, 0, "access-log", "FILE", OPTION_PATH, CMD_SERVE, NULL,
         "append requests to this file instead of standard output; SIGHUP opens it anew", 0},

	{OPT_OUTPUT, 0, "output", "FILE", OPTION_PATH, CMD_HEADERS, NULL,
         "write it to this file, whole or not at all", 0},
	{OPT_HEADERS, 0, "headers", "SERVER:FILE", OPTION_LIST,
         CMD_STAGE | CMD_UNTAG | CMD_RESCAN | CMD_SYNC, NULL,
         "make this file of drydock headers again when tags have changed (repeatable)", 0},
	{OPT_EXPORT_TREE, 0, "tree", "DIR", OPTION_PATH, CMD_EXPORT, NULL,
         "put the tree into this folder, beside what else is there", 0},
	{OPT_FOR, 0, "for", "HOST", OPTION_CHOICE, CMD_EXPORT, EXPORT_HOST_CHOICES,
         "with the files that this host wants, and within its limits", 0},

	{OPT_PULL_HOST, 0, "pull-host", "HOST", OPTION_TEXT,
         CMD_DOCTOR | CMD_RECIPE | CMD_PAGE | CMD_REMOTES, NULL,
         "where people pull from, HOST[:PORT] (default: the bucket's own host)", 0},
	{OPT_READ_ONLY, 0, "read-only", NULL, OPTION_FLAG, CMD_DOCTOR, NULL,
         "write nothing to the bucket, and do not try whether that is allowed", 0},
	{OPT_NO_PULL, 0, "no-pull", NULL, OPTION_FLAG, CMD_DOCTOR, NULL,
         "do not let skopeo or podman pull an image", 0},

	{OPT_TITLE, 0, "title", "TEXT", OPTION_TEXT, CMD_PAGE, NULL,
         "what the catalogue is called (default: " PAGE_TITLE ")", 0},
};

const struct option_spec *option_find(const char *name, size_t len, unsigned commands)
{
	const struct option_spec *found = NULL;

	for (int i = 0; i < OPTION_COUNT; i++) {
		const char *candidate = OPTION_TABLE[i].name;
		size_t k = 0;

		while (k < len && candidate[k] &&
		       (name[k] == candidate[k] || (name[k] == '_' && candidate[k] == '-')))
			k++;
		if (k != len || candidate[k])
			continue;
		if (OPTION_TABLE[i].commands & commands)
			return &OPTION_TABLE[i];
		if (!found)
			found = &OPTION_TABLE[i];
	}
	return found;
}

const struct option_spec *option_find_short(char letter)
{
	for (int i = 0; i < OPTION_COUNT; i++)
		if (OPTION_TABLE[i].short_name == letter)
			return &OPTION_TABLE[i];
	return NULL;
}

bool option_takes_value(const struct option_spec *spec)
{
	return spec->argument && spec->type != OPTION_OPTIONAL;
}

const char *option_default_text(const struct option_spec *spec, char text[UNITS_TEXT_MAX])
{
	static const struct {
		enum option_type type;
		const char *unit;
		uint64_t in_unit;
	} units[] = {{OPTION_SIZE, "GiB", 1 << 30}, {OPTION_SIZE, "MiB", 1 << 20},
	             {OPTION_SIZE, "KiB", 1 << 10}, {OPTION_DURATION, "h", 3600000},
	             {OPTION_DURATION, "m", 60000}, {OPTION_DURATION, "s", 1000},
	             {OPTION_DURATION, "ms", 1}};
	uint64_t value = spec->default_value;
	const char *unit = "";

	text[0] = '\0';
	if (spec->id == OPT_COMPRESS)
		return recipe_text(RECIPE_DEFAULT, text);
	if (spec->id == OPT_LISTEN)
		(void)snprintf(text, UNITS_TEXT_MAX, "%s", LISTEN_DEFAULT);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].type == spec->type && value % units[i].in_unit == 0) {
			value /= units[i].in_unit;
			unit = units[i].unit;
			break;
		}
	if (value)
		(void)snprintf(text, UNITS_TEXT_MAX, "%" PRIu64 "%s", value, unit);
	return text;
}
