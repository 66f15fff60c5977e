/*
 * hops.h - --hops: the path to each server of the journey (path.h), probed when the transfers are over, so that no transfer waits
 * for it or is slowed down.
 *
 * Probes are empty UDP datagrams to ports that nobody serves, as of old: routers answer with Time Exceeded, the server with Port
 * Unreachable.  They need no more privileges than the transfer, and go the way that its packets went.
 *
 * Bounds: HOPS_SERVERS_MAX servers at once, PATH_TIME_US in all.
 */
#ifndef CAIRN_FETCH_HOPS_H
#define CAIRN_FETCH_HOPS_H

#include "fetch/net.h"

#define HOPS_SERVERS_MAX 4u
#define HOPS_PORT        33434u /* of the first hop's probe; the next ones follow */

/* Probes, and tells the net's journey; runs the net's loop until that is done.  Nothing without a journey or ports for UDP. */
void hops_tell(struct net *net);

#endif
