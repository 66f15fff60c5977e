#include "fetch/output_priv.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
output_init(struct output *output, const struct output_target *target)
{
	*output = (struct output){ .target = *target, .descriptor = -1 };
}

int
output__fail(const struct output *output, struct failure *failure, const char *what)
{
	const char *name = output->path[0] != '\0' ? output->path : "standard output";
	failure_set(failure, FAILURE_WRITE, "%s: %s: %s", name, what, strerror(errno));
	return -1;
}

int
output_write_all(int descriptor, const void *octets, size_t bytes)
{
	const char *at = octets;
	while (bytes > 0) {
		ssize_t taken = write(descriptor, at, bytes);
		if (taken < 0 && errno == EINTR)
			continue;
		if (taken < 0)
			return -1;
		at += taken;
		bytes -= (size_t)taken;
	}
	return 0;
}

static int
open_standard_output(struct output *output)
{
	output->descriptor = STDOUT_FILENO;
	output->is_terminal = isatty(STDOUT_FILENO) && !output->target.is_raw;
	printable_init(&output->printable, true);
	return 0;
}

/* A device, a pipe, or a file that is written in its place: what stands before the rest has to be there. */
static int
open_as_it_is(struct output *output, uint64_t keep_bytes, struct failure *failure)
{
	struct stat status;

	int flags = (output->target.is_in_place ? O_RDWR : O_WRONLY) | (keep_bytes == 0 ? O_CREAT : 0); /* to be read for its digest */
	output->descriptor = open(output->path, flags | O_CLOEXEC, 0666);
	output->is_closable = true;
	if (output->descriptor < 0)
		return output__fail(output, failure, "cannot be opened");
	output->is_terminal = isatty(output->descriptor);
	printable_init(&output->printable, true);
	if (!output->target.is_in_place)
		return 0;
	if (fstat(output->descriptor, &status) == 0 && (uint64_t)status.st_size < keep_bytes) {
		failure_set(failure, FAILURE_WRITE, "%s has %llu octets, fewer than the offset", output->path,
			    (unsigned long long)status.st_size);
		return -1;
	}
	if (ftruncate(output->descriptor, (off_t)keep_bytes) != 0 ||
	    lseek(output->descriptor, (off_t)keep_bytes, SEEK_SET) < 0)
		return output__fail(output, failure, "cannot go on at the offset");
	output->kept_bytes = keep_bytes;
	return 0;
}

static bool
is_special(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

/* The directories that lead to the file. */
static int
make_directories(const char *path)
{
	char directory[OUTPUT_PATH_BYTES];
	strcpy(directory, path);
	for (char *slash = strchr(directory + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(directory, 0777) != 0 && errno != EEXIST)
			return -1;
		*slash = '/';
	}
	return 0;
}

int
output_open(struct output *output, uint64_t keep_bytes, const char *validator,
	    struct failure *failure)
{
	assert(output->descriptor < 0);
	if (output->target.path == NULL)
		return open_standard_output(output);
	if (output__name_part(output, failure) != 0)
		return -1;
	if (output->target.creates_directories && make_directories(output->path) != 0)
		return output__fail(output, failure, "its directory cannot be made");
	if (output->target.is_in_place || is_special(output->path))
		return open_as_it_is(output, keep_bytes, failure);
	return output__open_part(output, keep_bytes, validator, failure);
}

/* What a terminal gets to see. */
static int
write_printable(struct output *output, const void *octets, size_t bytes, struct failure *failure)
{
	const char *at = octets;
	char shown[4096];
	size_t looked_at = bytes;

	if (output->written_bytes + bytes > OUTPUT_LOOK_BYTES)
		looked_at = output->written_bytes < OUTPUT_LOOK_BYTES
				    ? OUTPUT_LOOK_BYTES - output->written_bytes
				    : 0;
	if (memchr(octets, '\0', looked_at) != NULL) {
		failure_set(failure, FAILURE_WRITE,
			    "the content is no text and would confuse the terminal: "
			    "-o FILE keeps it, -o - shows it all the same");
		return -1;
	}
	while (bytes > 0) {
		size_t taken, ready = printable_write(&output->printable, at, bytes, &taken, shown,
						      sizeof shown);
		if (output_write_all(output->descriptor, shown, ready) != 0)
			return output__fail(output, failure, "cannot be written");
		at += taken;
		bytes -= taken;
	}
	return 0;
}

int
output_write(struct output *output, const void *octets, size_t bytes, struct failure *failure)
{
	assert(output->descriptor >= 0);
	if (output->is_terminal) {
		if (write_printable(output, octets, bytes, failure) != 0)
			return -1;
	} else if (output_write_all(output->descriptor, octets, bytes) != 0) {
		return output__fail(output, failure, "cannot be written");
	}
	output->written_bytes += bytes;
	return 0;
}

bool
output_is_given_out(const struct output *output)
{
	bool is_file = output->is_part || (output->target.path != NULL && output->target.is_in_place);
	return !is_file && output->written_bytes != 0;
}

static int
end_terminal(struct output *output, struct failure *failure)
{
	char shown[PRINTABLE_END_BYTES];
	size_t ready = printable_end(&output->printable, shown, sizeof shown);
	if (output_write_all(output->descriptor, shown, ready) != 0)
		return output__fail(output, failure, "cannot be written");
	return 0;
}

/* Some file systems tell only now that the disk is full. */
static int
flush(const struct output *output, struct failure *failure)
{
	int twin = fcntl(output->descriptor, F_DUPFD_CLOEXEC, 0); /* the descriptor itself holds the lock */
	if (twin < 0 || close(twin) != 0)
		return output__fail(output, failure, "cannot be written");
	return 0;
}

/* A pipe or a device, of which nothing is done behind its end. */
static bool
is_plainly_closed(const struct output *output)
{
	return output->is_closable && !output->is_part && !output->target.is_in_place;
}

int
output_finish(struct output *output, int64_t modified_s, struct failure *failure)
{
	if (output->is_terminal)
		return end_terminal(output, failure);
	const bool is_plain = is_plainly_closed(output);
	if (!is_plain && flush(output, failure) != 0)
		return -1;
	if (output->is_closable && modified_s >= 0) {
		struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = modified_s } };
		(void)futimens(output->descriptor, times); /* of a device: of no use, and no harm */
	}
	if (output->is_part && output__rename_part(output, failure) != 0)
		return -1;
	const int err = output->is_closable ? close(output->descriptor) : 0;
	output->descriptor = -1;
	return err != 0 && is_plain ? output__fail(output, failure, "cannot be written") : 0;
}

void
output_fini(struct output *output)
{
	if (output->descriptor >= 0 && output->is_part &&
	    (output->target.removes_on_error || output->kept_bytes + output->written_bytes == 0))
		output__remove_part(output);
	if (output->descriptor >= 0 && output->is_closable)
		close(output->descriptor);
	output->descriptor = -1;
	output->is_part = false;
}
