#include "cli/command.h"

#include "base/cleanup.h"
#include "cli/remote_learned.h"
#include "cli/sync_options.h"
#include "sync/doctor/doctor.h"

#include <stdio.h>
#include <string.h>

enum { LINE_MAX_BYTES = 1 << 16, NAME_WIDTH = 11 };

#define MARGIN "        "

/* What was printed last, so that the same is not printed twice. */
struct printer {
	struct cli *cli;
	const char *side;
	struct str remedy;               /* owned */
	struct str skipped, skipped_why; /* owned: names of checks that were skipped, and why; not
	                                  * printed yet */
};

static void print_json(const struct doctor_finding *f)
{
	AUTO_STR struct str line = STR_INIT(LINE_MAX_BYTES);

	(void)str_addf(&line,
	               ",\"side\":\"%s\",\"check\":\"%s\",\"verdict\":\"%s\",\"message\":", f->side,
	               f->name, doctor_verdict_name(f->verdict));
	(void)str_add_json(&line, f->what);
	(void)str_adds(&line, ",\"why\":");
	(void)str_add_json(&line, f->why);
	if (*f->remedy) {
		(void)str_adds(&line, ",\"remedy\":");
		(void)str_add_json(&line, f->remedy);
	}
	report_json_begin("check");
	(void)printf("%s}\n", str_text(&line));
}

static const char *color_of(enum doctor_verdict verdict)
{
	static const char *const colors[DOCTOR_VERDICTS] = {"32", "33", "31", "2"};

	return colors[verdict];
}

static void print_remedy(struct printer *p, const char *remedy)
{
	const char *label = "do:  ";

	if (strcmp(remedy, str_text(&p->remedy)) == 0) {
		(void)printf(MARGIN "do:  the same\n");
		return;
	}
	str_clear(&p->remedy);
	(void)str_adds(&p->remedy, remedy);
	while (*remedy) {
		size_t len = strcspn(remedy, "\n");

		(void)printf(MARGIN "%s%.*s\n", label, (int)len, remedy);
		remedy += len + (remedy[len] == '\n');
		label = "     ";
	}
}

static void print_verdict(const struct printer *p, enum doctor_verdict verdict)
{
	if (p->cli->report.color_out)
		(void)printf("  \033[%sm%s\033[0m", color_of(verdict),
		             doctor_verdict_name(verdict));
	else
		(void)printf("  %s", doctor_verdict_name(verdict));
}

/* Those that are skipped for one reason are one line. */
static void print_skipped(struct printer *p)
{
	if (p->skipped.len == 0)
		return;
	print_verdict(p, DOCTOR_SKIP);
	(void)printf("  %s: %s\n", str_text(&p->skipped), str_text(&p->skipped_why));
	str_clear(&p->skipped);
}

static void print_side(struct printer *p, const char *side)
{
	if (p->side && strcmp(p->side, side) == 0)
		return;
	print_skipped(p);
	(void)printf("%s:\n", strcmp(side, "writer") == 0 ? "As sync, with your credentials"
	                                                  : "As container clients, without any");
	p->side = side;
}

static void skip(struct printer *p, const struct doctor_finding *f)
{
	if (strcmp(str_text(&p->skipped_why), f->what) != 0)
		print_skipped(p);
	str_clear(&p->skipped_why);
	(void)str_adds(&p->skipped_why, f->what);
	(void)str_addf(&p->skipped, "%s%s", p->skipped.len > 0 ? ", " : "", f->name);
}

static void print_text(struct printer *p, const struct doctor_finding *f)
{
	const struct report *r = &p->cli->report;
	AUTO_STR struct str what = STR_INIT(4 * ERR_MESSAGE_MAX);
	bool wrong = f->verdict == DOCTOR_WARN || f->verdict == DOCTOR_FAIL;

	if (r->quiet && !wrong)
		return;
	print_side(p, f->side);
	if (f->verdict == DOCTOR_SKIP) {
		skip(p, f);
		return;
	}
	print_skipped(p);
	(void)str_add_printable(&what, f->what, strlen(f->what));
	print_verdict(p, f->verdict);
	(void)printf("  %-*s  %s\n", NAME_WIDTH, f->name, str_text(&what));
	if (wrong)
		(void)printf(MARGIN "why: %s\n", f->why);
	if ((wrong || r->log_level > 0) && *f->remedy)
		print_remedy(p, f->remedy);
}

static void tell(void *context, const struct doctor_finding *finding)
{
	struct printer *p = context;

	report_results(&p->cli->report);
	if (p->cli->report.output == REPORT_JSON)
		print_json(finding);
	else
		print_text(p, finding);
	(void)fflush(stdout);
}

static void print_end(const struct cli *cli, const struct doctor_result *r)
{
	AUTO_STR struct str line = STR_INIT(LINE_MAX_BYTES);

	if (!r->sentence[0])
		return;
	if (cli->report.output == REPORT_JSON) {
		(void)str_adds(&line, ",\"pull_host\":");
		(void)str_add_json(&line, r->pull_host);
		(void)str_addf(&line,
		               ",\"docker\":%s,\"podman\":%s,\"containerd\":%s,\"published\":%s,"
		               "\"pass\":%u,\"warn\":%u,\"fail\":%u,\"skip\":%u,\"message\":",
		               r->can_pull & CLIENT_DOCKER ? "true" : "false",
		               r->can_pull & CLIENT_PODMAN ? "true" : "false",
		               r->can_pull & CLIENT_CONTAINERD ? "true" : "false",
		               r->pulled ? "true" : "false", r->counts[DOCTOR_PASS],
		               r->counts[DOCTOR_WARN], r->counts[DOCTOR_FAIL],
		               r->counts[DOCTOR_SKIP]);
		(void)str_add_json(&line, r->sentence);
		report_json_begin("diagnosis");
		(void)printf("%s}\n", str_text(&line));
	} else if (!cli->report.quiet || r->counts[DOCTOR_FAIL] + r->counts[DOCTOR_WARN] > 0) {
		(void)printf("%s\n", r->sentence);
	}
}

/* A root tells what to look for in a bucket that may not be listed. It need not be there. */
static struct root *open_root(struct cli *cli, struct root *root)
{
	struct err why = ERR_INIT;

	if (cli_open_root(cli, root, ROOT_READ, &why) == 0)
		return root;
	if (why.code != ERR_NOT_FOUND || option_given(&cli->options, OPT_ROOT))
		event_warning(&cli->sink, "the root is left aside: %s", why.message);
	return NULL;
}

/* What earlier syncs found out, and this one and the next go by. */
static void tell_learned(const struct cli *cli, struct root *root)
{
	AUTO_STR struct str learned = STR_INIT(LINE_MAX_BYTES);
	struct err ignored = ERR_INIT;
	char *line, *rest;

	if (remote_learned_text(root->db, cli->remote.url, &learned, &ignored) < 0 ||
	    learned.len == 0)
		return;
	for (line = strtok_r(learned.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		event_note(&cli->sink, "%s", line);
}

static bool on_command_line(const struct options *o, enum option_id id)
{
	return option_given(o, id) && o->values[id].origin[0] == '-';
}

/*
 * What else was typed to name this bucket: a command that a remedy has must find it, too. The
 * environment and the files say to it what they say to this one.
 */
static void add_remote(const struct cli *cli, struct str *out)
{
	static const enum option_id ids[] = {
		OPT_ROOT,      OPT_CONFIG,      OPT_ENDPOINT_URL,     OPT_REGION,
		OPT_PROFILE,   OPT_PROVIDER,    OPT_ADDRESSING_STYLE, OPT_REQUEST_PAYER,
		OPT_CA_BUNDLE, OPT_CLIENT_CERT, OPT_CLIENT_KEY,       OPT_NO_VERIFY_SSL};
	const struct options *o = &cli->options;

	(void)str_add_shell_word(out, cli->remote.name ? cli->remote.name : cli->remote.url);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const struct option_value *value = &o->values[ids[i]];

		if (!on_command_line(o, ids[i]))
			continue;
		(void)str_addf(out, " --%s", OPTION_TABLE[ids[i]].name);
		if (value->count > 0 && *value->values[0]) {
			(void)str_addc(out, ' ');
			(void)str_add_shell_word(out, value->values[0]);
		}
	}
}

int cmd_doctor(struct cli *cli, struct err *err)
{
	struct printer printer = {.cli = cli,
	                          .remedy = STR_INIT(LINE_MAX_BYTES),
	                          .skipped = STR_INIT(LINE_MAX_BYTES),
	                          .skipped_why = STR_INIT(LINE_MAX_BYTES)};
	AUTO_STR struct str remote = STR_INIT(LINE_MAX_BYTES);
	struct sync_options options;
	struct doctor_result result;
	struct root root = ROOT_INIT;
	struct doctor_settings settings = {
		.options = &options,
		.pull_host = option_text(&cli->options, OPT_PULL_HOST),
		.reach = option_flag(&cli->options, OPT_READ_ONLY) ? WRITER_READS : WRITER_WRITES,
		.pull = option_flag(&cli->options, OPT_NO_PULL) ? CLIENT_DOES_NOT_PULL
	                                                        : CLIENT_PULLS,
		.sink = &cli->sink,
		.tell = tell,
		.context = &printer,
	};
	int failed;

	if (sync_options_read(cli, "doctor", SYNC_DRY_RUN, &options, err) < 0)
		return -1;
	add_remote(cli, &remote);
	if (str_check(&remote, "what was typed", err) < 0)
		return -1;
	settings.remote = str_text(&remote);
	settings.root = open_root(cli, &root);
	if (settings.root)
		tell_learned(cli, settings.root);
	failed = doctor_run(&settings, &result, err);
	if (settings.root)
		root_close(&root);
	print_skipped(&printer);
	print_end(cli, &result);
	str_release(&printer.remedy);
	str_release(&printer.skipped);
	str_release(&printer.skipped_why);
	return failed;
}
