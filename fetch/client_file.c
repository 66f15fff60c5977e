/* client_file.c - small files that are remembered from run to run: cookies, hosts for https (client_priv.h). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fetch/client_priv.h"
#include "fetch/output.h"

/* As for curl, the first run has none yet. */
int
client__file_read(const char *path, char **text, size_t *bytes, struct failure *failure)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	*bytes = 0;
	*text = malloc(CLIENT_FILE_BYTES_MAX);
	if (*text == NULL)
		failure_set(failure, FAILURE_MEMORY, "no memory for %s", path);
	else if (file != NULL)
		*bytes = fread(*text, 1, CLIENT_FILE_BYTES_MAX, file);
	if (file != NULL && file != stdin)
		fclose(file);
	return *text != NULL ? 0 : -1;
}

/* A new file takes the old one's place; what it tells of the user is the user's alone. */
int
client__file_write(const char *path, const char *text, size_t bytes)
{
	char beside[OUTPUT_PATH_BYTES];
	if (strcmp(path, "-") == 0)
		return output_write_all(STDOUT_FILENO, text, bytes);
	if (snprintf(beside, sizeof beside, "%s.new", path) >= (int)sizeof beside) {
		errno = ENAMETOOLONG;
		return -1;
	}
	(void)unlink(beside);
	int descriptor = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (descriptor < 0)
		return -1;
	int err = output_write_all(descriptor, text, bytes);
	if (close(descriptor) != 0 || err != 0)
		return -1;
	return rename(beside, path);
}
