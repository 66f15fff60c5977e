/*
 * tcp_wire.h - TCP segments on the wire: the header and its options (RFC 9293, section 3.1;
 * RFC 7323; RFC 2018; RFC 3168).
 *
 * Read once into host-order values; what is not understood is skipped (RFC 9293, section 3.2,
 * MUST-6).  Written in Linux's order, which published scripts and middleboxes know: MSS, then
 * SACK-permitted before timestamps in one word (or two NOPs in its place), NOP and window scale;
 * later segments NOP NOP timestamps, NOP NOP SACK.
 *
 * Errors: ERR_SHORT, ERR_MALFORMED: the segment is dropped.  An option list that goes wrong ends
 *         there, what was read before it counts (as Linux and BSD do).
 * Bounds: TCP_SACKS_MAX blocks, what 40 octets of options hold.
 */
#ifndef CAIRN_STACK_TCP_WIRE_H
#define CAIRN_STACK_TCP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/base/cursor.h"
#include "stack/seq.h"

#define TCP_HEADER_BYTES     20u
#define TCP_HEADER_BYTES_MAX 60u
#define TCP_OPTIONS_BYTES_MAX 40u
#define TCP_SACKS_MAX        4u
#define TCP_WSCALE_MAX       14u /* RFC 7323, section 2.3 */
#define TCP_AT_FLAGS         13u
#define TCP_AT_CHECKSUM      16u

#define TCP_FIN 0x01u
#define TCP_SYN 0x02u
#define TCP_RST 0x04u
#define TCP_PSH 0x08u
#define TCP_ACK 0x10u
#define TCP_URG 0x20u /* read, never acted on (RFC 6093 discourages it) */
#define TCP_ECE 0x40u
#define TCP_CWR 0x80u

struct tcp_header {
	uint16_t source_port, destination_port;
	uint32_t seq, ack;
	uint16_t flags; /* TCP_* */
	uint16_t window; /* as on the wire, unscaled */
	uint16_t checksum;
	size_t header_bytes; /* with options */
};

struct tcp_options {
	uint16_t mss;    /* 0: not there */
	uint8_t wscale;  /* valid with has_wscale; cut to TCP_WSCALE_MAX when read */
	bool has_wscale, sack_permitted, has_timestamps;
	uint32_t ts_val, ts_ecr;
	uint8_t sack_count;
	struct seq_range sacks[TCP_SACKS_MAX];
};

/* Leaves the cursor at the payload. */
int tcp_header_read(struct cursor *c, struct tcp_header *header, struct tcp_options *options);

/* Octets that the options take, a multiple of 4; SACK blocks that find no room do not count. */
size_t tcp_options_bytes(const struct tcp_options *options);

/* Writes header and options; sets header_bytes; the checksum field as given. */
void tcp_header_write(struct writer *w, struct tcp_header *header, const struct tcp_options *options);

#endif
