/*
 * receipt: the short answers: what an operation made, or the <Error> why it did not.
 */
#ifndef DRYDOCK_SYNC_S3_RECEIPT_H
#define DRYDOCK_SYNC_S3_RECEIPT_H

#include "sync/s3/xml_fields.h"

/* <Error>, also inside a 200 of Complete and Copy. */
struct s3_fault {
	char code[S3_CODE_MAX + 1];       /* "" when there was no readable <Error> */
	char message[S3_MESSAGE_MAX + 1]; /* printable */
	char region[64];                  /* <Region>, or "" */
	char bucket[256];                 /* <BucketName>, or "" */
	int64_t server_time_ms;           /* <ServerTime>, -1 if none */
};

/* Reads what it can and never fails: error bodies are HTML from a proxy as often as not. */
void s3_fault_parse(struct s3_fault *fault, const char *xml, size_t len);

/* What Initiate, Complete, CopyObject and UploadPartCopy bring. */
struct s3_receipt {
	char upload_id[UPLOAD_ID_MAX + 1]; /* Initiate only */
	char etag[ETAG_MAX + 1];           /* the others; "" if the server left it empty */
};

/*
 * `root` is the element expected ("CompleteMultipartUploadResult"). 0 with *receipt filled in; 1
 * when the document is an <Error>, with *fault filled in; -1 when it is cut or something else.
 */
int s3_receipt_parse(struct s3_receipt *receipt, struct s3_fault *fault, const char *root,
                     const char *xml, size_t len, struct err *err) MUST_CHECK;

#endif
