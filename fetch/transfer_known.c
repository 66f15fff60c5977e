/*
 * transfer_known.c - the whole comes where -C OFFSET asked for the rest (transfer_priv.h): what the file has already is compared
 * and left out, so that a server without ranges costs time and not the file.
 */
#include "fetch/transfer_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_BYTES 16384u

bool
transfer__know_beginning(struct transfer *transfer)
{
	struct stat status;

	if (transfer->path[0] == '\0' || transfer->settings->shows_head)
		return false; /* standard output cannot be read; a head has no place in the middle of a file */
	transfer->known = open(transfer->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (transfer->known < 0)
		return false;
	if (fstat(transfer->known, &status) != 0 || !S_ISREG(status.st_mode) || (uint64_t)status.st_size < transfer->range_first) {
		transfer__forget_known(transfer);
		return false;
	}
	transfer->known_left = transfer->range_first;
	return true;
}

void
transfer__forget_known(struct transfer *transfer)
{
	if (transfer->known >= 0)
		(void)close(transfer->known);
	transfer->known = -1;
	transfer->known_left = 0;
}

int
transfer__skip_known(struct transfer *transfer, struct span *data)
{
	char piece[PIECE_BYTES];

	while (transfer->known_left != 0 && data->bytes != 0) {
		const uint64_t at = transfer->range_first - transfer->known_left;
		size_t bytes = data->bytes < sizeof piece ? data->bytes : sizeof piece;
		if (bytes > transfer->known_left)
			bytes = (size_t)transfer->known_left;
		const ssize_t read = pread(transfer->known, piece, bytes, (off_t)at);
		if (read < 0 && errno == EINTR)
			continue;
		if (read != (ssize_t)bytes || memcmp(piece, data->at, bytes) != 0) {
			failure_set(&transfer->failure, FAILURE_CHANGED,
				    "the server sends the whole, and it does not begin with what %s has", transfer->path);
			return -1;
		}
		transfer->known_left -= bytes;
		transfer->compared_bytes += bytes;
		*data = span_from(*data, bytes);
	}
	return 0;
}
