/* client_hsts.c - hosts for https only (RFC 6797): read at the start, written at the end (client.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/client_priv.h"

int
client__read_hsts(struct client *client, struct client_group *group, struct failure *failure)
{
	const char *path = group->settings->hsts_file;
	char *text;
	size_t bytes;
	if (path == NULL)
		return 0;
	group->hsts = malloc(sizeof *group->hsts);
	if (group->hsts == NULL) {
		failure_set(failure, FAILURE_MEMORY, "no memory for --hsts");
		return -1;
	}
	hsts_init(group->hsts);
	if (client__file_read(path, &text, &bytes, failure) != 0)
		return -1;
	unsigned skipped = hsts_file_read(group->hsts, span_of(text, bytes), client->now_s);
	if (skipped != 0)
		verbose_note(&client->verbose, "%s: %u lines are no hosts", path, skipped);
	free(text);
	return 0;
}

void
client__write_hsts(struct client *client, struct client_group *group)
{
	const char *path = group->settings->hsts_file;
	if (group->hsts == NULL)
		return;
	char *text = malloc(CLIENT_FILE_BYTES_MAX);
	if (text == NULL)
		return;
	struct writer out = writer_over(text, CLIENT_FILE_BYTES_MAX);
	if (hsts_file_write(group->hsts, client->now_s, &out) != 0 ||
	    client__file_write(path, text, out.pos) != 0)
		verbose_warn(&client->verbose, "%s: the hosts for https cannot be written: %s",
			     path, strerror(errno));
	free(text);
}
