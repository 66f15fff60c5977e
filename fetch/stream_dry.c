#include "fetch/stream_dry.h"

#include <errno.h>
#include <stdlib.h>

#include "fetch/output.h"

struct stream_dry {
	struct stream stream; /* first */
	struct stream_facts facts;
	struct output output;
};

static ssize_t
dry_read(struct stream *stream, void *into, size_t bytes)
{
	(void)stream, (void)into, (void)bytes;
	return -EAGAIN;
}

static ssize_t
dry_write(struct stream *stream, const void *from, size_t bytes)
{
	struct stream_dry *dry = (struct stream_dry *)stream;
	if (output_write(&dry->output, from, bytes, &stream->failure) != 0)
		return -EIO;
	return (ssize_t)bytes;
}

static int
dry_shutdown(struct stream *stream)
{
	(void)stream;
	return 0;
}

static void
dry_close(struct stream *stream)
{
	struct stream_dry *dry = (struct stream_dry *)stream;
	output_fini(&dry->output);
	free(dry);
}

static const struct stream_ops dry_ops = {
	.read = dry_read,
	.write = dry_write,
	.shutdown = dry_shutdown,
	.close = dry_close,
};

struct stream *
stream_dry_open(void)
{
	const struct output_target target = { .path = NULL };
	struct stream_dry *dry = calloc(1, sizeof *dry);
	if (dry == NULL)
		return NULL;
	dry->stream.ops = &dry_ops;
	dry->stream.facts = &dry->facts;
	output_init(&dry->output, &target);
	if (output_open(&dry->output, 0, NULL, &dry->stream.failure) == 0)
		return &dry->stream;
	free(dry);
	return NULL;
}
