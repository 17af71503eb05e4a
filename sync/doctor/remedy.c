#include "sync/doctor/remedy.h"

#include <string.h>

/*
 * The first row of a remedy that is of the provider counts, NULL is of all. @word@ is what
 * remedy_place has of that name. Sources: each provider's own pages on access and public buckets;
 * nginx by trial.
 */
static const struct row {
	enum remedy remedy;
	const char *provider;
	const char *text;
} rows[] = {
	{REMEDY_CREDENTIALS, "r2",
         "make an R2 API token with \"Object Read & Write\" for @bucket@, then\n"
         "export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…"},
	{REMEDY_CREDENTIALS, "digitalocean",
         "make a Spaces access key (control panel, API, Spaces Keys), then\n"
         "export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…"},
	{REMEDY_CREDENTIALS, "b2",
         "b2 key create --bucket @bucket@ drydock "
         "listBuckets,listFiles,readFiles,writeFiles,deleteFiles\n"
         "export AWS_ACCESS_KEY_ID=keyID AWS_SECRET_ACCESS_KEY=applicationKey"},
	{REMEDY_CREDENTIALS, "gcs",
         "make an HMAC key: gcloud storage hmac create SERVICE-ACCOUNT, then\n"
         "export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…"},
	{REMEDY_CREDENTIALS, NULL,
         "export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…\n"
         "or name the profile that has them: --profile NAME (see aws configure)"},

	{REMEDY_ENDPOINT, NULL,
         "check the network and the address: --endpoint-url, or endpoint_url of the remote\n"
         "curl -sS -o /dev/null -w '%{http_code}\\n' @object_url@"},
	{REMEDY_TLS, NULL,
         "a certificate of your own authority: --ca-bundle FILE; one that has expired: renew it;\n"
         "a bucket with a dot in its name: --addressing-style path"},
	{REMEDY_CLOCK, NULL, "timedatectl set-ntp true"},
	{REMEDY_REGION, NULL, "--region @region@, or in the remote's section:\nregion = @region@"},
	{REMEDY_BUCKET, NULL,
         "check the name in @url@, or make the bucket:\naws s3api create-bucket --bucket @bucket@"},

	{REMEDY_WRITER_POLICY, "r2",
         "make an R2 API token with \"Object Read & Write\" for @bucket@"},
	{REMEDY_WRITER_POLICY, "digitalocean",
         "give the Spaces key \"Read/Write/Delete\" on @bucket@ (control panel, API, Spaces Keys)"},
	{REMEDY_WRITER_POLICY, "b2",
         "b2 key create --bucket @bucket@ drydock "
         "listBuckets,listFiles,readFiles,writeFiles,deleteFiles"},
	{REMEDY_WRITER_POLICY, "gcs",
         "gcloud storage buckets add-iam-policy-binding gs://@bucket@ "
         "--member=serviceAccount:NAME --role=roles/storage.objectAdmin"},
	{REMEDY_WRITER_POLICY, "swift", "swift post -r ACCOUNT:USER -w ACCOUNT:USER @bucket@"},
	{REMEDY_WRITER_POLICY, NULL,
         "a policy for the key (aws iam put-user-policy):\n"
         "{\"Version\":\"2012-10-17\",\"Statement\":[\n"
         " {\"Effect\":\"Allow\",\"Action\":[\"s3:ListBucket\",\"s3:ListBucketMultipartUploads\"],"
         "\"Resource\":\"arn:aws:s3:::@bucket@\"},\n"
         " {\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\",\"s3:PutObject\","
         "\"s3:DeleteObject\",\"s3:AbortMultipartUpload\",\"s3:ListMultipartUploadParts\"],"
         "\"Resource\":\"arn:aws:s3:::@bucket@/@prefix@*\"}]}"},
	{REMEDY_ACL, NULL,
         "leave --acl out (acl = … in the remote's section), and allow reading by a policy"},
	{REMEDY_LEFTOVER, NULL,
         "aws s3 rm --recursive s3://@bucket@/@prefix@drydock-doctor/\n"
         "and let a lifecycle rule abort uploads that do not end "
         "(AbortIncompleteMultipartUpload)"},

	{REMEDY_ADDRESS, "r2",
         "connect a domain to @bucket@ (Settings, Custom Domains), then\n"
         "drydock doctor @url@ --pull-host DOMAIN"},
	{REMEDY_ADDRESS, NULL,
         "let a web server show it at a host of its own, in nginx:\n"
         "location /v2/ {\n"
         "  proxy_pass @object_url@v2/;\n"
         "  proxy_set_header Host @host@;\n"
         "  proxy_http_version 1.1;\n"
         "}\n"
         "then: drydock doctor @url@ --pull-host HOST"},
	{REMEDY_PLAIN_HTTP, NULL,
         "serve it over https, or tell each client:\n"
         "docker, daemon.json: {\"insecure-registries\": [\"@pull_host@\"]}\n"
         "podman, registries.conf: [[registry]] location = \"@pull_host@\" insecure = true\n"
         "containerd: ctr images pull --plain-http"},
	{REMEDY_PULL_HOST, NULL,
         "check that the name resolves and that the web server runs:\n"
         "curl -sS -o /dev/null -w '%{http_code}\\n' @pull_url@v2/"},
	{REMEDY_PULL_TLS, NULL,
         "openssl s_client -connect @pull_connect@ </dev/null | openssl x509 -noout -dates -ext "
         "subjectAltName\n"
         "a certificate that has expired: renew it; one of another name: a bucket with a dot in "
         "its name needs a domain of its own before it"},

	{REMEDY_PUBLIC_READ, "aws",
         "aws s3api delete-public-access-block --bucket @bucket@\n"
         "aws s3api put-bucket-policy --bucket @bucket@ --policy "
         "'{\"Version\":\"2012-10-17\",\"Statement\":["
         "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:GetObject\","
         "\"Resource\":\"arn:aws:s3:::@bucket@/@prefix@v2/*\"},"
         "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:ListBucket\","
         "\"Resource\":\"arn:aws:s3:::@bucket@\"}]}'"},
	{REMEDY_PUBLIC_READ, "r2",
         "connect a domain to @bucket@ (Settings, Custom Domains): R2's own endpoint serves "
         "nobody without a key"},
	{REMEDY_PUBLIC_READ, "b2", "b2 bucket update @bucket@ allPublic"},
	{REMEDY_PUBLIC_READ, "gcs",
         "gcloud storage buckets add-iam-policy-binding gs://@bucket@ --member=allUsers "
         "--role=roles/storage.objectViewer"},
	{REMEDY_PUBLIC_READ, "digitalocean",
         "s3cmd setacl s3://@bucket@/@prefix@v2/ --recursive --acl-public\n"
         "and for what comes, in the remote's section: acl = public-read"},
	{REMEDY_PUBLIC_READ, "swift", "swift post -r '.r:*,.rlistings' @bucket@"},
	{REMEDY_PUBLIC_READ, "minio", "mc anonymous set download ALIAS/@bucket@/@prefix@"},
	{REMEDY_PUBLIC_READ, NULL,
         "aws s3api put-bucket-policy --bucket @bucket@ --policy "
         "'{\"Version\":\"2012-10-17\",\"Statement\":["
         "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"*\"]},\"Action\":[\"s3:GetObject\"],"
         "\"Resource\":[\"arn:aws:s3:::@bucket@/@prefix@v2/*\"]},"
         "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"*\"]},\"Action\":[\"s3:ListBucket\"],"
         "\"Resource\":[\"arn:aws:s3:::@bucket@\"]}]}'\n"
         "where there are no policies, in the remote's section: acl = public-read"},

	{REMEDY_PUBLIC_LIST, "digitalocean",
         "let everybody list the Space (Settings, File Listing: Enable)"},
	{REMEDY_PUBLIC_LIST, "swift", "swift post -r '.r:*,.rlistings' @bucket@"},
	{REMEDY_PUBLIC_LIST, "gcs",
         "gcloud storage buckets add-iam-policy-binding gs://@bucket@ --member=allUsers "
         "--role=roles/storage.objectViewer"},
	{REMEDY_PUBLIC_LIST, NULL,
         "one more statement in the bucket's policy (everybody may list it then):\n"
         "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"*\"]},\"Action\":[\"s3:ListBucket\"],"
         "\"Resource\":[\"arn:aws:s3:::@bucket@\"]}\n"
         "or in nginx before it: proxy_intercept_errors on; error_page 403 =404 /404.html;"},
	{REMEDY_REAL_404, NULL,
         "turn the error page off that answers 200 (CDN: custom error responses, \"single page "
         "app\";\n"
         "nginx: try_files without a fallback, error_page without =200)"},
	{REMEDY_PUBLISH, NULL, "drydock sync @url@"},
	{REMEDY_TYPE, NULL,
         "drydock sync @url@ --check-metadata\n"
         "if a web server sets it: pass the bucket's Content-Type on, set no default_type"},
	{REMEDY_CHARSET, NULL, "in nginx, in the location of /v2/: charset off;"},
	{REMEDY_ENCODING, NULL,
         "in nginx, in the location of /v2/: gzip off; gunzip off; brotli off;"},
	{REMEDY_BYTES, NULL,
         "drydock verify --remote --full @url@; if the bucket is whole, purge the cache before it"},
	{REMEDY_RANGE, NULL,
         "in nginx, in the location of /v2/: proxy_force_ranges on; and no max_ranges 0;"},
	{REMEDY_ONE_RANGE, NULL,
         "in nginx, in the location of /v2/ (several ranges are then cut there, of the whole "
         "blob):\n"
         "set $one_range $http_range;\n"
         "if ($http_range ~ ,) { set $one_range \"\"; }\n"
         "proxy_set_header Range $one_range;\n"
         "proxy_force_ranges on;\n"
         "or leave podman's enable_partial_images off (storage.conf)"},
	{REMEDY_CACHE, NULL,
         "drydock sync @url@ --check-metadata\n"
         "if a web server or CDN sets it: pass the bucket's Cache-Control on"},
	{REMEDY_DOWNGRADE, NULL, "let the redirect point to https"},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static const char *word(const struct remedy_place *p, const char *name, size_t len)
{
	const struct {
		const char *name, *value;
	} words[] = {
		{"bucket", p->bucket},
		{"prefix", p->prefix},
		{"region", p->region},
		{"host", p->host},
		{"object_url", p->object_url},
		{"pull_host", p->pull_host},
		{"pull_connect", p->pull_connect},
		{"pull_url", p->pull_url},
		{"url", p->url},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].name) == len && memcmp(words[i].name, name, len) == 0)
			return words[i].value;
	return NULL;
}

static void expand(struct str *out, const char *text, const struct remedy_place *place)
{
	while (*text) {
		size_t plain = strcspn(text, "@"), len;
		const char *value;

		(void)str_add(out, text, plain);
		text += plain;
		if (!*text)
			break;
		len = strcspn(text + 1, "@");
		value = word(place, text + 1, len);
		if (value)
			(void)str_adds(out, value);
		else
			(void)str_add(out, text, len + 1);
		text += len + (value ? 2 : 1);
	}
}

void remedy_add(struct str *out, enum remedy remedy, const struct remedy_place *place)
{
	for (size_t i = 0; i < ROWS; i++) {
		const char *provider = rows[i].provider;

		if (rows[i].remedy != remedy ||
		    (provider && strcmp(provider, place->provider) != 0))
			continue;
		expand(out, rows[i].text, place);
		return;
	}
}
