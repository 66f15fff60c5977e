#include "fetch/journey_pcapng.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch/journey/comments.h"
#include "fetch/new_file.h"
#include "stack/link/pcapng.h"

#define INDEX_BYTES (COMMENT_PACKETS_MAX * sizeof(struct comment_packet))
#define BLOCK_BYTES (PCAPNG_SECRETS_MAX + 65536u) /* the largest that is made here, but for packets */

struct annotation {
	const struct story *story;
	uint64_t ahead_us;
	int secrets_fd;
	const uint8_t *bytes; /* the capture */
	size_t size;
	struct comment_packet *packets;
	size_t count;
	bool is_ether;
	FILE *into;
	uint8_t *block; /* what is about to be written */
	size_t block_bytes;
};

/* The block at `at`, which lies whole in the file; 0: the file is over. */
static size_t
block_at(const struct annotation *annotation, size_t at, uint32_t *type)
{
	if (annotation->size - at < PCAPNG_BLOCK_HEAD)
		return 0;
	struct cursor c = cursor_over(annotation->bytes + at, PCAPNG_BLOCK_HEAD);
	*type = cursor_u32(&c);
	uint32_t size = cursor_u32(&c);
	return size >= PCAPNG_BLOCK_HEAD && size % 4 == 0 && size <= annotation->size - at ? size : 0;
}

/* ---- what is in it ---------------------------------------------------------------------------------- */

static void
index_packet(struct annotation *annotation, const uint8_t *block, size_t size)
{
	struct cursor c = cursor_over(block, size);
	struct pcapng_packet packet;

	if (annotation->count == COMMENT_PACKETS_MAX || pcapng_packet_read(&c, &packet) != 0)
		return;
	comment_packet_read(&annotation->packets[annotation->count++], packet.bytes, packet.size, annotation->is_ether,
	                    packet.direction == PCAPNG_OUT, packet.at_us - annotation->ahead_us);
}

/* The description of the interface begins with the type of its link. */
static void
index_packets(struct annotation *annotation)
{
	uint32_t type;
	size_t at = 0, size;

	for (; (size = block_at(annotation, at, &type)) != 0; at += size) {
		if (type == 1 && size >= PCAPNG_BLOCK_HEAD + 2)
			annotation->is_ether = annotation->bytes[at + PCAPNG_BLOCK_HEAD + 1] == PCAPNG_ETHERNET;
		else if (type == PCAPNG_BLOCK_PACKET)
			index_packet(annotation, annotation->bytes + at, size);
	}
}

/* ---- what is written ------------------------------------------------------------------------------- */

static struct writer
begin_block(struct annotation *annotation)
{
	return writer_over(annotation->block, annotation->block_bytes);
}

static void
put_block(const struct annotation *annotation, const struct writer *w)
{
	if (w->err == 0)
		(void)fwrite(annotation->block, 1, w->pos, annotation->into);
}

static size_t
names_of_answer(struct pcapng_name *names, size_t count, const struct journey_event *event)
{
	const char *word = journey_field_text(event, "addrs");
	while (*word != '\0' && count < PCAPNG_NAMES_MAX) {
		char text[ADDR_TEXT_BYTES];
		size_t bytes = strcspn(word, " ");
		(void)snprintf(text, sizeof text, "%.*s", (int)bytes, word);
		names[count].name = journey_field_text(event, "name");
		if (addr_from_text(&names[count].addr, text) == 0)
			count++;
		word += bytes + (word[bytes] == ' ');
	}
	return count;
}

static void
put_names(struct annotation *annotation)
{
	struct pcapng_name names[PCAPNG_NAMES_MAX];
	size_t count = 0;

	for (const struct journey_event *event = annotation->story->journey->first; event != NULL; event = event->next)
		if (event->layer == JOURNEY_DNS && strcmp(event->name, "answer") == 0)
			count = names_of_answer(names, count, event);
	if (count == 0)
		return;
	struct writer w = begin_block(annotation);
	pcapng_names_write(&w, names, count);
	put_block(annotation, &w);
}

int
journey_pcapng_secrets(void)
{
	int fd = memfd_create("secrets", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd != -1 && (ftruncate(fd, PCAPNG_SECRETS_MAX) != 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) != 0)) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* The file has its whole length from the start: what was written ends at the first NUL. */
static void
put_secrets(struct annotation *annotation)
{
	static const size_t room = PCAPNG_SECRETS_MAX;
	if (annotation->secrets_fd == 0)
		return;
	char *secrets = malloc(room);
	ssize_t read_bytes = secrets != NULL ? pread(annotation->secrets_fd, secrets, room, 0) : -1;
	size_t bytes = read_bytes > 0 ? strnlen(secrets, (size_t)read_bytes) : 0;
	if (bytes > 0) {
		struct writer w = begin_block(annotation);
		pcapng_secrets_write(&w, secrets, bytes);
		put_block(annotation, &w);
		explicit_bzero(annotation->block, w.pos);
		explicit_bzero(secrets, bytes);
	}
	free(secrets);
}

/* The packet as it was, with a comment; a block that is none of ours, as it is. */
static void
put_packet(struct annotation *annotation, const uint8_t *block, size_t size, const struct comment_packet *known)
{
	char comment[PCAPNG_COMMENT_BYTES_MAX];
	struct cursor c = cursor_over(block, size);
	struct pcapng_packet packet;
	struct writer w = begin_block(annotation);

	comment_text(known, comment, sizeof comment);
	if (comment[0] == '\0' || pcapng_packet_read(&c, &packet) != 0) {
		(void)fwrite(block, 1, size, annotation->into);
		return;
	}
	packet.comment = comment;
	pcapng_packet_write(&w, &packet);
	put_block(annotation, &w);
}

/* Names and secrets come behind the descriptions, before the first packet. */
static void
put_all(struct annotation *annotation)
{
	uint32_t type;
	size_t at = 0, size, seen = 0;
	bool is_begun = false;

	for (; (size = block_at(annotation, at, &type)) != 0; at += size) {
		if (type == PCAPNG_BLOCK_PACKET && !is_begun) {
			put_names(annotation);
			put_secrets(annotation);
			is_begun = true;
		}
		if (type == PCAPNG_BLOCK_PACKET && seen < annotation->count)
			put_packet(annotation, annotation->bytes + at, size, &annotation->packets[seen++]);
		else
			(void)fwrite(annotation->bytes + at, 1, size, annotation->into);
	}
}

/* ---- files ----------------------------------------------------------------------------------------- */

/* Secrets may be in it: nobody else reads it. */
static int
write_anew(struct annotation *annotation, const char *path)
{
	struct new_file file;
	if (new_file_open(&file, path, 0600) != 0)
		return -1;
	annotation->into = file.stream;
	put_all(annotation);
	return new_file_close(&file, true);
}

static int
annotate(struct annotation *annotation, const char *path)
{
	int result = -1;

	annotation->packets = mmap(NULL, INDEX_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	annotation->block_bytes = BLOCK_BYTES + annotation->size; /* a packet, at most, and its comment */
	annotation->block = mmap(NULL, annotation->block_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (annotation->packets != MAP_FAILED && annotation->block != MAP_FAILED) {
		index_packets(annotation);
		comments_deal(annotation->packets, annotation->count, annotation->story);
		result = write_anew(annotation, path);
	}
	if (annotation->packets != MAP_FAILED)
		(void)munmap(annotation->packets, INDEX_BYTES);
	if (annotation->block != MAP_FAILED)
		(void)munmap(annotation->block, annotation->block_bytes);
	return result;
}

static int
annotate_file(struct annotation *annotation, const char *path)
{
	struct stat stat;
	int result = -1, fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return -1;
	if (fstat(fd, &stat) == 0 && stat.st_size > 0) {
		annotation->size = (size_t)stat.st_size;
		void *bytes = mmap(NULL, annotation->size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (bytes != MAP_FAILED) {
			annotation->bytes = bytes;
			result = annotate(annotation, path);
			(void)munmap(bytes, annotation->size);
		}
	}
	(void)close(fd);
	return result;
}

int
journey_pcapng_write(const struct story *story, const char *path, uint64_t ahead_us, int secrets_fd, struct failure *failure)
{
	struct annotation annotation = { .story = story, .ahead_us = ahead_us, .secrets_fd = secrets_fd };
	if (annotate_file(&annotation, path) == 0)
		return 0;
	failure_set(failure, FAILURE_JOURNEY, "the packets of the journey cannot be written to %s: %s", path, strerror(errno));
	return -1;
}
