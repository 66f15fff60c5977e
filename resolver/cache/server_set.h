/*
 * server_set.h - what is known of some servers, which all workers read without a lock (internal to resolver/cache).
 *
 * Of one set, in lines of the processor's cache:
 *
 *	version, tags | when each was used | server | server | ...
 *
 * Who reads copies the server that the tag leads to (versioned.h).  Nothing is written by that, but that a server is in use,
 * and this once in SERVER_SET_USED_US: the servers of a top-level domain are looked at for every second question, by all
 * workers.
 *
 * Ownership: zeroed memory is an empty set.
 * Locking:   who writes has the caller's lock of the set, from server_set_find to server_set_put.
 * Bounds:    SERVER_SET_WAYS servers; the one used least recently makes room.
 */
#ifndef CAIRN_RESOLVER_CACHE_SERVER_SET_H
#define CAIRN_RESOLVER_CACHE_SERVER_SET_H

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>

#include "resolver/cache/infra.h"

#define SERVER_SET_WAYS       8u
#define SERVER_SET_LINE_BYTES 64u
#define SERVER_SET_USED_US    1000000u

/* A fault that one datagram claims and another, of another exchange, confirms. */
enum claim { CLAIM_NONE, CLAIM_HEARD, CLAIM_CONFIRMED };

struct server {
	struct ip_addr addr;
	uint8_t known;
	uint8_t timeouts;            /* in a row; those of one burst are one */
	uint8_t holds;               /* since it was last heard */
	uint8_t edns;                /* enum infra_edns */
	uint8_t caps;                /* enum claim */
	uint8_t only_tcp;            /* bool */
	uint8_t cookie_bytes;        /* of the server's; 0: none */
	uint32_t srtt_us, rttvar_us; /* 0: never heard */
	uint32_t family_epoch, network_epoch;
	uint64_t active_at_us; /* anything learnt */
	uint64_t heard_at_us, timed_out_at_us, down_until_us;
	uint64_t edns_at_us, caps_at_us, only_tcp_at_us;
	uint8_t cookie[INFRA_COOKIE_SERVER_BYTES_MAX];
};

#define SERVER_SET_WORDS (sizeof(struct server) / sizeof(uint64_t))
static_assert(sizeof(struct server) == 2 * SERVER_SET_LINE_BYTES, "whole words of whole lines, without holes");

struct server_set {
	alignas(SERVER_SET_LINE_BYTES) _Atomic uint64_t version;
	_Atomic uint16_t tags[SERVER_SET_WAYS]; /* 0: nobody */
	alignas(SERVER_SET_LINE_BYTES) _Atomic uint64_t used_at_us[SERVER_SET_WAYS];
	_Atomic uint64_t words[SERVER_SET_WAYS][SERVER_SET_WORDS]; /* of each a struct server */
};

/* SERVER_SET_TORN: somebody writes; does not happen to who has the lock. */
enum server_set_result { SERVER_SET_FOUND, SERVER_SET_NONE, SERVER_SET_TORN };
enum server_set_result server_set_get(struct server_set *set, uint16_t tag, const struct ip_addr *addr, struct server *copy,
                                      uint64_t now_us);

/* The way of the server, with a copy; else the one that may be written over, with a copy that has the address alone. */
unsigned server_set_find(const struct server_set *set, uint16_t tag, const struct ip_addr *addr, struct server *copy);
void server_set_put(struct server_set *set, unsigned way, uint16_t tag, const struct server *server, uint64_t now_us);

#endif
