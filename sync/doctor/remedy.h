/*
 * remedy: what to do about a finding, to be pasted: a policy, a setting, a command. A table, by
 * finding and, where they differ, by the service that holds the bucket or the CDN or web server
 * before it.
 */
#ifndef DRYDOCK_SYNC_DOCTOR_REMEDY_H
#define DRYDOCK_SYNC_DOCTOR_REMEDY_H

#include "base/str.h"

enum remedy {
	REMEDY_NONE,
	REMEDY_CREDENTIALS,   /* there are none, or the server does not know them */
	REMEDY_ENDPOINT,      /* no answer from there */
	REMEDY_TLS,           /* of the endpoint: its certificate is not acceptable */
	REMEDY_CLOCK,         /* this machine's clock is wrong */
	REMEDY_REGION,        /* the bucket is in another region */
	REMEDY_BUCKET,        /* there is no such bucket */
	REMEDY_WRITER_POLICY, /* the key may not do what sync does */
	REMEDY_ACL,           /* the bucket takes no ACLs */
	REMEDY_LEFTOVER,      /* something of the doctor's stays in the bucket */
	REMEDY_ADDRESS,       /* clients cannot ask for a path below a host */
	REMEDY_PLAIN_HTTP,    /* clients want https */
	REMEDY_PULL_HOST,     /* no answer from where clients pull */
	REMEDY_PULL_TLS,      /* likewise: the certificate */
	REMEDY_PUBLIC_READ,   /* the bucket is private */
	REMEDY_PUBLIC_LIST,   /* a missing key is 403 */
	REMEDY_REAL_404,      /* a missing key is 200 */
	REMEDY_PUBLISH,       /* an object is not there */
	REMEDY_TYPE,          /* an object has a wrong type */
	REMEDY_CHARSET,       /* a proxy adds to the type */
	REMEDY_ENCODING,      /* a proxy compresses */
	REMEDY_BYTES,         /* other bytes arrive */
	REMEDY_RANGE,         /* no ranges */
	REMEDY_ONE_RANGE,     /* of several ranges one comes */
	REMEDY_CACHE,         /* other caching headers arrive */
	REMEDY_DOWNGRADE,     /* https redirects to http */
	REMEDY_CORS,          /* pages of other hosts may not read it */
	REMEDY_PULL,          /* a client cannot pull, whatever the checks say */
	REMEDIES,
};

/* What stands in the texts. Borrowed, never NULL. */
struct remedy_place {
	const char *provider; /* a name of provider.h */
	const char *front;    /* a name of front.h, or "" */
	const char *url;      /* s3://BUCKET[/PREFIX], as it was given */
	/* Words of a shell, so that what is pasted means this very remote. */
	const char *remote;     /* what stands behind `drydock verify --remote` */
	const char *sync;       /* the same with what goes on objects, behind `drydock sync` */
	const char *aws;        /* options of every aws command: " --region R …" */
	const char *location;   /* options of aws s3api create-bucket, or "" */
	const char *doctor_url; /* s3://… of what the doctor writes */
	const char *v2_url;     /* s3://… of the registry */
	const char *bucket;
	const char *prefix;       /* "" or "a/b/", as it stands within a text of JSON */
	const char *region;       /* as the server has it */
	const char *service_host; /* HOST[:PORT] without the bucket */
	const char
		*object_url; /* http[s]://… of the prefix in the bucket, with a slash at its end */
	const char *host;    /* HOST[:PORT] of object_url */
	const char *pull_host;    /* HOST[:PORT] from which people pull */
	const char *pull_connect; /* the same, always with a port */
	const char *pull_url;     /* http[s]://… of it, with a slash at its end */
	const char *image;        /* NAME:TAG or NAME@DIGEST that was pulled; "" */
};

/* Appends the text, of one or more lines without a line feed at the end; nothing for NONE. */
void remedy_add(struct str *out, enum remedy remedy, const struct remedy_place *place);

#endif
