#include "stage/serve/blob.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "stage/serve/multipart.h"

#include <inttypes.h>
#include <stdio.h>

enum { MULTIPART_BLOCK_BYTES = 64 << 10, CONTENT_TYPE_MAX = 128 };

static int from_file(struct answer *a, int *fd, uint64_t first, uint64_t length, struct err *err)
{
	a->bytes = length;
	a->response = MHD_create_response_from_fd_at_offset64(length, *fd, first);
	if (!a->response)
		return err_memory(err);
	*fd = -1;
	return 0;
}

static ssize_t read_part(void *context, uint64_t at, char *out, size_t max)
{
	struct err ignored = ERR_INIT;
	ssize_t got = multipart_read(context, at, out, max, &ignored);

	if (got > 0)
		return got;
	return got == 0 ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void free_multipart(void *context)
{
	struct multipart *m = context;

	(void)close(m->fd);
	free(m);
}

/* `content_type` becomes that of the body. */
static int from_ranges(struct answer *a, int *fd, uint64_t size_bytes, const struct ranges *ranges,
                       char content_type[CONTENT_TYPE_MAX], struct err *err)
{
	struct multipart *m = calloc(1, sizeof(*m));
	uint8_t random[(BOUNDARY_MAX - 1) / 2];

	if (!m)
		return err_memory(err);
	m->blob_bytes = size_bytes;
	m->ranges = *ranges;
	if (random_bytes(random, sizeof(random), err) < 0) {
		free(m);
		return -1;
	}
	(void)hex_text(random, sizeof(random), m->boundary);
	(void)snprintf(content_type, CONTENT_TYPE_MAX, "multipart/byteranges; boundary=%s",
	               m->boundary);
	a->bytes = multipart_bytes(m);
	m->fd = steal_fd(fd);
	a->response = MHD_create_response_from_callback(a->bytes, MULTIPART_BLOCK_BYTES, read_part,
	                                                m, free_multipart);
	if (a->response)
		return 0;
	free_multipart(m);
	return err_memory(err);
}

/* 206: the type of several ranges is their envelope's. */
static int from_parts(struct answer *a, const struct document_head *head, int *fd,
                      uint64_t size_bytes, const struct ranges *ranges, struct err *err)
{
	const struct byte_range *one = &ranges->list[0];
	struct document_head described = *head;
	char text[CONTENT_TYPE_MAX], etag[ETAG_MAX];

	a->status = 206;
	if (ranges->count == 1) {
		(void)snprintf(text, sizeof(text), "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64,
		               one->first, one->first + one->length - 1, size_bytes);
		if (from_file(a, fd, one->first, one->length, err) < 0 ||
		    answer_add_header(a->response, "Content-Range", text, err) < 0)
			return -1;
	} else {
		if (from_ranges(a, fd, size_bytes, ranges, text, err) < 0)
			return -1;
		described.content_type = text;
	}
	return document_describe(a->response, &described, etag, err);
}

int blob_answer(struct answer *a, const struct document_head *head, int *fd, uint64_t size_bytes,
                const char *range, struct err *err)
{
	struct ranges ranges;
	char text[64], etag[ETAG_MAX];

	switch (ranges_parse(&ranges, range, size_bytes)) {
	case RANGE_UNSATISFIABLE:
		(void)snprintf(text, sizeof(text), "bytes */%" PRIu64, size_bytes);
		if (answer_error(a, ANSWER_BAD_RANGE, err) < 0)
			return -1;
		return answer_add_header(a->response, "Content-Range", text, err);
	case RANGE_PARTS:
		return from_parts(a, head, fd, size_bytes, &ranges, err);
	case RANGE_WHOLE:
		break;
	}
	a->status = 200;
	if (from_file(a, fd, 0, size_bytes, err) < 0)
		return -1;
	return document_describe(a->response, head, etag, err);
}
