/* transfer_local.c - what is here already: file: and data: URLs (transfer_priv.h). */
#include "fetch/transfer_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch/data_url.h"
#include "fetch/url_percent.h"

bool
transfer__is_local(const struct transfer *transfer)
{
	return transfer->url.special == URL_FILE || span_is(transfer->url.scheme, "data");
}

static struct arena *
spare_arena(struct transfer *transfer)
{
	struct arena *arena = &transfer->arenas[1 - transfer->arena_at];
	arena_reset(arena);
	return arena;
}

static int
fail(struct transfer *transfer, enum failure_cause cause, const char *path, const char *why)
{
	failure_set(&transfer->failure, cause, "%s: %s", path, why);
	return -1;
}

/* ---- data: ----------------------------------------------------------------------------------------- */

static int
write_data(struct transfer *transfer)
{
	struct data_url data;
	int err = data_url_open(&data, &transfer->url, spare_arena(transfer));
	if (err == ERR_MALFORMED) {
		failure_set(
			&transfer->failure, FAILURE_URL,
			"the data: URL has no comma before its content, or base64 that is none");
		return -1;
	}
	if (err != 0) {
		failure_set(&transfer->failure, FAILURE_MEMORY, "the data: URL is too long");
		return -1;
	}
	if (transfer__open_output(transfer, 0, "") != 0)
		return -1;
	return transfer__on_data(transfer, data.content);
}

/* ---- file: ----------------------------------------------------------------------------------------- */

/* The path that the URL names, terminated; NULL when no file can have it. */
static const char *
local_path(struct transfer *transfer)
{
	const struct url *url = &transfer->url;
	char *path = arena_alloc(spare_arena(transfer), url->path.bytes + 1);
	if (url->host_kind != URL_HOST_EMPTY) {
		failure_set(&transfer->failure, FAILURE_URL,
			    "file://" SPAN_FORMAT
			    " is a file of another host; a file here has three slashes",
			    SPAN_ARGUMENTS(span_first(url->host, 80)));
		return NULL;
	}
	size_t bytes = path != NULL ? percent_decode(url->path, path) : 0;
	if (path == NULL || memchr(path, '\0', bytes) != NULL) {
		failure_set(&transfer->failure, FAILURE_URL,
			    "the path of the file: URL holds a NUL");
		return NULL;
	}
	path[bytes] = '\0';
	return path;
}

/* Regular files only: a pipe could keep all other transfers waiting. */
static int
open_file(struct transfer *transfer, const char *path)
{
	struct stat status;
	uint64_t size_max = transfer->settings->size_max;
	transfer->local = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (transfer->local < 0 || fstat(transfer->local, &status) != 0)
		return fail(transfer, FAILURE_LOCAL_FILE, path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return fail(transfer, FAILURE_LOCAL_FILE, path,
			    S_ISDIR(status.st_mode) ? "it is a directory"
						    : "it is no regular file");
	if (size_max != 0 && (uint64_t)status.st_size > size_max)
		return fail(transfer, FAILURE_SIZE, path, "it is larger than --max-filesize");
	transfer->facts.total_bytes = (uint64_t)status.st_size;
	if (transfer->settings->keeps_time)
		transfer->modified_s = status.st_mtime;
	return transfer__open_output(transfer, 0, "");
}

/* A piece in each turn of the loop, so that the others have theirs. */
static void
on_turn(void *data)
{
	struct transfer *transfer = data;
	struct client *client = transfer->client;
	ssize_t bytes = read(transfer->local, client->buffer, sizeof client->buffer);
	if (bytes < 0)
		failure_set(&transfer->failure, FAILURE_LOCAL_FILE, "the file cannot be read: %s",
			    strerror(errno));
	if (bytes <= 0) {
		transfer__local_over(transfer, bytes == 0);
		return;
	}
	if (transfer__on_data(transfer, span_of(client->buffer, (size_t)bytes)) != 0)
		transfer__local_over(transfer, false);
	else
		soon_do(&client->soon, &transfer->soon, on_turn, transfer);
}

/* ---- both ------------------------------------------------------------------------------------------ */

static bool
is_understood(struct transfer *transfer)
{
	const struct settings *settings = transfer->settings;
	if (transfer->job.upload == NULL && settings->range == NULL &&
	    settings->resume_from == NULL)
		return true;
	failure_set(&transfer->failure, FAILURE_USAGE,
		    "file: and data: URLs are read whole: without -T, -r and -C");
	return false;
}

void
transfer__read_local(struct transfer *transfer)
{
	const char *path;
	transfer->next = NEXT_CONTENT;
	transfer->method = SPAN("GET");
	if (!is_understood(transfer)) {
		transfer__local_over(transfer, false);
		return;
	}
	if (transfer->settings->is_head) {
		transfer__local_over(transfer, true);
		return;
	}
	if (transfer->url.special != URL_FILE) {
		transfer__local_over(transfer, write_data(transfer) == 0);
		return;
	}
	path = local_path(transfer);
	if (path == NULL || open_file(transfer, path) != 0)
		transfer__local_over(transfer, false);
	else
		on_turn(transfer);
}
