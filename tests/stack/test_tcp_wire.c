/* TCP's header and options: RFC 9293, section 3.1 and 3.2; RFC 7323; RFC 2018. */
#include <string.h>

#include "stack/base/rng.h"
#include "stack/tcp_wire.h"
#include "tests/suite.h"

#define PAYLOAD_BYTES 5u

static uint8_t segment[TCP_HEADER_BYTES_MAX + PAYLOAD_BYTES];

/* A segment with these octets as its options, padded with END. */
static size_t
segment_with(uint16_t flags, const uint8_t *list, size_t list_bytes)
{
	const size_t header_bytes = TCP_HEADER_BYTES + (list_bytes + 3) / 4 * 4;
	struct writer w = writer_over(segment, sizeof segment);

	ck_assert_uint_le(header_bytes, TCP_HEADER_BYTES_MAX);
	memset(segment, 0, sizeof segment);
	writer_u16(&w, 1025);
	writer_u16(&w, 53);
	writer_u32(&w, 0x01020304);
	writer_u32(&w, 0x05060708);
	writer_u16(&w, (uint16_t)(header_bytes / 4 << 12 | flags));
	writer_u16(&w, 0xfedc);
	writer_u16(&w, 0xabcd);
	writer_u16(&w, 9); /* an urgent pointer */
	writer_bytes(&w, list, list_bytes);
	ck_assert_int_eq(w.err, 0);
	return header_bytes + PAYLOAD_BYTES;
}

static bool
options_equal(const struct tcp_options *a, const struct tcp_options *b)
{
	if (a->mss != b->mss || a->has_wscale != b->has_wscale || a->wscale != b->wscale ||
	    a->sack_permitted != b->sack_permitted || a->has_timestamps != b->has_timestamps ||
	    a->ts_val != b->ts_val || a->ts_ecr != b->ts_ecr || a->sack_count != b->sack_count)
		return false;
	for (unsigned i = 0; i < a->sack_count; i++)
		if (a->sacks[i].begin != b->sacks[i].begin || a->sacks[i].end != b->sacks[i].end)
			return false;
	return true;
}

/* ---- reading --------------------------------------------------------------------------------- */

START_TEST(a_segment_is_read_up_to_its_payload)
{
	static const uint8_t list[] = { 1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8 };
	struct cursor c =
		cursor_over(segment, segment_with(TCP_ACK | TCP_PSH | 0xf00, list, sizeof list));
	struct tcp_header header;
	struct tcp_options options;

	ck_assert_int_eq(tcp_header_read(&c, &header, &options), 0);
	ck_assert_uint_eq(header.source_port, 1025);
	ck_assert_uint_eq(header.destination_port, 53);
	ck_assert_uint_eq(header.seq, 0x01020304);
	ck_assert_uint_eq(header.ack, 0x05060708);
	ck_assert_uint_eq(header.flags, TCP_ACK | TCP_PSH); /* reserved bits are ignored */
	ck_assert_uint_eq(header.window, 0xfedc);
	ck_assert_uint_eq(header.checksum, 0xabcd);
	ck_assert_uint_eq(header.header_bytes, 32);
	ck_assert(options.has_timestamps);
	ck_assert_uint_eq(options.ts_val, 0x01020304);
	ck_assert_uint_eq(options.ts_ecr, 0x05060708);
	ck_assert_uint_eq(cursor_left(&c), PAYLOAD_BYTES);
}
END_TEST

START_TEST(every_shorter_header_is_short)
{
	static const uint8_t list[] = { 2, 4, 5, 0xb4 };
	(void)segment_with(TCP_SYN, list, sizeof list);

	for (size_t size = 0; size < TCP_HEADER_BYTES + sizeof list; size++) {
		struct cursor c = cursor_over(segment, size);
		struct tcp_header header;
		struct tcp_options options;
		ck_assert_int_eq(tcp_header_read(&c, &header, &options), ERR_SHORT);
		ck_assert_uint_eq(options.mss, 0);
		ck_assert_uint_eq(cursor_left(&c), 0);
	}
}
END_TEST

START_TEST(a_data_offset_within_the_header_is_malformed)
{
	const size_t size = segment_with(TCP_ACK, NULL, 0);

	for (unsigned offset = 0; offset < 5; offset++) {
		struct cursor c = cursor_over(segment, size);
		struct tcp_header header;
		struct tcp_options options;
		segment[12] = (uint8_t)(offset << 4);
		ck_assert_int_eq(tcp_header_read(&c, &header, &options), ERR_MALFORMED);
		ck_assert_uint_eq(cursor_left(&c), 0);
	}
}
END_TEST

#define LIST(...) .list = { __VA_ARGS__ }, .list_bytes = sizeof((uint8_t[]){ __VA_ARGS__ })
#define MSS_1460  2, 4, 5, 0xb4

static const struct {
	const char *behaviour;
	uint16_t flags;
	uint8_t list[TCP_OPTIONS_BYTES_MAX];
	size_t list_bytes;
	struct tcp_options expected;
} lists[] = {
	{ "no options", TCP_SYN, .list_bytes = 0, .expected = { 0 } },
	{ "Linux's SYN",
	  TCP_SYN,
	  LIST(MSS_1460, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 0, 1, 3, 3, 8),
	  { .mss = 1460,
	    .sack_permitted = true,
	    .has_timestamps = true,
	    .ts_val = 7,
	    .has_wscale = true,
	    .wscale = 8 } },
	{ "a SYN-ACK's count like a SYN's",
	  TCP_SYN | TCP_ACK,
	  LIST(MSS_1460, 1, 3, 3, 2),
	  { .mss = 1460, .has_wscale = true, .wscale = 2 } },
	{ "an unknown option is skipped",
	  TCP_SYN,
	  LIST(254, 6, 9, 9, 9, 9, MSS_1460),
	  { .mss = 1460 } },
	{ "an unknown option of an MSS's length is none", TCP_SYN, LIST(254, 4, 5, 0xb4), { 0 } },
	{ "an unknown option without a value is skipped",
	  TCP_SYN,
	  LIST(253, 2, MSS_1460),
	  { .mss = 1460 } },
	{ "what is behind END does not count", TCP_SYN, LIST(0, MSS_1460), { 0 } },
	{ "NOPs may be anywhere", TCP_SYN, LIST(1, 1, 1, MSS_1460, 1), { .mss = 1460 } },
	{ "nothing but NOPs", TCP_ACK, LIST(1, 1, 1, 1), { 0 } },
	{ "a kind without a length ends the list",
	  TCP_SYN,
	  LIST(MSS_1460, 1, 1, 1, 3),
	  { .mss = 1460 } },
	{ "length 0 ends the list", TCP_SYN, LIST(MSS_1460, 254, 0, 3, 3, 8), { .mss = 1460 } },
	{ "length 1 ends the list", TCP_SYN, LIST(MSS_1460, 254, 1, 3, 3, 8), { .mss = 1460 } },
	{ "a length beyond the header ends the list",
	  TCP_SYN,
	  LIST(MSS_1460, 8, 10, 0, 0, 0, 7, 0, 0),
	  { .mss = 1460 } },
	{ "an MSS of the wrong length is skipped",
	  TCP_SYN,
	  LIST(2, 3, 5, 1, 3, 3, 8, 0),
	  { .has_wscale = true, .wscale = 8 } },
	{ "an MSS of 0 says nothing", TCP_SYN, LIST(2, 4, 0, 0), { 0 } },
	{ "a window scale of the wrong length is skipped",
	  TCP_SYN,
	  LIST(3, 4, 8, 8, MSS_1460),
	  { .mss = 1460 } },
	{ "a window scale above 14 is 14 (RFC 7323, section 2.3)",
	  TCP_SYN,
	  LIST(1, 3, 3, 15),
	  { .has_wscale = true, .wscale = 14 } },
	{ "a window scale of 0 is one", TCP_SYN, LIST(1, 3, 3, 0), { .has_wscale = true } },
	{ "SACK-permitted of the wrong length is skipped", TCP_SYN, LIST(4, 3, 0, 1), { 0 } },
	{ "timestamps of the wrong length are skipped",
	  TCP_ACK,
	  LIST(8, 6, 0, 0, 0, 1, 1, 1),
	  { 0 } },
	{ "MSS, scale and SACK-permitted mean nothing without SYN",
	  TCP_ACK,
	  LIST(MSS_1460, 1, 3, 3, 8, 1, 1, 4, 2),
	  { 0 } },
	{ "SACK blocks mean nothing in a SYN",
	  TCP_SYN,
	  LIST(1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2),
	  { 0 } },
	{ "one SACK block",
	  TCP_ACK,
	  LIST(1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2),
	  { .sack_count = 1, .sacks = { { 1, 2 } } } },
	{ "four SACK blocks",
	  TCP_ACK,
	  LIST(1, 1, 5, 34, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6,
	       0, 0, 0, 7, 0, 0, 0, 8),
	  { .sack_count = 4, .sacks = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 } } } },
	{ "two options of SACK blocks add up",
	  TCP_ACK,
	  LIST(5, 10, 0, 0, 0, 1, 0, 0, 0, 2, 5, 10, 0, 0, 0, 3, 0, 0, 0, 4),
	  { .sack_count = 2, .sacks = { { 1, 2 }, { 3, 4 } } } },
	{ "a SACK option without a block", TCP_ACK, LIST(1, 1, 5, 2), { 0 } },
	{ "half a SACK block is no block", TCP_ACK, LIST(1, 1, 5, 6, 0, 0, 0, 1), { 0 } },
	{ "a block and a half are skipped",
	  TCP_ACK,
	  LIST(1, 1, 5, 14, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3),
	  { 0 } },
	{ "the last of two timestamps counts",
	  TCP_ACK,
	  LIST(8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 8, 10, 0, 0, 0, 3, 0, 0, 0, 4),
	  { .has_timestamps = true, .ts_val = 3, .ts_ecr = 4 } },
};

START_TEST(options_are_read_as_far_as_they_are_well_formed)
{
	const size_t size = segment_with(lists[_i].flags, lists[_i].list, lists[_i].list_bytes);
	struct cursor c = cursor_over(segment, size);
	struct tcp_header header;
	struct tcp_options options;

	ck_assert_msg(tcp_header_read(&c, &header, &options) == 0, "%s", lists[_i].behaviour);
	ck_assert_msg(cursor_left(&c) == PAYLOAD_BYTES, "%s", lists[_i].behaviour);
	ck_assert_msg(options_equal(&options, &lists[_i].expected), "%s", lists[_i].behaviour);
}
END_TEST

/* ---- writing --------------------------------------------------------------------------------- */

static const struct {
	const char *behaviour;
	struct tcp_options options;
	uint8_t list[TCP_OPTIONS_BYTES_MAX];
	size_t list_bytes;
} layouts[] = {
	{ "nothing", { 0 }, .list_bytes = 0 },
	{ "a SYN with everything",
	  { .mss = 1460,
	    .sack_permitted = true,
	    .has_timestamps = true,
	    .ts_val = 7,
	    .has_wscale = true,
	    .wscale = 8 },
	  LIST(MSS_1460, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 0, 1, 3, 3, 8) },
	{ "a SYN without timestamps",
	  { .mss = 1460, .sack_permitted = true, .has_wscale = true, .wscale = 8 },
	  LIST(MSS_1460, 1, 1, 4, 2, 1, 3, 3, 8) },
	{ "a SYN without SACK",
	  { .mss = 1460, .has_timestamps = true, .ts_val = 7, .ts_ecr = 9 },
	  LIST(MSS_1460, 1, 1, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9) },
	{ "a SYN with the MSS alone", { .mss = 1460 }, LIST(MSS_1460) },
	{ "data",
	  { .has_timestamps = true, .ts_val = 7, .ts_ecr = 9 },
	  LIST(1, 1, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9) },
	{ "an acknowledgment with a hole",
	  { .sack_count = 1, .sacks = { { 1, 2 } } },
	  LIST(1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2) },
	{ "four blocks fit alone",
	  { .sack_count = 4, .sacks = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 } } },
	  LIST(1, 1, 5, 34, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6,
	       0, 0, 0, 7, 0, 0, 0, 8) },
	{ "three blocks fit beside timestamps",
	  { .has_timestamps = true,
	    .ts_val = 7,
	    .sack_count = 4,
	    .sacks = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 } } },
	  LIST(1, 1, 8, 10, 0, 0, 0, 7, 0, 0, 0, 0, 1, 1, 5, 26, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3,
	       0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6) },
};

START_TEST(options_are_laid_out_as_linux_does)
{
	uint8_t out[TCP_HEADER_BYTES_MAX];
	struct writer w = writer_over(out, sizeof out);
	struct tcp_header header = { .source_port = 1025,
				     .destination_port = 53,
				     .seq = 0x01020304,
				     .ack = 0x05060708,
				     .flags = TCP_ACK | TCP_ECE,
				     .window = 0xfedc,
				     .checksum = 0xabcd };

	tcp_header_write(&w, &header, &layouts[_i].options);
	ck_assert_msg(w.err == 0 && w.pos == TCP_HEADER_BYTES + layouts[_i].list_bytes, "%s",
		      layouts[_i].behaviour);
	ck_assert_msg(header.header_bytes == w.pos, "%s", layouts[_i].behaviour);
	ck_assert_msg(tcp_options_bytes(&layouts[_i].options) == layouts[_i].list_bytes, "%s",
		      layouts[_i].behaviour);
	(void)segment_with(TCP_ACK | TCP_ECE, layouts[_i].list, layouts[_i].list_bytes);
	memset(segment + 18, 0, 2); /* no urgent pointer of ours */
	ck_assert_msg(memcmp(out, segment, w.pos) == 0, "%s", layouts[_i].behaviour);
}
END_TEST

START_TEST(a_writer_without_room_keeps_its_error)
{
	const struct tcp_options options = { .mss = 1460 };
	uint8_t out[TCP_HEADER_BYTES + 4];

	for (size_t size = 0; size < sizeof out; size++) {
		struct tcp_header header = { .flags = TCP_SYN };
		struct writer w = writer_over(out, size);
		tcp_header_write(&w, &header, &options);
		ck_assert_int_eq(w.err, ERR_FULL);
	}
}
END_TEST

/* ---- there and back -------------------------------------------------------------------------- */

static bool
headers_equal(const struct tcp_header *a, const struct tcp_header *b)
{
	return a->source_port == b->source_port && a->destination_port == b->destination_port &&
	       a->seq == b->seq && a->ack == b->ack && a->flags == b->flags &&
	       a->window == b->window && a->checksum == b->checksum &&
	       a->header_bytes == b->header_bytes;
}

static struct tcp_options
options_draw(struct rng *rng, bool is_syn)
{
	struct tcp_options options = { .has_timestamps = rng_below(rng, 2) == 0 };

	if (options.has_timestamps) {
		options.ts_val = rng_u32(rng);
		options.ts_ecr = rng_u32(rng);
	}
	if (!is_syn) {
		options.sack_count = (uint8_t)rng_below(rng, (options.has_timestamps ? 3 : 4) + 1);
		for (unsigned i = 0; i < options.sack_count; i++)
			options.sacks[i] = (struct seq_range){ rng_u32(rng), rng_u32(rng) };
		return options;
	}
	options.mss = (uint16_t)(rng_below(rng, 2) * (1 + rng_below(rng, 65535)));
	options.sack_permitted = rng_below(rng, 2) == 0;
	options.has_wscale = rng_below(rng, 2) == 0;
	if (options.has_wscale)
		options.wscale = (uint8_t)rng_below(rng, TCP_WSCALE_MAX + 1);
	return options;
}

START_TEST(what_is_written_is_read)
{
	const uint64_t seed = suite_seed(3);
	struct rng rng;

	rng_init_number(&rng, seed);
	for (unsigned i = 0; i < 5000; i++) {
		const bool is_syn = rng_below(&rng, 2) == 0;
		const struct tcp_options options = options_draw(&rng, is_syn);
		struct tcp_header header = {
			.source_port = rng_u16(&rng), .destination_port = rng_u16(&rng),
			.seq = rng_u32(&rng), .ack = rng_u32(&rng),
			.flags = (uint16_t)((rng_u16(&rng) & 0xfd) | (is_syn ? TCP_SYN : 0)),
			.window = rng_u16(&rng), .checksum = rng_u16(&rng),
		}, back;
		struct tcp_options options_back;
		struct writer w = writer_over(segment, sizeof segment);
		tcp_header_write(&w, &header, &options);
		struct cursor c = cursor_over(segment, w.pos);
		ck_assert_msg(tcp_header_read(&c, &back, &options_back) == 0, "round %u, seed %llu",
			      i, (unsigned long long)seed);
		ck_assert_msg(headers_equal(&header, &back), "round %u, seed %llu", i,
			      (unsigned long long)seed);
		ck_assert_msg(options_equal(&options, &options_back), "round %u, seed %llu", i,
			      (unsigned long long)seed);
	}
}
END_TEST

/* What random octets say can be said in our words, if its blocks find room beside the rest. */
START_TEST(what_is_read_of_random_octets_stays_within_its_bounds)
{
	const uint64_t seed = suite_seed(4);
	unsigned understood_count = 0;
	struct rng rng;

	rng_init_number(&rng, seed);
	for (unsigned i = 0; i < 10000; i++) {
		static const uint8_t kinds[] = { 0, 1, 2, 3, 4, 5, 8, 10, 18, 34 };
		uint8_t list[TCP_OPTIONS_BYTES_MAX];
		rng_bytes(&rng, list, sizeof list);
		for (size_t at = 0; at < sizeof list; at++)
			if (rng_below(&rng, 3) != 0)
				list[at] = kinds[rng_below(&rng, COUNT(kinds))];
		struct cursor c =
			cursor_over(segment, segment_with(rng_u16(&rng) & 0xff, list, sizeof list));
		struct tcp_header header;
		struct tcp_options options;
		ck_assert_int_eq(tcp_header_read(&c, &header, &options), 0);
		ck_assert_uint_le(options.wscale, TCP_WSCALE_MAX);
		ck_assert_uint_le(options.sack_count, TCP_SACKS_MAX);
		ck_assert_uint_eq(cursor_left(&c), PAYLOAD_BYTES);
		understood_count +=
			options.mss != 0 || options.has_timestamps || options.sack_count != 0;
	}
	ck_assert_uint_gt(understood_count, 100);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("tcp_wire");
	tcase_add_test(tcase, a_segment_is_read_up_to_its_payload);
	tcase_add_test(tcase, every_shorter_header_is_short);
	tcase_add_test(tcase, a_data_offset_within_the_header_is_malformed);
	tcase_add_loop_test(tcase, options_are_read_as_far_as_they_are_well_formed, 0,
			    COUNT(lists));
	tcase_add_loop_test(tcase, options_are_laid_out_as_linux_does, 0, COUNT(layouts));
	tcase_add_test(tcase, a_writer_without_room_keeps_its_error);
	tcase_add_test(tcase, what_is_written_is_read);
	tcase_add_test(tcase, what_is_read_of_random_octets_stays_within_its_bounds);
	Suite *suite = suite_create("tcp_wire");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
