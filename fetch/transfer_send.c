/* transfer_send.c - the request, octet by octet (transfer_priv.h). */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "fetch/transfer_priv.h"

#define CHUNK_FRAME_BYTES 16u   /* size in hexadecimal and CR LF in front, CR LF behind */
#define PIPE_WAIT_US      20000 /* until an empty pipe is looked at again */

static void
on_due(void *data)
{
	struct transfer *transfer = data;
	transfer->is_expecting = false; /* not for ever: a server may know nothing of 100 */
	transfer__pump(transfer);
}

/* A chunk around what lies behind its frame's front (RFC 9112, section 7.1); the last one is empty. */
static void
frame_chunk(struct transfer *transfer, size_t bytes)
{
	char front[CHUNK_FRAME_BYTES];
	int front_bytes = snprintf(front, sizeof front, "%zx\r\n", bytes);
	assert(front_bytes > 0 && front_bytes < (int)CHUNK_FRAME_BYTES);
	size_t begin = CHUNK_FRAME_BYTES - (size_t)front_bytes;

	memcpy(transfer->head + begin, front, (size_t)front_bytes);
	memcpy(transfer->head + CHUNK_FRAME_BYTES + bytes, "\r\n", 2);
	transfer->head_sent = begin;
	transfer->head_bytes = CHUNK_FRAME_BYTES + bytes + 2;
}

/* The next piece of the body into the buffer; 1: some, 0: none now, -1: transfer->failure. */
static int
read_piece(struct transfer *transfer)
{
	size_t front = transfer->is_chunked ? CHUNK_FRAME_BYTES : 0;
	size_t room = TRANSFER_HEAD_BYTES - front - (transfer->is_chunked ? 2 : 0);
	struct net *net = transfer->client->net;
	ssize_t got = body_read(&transfer->body, transfer->head + front, room, &transfer->failure);

	if (got == -EAGAIN) {
		net_timer_start(net, &transfer->body_due, net_now_us(net) + PIPE_WAIT_US, on_due,
				transfer);
		return 0;
	}
	if (got < 0)
		return -1;
	transfer->is_body_over = got == 0;
	transfer->facts.uploaded_bytes += (uint64_t)got;
	verbose_data(&transfer->client->verbose, '}', (size_t)got);
	transfer->head_sent = 0;
	transfer->head_bytes = (size_t)got;
	if (transfer->is_chunked)
		frame_chunk(transfer, (size_t)got);
	return 1;
}

static ssize_t
send_buffer(struct transfer *transfer)
{
	while (transfer->head_sent < transfer->head_bytes) {
		ssize_t taken = stream_write(transfer->stream, transfer->head + transfer->head_sent,
					     transfer->head_bytes - transfer->head_sent);
		if (taken < 0)
			return taken;
		transfer->head_sent += (size_t)taken;
		transfer->facts.request_bytes += (uint64_t)taken;
	}
	return 0;
}

/* The head is out; a large body waits for the server's word, and not for long. */
static void
on_head_sent(struct transfer *transfer)
{
	struct net *net = transfer->client->net;
	transfer->facts.sent_us = net_now_us(net);
	if (transfer->is_expecting)
		net_timer_start(net, &transfer->body_due,
				net_now_us(net) + REQUEST_EXPECT_WAIT_MS * 1000u, on_due, transfer);
}

ssize_t
transfer__send(struct transfer *transfer)
{
	for (;;) {
		ssize_t result = send_buffer(transfer);
		if (result < 0)
			return result == -EAGAIN ? 0 : result;
		if (transfer->facts.sent_us == 0)
			on_head_sent(transfer);
		if (transfer->is_body_over || transfer->is_expecting)
			return 0;
		int more = read_piece(transfer);
		if (more <= 0)
			return more;
	}
}

bool
transfer__is_sent(const struct transfer *transfer)
{
	return transfer->is_body_over && transfer->head_sent == transfer->head_bytes;
}
