/* client_cookie.c - the cookies of a group of URLs: read at the start, written at the end (client.h). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fetch/client_priv.h"
#include "fetch/output.h"

#define FILE_BYTES_MAX (4u * COOKIE_JAR_TEXT_BYTES)

static int
no_memory(struct failure *failure)
{
	failure_set(failure, FAILURE_MEMORY, "no memory for cookies");
	return -1;
}

/* A file that is not there is an empty one, as for curl: the first run has none yet. */
static int
read_file(struct client *client, struct cookie_jar *jar, const char *path, struct failure *failure)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (file == NULL)
		return 0;
	char *text = malloc(FILE_BYTES_MAX);
	size_t bytes = text != NULL ? fread(text, 1, FILE_BYTES_MAX, file) : 0;
	if (text != NULL) {
		unsigned skipped = cookie_file_read(jar, span_of(text, bytes), client->now_s);
		if (skipped != 0)
			verbose_note(&client->verbose, "%s: %u lines are no cookies", path,
				     skipped);
	}
	free(text);
	if (file != stdin)
		fclose(file);
	return text != NULL ? 0 : no_memory(failure);
}

int
client__read_cookies(struct client *client, struct client_group *group, struct failure *failure)
{
	const struct settings *settings = group->settings;
	bool is_wanted = settings->cookie_jar != NULL;
	for (size_t i = 0; i < settings->cookies.count; i++)
		is_wanted = is_wanted || strchr(settings->cookies.items[i].text, '=') == NULL;
	if (!is_wanted)
		return 0;

	group->jar = malloc(sizeof *group->jar);
	if (group->jar == NULL)
		return no_memory(failure);
	cookie_jar_init(group->jar, &client->psl.suffixes);
	for (size_t i = 0; i < settings->cookies.count; i++) {
		const char *text = settings->cookies.items[i].text;
		if (strchr(text, '=') == NULL && text[0] != '\0' &&
		    read_file(client, group->jar, text, failure) != 0)
			return -1;
	}
	if (settings->is_new_session)
		cookie_jar_end_session(group->jar);
	return 0;
}

/* A new file takes the old one's place; cookies are secrets, so it is the user's alone. */
static int
write_file(const char *path, const char *text, size_t bytes)
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

void
client__write_cookies(struct client *client, struct client_group *group)
{
	const char *path = group->settings->cookie_jar;
	if (group->jar == NULL || path == NULL)
		return;
	char *text = malloc(FILE_BYTES_MAX);
	if (text == NULL)
		return;
	struct writer out = writer_over(text, FILE_BYTES_MAX);
	if (cookie_file_write(group->jar, client->now_s, &out) != 0 ||
	    write_file(path, text, out.pos) != 0)
		verbose_warn(&client->verbose, "%s: the cookies cannot be written: %s", path,
			     strerror(errno));
	free(text);
}
