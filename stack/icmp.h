/*
 * icmp.h - ICMP for both families (RFC 792, RFC 4443; RFC 1122, section 3.2.2; RFC 4884 not).
 *
 * Echo: requests to us are answered, requests of ours are remembered, so that only their replies
 * and errors come up.
 *
 * Errors that we send are never about ICMP errors, broadcast and multicast (but for the option
 * problem that RFC 8200, section 4.2, wants), later fragments or sources that are no single host,
 * and never on STACK_IF_SHARED. Their rate is limited for each destination by itself, with credit
 * of random size under a key that is changed again and again: a limit common to all would tell an
 * attacker which ports are open (SAD DNS, CVE-2020-25705).
 *
 * Errors that we hear act only when the packet that they quote is one that a flow or an echo
 * request sent a moment ago: the whole 4-tuple must fit, and the size cannot exceed what was sent
 * (RFC 5927, sections 4.1 and 7). A path MTU only ever gets smaller, down to the floors of
 * pmtu.h. Not done: redirects and source quench, which only attackers still send (RFC 6633).
 *
 * Bounds: ICMP_BUCKETS destinations, ICMP_ECHOES requests of ours; the newest replaces the oldest.
 */
#ifndef CAIRN_STACK_ICMP_H
#define CAIRN_STACK_ICMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/base/hash.h"
#include "stack/stack.h"

struct ip_packet;
struct ip_send;

#define ICMP_HEADER_BYTES 8u

#define ICMP4_ECHO_REPLY    0u
#define ICMP4_UNREACHABLE   3u
#define ICMP4_ECHO_REQUEST  8u
#define ICMP4_TIME_EXCEEDED 11u
#define ICMP4_PARAMETER     12u

#define ICMP6_UNREACHABLE   1u
#define ICMP6_TOO_BIG       2u
#define ICMP6_TIME_EXCEEDED 3u
#define ICMP6_PARAMETER     4u
#define ICMP6_ECHO_REQUEST  128u
#define ICMP6_ECHO_REPLY    129u
#define ICMP6_NDP_FIRST     133u /* router solicitation */
#define ICMP6_NDP_LAST      137u /* redirect */

#define ICMP4_QUOTE_MAX (576u - 20u - ICMP_HEADER_BYTES)  /* RFC 1812, section 4.3.2.3 */
#define ICMP6_QUOTE_MAX (1280u - 40u - ICMP_HEADER_BYTES) /* RFC 4443, section 3.1 */

#define ICMP_BUCKETS        1024u
#define ICMP_CREDIT_MAX     10u     /* errors in a burst to one destination */
#define ICMP_CREDIT_US      100000u /* for each further one */
#define ICMP_COST_MAX       3u      /* an error costs 1 to 3: nobody can count them from outside */
#define ICMP_REKEY_US       30000000u
#define ICMP_ECHOES         64u
#define ICMP_ECHO_RECENT_US 10000000u

struct icmp_bucket {
	struct ip_addr remote;
	uint32_t credit;
	uint64_t filled_at_us;
};

struct icmp_echo {
	struct ip_addr remote; /* family ADDR_NONE: free */
	uint16_t ident, sequence;
	uint32_t cause; /* of its events */
	uint64_t sent_at_us;
};

struct icmp {
	struct icmp_bucket buckets[ICMP_BUCKETS];
	struct hash_key bucket_key;
	uint64_t rekey_at_us;
	struct icmp_echo echoes[ICMP_ECHOES];
	uint32_t echo_next;
};

/* What is wrong with a packet that we drop and complain about. */
enum icmp_problem {
	ICMP_PROBLEM_PORT,       /* nobody listens there */
	ICMP_PROBLEM_PROTOCOL,   /* pointer: the octet that names it */
	ICMP_PROBLEM_HEADER,     /* pointer: the octet that is wrong */
	ICMP_PROBLEM_OPTION,     /* IPv6: an unknown option; pointer: it */
	ICMP_PROBLEM_CHAIN,      /* IPv6: a first fragment without all headers (RFC 7112) */
	ICMP_PROBLEM_REASSEMBLY, /* fragments stayed away */
};

void icmp_receive(struct stack *stack, const struct ip_packet *packet);

void icmp_error_send(struct stack *stack, const struct ip_packet *packet, enum icmp_problem problem,
		     size_t pointer);

/* A packet of ours was given up because its neighbour does not answer; its flow is told. */
void icmp_neighbour_failed(struct stack *stack, unsigned ifindex, const uint8_t *packet,
			   size_t size);

/*
 * A router says that packets of `packet_bytes` octets are too large and `said` is what fits (0: it does
 * not say). Takes that over into the path-MTU cache. False: it cannot be true, since what it quotes would
 * have fitted.
 */
bool icmp_mtu_learn(struct stack *stack, const struct ip_addr *remote, unsigned ifindex,
		    uint32_t said, uint32_t packet_bytes);

/* ---- between the files of this module -------------------------------------------------------- */

/* Type, code and the four octets behind the checksum, then the body. */
struct icmp_message {
	uint8_t type, code;
	uint32_t rest;
	const void *body;
	size_t body_bytes;
};

/* send->source, destination and hop are set.  Counts what finds no room. */
void icmp__send(struct stack *stack, struct ip_send *send, const struct icmp_message *message);

/* How to answer a packet: from the address that it was sent to, if that is one. */
int icmp__answer_route(const struct stack *stack, const struct ip_packet *packet,
		       struct ip_send *send);

/* What an error message says about a packet of ours. */
struct icmp_verdict {
	enum stack_error error;
	uint32_t mtu; /* TOO_BIG: 0 when the router does not say (RFC 1191, section 4) */
};
/* `packet` brought the message, `bytes` are the head of ours as it quotes it. */
void icmp__heard(struct stack *stack, const struct icmp_verdict *verdict,
		 const struct ip_packet *packet, const uint8_t *bytes, size_t size);

/* A recent echo request of ours, or NULL. */
const struct icmp_echo *icmp__echo_find(const struct stack *stack, const struct ip_addr *remote,
					uint16_t ident, uint16_t sequence);

#endif
