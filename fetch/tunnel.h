/*
 * tunnel.h - the words that open a way through a proxy: CONNECT (RFC 9110, section 9.3.6), SOCKS 5 (RFC 1928, RFC 1929).
 *
 *     while (the tunnel is not open) {
 *             write what tunnel_output gives, tell tunnel_sent
 *             read at most tunnel_wanted octets, give them to tunnel_receive
 *     }
 *
 * No octet behind the proxy's answer is ever read: it belongs to what is spoken through the tunnel.
 * Ownership: the target's texts are borrowed until tunnel_init returns.
 * Errors:    ERR_* and a failure: PROXY (it refuses), LOGIN, WEIRD_REPLY.
 */
#ifndef CAIRN_FETCH_TUNNEL_H
#define CAIRN_FETCH_TUNNEL_H

#include "fetch/head.h"
#include "fetch/proxy.h"

#define TUNNEL_OUTPUT_BYTES 4096u
#define TUNNEL_INPUT_BYTES  260u /* the longest message of SOCKS */

enum tunnel_state {
	TUNNEL_CONNECT, /* the head of a response to CONNECT */
	TUNNEL_METHOD,  /* SOCKS: which method of authentication */
	TUNNEL_LOGIN,   /* the answer to name and password */
	TUNNEL_REPLY,   /* the beginning of the answer to the request */
	TUNNEL_NAME,    /* the length of the name in it */
	TUNNEL_ADDRESS, /* the rest of it */
	TUNNEL_OPEN,
	TUNNEL_FAILED,
};

struct tunnel_target {
	const struct proxy *proxy;
	const char *host; /* a name, or an address without brackets */
	uint16_t port;
	struct span user_agent;
};

struct tunnel {
	enum tunnel_state state;
	char user[256], password[256], host[256]; /* SOCKS: until they are sent */
	uint8_t user_bytes, password_bytes, host_bytes;
	uint16_t port;
	size_t output_at, output_bytes;
	size_t input_bytes, input_wanted; /* SOCKS: of the message that is awaited */
	uint8_t input[TUNNEL_INPUT_BYTES];
	char output[TUNNEL_OUTPUT_BYTES];
	struct head_reader reader; /* CONNECT */
};

int tunnel_init(struct tunnel *tunnel, const struct tunnel_target *target, struct failure *failure);
struct span tunnel_output(const struct tunnel *tunnel); /* empty: nothing to be sent */
void tunnel_sent(struct tunnel *tunnel, size_t bytes);
size_t tunnel_wanted(const struct tunnel *tunnel); /* at least 1 until it is open */
/* 1: the tunnel is open; 0: go on; negative: failed. */
int tunnel_receive(struct tunnel *tunnel, const void *octets, size_t bytes,
		   struct failure *failure);

#endif
