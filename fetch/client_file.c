/* client_file.c - small files that are remembered from run to run: cookies, hosts for https (client_priv.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fetch/client_priv.h"
#include "fetch/new_file.h"
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
	struct new_file file;
	if (strcmp(path, "-") == 0)
		return output_write_all(STDOUT_FILENO, text, bytes);
	if (new_file_open(&file, path, 0600) != 0)
		return -1;
	return new_file_close(&file, fwrite(text, 1, bytes, file.stream) == bytes);
}
