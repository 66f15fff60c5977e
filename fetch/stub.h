/*
 * stub.h - asks resolvers (RFC 1034, section 5.3.1; RFC 7766; RFC 5452): over UDP, again when nothing comes, over TCP when
 * the answer is cut, the next one when one does not answer, refuses, or cannot help.
 *
 * Each question has an id and, to each resolver, a port of its own, both drawn by the CSPRNG.
 *
 * Ownership: a query lives from stub_ask until on_answer or stub_cancel; the stub outlives its queries.
 * Errors:    an answer with a failure.
 * Bounds:    NAMES_SERVERS_MAX resolvers, STUB_TRIES_MAX datagrams, STUB_TIMEOUT_US for all.
 */
#ifndef CAIRN_FETCH_STUB_H
#define CAIRN_FETCH_STUB_H

#include "fetch/lookup.h"
#include "fetch/net.h"

#define NAMES_SERVERS_MAX 4u
#define STUB_TRIES_MAX    8u
#define STUB_TIMEOUT_US   15000000u
#define STUB_WAIT_US      1000000u /* for the first datagram; then twice as long each time the resolvers have had their turn */

struct stub_server {
	struct ip_addr addr;
	uint16_t port;
};

struct stub {
	struct net *net;
	struct stub_server servers[NAMES_SERVERS_MAX];
	unsigned server_count;
	unsigned first;   /* the one that has answered last is asked first */
	uint8_t *memory;  /* for the time of one reply */
};

int stub_init(struct stub *stub, struct net *net, const struct stub_server *servers, unsigned server_count);
void stub_fini(struct stub *stub);

struct stub_query;
/* is_unserved: every resolver says that nobody listens there. The answer is lent for the call. */
typedef void (*stub_answer_cb)(void *data, struct names_answer *answer, bool is_unserved);

/* on_answer comes from the loop, never from inside stub_ask.  NULL: no memory. */
struct stub_query *stub_ask(struct stub *stub, const struct question *question, unsigned kind, stub_answer_cb on_answer,
                            void *data);
void stub_cancel(struct stub_query *query);

#endif
