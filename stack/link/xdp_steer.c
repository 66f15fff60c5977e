#include "stack/link/xdp_steer.h"

#include <assert.h>
#include <linux/if_ether.h>
#include <string.h>

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

static void
copy(struct xdp_steer *steer, unsigned to, unsigned from)
{
	emit(steer, (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = to & 0xf, .src_reg = from & 0xf });
}

static void
set(struct xdp_steer *steer, unsigned to, int32_t value)
{
	emit(steer, (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = to & 0xf, .imm = value });
}

static void
add(struct xdp_steer *steer, unsigned to, uint32_t value)
{
	emit(steer, (struct bpf_insn){ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = to & 0xf, .imm = (int32_t)value });
}

/* Jumps get their distance from end: all of them go to the same place. */
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
give_to_socket(struct xdp_steer *steer, int sockets_fd)
{
	/* bpf_redirect_map(the sockets, the queue, what to do where the queue has no socket) */
	load(steer, BPF_W, BPF_REG_2, BPF_REG_1, offsetof(struct xdp_md, rx_queue_index));
	emit(steer, (struct bpf_insn){ .code = BPF_LD | BPF_DW | BPF_IMM,
	                               .dst_reg = BPF_REG_1,
	                               .src_reg = BPF_PSEUDO_MAP_FD,
	                               .imm = sockets_fd });
	emit(steer, (struct bpf_insn){ .code = 0 }); /* the other half of the 64 bits */
	set(steer, BPF_REG_3, XDP_PASS);
	emit(steer, (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map });
	emit(steer, (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT });
}

static bool
is_conditional(const struct bpf_insn *insn)
{
	const unsigned class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);
	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT;
}

static void
end(struct xdp_steer *steer)
{
	const size_t pass = steer->count;

	set(steer, BPF_REG_0, XDP_PASS);
	emit(steer, (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT });
	for (size_t i = 0; i < pass; i++)
		if (is_conditional(&steer->insns[i]))
			steer->insns[i].off = (int16_t)(pass - i - 1);
}

void
xdp_steer_own(struct xdp_steer *steer, const struct mac_addr *mac, uint32_t frame_bytes_max, int sockets_fd)
{
	uint32_t mac_head; /* as a load of the machine sees them */
	uint16_t mac_tail;

	memcpy(&mac_head, mac->octets, sizeof mac_head);
	memcpy(&mac_tail, mac->octets + sizeof mac_head, sizeof mac_tail);
	*steer = (struct xdp_steer){ .count = 0 };
	load(steer, BPF_W, BPF_REG_2, BPF_REG_1, offsetof(struct xdp_md, data));
	load(steer, BPF_W, BPF_REG_3, BPF_REG_1, offsetof(struct xdp_md, data_end));
	copy(steer, BPF_REG_4, BPF_REG_2);
	add(steer, BPF_REG_4, ETH_HLEN);
	pass_if_greater(steer, BPF_REG_4, BPF_REG_3); /* too short: the verifier wants this before any load */
	copy(steer, BPF_REG_4, BPF_REG_2);
	add(steer, BPF_REG_4, frame_bytes_max);
	pass_if_less(steer, BPF_REG_4, BPF_REG_3); /* a socket would have to drop it */
	load(steer, BPF_W, BPF_REG_4, BPF_REG_2, 0);
	pass_unless_equal(steer, BPF_REG_4, mac_head);
	load(steer, BPF_H, BPF_REG_4, BPF_REG_2, sizeof mac_head);
	pass_unless_equal(steer, BPF_REG_4, mac_tail);
	give_to_socket(steer, sockets_fd);
	end(steer);
}
