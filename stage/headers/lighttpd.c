#include "stage/headers/lighttpd.h"

#include "base/layout.h"

static const struct site_line LINE = {"", " ", "\n"};

/* What is done with a request, in Lua; the values that it names stand before it. */
static const char SCRIPT[] =
	"local r = lighty.r\n"
	"local path, method = r.req_attr[\"uri.path\"], r.req_attr[\"request.method\"]\n"
	"local out = r.resp_header\n"
	"\n"
	"local function answer(status, kind, body)\n"
	"  out[\"Content-Type\"] = kind\n"
	"  r.resp_body:set({ body })\n"
	"  return status\n"
	"end\n"
	"\n"
	"local function is_there(file)\n"
	"  local st = lighty.c.stat(root .. file)\n"
	"  return st and st[\"is_file\"]\n"
	"end\n"
	"\n"
	"-- A line of the map by its first word.\n"
	"local function find(word)\n"
	"  local _, last = map:find(\"\\n\" .. word .. \" \", 1, true)\n"
	"  return last and map:match(\"^[^\\n]+\", last + 1)\n"
	"end\n"
	"\n"
	"local function send(kind, cache, digest)\n"
	"  out[\"Content-Type\"] = kind\n"
	"  out[\"Cache-Control\"] = cache\n"
	"  if digest then out[\"Docker-Content-Digest\"] = digest end\n"
	"  return 0\n"
	"end\n"
	"\n"
	"out[\"Docker-Distribution-API-Version\"] = \"registry/2.0\"\n"
	"out[\"X-Content-Type-Options\"] = \"nosniff\"\n"
	"if method ~= \"GET\" and method ~= \"HEAD\" then\n"
	"  out[\"Allow\"] = \"GET, HEAD\"\n"
	"  return answer(405, json, [[" SITE_READ_ONLY "]])\n"
	"end\n"
	"if path == \"/v2\" or path == \"/v2/\" then return answer(200, json, \"{}\") end\n"
	"if path == \"/\" then\n"
	"  path = \"/" PAGE_INDEX "\"\n"
	"  r.req_attr[\"uri.path\"] = path\n"
	"end\n"
	"if (path == \"/" PAGE_INDEX "\" or path:find(\"^/page/.+/_[^/]+%.html$\")) and not "
	"path:find(\"/%.\") and is_there(path) then\n"
	"  return send(\"" PAGE_TYPE "\", for_now)\n"
	"end\n"
	"if path:find(\"/%.[^/]*/\") or not path:find(\"^/v2/\") then\n"
	"  return answer(404, json, [[" SITE_NO_NAME "]])\n"
	"end\n"
	"\n"
	"local name, kind, last = path:match(\"^/v2/(.+)/(%a+)/([^/]+)$\")\n"
	"local digest = last and last:match(\"^[a-z0-9+._-]+:[0-9a-f]+$\")\n"
	"if kind == \"blobs\" then\n"
	"  if not digest or not is_there(path) then return answer(404, json, [[" SITE_NO_BLOB
	"]]) end\n"
	"  return send(\"application/octet-stream\", for_good, digest)\n"
	"elseif kind == \"manifests\" then\n"
	"  local cache = digest and for_good or for_now\n"
	"  if not digest then\n"
	"    local known = find(path)\n"
	"    if known and is_there(\"/v2/\" .. name .. \"/manifests/\" .. known) then\n"
	"      digest = known\n"
	"      path = \"/v2/\" .. name .. \"/manifests/\" .. known\n"
	"      r.req_attr[\"uri.path\"] = path\n"
	"    end\n"
	"  end\n"
	"  if not is_there(path) then return answer(404, json, [[" SITE_NO_MANIFEST "]]) end\n"
	"  if last:find(\"^sha256%-%x+$\") or last:find(\"^sha512%-%x+$\") then return send(index, "
	"cache) end\n"
	"  return send(digest and find(digest) or most, cache, digest)\n"
	"elseif kind == \"referrers\" and digest then\n"
	"  if not is_there(path) then return answer(200, index, [[" SITE_NO_REFERRERS "]]) end\n"
	"  return send(index, for_now)\n"
	"elseif (path == \"/v2/_catalog\" or (kind == \"tags\" and last == \"list\")) and "
	"is_there(path) then\n"
	"  return send(json, for_now)\n"
	"end\n"
	"return answer(404, json, [[" SITE_NO_NAME "]])\n";

static void add_socket(const struct site *site, const char *script_path, struct str *out)
{
	(void)str_addf(
		out,
		"# For lighttpd 1.4.60 or newer with mod_magnet: include it at the end of\n"
		"# lighttpd.conf. What is yours, such as TLS, is taken from drydock.d/*.conf.\n"
		"# Make it again whenever tags were staged, moved or removed: until then\n"
		"# lighttpd serves them as they are written in the script beside this file. It\n"
		"# reads the script again by itself.\n\n"
		"server.modules += ( \"mod_magnet\" )\n"
		"$SERVER[\"socket\"] == \"%s%s\" {\n"
		"  server.document-root = \"%s\"\n"
		"  magnet.attract-raw-url-to = ( \"%s\" )\n"
		"  include \"drydock.d/*.conf\"\n"
		"}\n",
		site->listen[0] == ':' ? "0.0.0.0" : "", site->listen, site->path, script_path);
}

int lighttpd_write(const struct site *site, const char *script_path, struct str *config,
                   struct str *script, struct err *err)
{
	(void)str_addf(script,
	               "-- For lighttpd's mod_magnet; see the configuration beside it.\n"
	               "local root = \"%s\"\n"
	               "local most, index = \"%s\", \"" MT_OCI_INDEX "\"\n"
	               "local json = \"" MT_JSON "\"\n"
	               "local for_good = \"" CACHE_CONTROL_DIGEST "\"\n"
	               "local for_now = \"" CACHE_CONTROL_TAG "\"\n"
	               "-- Tags and their digests, and digests of manifests and their types.\n"
	               "local map = [[\n\n",
	               site->path, site->type);
	if (site_add_tags(site, LINE, script, err) < 0 ||
	    site_add_types(site, LINE, script, err) < 0)
		return -1;
	(void)str_adds(script, "]]\n\n");
	(void)str_adds(script, SCRIPT);
	add_socket(site, script_path, config);
	return 0;
}
