/* DHCP messages: RFC 2131 section 2, RFC 2132, RFC 3396, RFC 3442, RFC 4361, RFC 6842. */
#include "stack/dhcp_wire.h"

#include <stdio.h>
#include <string.h>

#include "tests/stack/dhcp_server.h"
#include "tests/suite.h"

static const struct mac_addr mac = { { 0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0xee } };

static uint8_t bytes[4096];
static struct dhcp_message message;

/* Reads from a block of just that size, so that the sanitizer sees a read beyond. */
static int
read_exactly(const uint8_t *from, size_t size)
{
	uint8_t *copy = malloc(size != 0 ? size : 1);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, from, size);
	struct cursor c = cursor_over(copy, size);
	int err = dhcp_read(&c, &message);
	free(copy);
	return err;
}

static int
read_reply(const struct dhcp_reply *reply)
{
	return read_exactly(bytes, dhcp_reply_write(bytes, reply));
}

static int
read_options(const void *options, size_t options_bytes)
{
	return read_reply(&(struct dhcp_reply){ .xid = 7,
						.chaddr = &mac,
						.yiaddr = "192.0.2.77",
						.options = options,
						.options_bytes = options_bytes });
}

/* An offer with one option more. */
static int
read_with(uint8_t code, const void *content, size_t size)
{
	uint8_t options[300];
	struct writer w = writer_over(options, sizeof options);
	dhcp_put_u8(&w, 53, DHCP_OFFER);
	dhcp_put(&w, code, content, size);
	writer_u8(&w, 255);
	return read_options(options, w.pos);
}

static void
assert_addr(const struct ip_addr *addr, const char *text)
{
	char found[ADDR_TEXT_BYTES];
	ck_assert_str_eq(addr_to_text(addr, found, sizeof found), text);
}

/* ---- what a server says ---------------------------------------------------------------------- */

static size_t
full_options(uint8_t *options, size_t size)
{
	struct writer w = writer_over(options, size);

	dhcp_put_u8(&w, 53, DHCP_ACK);
	dhcp_put_addr(&w, 54, "192.0.2.1");
	dhcp_put_u32(&w, 51, 86400);
	dhcp_put_u32(&w, 58, 40000);
	dhcp_put_u32(&w, 59, 70000);
	dhcp_put_u32(&w, 1, 0xfffff800);
	dhcp_put_u16(&w, 26, 1400);
	dhcp_put(&w, 3, "\300\0\2\1\300\0\2\2", 8);
	dhcp_put(&w, 61, "\1\2\3", 3);
	dhcp_put_addr(&w, 6, "192.0.2.53");
	dhcp_put(&w, 121, "\0\300\0\2\3", 5);
	writer_u8(&w, 255);
	return w.pos;
}

START_TEST(everything_that_a_server_says_is_read)
{
	uint8_t options[200];

	ck_assert_int_eq(read_options(options, full_options(options, sizeof options)), 0);
	ck_assert_int_eq(message.type, DHCP_ACK);
	ck_assert_uint_eq(message.xid, 7);
	ck_assert_mem_eq(&message.chaddr, &mac, sizeof mac);
	assert_addr(&message.yiaddr, "192.0.2.77");
	assert_addr(&message.server_id, "192.0.2.1");
	ck_assert_uint_eq(message.lease_s, 86400);
	ck_assert_uint_eq(message.renewal_s, 40000);
	ck_assert_uint_eq(message.rebinding_s, 70000);
	ck_assert_uint_eq(message.prefix_len, 21);
	ck_assert_uint_eq(message.mtu, 1400);
	ck_assert_uint_eq(message.router_count, 2);
	assert_addr(&message.routers[1], "192.0.2.2");
	ck_assert_uint_eq(message.client_id.bytes, 3);
	ck_assert_mem_eq(message.client_id.octets, "\1\2\3", 3);
	ck_assert(message.has_routes);
	ck_assert_uint_eq(message.route_count, 1);
	assert_addr(&message.routes[0].router, "192.0.2.3");
}
END_TEST

START_TEST(what_is_not_said_is_nothing)
{
	ck_assert_int_eq(read_options("\65\1\2", 3), 0); /* no end option either */
	ck_assert_int_eq(message.type, DHCP_OFFER);
	ck_assert_uint_eq(message.server_id.family, ADDR_NONE);
	ck_assert_uint_eq(message.lease_s | message.renewal_s | message.rebinding_s, 0);
	ck_assert_uint_eq(message.prefix_len | message.mtu | message.client_id.bytes, 0);
	ck_assert_uint_eq(message.router_count + message.route_count, 0);
	ck_assert(!message.has_routes);
}
END_TEST

START_TEST(a_message_that_is_cut_is_never_read_beyond_its_end)
{
	uint8_t options[200];
	const size_t size = 240 + full_options(options, sizeof options);
	unsigned boundaries = 0;

	ck_assert_int_eq(read_options(options, size - 240), 0);
	for (size_t cut = 0; cut < size; cut++) {
		uint8_t whole[512];
		memcpy(whole, bytes, size);
		if (read_exactly(whole, cut) == 0)
			boundaries++; /* what follows is then an option less */
		else
			ck_assert(cut < size - 1);
	}
	ck_assert_uint_eq(boundaries, 11); /* behind each of the options */
}
END_TEST

START_TEST(pads_are_skipped_and_the_end_is_the_end)
{
	ck_assert_int_eq(read_options("\0\0\65\1\2\0\32\2\5\0\0\377\65\1\6\63\4\0\0\1\0", 22), 0);
	ck_assert_int_eq(message.type, DHCP_OFFER);
	ck_assert_uint_eq(message.mtu, 1280);
	ck_assert_uint_eq(message.lease_s, 0);
	ck_assert_int_eq(read_options("\65\1\2\377\63\200", 6), 0); /* nor is it looked at */
}
END_TEST

/* ---- option overload and pieces -------------------------------------------------------------- */

/* Options: type and, but for 0, overload; file: a lease of 1 s; sname: an MTU of 1300. */
static int
read_overloaded(uint8_t overload)
{
	uint8_t options[16], file[128] = { 51, 4, 0, 0, 0, 1, 255 },
			     sname[64] = { 26, 2, 5, 20, 255 };
	struct writer w = writer_over(options, sizeof options);

	dhcp_put_u8(&w, 53, DHCP_OFFER);
	if (overload != 0)
		dhcp_put_u8(&w, 52, overload);
	writer_u8(&w, 255);
	return read_reply(&(struct dhcp_reply){ .chaddr = &mac,
						.options = options,
						.options_bytes = w.pos,
						.file = file,
						.sname = sname });
}

START_TEST(options_stand_in_file_and_sname_when_the_server_says_so)
{
	for (uint8_t overload = 0; overload <= 3; overload++) {
		ck_assert_int_eq(read_overloaded(overload), 0);
		ck_assert_uint_eq(message.lease_s, (overload & 1) != 0 ? 1 : 0);
		ck_assert_uint_eq(message.mtu, (overload & 2) != 0 ? 1300 : 0);
	}
	ck_assert_int_eq(read_overloaded(4), ERR_MALFORMED);
}
END_TEST

START_TEST(an_option_that_runs_out_of_its_field_does_not_reach_into_the_next)
{
	uint8_t file[128], sname[64] = { 0 };
	memset(file, 0, sizeof file);
	file[124] = 51; /* a lease of four octets where two are left */
	file[125] = 4;
	ck_assert_int_eq(read_reply(&(struct dhcp_reply){ .chaddr = &mac,
							  .options = "\65\1\2\64\1\1\377",
							  .options_bytes = 7,
							  .file = file,
							  .sname = sname }),
			 ERR_SHORT);
}
END_TEST

START_TEST(pieces_go_together_in_the_order_options_file_sname)
{
	uint8_t file[128] = { 121, 3, 198, 51, 100, 255 },
		sname[64] = { 121, 4, 192, 0, 2, 9, 255 };
	static const uint8_t options[] = { 53, 1, 2, 121, 1, 24, 52, 1, 3, 255 };

	ck_assert_int_eq(read_reply(&(struct dhcp_reply){ .chaddr = &mac,
							  .options = options,
							  .options_bytes = sizeof options,
							  .file = file,
							  .sname = sname }),
			 0);
	ck_assert_uint_eq(message.route_count, 1);
	assert_addr(&message.routes[0].prefix, "198.51.100.0");
	assert_addr(&message.routes[0].router, "192.0.2.9");
}
END_TEST

START_TEST(pieces_in_one_field_go_together_too)
{
	ck_assert_int_eq(read_options("\65\1\2\63\2\0\1\32\2\5\0\63\2\2\3", 15), 0);
	ck_assert_uint_eq(message.lease_s, 0x00010203);
	/* So what is said twice is said in a way that it cannot have. */
	ck_assert_int_eq(read_options("\65\1\2\65\1\2", 6), ERR_MALFORMED);
}
END_TEST

/* ---- classless routes (RFC 3442) ------------------------------------------------------------- */

static const struct {
	const char *content;
	size_t size;
	const char *prefix;
	uint8_t prefix_len;
	const char *router;
} routes[] = {
	{ "\0\12\0\0\1", 5, "0.0.0.0", 0, "10.0.0.1" },
	{ "\10\12\12\0\0\1", 6, "10.0.0.0", 8, "10.0.0.1" },
	{ "\30\12\0\0\12\0\0\1", 8, "10.0.0.0", 24, "10.0.0.1" },
	{ "\20\12\21\12\0\0\1", 7, "10.17.0.0", 16, "10.0.0.1" },
	{ "\31\12\33\201\201\12\0\0\1", 9, "10.27.129.128", 25, "10.0.0.1" },
	{ "\40\12\62\3\4\12\0\0\1", 9, "10.50.3.4", 32, "10.0.0.1" },
	{ "\1\377\12\0\0\1", 6, "128.0.0.0", 1, "10.0.0.1" },
	{ "\17\12\377\12\0\0\1", 7, "10.254.0.0", 15, "10.0.0.1" },
	{ "\20\251\376\0\0\0\0", 7, "169.254.0.0", 16, NULL },
};

START_TEST(a_classless_route_is_as_short_as_its_prefix)
{
	ck_assert_int_eq(read_with(121, routes[_i].content, routes[_i].size), 0);
	ck_assert_uint_eq(message.route_count, 1);
	assert_addr(&message.routes[0].prefix, routes[_i].prefix);
	ck_assert_uint_eq(message.routes[0].prefix_len, routes[_i].prefix_len);
	if (routes[_i].router != NULL)
		assert_addr(&message.routes[0].router, routes[_i].router);
	else
		ck_assert_uint_eq(message.routes[0].router.family, ADDR_NONE);
	for (size_t cut = 1; cut < routes[_i].size; cut++)
		ck_assert_int_eq(read_with(121, routes[_i].content, cut), ERR_MALFORMED);
}
END_TEST

START_TEST(of_too_many_routers_and_routes_the_first_count)
{
	uint8_t options[800], routers[40];
	struct writer w = writer_over(options, sizeof options);

	dhcp_put_u8(&w, 53, DHCP_OFFER);
	for (unsigned i = 0; i < sizeof routers; i++)
		routers[i] = (uint8_t)(i / 4 + 1);
	dhcp_put(&w, 3, routers, sizeof routers);
	for (unsigned i = 0; i < DHCP_ROUTES_MAX + 8; i++)
		dhcp_put(&w, 121, (uint8_t[]){ 16, 10, (uint8_t)i, 192, 0, 2, 1 }, 7);
	ck_assert_int_eq(read_options(options, w.pos), 0);
	ck_assert_uint_eq(message.router_count, DHCP_ROUTERS_MAX);
	assert_addr(&message.routers[3], "4.4.4.4");
	ck_assert_uint_eq(message.route_count, DHCP_ROUTES_MAX);
	assert_addr(&message.routes[DHCP_ROUTES_MAX - 1].prefix, "10.31.0.0");
}
END_TEST

/* ---- what cannot be -------------------------------------------------------------------------- */

static const struct {
	const char *behaviour;
	uint8_t code;
	const char *content;
	size_t size;
} wrong_options[] = {
	{ "a mask with a hole", 1, "\377\0\377\0", 4 },
	{ "a mask of zeros", 1, "\0\0\0\0", 4 },
	{ "a mask of three octets", 1, "\377\377\377", 3 },
	{ "no router", 3, "", 0 },
	{ "a router and a quarter", 3, "\300\0\2\1\300", 5 },
	{ "an MTU of one octet", 26, "\5", 1 },
	{ "an MTU of three octets", 26, "\5\0\0", 3 },
	{ "a lease of two octets", 51, "\0\1", 2 },
	{ "an overload that is none", 52, "\7", 1 },
	{ "an overload of two octets", 52, "\1\1", 2 },
	{ "a second type", 53, "\2", 1 },
	{ "a server of five octets", 54, "\300\0\2\1\0", 5 },
	{ "a T1 of eight octets", 58, "\0\0\0\1\0\0\0\1", 8 },
	{ "a T2 of one octet", 59, "\1", 1 },
	{ "an empty client id", 61, "", 0 },
	{ "no route", 121, "", 0 },
	{ "a prefix of 33 bits", 121, "\41\300\0\2\1\1\300\0\2\1", 10 },
};

START_TEST(an_option_that_cannot_be_makes_the_message_malformed)
{
	const int err = read_with(wrong_options[_i].code, wrong_options[_i].content,
				  wrong_options[_i].size);
	ck_assert_msg(err == ERR_MALFORMED, "%s: %d", wrong_options[_i].behaviour, err);
}
END_TEST

static const struct {
	const char *behaviour;
	struct dhcp_reply reply;
} wrong_messages[] = {
	{ "a client's", { .op = 1, .options = "\65\1\2", .options_bytes = 3 } },
	{ "of another kind of link", { .htype = 6, .options = "\65\1\2", .options_bytes = 3 } },
	{ "for a longer address", { .hlen = 8, .options = "\65\1\2", .options_bytes = 3 } },
	{ "of another vendor's",
	  { .cookie = 0x63825364, .options = "\65\1\2", .options_bytes = 3 } },
	{ "BOOTP, without a type", { .options = "\63\4\0\0\1\0", .options_bytes = 6 } },
	{ "of type 0", { .options = "\65\1\0", .options_bytes = 3 } },
	{ "of a type of RFC 3203", { .options = "\65\1\11", .options_bytes = 3 } },
};

START_TEST(a_message_that_is_no_server_s_is_malformed)
{
	struct dhcp_reply reply = wrong_messages[_i].reply;
	reply.chaddr = &mac;
	const int err = read_reply(&reply);
	ck_assert_msg(err == ERR_MALFORMED, "%s: %d", wrong_messages[_i].behaviour, err);
}
END_TEST

START_TEST(a_message_is_no_longer_than_a_frame)
{
	ck_assert_int_eq(read_options("\65\1\2\377", 4), 0);
	ck_assert_int_eq(read_exactly(bytes, DHCP_MESSAGE_BYTES_MAX), 0);
	ck_assert_int_eq(read_exactly(bytes, DHCP_MESSAGE_BYTES_MAX + 1), ERR_TOO_BIG);
}
END_TEST

START_TEST(a_message_full_of_one_option_is_put_together_within_bounds)
{
	uint8_t options[DHCP_MESSAGE_BYTES_MAX - 240];
	struct writer w = writer_over(options, sizeof options);

	dhcp_put_u8(&w, 53, DHCP_OFFER);
	while (w.end - w.pos >= 6)
		dhcp_put(&w, 3, "\300\0\2\1", 4);
	ck_assert_int_eq(read_options(options, w.pos), 0);
	ck_assert_uint_eq(message.router_count, DHCP_ROUTERS_MAX);
}
END_TEST

START_TEST(every_mask_has_its_length)
{
	for (unsigned len = 1; len <= 32; len++) {
		const uint32_t mask = UINT32_MAX << (32 - len);
		const uint8_t content[4] = { (uint8_t)(mask >> 24), (uint8_t)(mask >> 16),
					     (uint8_t)(mask >> 8), (uint8_t)mask };
		ck_assert_int_eq(read_with(1, content, 4), 0);
		ck_assert_uint_eq(message.prefix_len, len);
	}
}
END_TEST

/* ---- the client id --------------------------------------------------------------------------- */

START_TEST(a_client_id_names_host_and_interface)
{
	struct dhcp_client_id id;
	dhcp_client_id_form(&id, &mac);
	ck_assert_uint_eq(id.bytes, 15);
	ck_assert_mem_eq(id.octets, "\377\xbb\xcc\xdd\xee\0\3\0\1\2\xaa\xbb\xcc\xdd\xee", 15);
}
END_TEST

START_TEST(client_ids_are_equal_octet_for_octet)
{
	struct dhcp_client_id own, other;
	uint8_t longer[60];

	dhcp_client_id_form(&own, &mac);
	ck_assert_int_eq(read_with(61, own.octets, 15), 0);
	ck_assert(dhcp_client_id_equal(&own, &message.client_id));
	other = own;
	other.octets[14] ^= 1;
	ck_assert(!dhcp_client_id_equal(&own, &other));
	ck_assert_int_eq(read_with(61, own.octets, 14), 0);
	ck_assert(!dhcp_client_id_equal(&own, &message.client_id));
	memset(longer, 0, sizeof longer);
	memcpy(longer, own.octets, 15);
	ck_assert_int_eq(read_with(61, longer, sizeof longer), 0);
	ck_assert_uint_eq(message.client_id.bytes, sizeof longer);
	ck_assert(!dhcp_client_id_equal(&own, &message.client_id));
	ck_assert(!dhcp_client_id_equal(&message.client_id,
					&message.client_id)); /* it was not kept whole */
}
END_TEST

/* ---- what a client says ---------------------------------------------------------------------- */

static size_t
write_message(enum dhcp_type type)
{
	struct writer w = writer_over(bytes, sizeof bytes);
	struct dhcp_message sent = {
		.type = type,
		.xid = 0x01020304,
		.chaddr = mac,
		.secs = 0x0506,
		.ciaddr = addr_of("192.0.2.9"),
		.requested = addr_of("192.0.2.77"),
		.server_id = addr_of("192.0.2.1"),
		.size_max = 1400,
	};

	dhcp_client_id_form(&sent.client_id, &mac);
	memset(bytes, 0xee, sizeof bytes);
	dhcp_write(&w, &sent);
	ck_assert_int_eq(w.err, 0);
	return w.pos;
}

static const uint8_t *
option_of(uint8_t code)
{
	for (const uint8_t *at = bytes + 240; *at != 255; at += 2 + at[1])
		if (*at == code)
			return at;
	return NULL;
}

START_TEST(a_request_has_all_its_fields)
{
	static const uint8_t zeros[202],
		fixed[28] = { 1, 1, 6, 0, 1, 2, 3, 4, 5, 6, 0, 0, 192, 0, 2, 9 };

	ck_assert_uint_eq(write_message(DHCP_REQUEST), 300);
	ck_assert_mem_eq(bytes, fixed, sizeof fixed);
	ck_assert_mem_eq(bytes + 28, &mac, 6);
	ck_assert_mem_eq(bytes + 34, zeros, 202);
	ck_assert_mem_eq(bytes + 236, "\x63\x82\x53\x63\65\1\3", 7); /* the type comes first */
	ck_assert_mem_eq(option_of(50), "\62\4\300\0\2\115", 6);
	ck_assert_mem_eq(option_of(54), "\66\4\300\0\2\1", 6);
	ck_assert_mem_eq(option_of(57), "\71\2\5\170", 4);
	ck_assert_mem_eq(option_of(61), "\75\17\377\xbb", 4);
	const uint8_t *wishes = option_of(55);
	const uint8_t *routes_at = memchr(wishes + 2, 121, wishes[1]),
		      *routers_at = memchr(wishes + 2, 3, wishes[1]);
	ck_assert(routes_at != NULL && routers_at != NULL && routes_at < routers_at); /* RFC 3442 */
	ck_assert_ptr_null(memchr(wishes + 2, 6, wishes[1])); /* Cairn is the resolver */
	const uint8_t *end = memchr(bytes + 280, 255, 20);
	ck_assert_ptr_nonnull(end);
	for (end++; end < bytes + 300; end++)
		ck_assert_uint_eq(*end, 0);
	ck_assert_uint_eq(bytes[300], 0xee);
}
END_TEST

START_TEST(a_decline_says_no_more_than_whose_and_which)
{
	ck_assert_uint_eq(write_message(DHCP_DECLINE), 300);
	ck_assert_ptr_null(option_of(55)); /* RFC 2131, table 5 */
	ck_assert_ptr_null(option_of(57));
	ck_assert_ptr_nonnull(option_of(50));
	ck_assert_ptr_nonnull(option_of(54));
	ck_assert_ptr_nonnull(option_of(61));
}
END_TEST

START_TEST(a_message_without_room_is_an_error)
{
	struct dhcp_message sent = { .type = DHCP_DISCOVER, .chaddr = mac };
	for (size_t room = 0; room < 300; room++) {
		struct writer w = writer_over(bytes, room);
		dhcp_write(&w, &sent);
		ck_assert_int_eq(w.err, ERR_FULL);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("dhcp_wire");
	tcase_add_test(tcase, everything_that_a_server_says_is_read);
	tcase_add_test(tcase, what_is_not_said_is_nothing);
	tcase_add_test(tcase, a_message_that_is_cut_is_never_read_beyond_its_end);
	tcase_add_test(tcase, pads_are_skipped_and_the_end_is_the_end);
	tcase_add_test(tcase, options_stand_in_file_and_sname_when_the_server_says_so);
	tcase_add_test(tcase, an_option_that_runs_out_of_its_field_does_not_reach_into_the_next);
	tcase_add_test(tcase, pieces_go_together_in_the_order_options_file_sname);
	tcase_add_test(tcase, pieces_in_one_field_go_together_too);
	tcase_add_loop_test(tcase, a_classless_route_is_as_short_as_its_prefix, 0, COUNT(routes));
	tcase_add_test(tcase, of_too_many_routers_and_routes_the_first_count);
	tcase_add_loop_test(tcase, an_option_that_cannot_be_makes_the_message_malformed, 0,
			    COUNT(wrong_options));
	tcase_add_loop_test(tcase, a_message_that_is_no_server_s_is_malformed, 0,
			    COUNT(wrong_messages));
	tcase_add_test(tcase, a_message_is_no_longer_than_a_frame);
	tcase_add_test(tcase, a_message_full_of_one_option_is_put_together_within_bounds);
	tcase_add_test(tcase, every_mask_has_its_length);
	tcase_add_test(tcase, a_client_id_names_host_and_interface);
	tcase_add_test(tcase, client_ids_are_equal_octet_for_octet);
	tcase_add_test(tcase, a_request_has_all_its_fields);
	tcase_add_test(tcase, a_decline_says_no_more_than_whose_and_which);
	tcase_add_test(tcase, a_message_without_room_is_an_error);
	Suite *suite = suite_create("dhcp_wire");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
