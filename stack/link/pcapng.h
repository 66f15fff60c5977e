/*
 * pcapng.h - the capture format that Wireshark and tcpdump read (draft-ietf-opsawg-pcapng).
 *
 * A file is one section header block, a description of each interface, and one enhanced packet
 * block a packet; names of addresses and the secrets that TLS needs to be read may stand before the packets.  We write in network order, which the format allows and names in the section
 * header.
 *
 * Units:  microseconds since 1970, as if_tsresol says in each description.
 * Errors: the writer's: ERR_FULL when a block does not fit.
 */
#ifndef CAIRN_STACK_LINK_PCAPNG_H
#define CAIRN_STACK_LINK_PCAPNG_H

#include <stddef.h>
#include <stdint.h>

#include "stack/addr.h"
#include "stack/base/cursor.h"

#define PCAPNG_COMMENT_BYTES_MAX 1024u /* what is longer is cut */
#define PCAPNG_PACKET_OVERHEAD   (64u + PCAPNG_COMMENT_BYTES_MAX) /* of a block, besides the packet */

enum pcapng_link_type { PCAPNG_ETHERNET = 1, PCAPNG_RAW_IP = 101 };
enum pcapng_direction { PCAPNG_IN = 1, PCAPNG_OUT = 2 }; /* epb_flags, bits 0-1 */

struct pcapng_packet {
	uint32_t interface; /* counted from 0 in the order of the descriptions */
	uint64_t at_us;
	enum pcapng_direction direction;
	const void *bytes;
	uint32_t size;        /* of what is kept */
	uint32_t size_before; /* of the packet on the line */
	const char *comment;  /* UTF-8; NULL: none */
};

struct pcapng_name {
	struct ip_addr addr;
	const char *name;
};

/* A block's type, and its length with both its ends; the types that a reader of our own files meets. */
#define PCAPNG_BLOCK_HEAD   8u
#define PCAPNG_BLOCK_PACKET 6u
#define PCAPNG_PACKET_HEAD  28u /* of a packet's block, in front of its octets */

void pcapng_section_write(struct writer *w, const char *application);
void pcapng_interface_write(struct writer *w, enum pcapng_link_type link_type, const char *name);
void pcapng_packet_write(struct writer *w, const struct pcapng_packet *packet);
void pcapng_names_write(struct writer *w, const struct pcapng_name *names, size_t count);
/* Lines of SSLKEYLOGFILE's format. */
void pcapng_secrets_write(struct writer *w, const void *key_log, size_t bytes);
/* A packet's block that pcapng_packet_write has made; the comment is not looked at.  ERR_MALFORMED. */
int pcapng_packet_read(struct cursor *c, struct pcapng_packet *packet);

#endif
