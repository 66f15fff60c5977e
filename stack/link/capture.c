#include "stack/link/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "stack/link/link_priv.h"
#include "stack/link/pcapng.h"
#include "stack/link/wrapper.h"

struct capture {
	struct wrapper wrapper;
	int fd;
	bool owns_fd;
	bool is_commented;
	uint64_t wall_ahead_us; /* of the loop's clock */
	uint64_t due_at_us;     /* when what is gathered is written; STACK_NEVER: nothing is */
	struct capture_stats stats;
	char comment[PCAPNG_COMMENT_BYTES_MAX + 1];
	size_t used;
	uint8_t buffer[CAPTURE_BUFFER_BYTES];
};

static struct capture *
capture_of(const struct link *link)
{
	return (struct capture *)link;
}

/* ---- writing ----------------------------------------------------------------------------------- */

/* What the descriptor does not take now stays for the next time. */
static void
write_out(struct capture *capture)
{
	size_t written = 0;

	while (written < capture->used && capture->stats.write_errno == 0) {
		ssize_t size = write(capture->fd, capture->buffer + written, capture->used - written);
		if (size >= 0)
			written += (size_t)size;
		else if (errno == EAGAIN)
			break;
		else if (errno != EINTR)
			capture->stats.write_errno = errno;
	}
	capture->used -= written;
	memmove(capture->buffer, capture->buffer + written, capture->used);
}

static void
write_if_due(struct capture *capture, uint64_t now_us)
{
	if (capture->due_at_us > now_us)
		return;
	write_out(capture);
	capture->due_at_us = capture->used == 0 || capture->stats.write_errno != 0 ? STACK_NEVER
	                                                                           : now_us + CAPTURE_WRITE_US;
}

static void
record(struct capture *capture, const struct link_frame *frame, enum pcapng_direction direction, uint64_t now_us)
{
	const struct pcapng_packet packet = {
		.at_us = now_us + capture->wall_ahead_us,
		.direction = direction,
		.bytes = frame->bytes,
		.size = (uint32_t)frame->size,
		.size_before = (uint32_t)frame->size,
		.comment = capture->is_commented ? capture->comment : NULL,
	};

	if (frame->size + PCAPNG_PACKET_OVERHEAD > CAPTURE_BUFFER_BYTES - capture->used)
		write_out(capture);
	struct writer w = writer_over(capture->buffer + capture->used, CAPTURE_BUFFER_BYTES - capture->used);
	pcapng_packet_write(&w, &packet);
	if (w.err != 0 || capture->stats.write_errno != 0) {
		capture->stats.lost++;
		return;
	}
	capture->used += w.pos;
	capture->stats.packets++;
	capture->is_commented = false;
	if (capture->due_at_us == STACK_NEVER)
		capture->due_at_us = now_us + CAPTURE_WRITE_US;
}

/* ---- the link ---------------------------------------------------------------------------------- */

static size_t
capture_receive(struct link *link, struct link_frame *frames, size_t max, uint64_t now_us)
{
	struct capture *capture = capture_of(link);
	struct link *inside = capture->wrapper.inside;
	size_t count = inside->ops->receive(inside, frames, max, now_us);

	for (size_t i = 0; i < count; i++)
		record(capture, &frames[i], PCAPNG_IN, now_us);
	wrapper_stats(&capture->wrapper);
	return count;
}

static void
capture_send(struct link *link, const struct link_frame *frame, uint64_t now_us)
{
	struct capture *capture = capture_of(link);
	struct link *inside = capture->wrapper.inside;

	record(capture, frame, PCAPNG_OUT, now_us);
	inside->ops->send(inside, frame, now_us);
}

static void
capture_flush(struct link *link, uint64_t now_us)
{
	struct capture *capture = capture_of(link);

	capture->wrapper.inside->ops->flush(capture->wrapper.inside, now_us);
	wrapper_stats(&capture->wrapper);
	write_if_due(capture, now_us);
}

static uint64_t
capture_deadline(const struct link *link)
{
	const struct capture *capture = capture_of(link);
	return wrapper_deadline(&capture->wrapper, capture->due_at_us);
}

/* What is written into the file stands in one place. */
static void
capture_describe(const struct link *link, struct stack_if_config *config)
{
	wrapper_describe(link, config);
	config->flags &= ~STACK_IF_GATHER_TX;
}

static void
capture_close(struct link *link)
{
	struct capture *capture = capture_of(link);

	write_out(capture);
	if (capture->owns_fd)
		close(capture->fd);
	capture->wrapper.inside->ops->close(capture->wrapper.inside);
	free(capture);
}

static const struct link_ops capture_ops = {
	.name = "capture",
	.describe = capture_describe,
	.receive = capture_receive,
	.send = capture_send,
	.flush = capture_flush,
	.fds = wrapper_fds,
	.deadline = capture_deadline,
	.sync = wrapper_sync,
	.sync_fd = wrapper_sync_fd,
	.close = capture_close,
};

/* ---- open -------------------------------------------------------------------------------------- */

static uint64_t
wall_clock_us(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* A pipe or socket that is full answers EAGAIN; a file never does. */
static void
make_nonblocking(int fd)
{
	struct stat stat;

	if (fstat(fd, &stat) == 0 && !S_ISREG(stat.st_mode))
		(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static void
write_header(struct capture *capture, const char *application)
{
	struct stack_if_config config;
	struct writer w = writer_over(capture->buffer, sizeof capture->buffer);

	wrapper_describe(&capture->wrapper.link, &config);
	pcapng_section_write(&w, application);
	pcapng_interface_write(&w, config.kind == STACK_IF_ETHER ? PCAPNG_ETHERNET : PCAPNG_RAW_IP, config.name);
	capture->used = w.pos;
}

int
capture_open(struct link **link, struct link *inside, const struct capture_config *config, uint64_t now_us,
             struct link_error *error)
{
	struct capture *capture = malloc(sizeof *capture);

	if (capture == NULL)
		return link__fail(error, ENOMEM, NULL, "capture");
	memset(capture, 0, offsetof(struct capture, buffer)); /* not the buffer: most of it is never touched */
	capture->wrapper = (struct wrapper){ .link.ops = &capture_ops, .inside = inside };
	capture->fd = config->fd;
	capture->owns_fd = config->path != NULL;
	if (capture->owns_fd)
		capture->fd = open(config->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (capture->fd == -1) {
		int errno_value = errno;
		free(capture);
		return link__fail(error, errno_value, NULL, "capture to %s", config->path);
	}
	make_nonblocking(capture->fd);
	capture->wall_ahead_us = (config->wall_us != 0 ? config->wall_us : wall_clock_us()) - now_us;
	capture->due_at_us = now_us; /* the header goes with the first flush */
	write_header(capture, config->application);
	*link = &capture->wrapper.link;
	return 0;
}

void
capture_comment(struct link *link, const char *text)
{
	struct capture *capture = capture_of(link);
	size_t size = strnlen(text, PCAPNG_COMMENT_BYTES_MAX);

	memcpy(capture->comment, text, size);
	capture->comment[size] = '\0';
	capture->is_commented = true;
}

struct capture_stats
capture_stats(const struct link *link)
{
	return capture_of(link)->stats;
}
