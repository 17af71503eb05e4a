#include "cli/command.h"

#include <archive.h>
#include <curl/curl.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <stdio.h>

int cmd_version(struct cli *cli, struct err *err)
{
	(void)err;
	if (cli->report.output == REPORT_JSON) {
		report_json_begin("version");
		(void)printf(",\"version\":\"%s\"}\n", DRYDOCK_VERSION);
		return 0;
	}
	(void)printf("drydock %s\n", DRYDOCK_VERSION);
	if (option_count(&cli->options, OPT_VERBOSE))
		(void)printf("%s\n%s\nSQLite %s\n%s\njansson %s\n", curl_version(),
		             archive_version_string(), sqlite3_libversion(),
		             OpenSSL_version(OPENSSL_VERSION), JANSSON_VERSION);
	return 0;
}
