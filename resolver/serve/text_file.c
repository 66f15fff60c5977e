#include "resolver/serve/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stack/base/err.h"

#define ROOM_FIRST 65536u

/* One octet more than allowed is room enough to find out that there is too much. */
static int
read_all(FILE *file, size_t bytes_max, char **text, size_t *text_bytes)
{
	size_t room = ROOM_FIRST <= bytes_max ? ROOM_FIRST : bytes_max + 1;
	for (;;) {
		char *grown = realloc(*text, room);
		if (grown == NULL)
			return ERR_NO_MEMORY;
		*text = grown;
		*text_bytes += fread(*text + *text_bytes, 1, room - *text_bytes, file);
		if (ferror(file))
			return ERR_IO;
		if (*text_bytes > bytes_max)
			return ERR_TOO_BIG;
		if (*text_bytes < room)
			return 0;
		room = room <= bytes_max / 2 ? room * 2 : bytes_max + 1;
	}
}

uint64_t
text_file_bytes(const char *path)
{
	struct stat file;

	return stat(path, &file) == 0 && file.st_size > 0 ? (uint64_t)file.st_size : 0;
}

int
text_file_read(const char *path, size_t bytes_max, char **text, size_t *text_bytes, const char **why)
{
	*text = NULL;
	*text_bytes = 0;
	FILE *file = fopen(path, "re");
	if (file == NULL) {
		*why = strerror(errno);
		return ERR_IO;
	}
	int err = read_all(file, bytes_max, text, text_bytes);
	*why = err == ERR_IO ? strerror(errno) : err_text(err);
	(void)fclose(file);
	if (err == 0)
		return 0;
	free(*text);
	*text = NULL;
	return err;
}

/* ---- replacing ------------------------------------------------------------------------------------------------- */

#define MODE_NEW 0600

static bool
write_all(int fd, const char *text, size_t text_bytes)
{
	while (text_bytes > 0) {
		const ssize_t written = write(fd, text, text_bytes);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		text += written;
		text_bytes -= (size_t)written;
	}
	return true;
}

/* What was left of a try that a crash ended may be there: it is nobody's. */
static bool
write_beside(const char *path, const char *beside, const char *text, size_t text_bytes)
{
	struct stat old;
	const mode_t mode = stat(path, &old) == 0 ? old.st_mode & 07777 : MODE_NEW;

	(void)unlink(beside);
	const int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, MODE_NEW);
	if (fd < 0)
		return false;
	const bool is_written = fchmod(fd, mode) == 0 && write_all(fd, text, text_bytes) && fsync(fd) == 0;
	const int saved = errno;
	(void)close(fd);
	errno = saved;
	return is_written;
}

/* The new name is in the directory, which has to reach the disk too. */
static bool
sync_directory(char *path)
{
	const int fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const bool is_synced = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		(void)close(fd);
	return is_synced;
}

int
text_file_replace(const char *path, const char *text, size_t text_bytes, const char **why)
{
	char beside[PATH_MAX];

	if ((size_t)snprintf(beside, sizeof beside, "%s.new", path) >= sizeof beside) {
		*why = strerror(ENAMETOOLONG);
		return ERR_IO;
	}
	if (!write_beside(path, beside, text, text_bytes) || rename(beside, path) != 0) {
		*why = strerror(errno);
		(void)unlink(beside);
		return ERR_IO;
	}
	if (sync_directory(beside))
		return 0;
	*why = strerror(errno); /* it is replaced, but a power cut may bring the old one back */
	return ERR_IO;
}
