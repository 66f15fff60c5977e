/* transfer_etag.c - the entity tag that one run leaves for the next (--etag-save, --etag-compare; RFC 9110, section 13.1.2). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fetch/client_priv.h"
#include "fetch/transfer_priv.h"

/* Without a file, or with an empty one, there is nothing to compare: the resource comes whole. */
void
transfer__set_etag(struct transfer *transfer, struct request *request, struct arena *arena)
{
	const char *path = transfer->settings->etag_compare;
	FILE *file = path != NULL ? fopen(path, "re") : NULL;
	char *line = file != NULL ? arena_alloc(arena, TRANSFER_ETAG_BYTES) : NULL;

	if (line != NULL && fgets(line, TRANSFER_ETAG_BYTES, file) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] != '\0')
			request_set(request, REQUEST_IF_NONE_MATCH, span_from_text(line));
	}
	if (file != NULL)
		(void)fclose(file);
}

/* Weak ones too: they are compared, and nothing is joined by them. */
void
transfer__note_etag(struct transfer *transfer, const struct head *head)
{
	const struct span tag = fields_value(&head->fields, "ETag");
	const size_t bytes = tag.bytes < sizeof transfer->etag - 1 ? tag.bytes : 0;

	if (bytes != 0)
		memcpy(transfer->etag, tag.at, bytes);
	transfer->etag[bytes] = '\0';
}

/* Once the content is whole: who failed has nothing that a later 304 could stand for. */
int
transfer__save_etag(struct transfer *transfer)
{
	const char *path = transfer->settings->etag_save;
	char line[TRANSFER_ETAG_BYTES + 1];

	if (path == NULL)
		return 0;
	const int bytes = snprintf(line, sizeof line, "%s\n", transfer->etag);
	if (client__file_write(path, line, transfer->etag[0] != '\0' ? (size_t)bytes : 0) == 0)
		return 0;
	failure_set(&transfer->failure, FAILURE_WRITE, "--etag-save %s: %s", path, strerror(errno));
	return -1;
}
