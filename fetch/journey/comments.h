/*
 * comments.h - which packets of a capture are which events of a journey, so that Wireshark shows the one beside the other.
 *
 * Packets are given in their order, then the events of the story are dealt out to them: what is sent belongs to the first
 * packet of its kind that leaves at its time or later (a neighbour may have had to be asked first), what was received to
 * the one that came last until then.  A packet may have several events; an event has one packet, or none was seen.
 *
 * Pure.  Ownership: the index is the caller's memory.
 * Units:     microseconds of the journey's clock.
 * Bounds:    COMMENT_PACKETS_MAX packets, later ones have no comment; COMMENT_SCAN_MAX packets are looked at for an event.
 */
#ifndef CAIRN_FETCH_JOURNEY_COMMENTS_H
#define CAIRN_FETCH_JOURNEY_COMMENTS_H

#include "fetch/journey/story.h"
#include "stack/addr.h"

#define COMMENT_PACKETS_MAX 65536u
#define COMMENT_SCAN_MAX    512u
#define COMMENT_EVENTS_MAX  4u /* of a packet */

/* What of a packet tells whose it is. */
struct comment_packet {
	uint64_t at_us;
	struct ip_addr remote; /* the other end */
	uint16_t remote_port;
	uint8_t protocol;      /* IPPROTO_*; 0: no IP */
	uint8_t tcp_flags;
	bool is_out, is_neighbour, has_data;
	uint8_t event_count;
	const struct journey_event *events[COMMENT_EVENTS_MAX];
};

/* A frame (is_ether) or an IP packet; what cannot be read has protocol 0. */
void comment_packet_read(struct comment_packet *packet, const uint8_t *bytes, size_t size, bool is_ether, bool is_out,
                         uint64_t at_us);
void comments_deal(struct comment_packet *packets, size_t count, const struct story *story);
/* The events' sentences, a line each; empty: it has none. */
void comment_text(const struct comment_packet *packet, char *text, size_t text_bytes);

#endif
