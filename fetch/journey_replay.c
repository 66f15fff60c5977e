#include "fetch/journey_replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fetch/journey/diff.h"
#include "fetch/journey/read.h"
#include "fetch/journey_forms.h"

#define REPLAY_TEXT_BYTES (REPLAY_FILE_BYTES_MAX + 1u) /* one more than allowed, to see that it is */
#define EVENT_GROWTH 4u /* an event in memory against its line, and more than that */

struct replay {
	void *file, *block;
	size_t file_bytes, block_bytes;
	struct journey_read read;
};

/* 0, or -1 and errno. */
static int
read_whole(int fd, char *text, size_t *bytes)
{
	ssize_t got;

	*bytes = 0;
	while (*bytes <= REPLAY_FILE_BYTES_MAX && (got = read(fd, text + *bytes, REPLAY_TEXT_BYTES - *bytes)) != 0) {
		if (got < 0)
			return -1;
		*bytes += (size_t)got;
	}
	errno = EFBIG;
	return *bytes <= REPLAY_FILE_BYTES_MAX ? 0 : -1;
}

/* A file or a pipe, in memory of its own; NULL: errno tells. */
static void *
read_file(const char *path, size_t *bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return NULL;
	void *text = mmap(NULL, REPLAY_TEXT_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int err = text != MAP_FAILED ? read_whole(fd, text, bytes) : -1, why = errno;
	(void)close(fd);
	if (err == 0)
		return text;
	if (text != MAP_FAILED)
		(void)munmap(text, REPLAY_TEXT_BYTES);
	errno = why;
	return NULL;
}

static void
close_replay(struct replay *replay)
{
	if (replay == NULL)
		return;
	if (replay->file != NULL)
		(void)munmap(replay->file, REPLAY_TEXT_BYTES);
	if (replay->block != NULL)
		(void)munmap(replay->block, replay->block_bytes);
	free(replay);
}

/* NULL: *failure. */
static struct replay *
open_replay(const char *path, struct failure *failure)
{
	struct replay *replay = calloc(1, sizeof *replay);
	if (replay != NULL)
		replay->file = read_file(path, &replay->file_bytes);
	if (replay == NULL || replay->file == NULL) {
		failure_set(failure, FAILURE_READ, "%s: %s", path, strerror(errno));
		close_replay(replay);
		return NULL;
	}
	replay->block_bytes = EVENT_GROWTH * replay->file_bytes + JOURNEY_RESERVE_BYTES;
	replay->block = mmap(NULL, replay->block_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (replay->block == MAP_FAILED) {
		replay->block = NULL;
		failure_set(failure, FAILURE_MEMORY, "no memory for the journey of %s", path);
	} else if (journey_read(&replay->read, span_of(replay->file, replay->file_bytes), replay->block, replay->block_bytes) != 0) {
		failure_set(failure, FAILURE_READ, "%s: line %u is no event of a journey (--journey=json)", path, replay->read.line);
	} else {
		return replay;
	}
	close_replay(replay);
	return NULL;
}

int
journey_replay(const char *from, const char *words, const char *path, struct failure *failure)
{
	unsigned forms;
	if (journey_forms_read(&forms, words, path, failure) != 0)
		return -1;
	struct replay *replay = open_replay(from, failure);
	if (replay == NULL)
		return -1;
	const struct story story = journey_read_story(&replay->read);
	const struct journey_packets none = { .path = NULL };
	int result = journey_forms_write(forms, &story, path, &none, failure);
	close_replay(replay);
	return result;
}

/* -1: no memory, or it cannot be written; errno tells. */
static int
write_diff(const struct story *before, const struct story *after)
{
	struct diff *diff = malloc(sizeof *diff);
	char *text = malloc(DIFF_TEXT_BYTES);
	int result = -1;

	if (diff != NULL && text != NULL) {
		size_t bytes = diff_write(diff, before, after, text, DIFF_TEXT_BYTES);
		if (fwrite(text, 1, bytes, stdout) == bytes && fflush(stdout) == 0)
			result = 0;
	}
	free(diff);
	free(text);
	return result;
}

int
journey_compare(const char *before, const char *after, struct failure *failure)
{
	struct replay *first = open_replay(before, failure);
	struct replay *second = first != NULL ? open_replay(after, failure) : NULL;
	int result = -1;

	if (second != NULL) {
		const struct story told = journey_read_story(&first->read), again = journey_read_story(&second->read);
		result = write_diff(&told, &again);
		if (result != 0)
			failure_set(failure, FAILURE_WRITE, "standard output: %s", strerror(errno));
	}
	close_replay(first);
	close_replay(second);
	return result;
}
