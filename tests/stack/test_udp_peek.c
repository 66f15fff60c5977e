/* What a frame will turn out to be is told before it is received (udp_peek), and never anything else than what it is. */
#include <stdlib.h>
#include <string.h>

#include "tests/stack/host.h"
#include "tests/stack/packet.h"
#include "tests/suite.h"

#define ETHER_BYTES 14u
#define PORT        53u
#define SPOILT      20000u

static const char *const ours[] = { "192.0.2.1", "2001:db8::1" };
static const char *const theirs[] = { "198.51.100.9", "2001:db8:9::9" };
static const struct mac_addr our_mac = { { 2, 0, 0, 0, 0, 1 } }, router_mac = { { 2, 0, 0, 0, 0, 2 } };
static const uint8_t types[][2] = { { 0x08, 0x00 }, { 0x86, 0xdd } };
static const char text[] = "a question";

static struct host host;
static struct stack_action action;
static enum stack_if_kind kind;

static void
begin(enum stack_if_kind of_kind)
{
	kind = of_kind;
	host_init(&host, &(struct host_config){ .ipv4 = "192.0.2.1/24", .ipv6 = "2001:db8::1/64", .kind = kind, .mac = our_mac });
	ck_assert_int_eq(udp_listen(host.stack, &(struct ip_addr){ .family = ADDR_NONE }, PORT, 7), 0);
	while (stack_next(host.stack, &action))
		;
}

static size_t
build(int family, uint16_t port, uint8_t *frame)
{
	const size_t link_bytes = kind == STACK_IF_ETHER ? ETHER_BYTES : 0;

	memcpy(frame, &our_mac, sizeof our_mac);
	memcpy(frame + 6, &router_mac, sizeof router_mac);
	memcpy(frame + 12, types[family], 2);
	return link_bytes + packet_datagram(frame + link_bytes, theirs[family], ours[family], 4242, port, text, strlen(text));
}

static const uint8_t *
peek(const uint8_t *frame, size_t frame_bytes, size_t *size)
{
	return udp_peek(host.stack, host.ifindex, frame, frame_bytes, PORT, size);
}

/* The payload that the stack tells of a lent frame; NULL: none. */
static const uint8_t *
received(const uint8_t *frame, size_t frame_bytes)
{
	const uint8_t *bytes = NULL;

	stack_receive(host.stack, host.ifindex, frame, frame_bytes, STACK_RX_LENT | STACK_RX_CHECKSUM_OK, host.now_us);
	while (stack_next(host.stack, &action))
		if (action.kind == STACK_DATAGRAM)
			bytes = action.bytes;
	return bytes;
}

START_TEST(a_datagram_to_the_port_is_told)
{
	uint8_t frame[PACKET_BYTES_MAX];
	size_t size = 0;

	begin(_i < 2 ? STACK_IF_ETHER : STACK_IF_IP);
	const size_t frame_bytes = build(_i % 2, PORT, frame);
	const uint8_t *peeked = peek(frame, frame_bytes, &size);
	ck_assert_ptr_nonnull(peeked);
	ck_assert_ptr_eq(peeked, received(frame, frame_bytes));
	ck_assert_uint_eq(size, strlen(text));
	ck_assert_mem_eq(peeked, text, size);
	host_fini(&host);
}
END_TEST

START_TEST(what_goes_elsewhere_or_is_cut_is_not)
{
	uint8_t frame[PACKET_BYTES_MAX];
	size_t size;

	begin(_i < 2 ? STACK_IF_ETHER : STACK_IF_IP);
	ck_assert_ptr_null(peek(frame, build(_i % 2, PORT + 1, frame), &size));
	const size_t frame_bytes = build(_i % 2, PORT, frame);
	ck_assert_ptr_null(udp_peek(host.stack, host.ifindex + 1, frame, frame_bytes, PORT, &size));
	for (size_t cut = 0; cut < frame_bytes; cut++) {
		uint8_t *less = malloc(cut + 1); /* the sanitizer sees a step beyond */
		ck_assert_ptr_nonnull(less);
		memcpy(less + 1, frame, cut);
		ck_assert_ptr_null(peek(less + 1, cut, &size));
		free(less);
	}
	host_fini(&host);
}
END_TEST

/* It may tell what the stack drops, and not tell what it takes, but never another payload. */
START_TEST(what_is_told_is_what_is_received)
{
	uint8_t frame[PACKET_BYTES_MAX];
	struct rng rng;
	unsigned both = 0;
	size_t size;

	begin(_i < 2 ? STACK_IF_ETHER : STACK_IF_IP);
	rng_init_number(&rng, suite_seed(4) + (uint64_t)_i);
	for (unsigned i = 0; i < SPOILT; i++) {
		const size_t frame_bytes = build(_i % 2, PORT, frame);
		frame[rng_below(&rng, (uint32_t)frame_bytes)] ^= (uint8_t)(1u << rng_below(&rng, 8));
		const uint8_t *peeked = peek(frame, frame_bytes, &size), *taken = received(frame, frame_bytes);
		if (peeked == NULL || taken == NULL)
			continue;
		ck_assert_ptr_eq(peeked, taken);
		ck_assert_uint_eq(size, action.size);
		both++;
	}
	ck_assert_uint_gt(both, 10);
	host_fini(&host);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("peek");
	tcase_add_loop_test(tcase, a_datagram_to_the_port_is_told, 0, 4);
	tcase_add_loop_test(tcase, what_goes_elsewhere_or_is_cut_is_not, 0, 4);
	tcase_add_loop_test(tcase, what_is_told_is_what_is_received, 0, 4);
	Suite *suite = suite_create("udp: what a frame will be");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
