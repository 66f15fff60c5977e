#include "stack/link/xdp_steer.h"

#include <arpa/inet.h>
#include <assert.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <string.h>

#include "stack/ipv4.h"
#include "stack/link/xdp_addrs.h"

/* What registers hold throughout; the rest are for a moment. */
#define FRAME     BPF_REG_2 /* until a call */
#define FRAME_END BPF_REG_3
#define CONTEXT   BPF_REG_6 /* outlives calls, as the address does: */
#define HALF_0    BPF_REG_7
#define HALF_1    BPF_REG_8

static void
emit(struct xdp_steer *steer, struct bpf_insn insn)
{
	assert(steer->count < XDP_STEER_INSNS_MAX);
	steer->insns[steer->count++] = insn;
}

/* to = the field of `width` at `at` of what from points to */
static void
load(struct xdp_steer *steer, uint8_t width, unsigned to, unsigned from, size_t at)
{
	emit(steer, (struct bpf_insn){ .code = (uint8_t)(BPF_LDX | BPF_MEM | width),
	                               .dst_reg = to & 0xf,
	                               .src_reg = from & 0xf,
	                               .off = (int16_t)at });
}

/* Of two registers, or with a value. */
static void
alu(struct xdp_steer *steer, uint8_t code, unsigned to, unsigned from, uint32_t value)
{
	emit(steer, (struct bpf_insn){ .code = code, .dst_reg = to & 0xf, .src_reg = from & 0xf, .imm = (int32_t)value });
}

static void
copy(struct xdp_steer *steer, unsigned to, unsigned from)
{
	alu(steer, BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0);
}

static void
set(struct xdp_steer *steer, unsigned to, uint32_t value)
{
	alu(steer, BPF_ALU64 | BPF_MOV | BPF_K, to, 0, value);
}

static void
add(struct xdp_steer *steer, unsigned to, uint32_t value)
{
	alu(steer, BPF_ALU64 | BPF_ADD | BPF_K, to, 0, value);
}

/* 32 bits, to the program's own memory at that distance from its end. */
static void
store(struct xdp_steer *steer, int16_t at, uint32_t value)
{
	emit(steer, (struct bpf_insn){ .code = BPF_ST | BPF_MEM | BPF_W,
	                               .dst_reg = BPF_REG_10,
	                               .off = at,
	                               .imm = (int32_t)value });
}

static void
store_reg(struct xdp_steer *steer, int16_t at, unsigned from)
{
	emit(steer, (struct bpf_insn){ .code = BPF_STX | BPF_MEM | BPF_W,
	                               .dst_reg = BPF_REG_10,
	                               .src_reg = from & 0xf,
	                               .off = at });
}

/* ---- jumps: those whose distance nobody has set lead to the end, where the frame passes ------------------------------ */

static void
pass_if_greater(struct xdp_steer *steer, unsigned left, unsigned right)
{
	emit(steer, (struct bpf_insn){ .code = BPF_JMP | BPF_JGT | BPF_X, .dst_reg = left & 0xf, .src_reg = right & 0xf });
}

static void
pass_if_less(struct xdp_steer *steer, unsigned left, unsigned right)
{
	emit(steer, (struct bpf_insn){ .code = BPF_JMP | BPF_JLT | BPF_X, .dst_reg = left & 0xf, .src_reg = right & 0xf });
}

static void
pass_unless_equal(struct xdp_steer *steer, unsigned reg, uint32_t value)
{
	emit(steer, (struct bpf_insn){ .code = BPF_JMP32 | BPF_JNE | BPF_K, .dst_reg = reg & 0xf, .imm = (int32_t)value });
}

static void
pass_if_zero(struct xdp_steer *steer, unsigned reg)
{
	emit(steer, (struct bpf_insn){ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = reg & 0xf, .imm = 0 });
}

static void
jump_if(struct xdp_steer *steer, uint8_t condition, unsigned left, unsigned right)
{
	emit(steer, (struct bpf_insn){ .code = (uint8_t)(BPF_JMP | condition | BPF_X),
	                               .dst_reg = left & 0xf,
	                               .src_reg = right & 0xf });
}

static void
jump(struct xdp_steer *steer)
{
	emit(steer, (struct bpf_insn){ .code = BPF_JMP | BPF_JA });
}

/* The jump at that place leads to what is emitted next. */
static void
lands_here(struct xdp_steer *steer, size_t from)
{
	steer->insns[from].off = (int16_t)(steer->count - from - 1);
}

static bool
passes_yet(const struct bpf_insn *insn)
{
	const unsigned class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);
	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT && insn->off == 0;
}

static void
end(struct xdp_steer *steer)
{
	const size_t pass = steer->count;

	set(steer, BPF_REG_0, XDP_PASS);
	emit(steer, (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT });
	for (size_t i = 0; i < pass; i++)
		if (passes_yet(&steer->insns[i]))
			steer->insns[i].off = (int16_t)(pass - i - 1);
}

/* ---- calls --------------------------------------------------------------------------------------------------------- */

static void
set_map(struct xdp_steer *steer, unsigned to, int map_fd)
{
	emit(steer, (struct bpf_insn){ .code = BPF_LD | BPF_DW | BPF_IMM,
	                               .dst_reg = to & 0xf,
	                               .src_reg = BPF_PSEUDO_MAP_FD,
	                               .imm = map_fd });
	emit(steer, (struct bpf_insn){ .code = 0 }); /* the other half of the 64 bits */
}

static void
call(struct xdp_steer *steer, int32_t function)
{
	emit(steer, (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .imm = function });
}

/* bpf_redirect_map(the sockets, the queue, what to do where the queue has no socket) */
static void
give_to_socket(struct xdp_steer *steer, int sockets_fd)
{
	load(steer, BPF_W, BPF_REG_2, CONTEXT, offsetof(struct xdp_md, rx_queue_index));
	set_map(steer, BPF_REG_1, sockets_fd);
	set(steer, BPF_REG_3, XDP_PASS);
	call(steer, BPF_FUNC_redirect_map);
	emit(steer, (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT });
}

/* ---- the programs -------------------------------------------------------------------------------------------------- */

/* The frame has `bytes` octets at least: the verifier wants this before any load. */
static void
pass_if_shorter(struct xdp_steer *steer, uint32_t bytes)
{
	copy(steer, BPF_REG_4, FRAME);
	add(steer, BPF_REG_4, bytes);
	pass_if_greater(steer, BPF_REG_4, FRAME_END);
}

/* ... and no more than a socket would have to drop. */
static void
pass_if_longer(struct xdp_steer *steer, uint32_t bytes)
{
	copy(steer, BPF_REG_4, FRAME);
	add(steer, BPF_REG_4, bytes);
	pass_if_less(steer, BPF_REG_4, FRAME_END);
}

/* value: as a load of the machine sees it */
static void
pass_unless_field_is(struct xdp_steer *steer, uint8_t width, size_t at, uint32_t value)
{
	load(steer, width, BPF_REG_4, FRAME, at);
	pass_unless_equal(steer, BPF_REG_4, value);
}

static void
pass_unless_bits_are(struct xdp_steer *steer, size_t at, uint8_t mask, uint8_t value)
{
	load(steer, BPF_B, BPF_REG_4, FRAME, at);
	alu(steer, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_4, 0, mask);
	pass_unless_equal(steer, BPF_REG_4, value);
}

static void
begin(struct xdp_steer *steer, const struct mac_addr *mac, uint32_t frame_bytes_min, uint32_t frame_bytes_max)
{
	uint32_t mac_head;
	uint16_t mac_tail;

	memcpy(&mac_head, mac->octets, sizeof mac_head);
	memcpy(&mac_tail, mac->octets + sizeof mac_head, sizeof mac_tail);
	*steer = (struct xdp_steer){ .count = 0 };
	copy(steer, CONTEXT, BPF_REG_1);
	load(steer, BPF_W, FRAME, CONTEXT, offsetof(struct xdp_md, data));
	load(steer, BPF_W, FRAME_END, CONTEXT, offsetof(struct xdp_md, data_end));
	pass_if_shorter(steer, frame_bytes_min);
	pass_if_longer(steer, frame_bytes_max);
	pass_unless_field_is(steer, BPF_W, 0, mac_head);
	pass_unless_field_is(steer, BPF_H, sizeof mac_head, mac_tail);
}

/* Leaves the destination address, as a key of the table, in HALF_0 and HALF_1. */
static void
read_ipv4(struct xdp_steer *steer, uint16_t port)
{
	pass_unless_field_is(steer, BPF_B, ETH_HLEN, 4 << 4 | sizeof(struct iphdr) / 4); /* no options */
	load(steer, BPF_H, BPF_REG_4, FRAME, ETH_HLEN + offsetof(struct iphdr, frag_off));
	alu(steer, BPF_ALU | BPF_AND | BPF_K, BPF_REG_4, 0, htons(IPV4_FLAG_MF | IPV4_OFFSET_MASK));
	pass_unless_equal(steer, BPF_REG_4, 0);
	pass_unless_field_is(steer, BPF_B, ETH_HLEN + offsetof(struct iphdr, protocol), IPPROTO_UDP);
	pass_unless_field_is(steer, BPF_H, ETH_HLEN + sizeof(struct iphdr) + offsetof(struct udphdr, dest), htons(port));
	store(steer, -8, htonl(0xffff));
	load(steer, BPF_W, BPF_REG_4, FRAME, ETH_HLEN + offsetof(struct iphdr, daddr));
	store_reg(steer, -4, BPF_REG_4);
	set(steer, HALF_0, 0);
	load(steer, BPF_DW, HALF_1, BPF_REG_10, (size_t)-8);
}

/* The same. */
static void
read_ipv6(struct xdp_steer *steer, uint16_t port)
{
	pass_if_shorter(steer, ETH_HLEN + sizeof(struct ipv6hdr) + sizeof(struct udphdr));
	pass_unless_bits_are(steer, ETH_HLEN, 0xf0, 0x60); /* the version */
	pass_unless_field_is(steer, BPF_B, ETH_HLEN + offsetof(struct ipv6hdr, nexthdr), IPPROTO_UDP);
	pass_unless_field_is(steer, BPF_H, ETH_HLEN + sizeof(struct ipv6hdr) + offsetof(struct udphdr, dest), htons(port));
	load(steer, BPF_DW, HALF_0, FRAME, ETH_HLEN + offsetof(struct ipv6hdr, daddr));
	load(steer, BPF_DW, HALF_1, FRAME, ETH_HLEN + offsetof(struct ipv6hdr, daddr) + sizeof(uint64_t));
}

/* The number of the address' bucket, as xdp_addrs.c finds it, to the program's own memory. */
static void
store_bucket(struct xdp_steer *steer, int16_t at)
{
	copy(steer, BPF_REG_4, HALF_0);
	alu(steer, BPF_ALU64 | BPF_XOR | BPF_X, BPF_REG_4, HALF_1, 0);
	copy(steer, BPF_REG_5, BPF_REG_4);
	alu(steer, BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_5, 0, 32);
	alu(steer, BPF_ALU | BPF_XOR | BPF_X, BPF_REG_4, BPF_REG_5, 0);
	alu(steer, BPF_ALU | BPF_MUL | BPF_K, BPF_REG_4, 0, XDP_ADDRS_MULTIPLIER);
	alu(steer, BPF_ALU | BPF_RSH | BPF_K, BPF_REG_4, 0, 32 - XDP_ADDRS_BUCKET_BITS);
	store_reg(steer, at, BPF_REG_4);
}

/* The address is in one of the places of its bucket. */
static void
pass_unless_named(struct xdp_steer *steer, int addrs_fd)
{
	size_t is_found[XDP_ADDRS_WAYS];

	store_bucket(steer, -4);
	set_map(steer, BPF_REG_1, addrs_fd);
	copy(steer, BPF_REG_2, BPF_REG_10);
	add(steer, BPF_REG_2, (uint32_t)-4);
	call(steer, BPF_FUNC_map_lookup_elem);
	pass_if_zero(steer, BPF_REG_0); /* never, but the verifier does not know */
	for (size_t i = 0; i < XDP_ADDRS_WAYS; i++) {
		const size_t place = i * sizeof(struct xdp_addr_key);
		load(steer, BPF_DW, BPF_REG_4, BPF_REG_0, place);
		const size_t is_other = steer->count;
		jump_if(steer, BPF_JNE, BPF_REG_4, HALF_0);
		load(steer, BPF_DW, BPF_REG_4, BPF_REG_0, place + sizeof(uint64_t));
		is_found[i] = steer->count;
		jump_if(steer, BPF_JEQ, BPF_REG_4, HALF_1);
		lands_here(steer, is_other);
	}
	jump(steer); /* passes */
	for (size_t i = 0; i < XDP_ADDRS_WAYS; i++)
		lands_here(steer, is_found[i]);
}

static void
write_own(struct xdp_steer *steer, const struct xdp_steer_rule *rule, uint32_t frame_bytes_max, int sockets_fd)
{
	begin(steer, &rule->mac, ETH_HLEN, frame_bytes_max);
	give_to_socket(steer, sockets_fd);
	end(steer);
}

static void
write_port(struct xdp_steer *steer, const struct xdp_steer_rule *rule, uint32_t frame_bytes_max, int sockets_fd)
{
	begin(steer, &rule->mac, ETH_HLEN + sizeof(struct iphdr) + sizeof(struct udphdr), frame_bytes_max);
	load(steer, BPF_H, BPF_REG_4, FRAME, offsetof(struct ethhdr, h_proto));
	const size_t is_other = steer->count;
	pass_unless_equal(steer, BPF_REG_4, htons(ETH_P_IP));
	read_ipv4(steer, rule->port);
	const size_t is_read = steer->count;
	jump(steer);
	lands_here(steer, is_other);
	pass_unless_equal(steer, BPF_REG_4, htons(ETH_P_IPV6));
	read_ipv6(steer, rule->port);
	lands_here(steer, is_read);
	pass_unless_named(steer, rule->addrs_fd);
	give_to_socket(steer, sockets_fd);
	end(steer);
}

void
xdp_steer_write(struct xdp_steer *steer, const struct xdp_steer_rule *rule, uint32_t frame_bytes_max, int sockets_fd)
{
	if (rule->port == 0)
		write_own(steer, rule, frame_bytes_max, sockets_fd);
	else
		write_port(steer, rule, frame_bytes_max, sockets_fd);
}
