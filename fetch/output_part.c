/* output_part.c - the file that is not yet whole (output.h). */
#include "fetch/output_priv.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART   ".part"
#define SOURCE ".source"

int
output__name_part(struct output *output, struct failure *failure)
{
	static_assert(OUTPUT_PATH_BYTES >= PATH_MAX, "realpath writes that much");
	const char *path = output->target.path;
	struct stat status;

	errno = ENAMETOOLONG;
	if (strlen(path) + sizeof "." PART SOURCE > sizeof output->path)
		return output__fail(output, failure, "cannot be opened");
	if (lstat(path, &status) != 0 || !S_ISLNK(status.st_mode) ||
	    realpath(path, output->path) == NULL)
		strcpy(output->path, path);

	const char *slash = strrchr(output->path, '/');
	const char *name = slash != NULL ? slash + 1 : output->path;
	int length = snprintf(output->part_path, sizeof output->part_path, "%.*s.%s" PART,
			      (int)(name - output->path), output->path, name);
	errno = name[0] == '\0' ? EISDIR : ENAMETOOLONG;
	if (name[0] == '\0' || (size_t)length + sizeof SOURCE > sizeof output->part_path)
		return output__fail(output, failure, "cannot be opened");
	return 0;
}

static void
source_path(const struct output *output, char path[OUTPUT_PATH_BYTES])
{
	size_t length = strlen(output->part_path);
	memcpy(path, output->part_path, length);
	memcpy(path + length, SOURCE, sizeof SOURCE);
}

/* Our own regular file, not a link that somebody has laid in a common directory. */
static bool
is_ours(int descriptor, struct stat *status)
{
	return fstat(descriptor, status) == 0 && S_ISREG(status->st_mode) &&
	       status->st_uid == geteuid();
}

static bool
read_validator(const struct output *output, char validator[OUTPUT_VALIDATOR_BYTES])
{
	char path[OUTPUT_PATH_BYTES];
	struct stat status;
	source_path(output, path);
	int descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (descriptor < 0)
		return false;
	ssize_t bytes = is_ours(descriptor, &status)
				? read(descriptor, validator, OUTPUT_VALIDATOR_BYTES)
				: -1;
	close(descriptor);
	/* A line; one that was cut is none. */
	if (bytes <= 1 || validator[bytes - 1] != '\n')
		return false;
	validator[bytes - 1] = '\0';
	return strlen(validator) == (size_t)bytes - 1;
}

void
output_find_part(const struct output *output, struct output_part *part)
{
	struct output named = *output;
	struct failure ignored;
	struct stat status;

	*part = (struct output_part){ 0 };
	if (output->target.path == NULL || output__name_part(&named, &ignored) != 0)
		return;
	if (lstat(named.part_path, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= 0)
		return;
	if (read_validator(&named, part->validator))
		part->bytes = (uint64_t)status.st_size;
}

static int
write_validator(const struct output *output, const char *validator, struct failure *failure)
{
	char path[OUTPUT_PATH_BYTES], line[OUTPUT_VALIDATOR_BYTES + 1];
	source_path(output, path);
	if (unlink(path) != 0 && errno != ENOENT)
		return output__fail(output, failure, "its part file's source cannot be replaced");
	size_t bytes = validator != NULL ? strlen(validator) : 0;
	if (bytes == 0 || bytes + 1 >= OUTPUT_VALIDATOR_BYTES)
		return 0; /* cannot be resumed, which is no failure now */

	memcpy(line, validator, bytes);
	line[bytes] = '\n';
	int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (descriptor < 0)
		return output__fail(output, failure, "its part file's source cannot be written");
	int err = output_write_all(descriptor, line, bytes + 1);
	if (close(descriptor) != 0 || err != 0)
		return output__fail(output, failure, "its part file's source cannot be written");
	return 0;
}

static int
open_locked(const struct output *output, struct failure *failure)
{
	struct stat status;
	int descriptor =
		open(output->part_path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (descriptor < 0 && errno == EEXIST)
		descriptor = open(output->part_path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (descriptor < 0)
		return output__fail(output, failure, "its part file cannot be opened");

	errno = EPERM;
	if (is_ours(descriptor, &status) && flock(descriptor, LOCK_EX | LOCK_NB) == 0)
		return descriptor;
	if (errno == EWOULDBLOCK)
		failure_set(failure, FAILURE_WRITE,
			    "%s: another program is fetching it at this moment", output->path);
	else
		output__fail(output, failure, "its part file belongs to somebody else");
	close(descriptor);
	return -1;
}

int
output__open_part(struct output *output, uint64_t keep_bytes, const char *validator,
		  struct failure *failure)
{
	int descriptor = open_locked(output, failure);
	if (descriptor < 0)
		return -1;
	output->descriptor = descriptor;
	output->is_closable = true;
	/* Only now is the part file one of this transfer, which may remove it. */
	if (write_validator(output, validator, failure) != 0)
		return -1;
	if (ftruncate(descriptor, (off_t)keep_bytes) != 0 || lseek(descriptor, 0, SEEK_END) < 0)
		return output__fail(output, failure, "its part file cannot be cut");
	output->kept_bytes = keep_bytes;
	output->is_part = true;
	return 0;
}

/* NAME, or NAME.1, NAME.2 ... whichever does not exist. */
static int
rename_beside(struct output *output)
{
	char path[OUTPUT_PATH_BYTES + 16];
	strcpy(path, output->path);
	for (unsigned number = 1; number <= OUTPUT_NUMBER_MAX; number++) {
		if (renameat2(AT_FDCWD, output->part_path, AT_FDCWD, path, RENAME_NOREPLACE) == 0) {
			snprintf(output->path, sizeof output->path, "%.*s",
				 (int)sizeof output->path - 1, path);
			return 0;
		}
		if (errno != EEXIST)
			return -1;
		snprintf(path, sizeof path, "%s.%u", output->path, number);
	}
	return -1;
}

int
output__rename_part(struct output *output, struct failure *failure)
{
	int err = output->target.clobbers ? rename(output->part_path, output->path)
					  : rename_beside(output);
	if (err != 0)
		return output__fail(output, failure,
				    "the finished part file cannot be renamed to it");
	output->is_part = false;
	char path[OUTPUT_PATH_BYTES];
	source_path(output, path);
	(void)unlink(path); /* a source without its part file says nothing */
	return 0;
}

void
output__remove_part(const struct output *output)
{
	char path[OUTPUT_PATH_BYTES];
	source_path(output, path);
	(void)unlink(path);
	(void)unlink(output->part_path);
}
