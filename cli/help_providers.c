#include "cli/help_providers.h"

#include "base/cleanup.h"
#include "cli/report_json.h"
#include "sync/s3/provider.h"
#include "sync/s3/provider_source.h"

#include <stdio.h>
#include <string.h>

enum { COLUMN = 23, LINE_MAX_BYTES = 1 << 16 };

static const char *source_or_none(const char *name, unsigned trait)
{
	const char *url = provider_source(name, trait);

	return url ? url : "-";
}

static void print_meanings(void)
{
	(void)printf(
		"What is known beforehand of services that speak S3: --provider NAME says which "
		"one it is\nwhere the host does not. Behind each trait stands the document that "
		"says so; -: none does,\nand it is what nearly every server has, or was found by "
		"trial. The traits:\n\n");
	for (unsigned bit = 1; bit; bit <<= 1)
		if (provider_trait_name(bit))
			(void)printf("  %-*s%s\n", COLUMN - 2, provider_trait_name(bit),
			             provider_trait_meaning(bit));
}

static void print_hosts(const struct provider *p)
{
	const char *label = "hosts";

	for (const char *at = p->hosts; *at; label = "") {
		size_t len = strcspn(at, ",");

		(void)printf("  %-*s%.*s\n", COLUMN - 2, label, (int)len, at);
		at += len + (at[len] ? 2 : 0);
	}
}

/* What is the same for all hosts of a provider. */
static void print_traits(const struct provider *p)
{
	const char *url;

	for (unsigned i = 0; (url = provider_hosts_source(p->name, i)); i++)
		(void)printf("%*s%s\n", COLUMN, "", url);
	(void)printf("  %-*s%s\n", COLUMN - 2, "addressing",
	             provider_has(p, PROVIDER_VIRTUAL_HOST) ? "BUCKET.HOST" : "HOST/BUCKET");
	(void)printf("  %-*s%u  %s\n", COLUMN - 2, "parts at most", (unsigned)p->max_parts,
	             source_or_none(p->name, PROVIDER_FACT_PARTS));
	for (unsigned bit = 1; bit; bit <<= 1)
		if (p->traits & bit)
			(void)printf("  %-*s%s\n", COLUMN - 2, provider_trait_name(bit),
			             source_or_none(p->name, bit));
}

static void print_text(unsigned index)
{
	const struct provider *p = provider_at(index);

	(void)printf("\n%s, %s\n", p->name, p->title);
	print_hosts(p);
	if (!provider_is_further_row(index))
		print_traits(p);
}

static void print_json(const struct provider *p)
{
	AUTO_STR struct str line = STR_INIT(LINE_MAX_BYTES);
	const char *comma = "";

	report_json_begin("provider");
	report_json_text("name", p->name);
	report_json_text("title", p->title);
	report_json_text("hosts", p->hosts);
	report_json_text("addressing", provider_has(p, PROVIDER_VIRTUAL_HOST) ? "virtual" : "path");
	report_json_text("region", p->region);
	(void)str_addf(&line, ",\"max_parts\":%u,\"traits\":[", (unsigned)p->max_parts);
	for (unsigned bit = 1; bit; bit <<= 1) {
		if (!(p->traits & bit))
			continue;
		(void)str_addf(&line, "%s{\"name\":\"%s\"", comma, provider_trait_name(bit));
		if (provider_source(p->name, bit)) {
			(void)str_adds(&line, ",\"source\":");
			(void)str_add_json(&line, provider_source(p->name, bit));
		}
		(void)str_addc(&line, '}');
		comma = ",";
	}
	(void)printf("%s]}\n", str_text(&line));
}

void help_providers_print(bool json)
{
	if (!json)
		print_meanings();
	for (unsigned i = 0; provider_at(i); i++) {
		if (json)
			print_json(provider_at(i));
		else
			print_text(i);
	}
}
