/*
 * exchange.h - one HTTP/1.1 request and its response over a connection of the stack, either side's part.
 *
 * As little of HTTP as curl and a server of these benchmarks need: GET of a path that is a number of
 * octets, PUT with Content-Length, one request a connection.  Each side sends a head and a body and
 * receives the same from the other; the body comes from one content, again and again if need be.
 *
 * Bounds: EXCHANGE_HEAD_BYTES for a head; longer ones fail the exchange.
 */
#ifndef CAIRN_TESTS_BENCH_TCP_EXCHANGE_H
#define CAIRN_TESTS_BENCH_TCP_EXCHANGE_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/tcp.h"

#define EXCHANGE_HEAD_BYTES 1024u
#define EXCHANGE_HASH_TEXT  (2 * 32 + 1)

struct exchange_content {
	const uint8_t *bytes; /* NULL: it is read from fd, straight into the send buffer */
	int fd;
	size_t size;
};

enum exchange_method { EXCHANGE_GET, EXCHANGE_PUT };

struct exchange {
	tcp_conn conn;
	struct stack *stack;
	struct exchange_content content;
	int out_fd; /* where the body goes; -1: nowhere */
	bool is_server, closes_early; /* closes_early: our FIN follows the request at once */
	bool is_done, has_failed;

	char send_head[EXCHANGE_HEAD_BYTES];
	size_t send_head_bytes, send_head_done;
	uint64_t send_body_bytes, send_body_done;
	bool is_shut;

	char receive_head[EXCHANGE_HEAD_BYTES];
	size_t receive_head_bytes;
	bool has_head, is_ended;
	enum exchange_method method; /* of the request received */
	uint64_t receive_body_bytes, receive_body_done;
	EVP_MD_CTX *hash; /* of the body received; NULL: nobody asks */
};

void exchange_init(struct exchange *exchange, struct stack *stack, tcp_conn conn,
                   const struct exchange_content *content);
void exchange_fini(struct exchange *exchange);
void exchange_want_hash(struct exchange *exchange);

/* The client's request. */
void exchange_request(struct exchange *exchange, enum exchange_method method, uint64_t octets);

/* The connection may be read or written, or has ended: goes on as far as it can. Sets is_done at the end. */
void exchange_step(struct exchange *exchange, unsigned events, uint64_t now_us);

/* SHA-256 of the body received, as text; once. */
void exchange_hash_text(struct exchange *exchange, char text[EXCHANGE_HASH_TEXT]);

#endif
