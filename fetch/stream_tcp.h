/*
 * stream_tcp.h - a stream that is a connection of Cairn's TCP (stack/tcp.h).
 *
 * It is given at once and connected later: on_ready comes when the handshake is over or has failed.  Reads and writes
 * before that are -EAGAIN.
 *
 * Ownership: as stream.h.
 * Errors:    CONNECT (refused, reset, timed out), NO_ROUTE, NO_NEIGHBOUR before; RECEIVE and SEND after; the text names
 *            the address.
 */
#ifndef CAIRN_FETCH_STREAM_TCP_H
#define CAIRN_FETCH_STREAM_TCP_H

#include "fetch/net.h"
#include "fetch/stream.h"

/* local NULL: the address that the route says.  ERR_NO_ROUTE, ERR_FULL, ERR_NO_MEMORY, with a failure. */
int stream_tcp_open(struct net *net, const struct ip_addr *remote, uint16_t port, const struct ip_addr *local,
                    struct stream **stream, struct failure *failure);

enum stream_tcp_state { STREAM_TCP_CONNECTING, STREAM_TCP_CONNECTED, STREAM_TCP_FAILED };
enum stream_tcp_state stream_tcp_state(const struct stream *stream);

/* Whether streams that were closed still owe their peers something: data or FIN that is not acknowledged. */
bool stream_tcp_has_unsaid(const struct stack *stack);

/* "192.0.2.1 port 80", "2001:db8::1 port 443"; of STREAM_TCP_PEER_BYTES. */
#define STREAM_TCP_PEER_BYTES 64u
const char *stream_tcp_peer(const struct ip_addr *remote, uint16_t port, char text[STREAM_TCP_PEER_BYTES]);

#endif
