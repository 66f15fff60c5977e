/* client_cookie.c - the cookies of a group of URLs: read at the start, written at the end (client.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/client_priv.h"

static int
no_memory(struct failure *failure)
{
	failure_set(failure, FAILURE_MEMORY, "no memory for cookies");
	return -1;
}

static int
read_file(struct client *client, struct cookie_jar *jar, const char *path, struct failure *failure)
{
	char *text;
	size_t bytes;
	if (client__file_read(path, &text, &bytes, failure) != 0)
		return -1;
	unsigned skipped = cookie_file_read(jar, span_of(text, bytes), client->now_s);
	if (skipped != 0)
		verbose_note(&client->verbose, "%s: %u lines are no cookies", path, skipped);
	free(text);
	return 0;
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

void
client__write_cookies(struct client *client, struct client_group *group)
{
	const char *path = group->settings->cookie_jar;
	if (group->jar == NULL || path == NULL)
		return;
	char *text = malloc(CLIENT_FILE_BYTES_MAX);
	if (text == NULL)
		return;
	struct writer out = writer_over(text, CLIENT_FILE_BYTES_MAX);
	if (cookie_file_write(group->jar, client->now_s, &out) != 0 ||
	    client__file_write(path, text, out.pos) != 0)
		verbose_warn(&client->verbose, "%s: the cookies cannot be written: %s", path,
			     strerror(errno));
	free(text);
}
