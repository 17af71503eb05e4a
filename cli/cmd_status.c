#include "cli/command.h"

#include "base/cleanup.h"
#include "base/units.h"
#include "db/state/run.h"
#include "db/state/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct context {
	struct cli *cli;
	struct root *root;
	bool json;
};

/* Whether the remote is the one that was asked for; without a question every one is. */
static bool wanted(const struct cli *cli, const char *bucket, const char *prefix)
{
	char url[1400];
	size_t len;

	if (cli->options.operand_count == 0)
		return true;
	(void)snprintf(url, sizeof(url), "s3://%s%s%s", bucket, *prefix ? "/" : "", prefix);
	len = strlen(url);
	while (len > 0 && url[len - 1] == '/')
		len--;
	return strncmp(cli->remote.url, url, len) == 0 &&
	       strspn(cli->remote.url + len, "/") == strlen(cli->remote.url + len);
}

static int print_run(const struct context *c, const char *command, int64_t remote, struct err *err)
{
	AUTO_STR struct str message = STR_INIT(1 << 16);
	char at[UNITS_TEXT_MAX], count[UNITS_TEXT_MAX], bytes[UNITS_TEXT_MAX];
	struct run_row row;
	int got = run_last(c->root->db, command, remote, RUN_ANY, &row, err);

	if (got <= 0)
		return got;
	(void)time_text(row.started_at, at);
	if (c->json) {
		(void)str_add_json(&message, row.message);
		report_json_begin("run");
		(void)printf(",\"command\":\"%s\",\"started_at\":\"%s\","
		             "\"duration_ms\":%" PRId64 ",\"status\":%d,\"bytes\":%" PRIu64
		             ",\"objects\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"message\":%s}\n",
		             command, at, 1000 * (row.ended_at - row.started_at), row.status,
		             row.bytes, row.objects, row.failed, str_text(&message));
		return 0;
	}
	/* It may quote an archive or a server. */
	(void)str_add_printable(&message, row.message, strlen(row.message));
	(void)printf("  last %s: %s, status %d, %s, %s%s%s\n", row.command, at, row.status,
	             remote ? count_text(row.objects, "object sent", "objects sent", count)
	                    : count_text(row.objects, "image", "images", count),
	             size_text(row.bytes, bytes), row.message[0] ? ": " : "", str_text(&message));
	return 0;
}

/* What names a remote comes from a command line, and may hold anything. */
static void print_remote_json(const char *endpoint, const char *bucket, const char *prefix,
                              const struct status_waiting *w)
{
	AUTO_STR struct str line = STR_INIT(1 << 16);

	report_json_begin("remote");
	(void)str_adds(&line, ",\"endpoint\":");
	(void)str_add_json(&line, endpoint);
	(void)str_adds(&line, ",\"bucket\":");
	(void)str_add_json(&line, bucket);
	(void)str_adds(&line, ",\"prefix\":");
	(void)str_add_json(&line, prefix);
	(void)printf("%s,\"waiting_objects\":%" PRIu64 ",\"waiting_bytes\":%" PRIu64
	             ",\"untagged\":%" PRIu64 ",\"kept\":%" PRIu64 ",\"uploads\":%" PRIu64
	             ",\"upload_bytes\":%" PRIu64 ",\"upload_done_bytes\":%" PRIu64 "}\n",
	             str_text(&line), w->objects, w->bytes, w->tombstones, w->kept, w->uploads,
	             w->upload_bytes, w->upload_done_bytes);
}

static void print_remote_text(const char *endpoint, const char *bucket, const char *prefix,
                              const struct status_waiting *w, int64_t synced_at)
{
	AUTO_STR struct str name = STR_INIT(1 << 16);
	AUTO_STR struct str line = STR_INIT(1 << 16);
	char bytes[UNITS_TEXT_MAX], done[UNITS_TEXT_MAX], all[UNITS_TEXT_MAX], at[UNITS_TEXT_MAX];
	char count[UNITS_TEXT_MAX];

	(void)str_addf(&name, "s3://%s%s%s at %s", bucket, *prefix ? "/" : "", prefix, endpoint);
	(void)str_add_printable(&line, str_text(&name), name.len);
	(void)printf("%s\n  waiting: %s, %s", str_text(&line),
	             count_text(w->objects, "object", "objects", count),
	             size_text(w->bytes, bytes));
	if (w->tombstones)
		(void)printf(", %s",
		             count_text(w->tombstones, "removed tag", "removed tags", count));
	if (w->kept)
		(void)printf(", %s as the bucket has %s, newer than here",
		             count_text(w->kept, "tag kept", "tags kept", count),
		             w->kept == 1 ? "it" : "them");
	if (w->uploads)
		(void)printf("; %s under way, %s of %s there",
		             count_text(w->uploads, "upload", "uploads", count),
		             size_text(w->upload_done_bytes, done),
		             size_text(w->upload_bytes, all));
	(void)printf("\n  last whole sync that changed it: %s\n",
	             synced_at ? time_text(synced_at, at) : "none by this root");
}

static int print_remote(void *context, int64_t id, const char *endpoint, const char *bucket,
                        const char *prefix, int64_t synced_at, struct err *err)
{
	const struct context *c = context;
	struct status_waiting w;

	if (!wanted(c->cli, bucket, prefix))
		return 0;
	if (status_waiting(c->root->db, id, &w, err) < 0)
		return -1;
	if (c->json)
		print_remote_json(endpoint, bucket, prefix, &w);
	else
		print_remote_text(endpoint, bucket, prefix, &w, synced_at);
	return print_run(c, RUN_SYNC, id, err);
}

static int print_root(const struct context *c, struct err *err)
{
	AUTO_STR struct str path = STR_INIT(1 << 16);
	char repos[UNITS_TEXT_MAX], tags[UNITS_TEXT_MAX], objects[UNITS_TEXT_MAX];
	char bytes[UNITS_TEXT_MAX];
	struct status_totals t;
	struct partials partials;

	if (status_totals(c->root->db, &t, err) < 0 ||
	    partials_count(c->root->private_dir, &partials, err) < 0)
		return -1;
	if (c->json) {
		(void)str_add_json(&path, c->root->path);
		report_json_begin("root");
		(void)printf(",\"path\":%s,\"repositories\":%" PRIu64 ",\"tags\":%" PRIu64
		             ",\"objects\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"partials\":%" PRIu64
		             ",\"partial_bytes\":%" PRIu64 "}\n",
		             str_text(&path), t.repos, t.tags, t.objects, t.bytes, partials.count,
		             partials.bytes);
	} else {
		(void)str_add_printable(&path, c->root->path, strlen(c->root->path));
		(void)printf("%s: %s, %s, %s, %s\n", str_text(&path),
		             count_text(t.repos, "repository", "repositories", repos),
		             count_text(t.tags, "tag", "tags", tags),
		             count_text(t.objects, "object", "objects", objects),
		             size_text(t.bytes, bytes));
		if (partials.count > 0)
			(void)printf("  fetched in part: %s, %s; staging the image again goes on "
			             "there, gc drops what is kept\n",
			             count_text(partials.count, "blob", "blobs", objects),
			             size_text(partials.bytes, bytes));
	}
	return print_run(c, RUN_STAGE, 0, err);
}

int cmd_status(struct cli *cli, struct err *err)
{
	struct root root = ROOT_INIT;
	struct context c = {cli, &root, cli->report.output == REPORT_JSON};
	int result;

	if (cli_open_root(cli, &root, ROOT_READ, err) < 0)
		return -1;
	result = print_root(&c, err);
	if (result == 0)
		result = status_remotes(root.db, print_remote, &c, err);
	root_close(&root);
	return result;
}
