/* UDP between two hosts: RFC 768; RFC 8200, section 8.1; RFC 6056; RFC 1122, section 4.1. */
#include "tests/stack/host.h"
#include "tests/suite.h"

static const struct {
	const char *name, *local, *remote;
} families[] = {
	{ "IPv4", "192.0.2.1", "192.0.2.2" },
	{ "IPv6", "2001:db8::1", "2001:db8::2" },
};

static struct host a, b;

static void
setup(void)
{
	host_init(&a, &(struct host_config){ .ipv4 = "192.0.2.1/24", .ipv6 = "2001:db8::1/64" });
	host_init(&b, &(struct host_config){ .ipv4 = "192.0.2.2/24", .ipv6 = "2001:db8::2/64", .seed = 1 });
}

static void
teardown(void)
{
	host_fini(&a);
	host_fini(&b);
}

START_TEST(a_datagram_reaches_a_listener_and_the_reply_its_flow)
{
	struct ip_addr local = addr_of(families[_i].local), remote = addr_of(families[_i].remote), any = { 0 };
	struct stack_action action;
	udp_flow flow;

	ck_assert_int_eq(udp_listen(b.stack, &any, 53, 99), 0);
	ck_assert_int_eq(udp_open(a.stack, &remote, 53, NULL, 0, 7, &flow), 0);
	ck_assert_int_eq(udp_send(a.stack, flow, "query", 5, a.now_us), 0);
	ck_assert(!host_carry(&a, &b, &action));
	host_expect(&b, STACK_DATAGRAM, &action);
	ck_assert_uint_eq(action.user, 99);
	ck_assert_uint_eq(action.flow, 0);
	ck_assert_mem_eq(action.bytes, "query", 5);
	ck_assert_uint_eq(action.size, 5);
	ck_assert(addr_equal(&action.remote, &local) && addr_equal(&action.local, &remote));
	ck_assert_uint_eq(action.local_port, 53);
	ck_assert_int_eq(udp_reply(b.stack, &action.local, 53, &action.remote, action.remote_port, "answer", 6,
	                           b.now_us),
	                 0);
	ck_assert(!host_carry(&b, &a, &action));
	host_expect(&a, STACK_DATAGRAM, &action);
	ck_assert_uint_eq(action.flow, flow);
	ck_assert_uint_eq(action.user, 7);
	ck_assert_mem_eq(action.bytes, "answer", 6);
	host_expect_nothing(&a);
	host_expect_nothing(&b);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("udp");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_datagram_reaches_a_listener_and_the_reply_its_flow, 0, COUNT(families));
	Suite *suite = suite_create("udp");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
