#include "tests/bench/tcp/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define HEAD_END "\r\n\r\n"
#define PIECES   64u /* of the send buffer, read with one system call: 256 KiB */

void
exchange_init(struct exchange *exchange, struct stack *stack, tcp_conn conn, const struct exchange_content *content)
{
	*exchange = (struct exchange){ .stack = stack, .conn = conn, .content = *content, .out_fd = -1 };
}

void
exchange_fini(struct exchange *exchange)
{
	EVP_MD_CTX_free(exchange->hash);
	exchange->hash = NULL;
}

void
exchange_want_hash(struct exchange *exchange)
{
	exchange->hash = EVP_MD_CTX_new();
	if (exchange->hash == NULL || EVP_DigestInit_ex(exchange->hash, EVP_sha256(), NULL) != 1)
		abort();
}

void
exchange_hash_text(struct exchange *exchange, char text[EXCHANGE_HASH_TEXT])
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned digest_bytes = 0;

	if (EVP_DigestFinal_ex(exchange->hash, digest, &digest_bytes) != 1)
		abort();
	for (unsigned i = 0; i < digest_bytes; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

/* ---- heads ------------------------------------------------------------------------------------- */

static void
set_head(struct exchange *exchange, const char *text)
{
	exchange->send_head_bytes = strlen(text);
	memcpy(exchange->send_head, text, exchange->send_head_bytes + 1);
}

void
exchange_request(struct exchange *exchange, enum exchange_method method, uint64_t octets)
{
	char text[EXCHANGE_HEAD_BYTES];
	const unsigned long long count = octets;

	if (method == EXCHANGE_GET)
		(void)snprintf(text, sizeof text, "GET /%llu HTTP/1.1\r\nHost: bulk\r\nConnection: close" HEAD_END, count);
	else
		(void)snprintf(text, sizeof text,
		               "PUT / HTTP/1.1\r\nHost: bulk\r\nConnection: close\r\nContent-Length: %llu" HEAD_END, count);
	set_head(exchange, text);
	exchange->send_body_bytes = method == EXCHANGE_PUT ? octets : 0;
}

static uint64_t
content_length(const char *head)
{
	const char *field = strcasestr(head, "\r\nContent-Length:");
	return field == NULL ? 0 : strtoull(field + strlen("\r\nContent-Length:"), NULL, 10);
}

static void
respond(struct exchange *exchange, uint64_t body_bytes, const char *text)
{
	char head[EXCHANGE_HEAD_BYTES];

	(void)snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %llu" HEAD_END "%s",
	               (unsigned long long)(body_bytes + strlen(text)), text);
	set_head(exchange, head);
	exchange->send_body_bytes = body_bytes;
}

/* A whole head has come: what follows it, and what it asks for. */
static void
on_head(struct exchange *exchange)
{
	const char *head = exchange->receive_head;

	exchange->has_head = true;
	exchange->receive_body_bytes = content_length(head);
	if (!exchange->is_server)
		return;
	exchange->method = strncmp(head, "GET /", 5) == 0 ? EXCHANGE_GET : EXCHANGE_PUT;
	if (exchange->method == EXCHANGE_GET)
		respond(exchange, strtoull(head + 5, NULL, 10), "");
}

static void
answer_put(struct exchange *exchange)
{
	char text[EXCHANGE_HASH_TEXT + 1] = "";

	if (exchange->hash != NULL)
		exchange_hash_text(exchange, text);
	(void)strcat(text, "\n");
	respond(exchange, 0, text);
}

/* ---- receiving --------------------------------------------------------------------------------- */

/* Takes octets of the head; returns how many belonged to it. */
static size_t
take_head(struct exchange *exchange, const uint8_t *bytes, size_t size)
{
	size_t taken = 0;

	while (taken < size && !exchange->has_head) {
		if (exchange->receive_head_bytes == sizeof exchange->receive_head - 1) {
			exchange->has_failed = true;
			return size;
		}
		exchange->receive_head[exchange->receive_head_bytes++] = (char)bytes[taken++];
		exchange->receive_head[exchange->receive_head_bytes] = '\0';
		const size_t end_bytes = strlen(HEAD_END);
		if (exchange->receive_head_bytes >= end_bytes &&
		    strcmp(exchange->receive_head + exchange->receive_head_bytes - end_bytes, HEAD_END) == 0)
			on_head(exchange);
	}
	return taken;
}

static void
take_body(struct exchange *exchange, const uint8_t *bytes, size_t size)
{
	exchange->receive_body_done += size;
	if (exchange->hash != NULL && EVP_DigestUpdate(exchange->hash, bytes, size) != 1)
		abort();
	if (exchange->out_fd != -1 && write(exchange->out_fd, bytes, size) != (ssize_t)size)
		exchange->has_failed = true;
}

static void
receive(struct exchange *exchange, uint64_t now_us)
{
	const uint8_t *bytes;
	size_t size;
	int err = 0;

	while (!exchange->has_failed && (err = tcp_peek(exchange->stack, exchange->conn, 0, &bytes, &size)) == 0 &&
	       size != 0) {
		const size_t head_bytes = exchange->has_head ? 0 : take_head(exchange, bytes, size);
		if (head_bytes < size)
			take_body(exchange, bytes + head_bytes, size - head_bytes);
		(void)tcp_consume(exchange->stack, exchange->conn, size, now_us);
	}
	exchange->is_ended |= err == 0 && size == 0;
	exchange->has_failed |= err == ERR_CLOSED;
	const bool is_whole =
	        exchange->has_head && exchange->receive_body_done >= exchange->receive_body_bytes;
	if (exchange->is_server && is_whole && exchange->send_head_bytes == 0)
		answer_put(exchange);
	exchange->has_failed |= exchange->is_ended && !is_whole;
}

/* ---- sending ----------------------------------------------------------------------------------- */

static bool
send_head(struct exchange *exchange, uint64_t now_us)
{
	size_t taken = 0;
	const size_t left = exchange->send_head_bytes - exchange->send_head_done;
	const unsigned flags = exchange->send_body_bytes != 0 ? TCP_SEND_MORE : 0;

	if (left != 0)
		(void)tcp_send(exchange->stack, exchange->conn, exchange->send_head + exchange->send_head_done, left,
		               flags, now_us, &taken);
	exchange->send_head_done += taken;
	return taken == left;
}

/* Octets of the file go where they will be sent from; how many, 0: none now. */
static size_t
send_file(struct exchange *exchange, size_t at, size_t bytes, uint64_t now_us)
{
	struct iovec pieces[PIECES];
	size_t piece_count = PIECES;

	if (tcp_send_room(exchange->stack, exchange->conn, bytes, pieces, &piece_count) != 0)
		return 0;
	const ssize_t got = preadv(exchange->content.fd, pieces, (int)piece_count, (off_t)at);
	exchange->has_failed |= got <= 0;
	const size_t filled = got > 0 ? (size_t)got : 0;
	tcp_send_filled(exchange->stack, exchange->conn, filled, 0, now_us);
	return filled;
}

static size_t
send_some(struct exchange *exchange, size_t at, size_t bytes, uint64_t now_us)
{
	size_t taken;

	if (exchange->content.bytes == NULL)
		return send_file(exchange, at, bytes, now_us);
	(void)tcp_send(exchange->stack, exchange->conn, exchange->content.bytes + at, bytes, 0, now_us, &taken);
	return taken;
}

static bool
send_body(struct exchange *exchange, uint64_t now_us)
{
	while (exchange->send_body_done < exchange->send_body_bytes) {
		const size_t at = (size_t)(exchange->send_body_done % exchange->content.size);
		const uint64_t left = exchange->send_body_bytes - exchange->send_body_done;
		const size_t run = exchange->content.size - at;
		const size_t taken = send_some(exchange, at, left < run ? left : run, now_us);
		if (taken == 0)
			return false;
		exchange->send_body_done += taken;
	}
	return true;
}

static void
send_all(struct exchange *exchange, uint64_t now_us)
{
	if (exchange->send_head_bytes == 0 || exchange->is_shut || !send_head(exchange, now_us) ||
	    !send_body(exchange, now_us))
		return;
	if (exchange->is_server || exchange->closes_early) {
		(void)tcp_shutdown(exchange->stack, exchange->conn, now_us);
		exchange->is_shut = true;
	}
}

/* ---- both -------------------------------------------------------------------------------------- */

void
exchange_step(struct exchange *exchange, unsigned events, uint64_t now_us)
{
	if (exchange->is_done)
		return;
	exchange->has_failed |= (events & TCP_EVENT_FAILED) != 0;
	if (!exchange->has_failed)
		receive(exchange, now_us);
	if (!exchange->has_failed)
		send_all(exchange, now_us);
	const bool is_over = exchange->is_server ? exchange->is_shut && exchange->is_ended : exchange->is_ended;
	exchange->is_done = exchange->has_failed || is_over;
}
