#include "fetch/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
is_in_place(const char *path)
{
	struct stat status;
	return lstat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

static int
open_beside(struct new_file *file, mode_t mode)
{
	if (snprintf(file->beside, sizeof file->beside, "%s.new", file->path) >= (int)sizeof file->beside) {
		errno = ENAMETOOLONG;
		return -1;
	}
	(void)unlink(file->beside);
	return open(file->beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
}

int
new_file_open(struct new_file *file, const char *path, mode_t mode)
{
	file->path = path;
	file->beside[0] = '\0';
	int descriptor = is_in_place(path) ? open(path, O_WRONLY | O_TRUNC | O_CLOEXEC) : open_beside(file, mode);
	if (descriptor == -1)
		return -1;
	file->stream = fdopen(descriptor, "w");
	if (file->stream != NULL)
		return 0;
	int why = errno;
	(void)close(descriptor);
	if (file->beside[0] != '\0')
		(void)unlink(file->beside);
	errno = why;
	return -1;
}

int
new_file_close(struct new_file *file, bool is_whole)
{
	int why = errno;
	bool is_bad = ferror(file->stream) != 0;

	if (fclose(file->stream) != 0) {
		why = errno;
		is_bad = true;
	}
	if (is_whole && !is_bad && (file->beside[0] == '\0' || rename(file->beside, file->path) == 0))
		return 0;
	if (is_whole && !is_bad)
		why = errno;
	if (file->beside[0] != '\0')
		(void)unlink(file->beside);
	errno = why;
	return -1;
}
