#include "resolver/serve/text_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
