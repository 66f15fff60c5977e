/* output_part.c - the file that is not yet whole (output.h). */
#include "fetch/output_priv.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART   ".part"
#define SOURCE ".source"

#define SOURCE_BYTES (OUTPUT_VALIDATOR_BYTES + OUTPUT_CODING_BYTES + sizeof "\n0123456789abcdef\n\n")

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

/* What the source file says of this origin: a line with the validator, one with the origin, and one with the coding if there is one. */
static size_t
source_text(const struct output *output, const char *validator, const char *coding, char text[SOURCE_BYTES])
{
	const bool is_coded = coding != NULL && coding[0] != '\0';
	return (size_t)snprintf(text, SOURCE_BYTES, "%s\n%016" PRIx64 "\n%s%s", validator, output->target.origin,
				is_coded ? coding : "", is_coded ? "\n" : "");
}

/* The line that text begins with, if there is room for it; what is behind it, or NULL. */
static const char *
take_line(const char *text, char *line, size_t line_bytes)
{
	const size_t bytes = strcspn(text, "\n");
	if (text[bytes] == '\0' || bytes >= line_bytes)
		return NULL;
	memcpy(line, text, bytes);
	line[bytes] = '\0';
	return text + bytes + 1;
}

static bool
read_source(const struct output *output, struct output_part *part)
{
	char path[OUTPUT_PATH_BYTES], text[SOURCE_BYTES + 1], wanted[SOURCE_BYTES], origin[sizeof "0123456789abcdef"];
	struct stat status;
	source_path(output, path);
	int descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (descriptor < 0)
		return false;
	ssize_t bytes = is_ours(descriptor, &status) ? read(descriptor, text, sizeof text - 1) : -1;
	close(descriptor);
	if (bytes <= 0)
		return false;
	text[bytes] = '\0';
	const char *rest = take_line(text, part->validator, sizeof part->validator);
	if (rest != NULL)
		rest = take_line(rest, origin, sizeof origin);
	part->coding[0] = '\0';
	if (rest == NULL || part->validator[0] == '\0' ||
	    (rest[0] != '\0' && take_line(rest, part->coding, sizeof part->coding) == NULL))
		return false;
	return source_text(output, part->validator, part->coding, wanted) == (size_t)bytes && strcmp(text, wanted) == 0;
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
	if (read_source(&named, part))
		part->bytes = (uint64_t)status.st_size;
}

static int
forget_validator(const struct output *output, struct failure *failure)
{
	char path[OUTPUT_PATH_BYTES];
	source_path(output, path);
	if (unlink(path) != 0 && errno != ENOENT)
		return output__fail(output, failure, "its part file's source cannot be replaced");
	return 0;
}

static int
write_validator(const struct output *output, const char *validator, struct failure *failure)
{
	char path[OUTPUT_PATH_BYTES], text[SOURCE_BYTES];
	size_t validator_bytes = validator != NULL ? strlen(validator) : 0;
	if (validator_bytes == 0 || validator_bytes >= OUTPUT_VALIDATOR_BYTES)
		return 0; /* cannot be resumed, which is no failure now */

	source_path(output, path);
	size_t bytes = source_text(output, validator, output->target.coding, text);
	int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (descriptor < 0)
		return output__fail(output, failure, "its part file's source cannot be written");
	int err = output_write_all(descriptor, text, bytes);
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

/* Between our look at it and the lock another program may have finished it, or have begun another version. */
static bool
is_as_found(const struct output *output, int descriptor, uint64_t keep_bytes, const char *validator)
{
	struct output_part found;
	struct stat locked, named;

	if (fstat(descriptor, &locked) != 0 || lstat(output->part_path, &named) != 0 ||
	    locked.st_dev != named.st_dev || locked.st_ino != named.st_ino)
		return false;
	return keep_bytes == 0 || ((uint64_t)locked.st_size >= keep_bytes && validator != NULL &&
				   read_source(output, &found) && strcmp(found.validator, validator) == 0 &&
				   strcmp(found.coding, output->target.coding != NULL ? output->target.coding : "") == 0);
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
	if (!is_as_found(output, descriptor, keep_bytes, validator)) {
		failure_set(failure, FAILURE_WRITE, "%s: another program has changed its part file meanwhile", output->path);
		return -1;
	}
	/* In this order: whenever it ends, no validator stands beside octets of another version. */
	if (forget_validator(output, failure) != 0)
		return -1;
	if (ftruncate(descriptor, (off_t)keep_bytes) != 0 || lseek(descriptor, 0, SEEK_END) < 0)
		return output__fail(output, failure, "its part file cannot be cut");
	/* Only now is the part file one of this transfer, which may remove it. */
	if (write_validator(output, validator, failure) != 0)
		return -1;
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
