#include "sync/doctor/remedy.h"

#include <string.h>

/*
 * The first row of a remedy that is of the front or of the provider counts, NULL is of all. @word@
 * is what remedy_place has of that name. Sources: each provider's own pages on access, public
 * buckets and CORS; each CDN's own on error pages, compression and headers; web servers by trial.
 */
static const struct row {
	enum remedy remedy;
	const char *of; /* a name of provider.h or front.h */
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
	{REMEDY_BUCKET, "r2",
         "check the name in @url@, or make the bucket:\nwrangler r2 bucket create @bucket@"},
	{REMEDY_BUCKET, "b2",
         "check the name in @url@, or make the bucket:\nb2 bucket create @bucket@ allPublic"},
	{REMEDY_BUCKET, "gcs",
         "check the name in @url@, or make the bucket:\n"
         "gcloud storage buckets create gs://@bucket@ --uniform-bucket-level-access"},
	{REMEDY_BUCKET, "swift",
         "check the name in @url@, or make the bucket:\nswift post -r '.r:*,.rlistings' @bucket@"},
	{REMEDY_BUCKET, NULL,
         "check the name in @url@, or make the bucket:\n"
         "aws s3api create-bucket --bucket @bucket@@location@@aws@"},

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
         "aws s3 rm --recursive @doctor_url@@aws@\n"
         "and let a lifecycle rule abort uploads that do not end "
         "(AbortIncompleteMultipartUpload)"},

	{REMEDY_ADDRESS, "r2",
         "connect a domain to @bucket@ (Settings, Custom Domains), then\n"
         "drydock doctor @remote@ --pull-host DOMAIN"},
	{REMEDY_ADDRESS, NULL,
         "let a web server show it at a host of its own, in nginx:\n"
         "location /v2/ {\n"
         "  proxy_pass @object_url@v2/;\n"
         "  proxy_set_header Host @host@;\n"
         "  proxy_http_version 1.1;\n"
         "}\n"
         "then: drydock doctor @remote@ --pull-host HOST"},
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
         "aws s3api delete-public-access-block --bucket @bucket@@aws@\n"
         "aws s3api put-bucket-policy --bucket @bucket@@aws@ --policy "
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
         "s3cmd setacl @v2_url@ --recursive --acl-public --host=@service_host@ "
         "--host-bucket='%(bucket)s.@service_host@'\n"
         "and for what comes, in the remote's section: acl = public-read"},
	/* What is sent in parts lies in a bucket of its own there, once there is such an object. */
	{REMEDY_PUBLIC_READ, "swift",
         "swift post -r '.r:*,.rlistings' @bucket@\n"
         "swift post -r '.r:*,.rlistings' @bucket@+segments"},
	{REMEDY_PUBLIC_READ, NULL,
         "aws s3api put-bucket-policy --bucket @bucket@@aws@ --policy "
         "'{\"Version\":\"2012-10-17\",\"Statement\":["
         "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"*\"]},\"Action\":[\"s3:GetObject\"],"
         "\"Resource\":[\"arn:aws:s3:::@bucket@/@prefix@v2/*\"]},"
         "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"*\"]},\"Action\":[\"s3:ListBucket\"],"
         "\"Resource\":[\"arn:aws:s3:::@bucket@\"]}]}'\n"
         "where there are no policies, in the remote's section: acl = public-read"},

	{REMEDY_PUBLIC_LIST, "cloudfront",
         "let CloudFront read it with s3:ListBucket, too, then S3 says 404 (the bucket's policy):\n"
         "{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"cloudfront.amazonaws.com\"},"
         "\"Action\":\"s3:ListBucket\",\"Resource\":\"arn:aws:s3:::@bucket@\"}\n"
         "or a custom error response: 403 becomes 404 (Error pages, Create custom error response)"},
	{REMEDY_PUBLIC_LIST, "caddy",
         "let everybody list the bucket (s3:ListBucket), or in Caddy, in its reverse_proxy:\n"
         "@refused status 403\n"
         "handle_response @refused {\n"
         "  respond 404\n"
         "}"},
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
	{REMEDY_REAL_404, "cloudfront",
         "remove the custom error response that answers 200 (the distribution's Error pages);\n"
         "that is in its configuration, CustomErrorResponses:\n"
         "aws cloudfront get-distribution-config --id ID"},
	{REMEDY_REAL_404, "cloudflare",
         "if Pages serves it: put a 404.html there, without one every key is index.html;\n"
         "if a Worker or a Snippet does: let it pass the bucket's status on"},
	{REMEDY_REAL_404, "fastly",
         "let no vcl_error or synthetic response answer 200 for /v2/: keep obj.status 404"},
	{REMEDY_REAL_404, "bunny", "storage zone, Error Handling: turn \"Rewrite 404 to 200\" off"},
	{REMEDY_REAL_404, "netlify",
         "in _redirects: take \"/* /index.html 200\" out, or before it:\n"
         "/v2/* /404.html 404"},
	{REMEDY_REAL_404, "nginx",
         "turn the error page off that answers 200; in nginx, in the location of /v2/:\n"
         "proxy_intercept_errors off;\n"
         "and try_files without a fallback, no error_page with =200"},
	{REMEDY_REAL_404, "apache",
         "in Apache, for /v2/: no FallbackResource and no RewriteRule to a page:\n"
         "FallbackResource disabled\n"
         "ProxyErrorOverride Off"},
	{REMEDY_REAL_404, "caddy",
         "in Caddy: no try_files … /index.html for /v2/; put it into a handle of its own:\n"
         "handle /v2/* {\n"
         "  …\n"
         "}"},
	{REMEDY_REAL_404, "lighttpd", "in lighttpd, for /v2/: server.error-handler-404 = \"\""},
	{REMEDY_REAL_404, NULL,
         "turn the error page off that answers 200 (CDN: custom error responses, \"single page "
         "app\";\n"
         "nginx: try_files without a fallback, error_page without =200)"},
	{REMEDY_PUBLISH, NULL, "drydock sync @sync@"},
	{REMEDY_TYPE, "cloudflare",
         "drydock sync @sync@ --check-metadata\n"
         "if the bucket is right: no Transform Rule and no Worker may set Content-Type for /v2/"},
	{REMEDY_TYPE, "cloudfront",
         "drydock sync @sync@ --check-metadata\n"
         "if the bucket is right: no response headers policy and no function may set "
         "Content-Type;\n"
         "then: aws cloudfront create-invalidation --distribution-id ID --paths '/v2/*'"},
	{REMEDY_TYPE, "apache",
         "drydock sync @sync@ --check-metadata\n"
         "if Apache serves files: drydock headers apache; if it is a proxy: no ForceType, no "
         "AddType for /v2/"},
	{REMEDY_TYPE, "caddy",
         "drydock sync @sync@ --check-metadata\n"
         "if Caddy serves files: drydock headers caddy; if it is a proxy: no header Content-Type"},
	{REMEDY_TYPE, "lighttpd",
         "drydock sync @sync@ --check-metadata\n"
         "if lighttpd serves files: drydock headers lighttpd"},
	{REMEDY_TYPE, "nginx",
         "drydock sync @sync@ --check-metadata\n"
         "if nginx serves files: drydock headers nginx; if it is a proxy: pass the bucket's "
         "Content-Type on, no add_header Content-Type"},
	{REMEDY_TYPE, NULL,
         "drydock sync @sync@ --check-metadata\n"
         "if a web server sets it: pass the bucket's Content-Type on, set no default_type"},
	{REMEDY_CHARSET, "apache", "in Apache, for /v2/: AddDefaultCharset Off"},
	{REMEDY_CHARSET, "caddy", "in Caddy, for /v2/: no header Content-Type with a charset"},
	{REMEDY_CHARSET, "lighttpd",
         "in lighttpd: no charset in mimetype.assign for what is below /v2/"},
	{REMEDY_CHARSET, "cloudfront",
         "no function and no response headers policy may add a charset for /v2/*"},
	{REMEDY_CHARSET, "cloudflare",
         "no Transform Rule and no Worker may add a charset for /v2/*"},
	{REMEDY_CHARSET, NULL, "in nginx, in the location of /v2/: charset off;"},
	{REMEDY_ENCODING, "cloudfront",
         "in the cache behavior of /v2/*: \"Compress objects automatically\": No\n"
         "then: aws cloudfront create-invalidation --distribution-id ID --paths '/v2/*'"},
	{REMEDY_ENCODING, "cloudflare",
         "Rules, Compression Rules: for starts_with(http.request.uri.path, \"/v2/\") disable "
         "compression;\n"
         "it also goes by no-transform in Cache-Control, which drydock sends: --check-metadata"},
	{REMEDY_ENCODING, "fastly", "turn off compression for /v2/ (Content, Compression)"},
	{REMEDY_ENCODING, "bunny",
         "pull zone: no compression for /v2/* (an Edge Rule that sets Accept-Encoding: identity)"},
	{REMEDY_ENCODING, "apache", "in Apache: SetEnvIf Request_URI \"^/v2/\" no-gzip no-brotli"},
	{REMEDY_ENCODING, "caddy",
         "in Caddy: no encode for /v2/:\n"
         "@pages not path /v2/*\n"
         "encode @pages gzip zstd"},
	{REMEDY_ENCODING, "lighttpd",
         "in lighttpd: $HTTP[\"url\"] =~ \"^/v2/\" { deflate.mimetypes = () }"},
	{REMEDY_ENCODING, NULL,
         "in nginx, in the location of /v2/: gzip off; gunzip off; brotli off;"},
	{REMEDY_BYTES, "cloudfront",
         "drydock verify --remote --full @remote@; if the bucket is whole:\n"
         "aws cloudfront create-invalidation --distribution-id ID --paths '/v2/*'"},
	{REMEDY_BYTES, "cloudflare",
         "drydock verify --remote --full @remote@; if the bucket is whole: Caching, Purge "
         "Everything;\n"
         "no Auto Minify, Rocket Loader or Email Obfuscation for /v2/* (a Configuration Rule)"},
	{REMEDY_BYTES, NULL,
         "drydock verify --remote --full @remote@; if the bucket is whole, purge the cache before "
         "it"},
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
	{REMEDY_CACHE, "cloudflare",
         "drydock sync @sync@ --check-metadata\n"
         "if the bucket is right: Caching, Browser Cache TTL: Respect Existing Headers"},
	{REMEDY_CACHE, "cloudfront",
         "drydock sync @sync@ --check-metadata\n"
         "if the bucket is right: no response headers policy with Cache-Control; the cache policy "
         "CachingOptimized\ngoes by what the bucket says"},
	{REMEDY_CACHE, NULL,
         "drydock sync @sync@ --check-metadata\n"
         "if a web server or CDN sets it: pass the bucket's Cache-Control on"},
	{REMEDY_DOWNGRADE, NULL, "let the redirect point to https"},

	{REMEDY_CORS, "nginx",
         "only if a page elsewhere shows this registry; in nginx, in the location of /v2/:\n"
         "add_header Access-Control-Allow-Origin * always;"},
	{REMEDY_CORS, "apache",
         "only if a page elsewhere shows this registry; in Apache, for /v2/:\n"
         "Header always set Access-Control-Allow-Origin *"},
	{REMEDY_CORS, "caddy",
         "only if a page elsewhere shows this registry; in Caddy:\n"
         "header /v2/* Access-Control-Allow-Origin *"},
	{REMEDY_CORS, "lighttpd",
         "only if a page elsewhere shows this registry; in lighttpd, for /v2/:\n"
         "setenv.add-response-header += ( \"Access-Control-Allow-Origin\" => \"*\" )"},
	{REMEDY_CORS, "netlify",
         "only if a page elsewhere shows this registry; in _headers:\n"
         "/v2/*\n"
         "  Access-Control-Allow-Origin: *"},
	{REMEDY_CORS, "gcs",
         "only if a page elsewhere shows this registry:\n"
         "echo '[{\"origin\":[\"*\"],\"method\":[\"GET\",\"HEAD\"],\"responseHeader\":["
         "\"Content-Type\",\"Content-Length\"],\"maxAgeSeconds\":3600}]' >cors.json\n"
         "gcloud storage buckets update gs://@bucket@ --cors-file=cors.json"},
	{REMEDY_CORS, "b2",
         "only if a page elsewhere shows this registry:\n"
         "b2 bucket update --cors-rules '[{\"corsRuleName\":\"read\",\"allowedOrigins\":[\"*\"],"
         "\"allowedOperations\":[\"s3_get\",\"s3_head\"],\"allowedHeaders\":[\"*\"],"
         "\"maxAgeSeconds\":3600}]' @bucket@"},
	{REMEDY_CORS, "swift",
         "only if a page elsewhere shows this registry:\n"
         "swift post -m 'X-Container-Meta-Access-Control-Allow-Origin: *' @bucket@"},
	{REMEDY_CORS, NULL,
         "only if a page elsewhere shows this registry:\n"
         "aws s3api put-bucket-cors --bucket @bucket@@aws@ --cors-configuration '{\"CORSRules\":["
         "{\"AllowedOrigins\":[\"*\"],\"AllowedMethods\":[\"GET\",\"HEAD\"],"
         "\"AllowedHeaders\":[\"*\"],\"MaxAgeSeconds\":3600}]}'"},
	{REMEDY_PULL, NULL,
         "see what it asks for, and what it gets:\n"
         "skopeo --debug copy --src-no-creds docker://@pull_host@/@image@ dir:/tmp/image"},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static const char *word(const struct remedy_place *p, const char *name, size_t len)
{
	const struct {
		const char *name, *value;
	} words[] = {
		{"remote", p->remote},
		{"sync", p->sync},
		{"aws", p->aws},
		{"location", p->location},
		{"doctor_url", p->doctor_url},
		{"v2_url", p->v2_url},
		{"service_host", p->service_host},
		{"bucket", p->bucket},
		{"prefix", p->prefix},
		{"region", p->region},
		{"host", p->host},
		{"object_url", p->object_url},
		{"pull_host", p->pull_host},
		{"pull_connect", p->pull_connect},
		{"pull_url", p->pull_url},
		{"url", p->url},
		{"image", p->image},
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
		const char *of = rows[i].of;

		if (rows[i].remedy != remedy ||
		    (of && strcmp(of, place->front) != 0 && strcmp(of, place->provider) != 0))
			continue;
		expand(out, rows[i].text, place);
		return;
	}
}
