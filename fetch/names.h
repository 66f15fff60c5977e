/*
 * names.h - names to addresses by Cairn's own ways, without the system's resolver (RFC 1034, section 5.3.1; RFC 6761).
 *
 * Who is asked: a resolver given by its address; the daemon of this host, if one answers on port 53 of 127.0.0.1 or ::1;
 * or nobody (`self`): the engine in this process, from the root down (self.h).  Questions go over the stack's UDP, and
 * over its TCP when the answer is cut (RFC 7766); with EDNS, so that a resolver's reasons come back (RFC 8914).
 *
 * localhost and names under it are this host, whoever would be asked (RFC 6761, section 6.3).
 *
 * Ownership: names belong to the net they were opened on; an answer is lent for the call.
 * Errors:    an answer with a failure: FAILURE_RESOLVE, FAILURE_BOGUS, FAILURE_TIMEOUT.
 * Bounds:    NAMES_ADDRS_MAX addresses of an answer, the rest is left out; NAMES_SERVERS_MAX resolvers; times of stub.h.
 */
#ifndef CAIRN_FETCH_NAMES_H
#define CAIRN_FETCH_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "fetch/failure.h"
#include "fetch/lookup.h"
#include "fetch/net.h"
#include "fetch/stub.h"

struct names;
struct names_ask;

#define NAMES_PORT 53u

enum names_source {
	NAMES_DAEMON, /* this host's, or self when there is none */
	NAMES_SERVER, /* options.servers */
	NAMES_SELF,
};

struct names_options {
	enum names_source source;
	struct stub_server servers[NAMES_SERVERS_MAX]; /* of NAMES_SERVER */
	unsigned server_count;
	const char *self_config; /* of self: a file as cairn.conf(5) has it; NULL: the defaults; lent as long as names are used */
};
/*
 * --resolver's argument: `self`, `self=FILE`, `daemon`, or addresses with or without port, as in
 * `192.0.2.53,[2001:db8::53]:5353`.
 */
int names_options_read(struct names_options *options, const char *text, struct failure *failure);

int names_open(struct names **names, struct net *net, const struct names_options *options, struct failure *failure);
void names_close(struct names *names); /* NULL is nothing; what is still asked is forgotten */

typedef void (*names_answer_cb)(void *data, const struct names_answer *answer);

/*
 * Asks for each kind in the set; on_answer is called once for each, in the order of arrival, from the loop.
 * `host` is a name in ASCII, with or without the final dot.  NULL and a failure: no name, or no memory.
 */
struct names_ask *names_ask(struct names *names, const char *host, unsigned kinds, names_answer_cb on_answer, void *data,
                            struct failure *failure);
/* After the last answer there is nothing left to cancel. */
void names_cancel(struct names_ask *ask);

#endif
