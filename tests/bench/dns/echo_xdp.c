/*
 * echo_xdp.c - the floor for whoever answers over AF_XDP: UDP over IPv4 goes back from where it lies, as a response.
 *
 * usage: echo_xdp DEVICE MAC MODE   MODE as in `xdp-mode`; until it is killed
 *
 * Link xdp without a stack: addresses and ports are exchanged, nothing is looked at or checked.  ARP is not answered: a
 * client is told the MAC address.
 */
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stack/link/xdp.h"

#define FLAGS_AT 2 /* RFC 1035, section 4.1.1 */
#define FLAG_QR  0x80u

struct question {
	struct ethhdr ether;
	struct iphdr ip;
	struct udphdr udp;
	uint8_t header[12];
} __attribute__((packed));

static enum xdp_mode
mode_of(const char *word)
{
	static const char *const words[] = { "auto", "zero-copy", "native", "generic" };

	for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(word, words[i]) == 0)
			return (enum xdp_mode)i;
	fprintf(stderr, "echo_xdp: no mode `%s`\n", word);
	exit(2);
}

static struct link *
open_link(const char *device, const char *mac, const char *mode)
{
	struct xdp_config config = { .device = device, .mode = mode_of(mode) };
	uint8_t *o = config.mac.octets;
	struct link_error told;
	struct link *link;

	if (sscanf(mac, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &o[0], &o[1], &o[2], &o[3], &o[4], &o[5]) != 6 ||
	    xdp_open(&link, &config, 0, &told) != 0) {
		fprintf(stderr, "echo_xdp: %s\n", told.text);
		exit(EXIT_FAILURE);
	}
	fprintf(stderr, "echo_xdp: %s\n", told.text);
	return link;
}

/* The sums of the headers stay, whichever way round their parts are; that of UDP may be left out (RFC 768). */
static bool
turn_round(struct question *question)
{
	if (question->ether.h_proto != __builtin_bswap16(ETH_P_IP) || question->ip.protocol != IPPROTO_UDP)
		return false;
	uint8_t mac[ETH_ALEN];
	memcpy(mac, question->ether.h_dest, sizeof mac);
	memcpy(question->ether.h_dest, question->ether.h_source, sizeof mac);
	memcpy(question->ether.h_source, mac, sizeof mac);
	const uint32_t address = question->ip.saddr;
	question->ip.saddr = question->ip.daddr;
	question->ip.daddr = address;
	const uint16_t port = question->udp.source;
	question->udp.source = question->udp.dest;
	question->udp.dest = port;
	question->udp.check = 0;
	question->header[FLAGS_AT] |= FLAG_QR;
	return true;
}

static void
serve(struct link *link)
{
	struct link_frame frames[LINK_BATCH_MAX];
	size_t count;

	while ((count = link->ops->receive(link, frames, LINK_BATCH_MAX, 0)) != 0) {
		for (size_t i = 0; i < count; i++)
			if (frames[i].size >= sizeof(struct question) && turn_round((struct question *)frames[i].bytes))
				link->ops->send(link, &frames[i], 0);
		link->ops->flush(link, 0);
	}
}

int
main(int argc, char **argv)
{
	struct pollfd watched[LINK_FDS_MAX];
	int fds[LINK_FDS_MAX];

	if (argc != 4) {
		fprintf(stderr, "usage: echo_xdp DEVICE MAC MODE\n");
		return 2;
	}
	struct link *link = open_link(argv[1], argv[2], argv[3]);
	const size_t fd_count = link->ops->fds(link, fds);
	for (size_t i = 0; i < fd_count; i++)
		watched[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	while (poll(watched, (nfds_t)fd_count, -1) > 0)
		serve(link);
	return EXIT_FAILURE;
}
