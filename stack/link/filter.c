#include "stack/link/filter.h"

#include <assert.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_packet.h>
#include <netinet/in.h>

#define LOOPBACK_IFINDEX 1u /* of the device lo, in every network namespace */
#define WORD_PORT        0u /* scratch: the port under test */
#define WORD_NEXT        1u /* scratch: the type of the header behind */
#define FRAGMENT_IPV4    0x1fffu
#define FRAGMENT_IPV6    0xfff8u

/*
 * A small assembler: jumps name a label, which stands for a place that is known only once the
 * program is whole.  Until then a label's number is in jt and jf (or in k, of a plain jump).
 */
enum label {
	NEXT, /* the instruction behind */
	PASS,
	DROP,
	PORT, /* the port is in A */
	TRANSPORT,
	ICMP,
	QUOTE,
	LOCAL,
	SOURCE_GOOD,
	HEADER_1, /* A: type of the IPv6 header at X; one label for each header */
	EXTENSION_1 = HEADER_1 + FILTER_EXTENSIONS_MAX + 1,
	FRAGMENT_1 = EXTENSION_1 + FILTER_EXTENSIONS_MAX,
	LABEL_COUNT = FRAGMENT_1 + FILTER_EXTENSIONS_MAX,
};

struct assembler {
	struct filter *filter;
	uint8_t protocol; /* UDP or TCP: both have their ports in the first four octets */
	uint16_t places[LABEL_COUNT];
};

static void
emit_insn(struct assembler *as, int code, unsigned jt, unsigned jf, uint32_t k)
{
	assert(as->filter->count < FILTER_INSNS_MAX);
	as->filter->insns[as->filter->count++] =
	        (struct sock_filter){ .code = (uint16_t)code, .jt = (uint8_t)jt, .jf = (uint8_t)jf, .k = k };
}

static void
emit(struct assembler *as, int code, uint32_t k)
{
	emit_insn(as, code, NEXT, NEXT, k);
}

static void
jump_if(struct assembler *as, int test, uint32_t k, unsigned then, unsigned otherwise)
{
	emit_insn(as, BPF_JMP | test | BPF_K, then, otherwise, k);
}

static void
jump(struct assembler *as, unsigned to)
{
	emit_insn(as, BPF_JMP | BPF_JA, NEXT, NEXT, to);
}

static void
place(struct assembler *as, unsigned label)
{
	assert(label < LABEL_COUNT && as->places[label] == 0);
	as->places[label] = as->filter->count;
}

static uint8_t
distance(const struct assembler *as, unsigned from, unsigned label)
{
	if (label == NEXT)
		return 0;
	assert(as->places[label] > from); /* placed, and ahead */
	unsigned insns = as->places[label] - from - 1;
	assert(insns <= UINT8_MAX);
	return (uint8_t)insns;
}

static void
begin(struct assembler *as, struct filter *filter, uint8_t protocol)
{
	*as = (struct assembler){ .filter = filter, .protocol = protocol };
	filter->count = 0;
}

/* Ends the program and turns labels into distances. */
static void
end(struct assembler *as)
{
	place(as, DROP);
	emit(as, BPF_RET | BPF_K, 0);
	place(as, PASS);
	emit(as, BPF_RET | BPF_K, UINT32_MAX);
	for (uint16_t i = 0; i < as->filter->count; i++) {
		struct sock_filter *insn = &as->filter->insns[i];
		if (BPF_CLASS(insn->code) != BPF_JMP)
			continue;
		insn->jt = distance(as, i, insn->jt);
		insn->jf = distance(as, i, insn->jf);
		if (BPF_OP(insn->code) == BPF_JA)
			insn->k = distance(as, i, insn->k);
	}
}

static void
load(struct assembler *as, int width, int mode, uint32_t at)
{
	emit(as, BPF_LD | width | mode, at);
}

/* A: what the kernel knows of the packet besides its octets. */
static void
load_ancillary(struct assembler *as, int what)
{
	load(as, BPF_W, BPF_ABS, (uint32_t)(SKF_AD_OFF + what));
}

/* Ends at PASS when the port in A is in one of the classes: port_class_has, for the kernel. */
static void
test_port(struct assembler *as, const struct port_class *classes, size_t class_count)
{
	assert(class_count <= FILTER_CLASSES_MAX);
	jump_if(as, BPF_JGE, PORT_FIRST, NEXT, DROP);
	emit(as, BPF_ST, WORD_PORT);
	for (size_t i = 0; i < class_count; i++) {
		emit(as, BPF_LD | BPF_MEM, WORD_PORT);
		emit(as, BPF_ALU | BPF_ADD | BPF_K, classes[i].add);
		emit(as, BPF_ALU | BPF_MUL | BPF_K, classes[i].multiply);
		emit(as, BPF_MISC | BPF_TAX, 0);
		emit(as, BPF_ALU | BPF_RSH | BPF_K, 15);
		emit(as, BPF_ALU | BPF_XOR | BPF_X, 0);
		emit(as, BPF_ALU | BPF_MUL | BPF_K, classes[i].multiply_again);
		emit(as, BPF_ALU | BPF_RSH | BPF_K, 16);
		emit(as, BPF_ALU | BPF_MUL | BPF_K, classes[i].class_count);
		emit(as, BPF_ALU | BPF_RSH | BPF_K, 16);
		jump_if(as, BPF_JEQ, classes[i].index, PASS, NEXT);
	}
}

/* Goes on at LOCAL when the packet came over lo, else behind. */
static void
test_device(struct assembler *as)
{
	load_ancillary(as, SKF_AD_PKTTYPE);
	jump_if(as, BPF_JEQ, PACKET_HOST, NEXT, DROP);
	load_ancillary(as, SKF_AD_IFINDEX);
	jump_if(as, BPF_JEQ, LOOPBACK_IFINDEX, LOCAL, NEXT);
}

void
filter_nothing(struct filter *filter)
{
	struct assembler as;
	begin(&as, filter, 0);
	end(&as);
}

/* ---- IPv4 (RFC 791, RFC 792): X is the length of the header ------------------------------------ */

static void
ipv4_refuse_stray_loopback(struct assembler *as)
{
	test_device(as);
	load(as, BPF_B, BPF_ABS, 12);
	jump_if(as, BPF_JEQ, 127, DROP, NEXT);
	load(as, BPF_B, BPF_ABS, 16);
	jump_if(as, BPF_JEQ, 127, DROP, NEXT);
	place(as, LOCAL);
}

/* The source port of the datagram that an error quotes. */
static void
ipv4_load_quoted_port(struct assembler *as)
{
	place(as, ICMP);
	load(as, BPF_B, BPF_IND, 0);
	jump_if(as, BPF_JEQ, ICMP_DEST_UNREACH, QUOTE, NEXT);
	jump_if(as, BPF_JEQ, ICMP_TIME_EXCEEDED, QUOTE, NEXT);
	jump_if(as, BPF_JEQ, ICMP_PARAMETERPROB, QUOTE, DROP);
	place(as, QUOTE);
	load(as, BPF_B, BPF_IND, 8 + 9);
	jump_if(as, BPF_JEQ, as->protocol, NEXT, DROP);
	load(as, BPF_H, BPF_IND, 8 + 6);
	jump_if(as, BPF_JSET, FRAGMENT_IPV4, DROP, NEXT);
	load(as, BPF_B, BPF_IND, 8);
	emit(as, BPF_ALU | BPF_AND | BPF_K, 0x0f);
	emit(as, BPF_ALU | BPF_LSH | BPF_K, 2);
	emit(as, BPF_ALU | BPF_ADD | BPF_X, 0);
	emit(as, BPF_MISC | BPF_TAX, 0);
	load(as, BPF_H, BPF_IND, 8);
}

static void
filter_ipv4(struct filter *filter, uint8_t protocol, const struct port_class *classes, size_t class_count)
{
	struct assembler as;

	begin(&as, filter, protocol);
	ipv4_refuse_stray_loopback(&as);
	load(&as, BPF_H, BPF_ABS, 6);
	jump_if(&as, BPF_JSET, FRAGMENT_IPV4, DROP, NEXT);
	emit(&as, BPF_LDX | BPF_B | BPF_MSH, 0);
	load(&as, BPF_B, BPF_ABS, 9);
	jump_if(&as, BPF_JEQ, protocol, TRANSPORT, NEXT);
	jump_if(&as, BPF_JEQ, IPPROTO_ICMP, ICMP, DROP);
	place(&as, TRANSPORT);
	load(&as, BPF_H, BPF_IND, 2);
	jump(&as, PORT);
	ipv4_load_quoted_port(&as);
	place(&as, PORT);
	test_port(&as, classes, class_count);
	end(&as);
}

/* ---- IPv6 (RFC 8200, RFC 4443): X is where the next header begins ------------------------------ */

/* Goes on at `otherwise` when the address at `at` is not ::1. */
static void
ipv6_refuse_loopback_at(struct assembler *as, uint32_t at, unsigned otherwise)
{
	for (uint32_t word = 0; word < 3; word++) {
		load(as, BPF_W, BPF_ABS, at + 4 * word);
		jump_if(as, BPF_JEQ, 0, NEXT, otherwise);
	}
	load(as, BPF_W, BPF_ABS, at + 12);
	jump_if(as, BPF_JEQ, 1, DROP, otherwise);
}

static void
ipv6_refuse_stray_loopback(struct assembler *as)
{
	test_device(as);
	ipv6_refuse_loopback_at(as, 8, SOURCE_GOOD);
	place(as, SOURCE_GOOD);
	ipv6_refuse_loopback_at(as, 24, LOCAL);
	place(as, LOCAL);
}

/* A header that UDP may stand behind: moves X past it, loads what stands behind into A. */
static void
ipv6_skip_extension(struct assembler *as, unsigned nth)
{
	place(as, EXTENSION_1 + nth); /* options, routing: RFC 8200, sections 4.3, 4.4, 4.6 */
	load(as, BPF_B, BPF_IND, 0);
	emit(as, BPF_ST, WORD_NEXT);
	load(as, BPF_B, BPF_IND, 1);
	emit(as, BPF_ALU | BPF_ADD | BPF_K, 1);
	emit(as, BPF_ALU | BPF_LSH | BPF_K, 3);
	emit(as, BPF_ALU | BPF_ADD | BPF_X, 0);
	emit(as, BPF_MISC | BPF_TAX, 0);
	emit(as, BPF_LD | BPF_MEM, WORD_NEXT);
	jump(as, HEADER_1 + nth + 1);

	place(as, FRAGMENT_1 + nth); /* only the first fragment has ports: section 4.5 */
	load(as, BPF_H, BPF_IND, 2);
	jump_if(as, BPF_JSET, FRAGMENT_IPV6, DROP, NEXT);
	load(as, BPF_B, BPF_IND, 0);
	emit(as, BPF_ST, WORD_NEXT);
	emit(as, BPF_MISC | BPF_TXA, 0);
	emit(as, BPF_ALU | BPF_ADD | BPF_K, 8);
	emit(as, BPF_MISC | BPF_TAX, 0);
	emit(as, BPF_LD | BPF_MEM, WORD_NEXT);
}

static void
ipv6_find_transport(struct assembler *as)
{
	emit(as, BPF_LDX | BPF_IMM, 40);
	load(as, BPF_B, BPF_ABS, 6);
	for (unsigned nth = 0; nth < FILTER_EXTENSIONS_MAX; nth++) {
		place(as, HEADER_1 + nth);
		jump_if(as, BPF_JEQ, as->protocol, TRANSPORT, NEXT);
		jump_if(as, BPF_JEQ, IPPROTO_ICMPV6, ICMP, NEXT);
		jump_if(as, BPF_JEQ, IPPROTO_FRAGMENT, FRAGMENT_1 + nth, NEXT);
		jump_if(as, BPF_JEQ, IPPROTO_HOPOPTS, EXTENSION_1 + nth, NEXT);
		jump_if(as, BPF_JEQ, IPPROTO_DSTOPTS, EXTENSION_1 + nth, NEXT);
		jump_if(as, BPF_JEQ, IPPROTO_ROUTING, EXTENSION_1 + nth, DROP);
		ipv6_skip_extension(as, nth);
	}
	place(as, HEADER_1 + FILTER_EXTENSIONS_MAX);
	jump_if(as, BPF_JEQ, as->protocol, TRANSPORT, NEXT);
	jump_if(as, BPF_JEQ, IPPROTO_ICMPV6, ICMP, DROP);
}

/* Errors are the types 1 to 4 (RFC 4443, section 2.1); ours are quoted without extension headers. */
static void
ipv6_load_quoted_port(struct assembler *as)
{
	place(as, ICMP);
	load(as, BPF_B, BPF_IND, 0);
	jump_if(as, BPF_JGE, ICMPV6_DEST_UNREACH, NEXT, DROP);
	jump_if(as, BPF_JGT, ICMPV6_PARAMPROB, DROP, NEXT);
	load(as, BPF_B, BPF_IND, 8 + 6);
	jump_if(as, BPF_JEQ, as->protocol, NEXT, DROP);
	load(as, BPF_H, BPF_IND, 8 + 40);
}

static void
filter_ipv6(struct filter *filter, uint8_t protocol, const struct port_class *classes, size_t class_count)
{
	struct assembler as;

	begin(&as, filter, protocol);
	ipv6_refuse_stray_loopback(&as);
	ipv6_find_transport(&as);
	place(&as, TRANSPORT);
	load(&as, BPF_H, BPF_IND, 2);
	jump(&as, PORT);
	ipv6_load_quoted_port(&as);
	place(&as, PORT);
	test_port(&as, classes, class_count);
	end(&as);
}

/* ---- the programs for link raw ----------------------------------------------------------------- */

void
filter_ipv4_udp(struct filter *filter, const struct port_class *classes, size_t class_count)
{
	filter_ipv4(filter, IPPROTO_UDP, classes, class_count);
}

void
filter_ipv6_udp(struct filter *filter, const struct port_class *classes, size_t class_count)
{
	filter_ipv6(filter, IPPROTO_UDP, classes, class_count);
}

void
filter_ipv4_tcp(struct filter *filter, const struct port_class *class)
{
	filter_ipv4(filter, IPPROTO_TCP, class, 1);
}

void
filter_ipv6_tcp(struct filter *filter, const struct port_class *class)
{
	filter_ipv6(filter, IPPROTO_TCP, class, 1);
}

/* ---- Ethernet ---------------------------------------------------------------------------------- */

void
filter_ethernet(struct filter *filter, const struct mac_addr *mac)
{
	const uint8_t *o = mac->octets;
	struct assembler as;

	begin(&as, filter, 0);
	load(&as, BPF_B, BPF_ABS, 0);
	jump_if(&as, BPF_JSET, 0x01, PASS, NEXT); /* groups and broadcast */
	load(&as, BPF_W, BPF_ABS, 0);
	jump_if(&as, BPF_JEQ, (uint32_t)o[0] << 24 | (uint32_t)o[1] << 16 | (uint32_t)o[2] << 8 | o[3], NEXT,
	        DROP);
	load(&as, BPF_H, BPF_ABS, 4);
	jump_if(&as, BPF_JEQ, (uint32_t)o[4] << 8 | o[5], PASS, DROP);
	end(&as);
}
