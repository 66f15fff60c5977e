#include "tests/sim/internet.h"

#include <stdio.h>

#include "resolver/wire/text.h"
#include "tests/resolver/iterate/records.h"
#include "tests/sim/internet_zones.h"
#include "tests/suite.h"

#define PORT            53u
#define HINTS_BYTES_MAX 16384u
#define AUTH_BYTES      (4u << 20)
#define MACHINE_FRAMES  64u
#define ACCESS_FRAMES   1024u

static const struct stack_limits machine_limits = {
	.flow_count = 4,
	.listener_count = 2,
	.addr_count = 8,
	.route_count = 8,
	.neigh_count = 8,
	.pmtu_count = 8,
	.reass_bytes = 64u << 10,
	.transmit_bytes = 64u << 10,
	.receive_bytes = 64u << 10,
};

static const struct stack_limits edge_limits = {
	.flow_count = 4096,
	.listener_count = 4,
	.addr_count = 8,
	.route_count = 8,
	.neigh_count = 8,
	.pmtu_count = 64,
	.reass_bytes = 64u << 10,
	.transmit_bytes = 1024u << 10,
	.receive_bytes = 1024u << 10,
};

/* Server names are numbered from `first` on; lines are as long as anycast and as hosting are. */
static const struct {
	const char *before, *after;
	char first;
	uint8_t machine_count;
	uint32_t line_us_max;
} operators[OPERATORS] = {
	[OPERATOR_ROOT] = { "", ".root-servers.net.", 'a', INTERNET_ROOTS, 25000 },
	[OPERATOR_GTLD] = { "", ".gtld-servers.net.", 'a', 6, 20000 },
	[OPERATOR_ORG] = { "ns", ".org-servers.org.", '1', 4, 25000 },
	[OPERATOR_CCTLD] = { "ns", ".nic.example.", '1', 3, 40000 },
	[OPERATOR_STONE] = { "ns", ".stone.net.", '1', 3, INTERNET_LINE_US_MAX },
	[OPERATOR_SLATE] = { "ns", ".slate.org.", '1', 3, INTERNET_LINE_US_MAX },
	[OPERATOR_MARBLE] = { "ns", ".marble.org.", '1', 3, INTERNET_LINE_US_MAX },
	[OPERATOR_FLINT] = { "ns", ".flint.com.", '1', 3, INTERNET_LINE_US_MAX },
	[OPERATOR_GRANITE] = { "ns", ".granite.invalid.", '1', 3, INTERNET_LINE_US_MAX },
	[OPERATOR_QUARTZ] = { "ns", ".quartz.example.", '1', 2, INTERNET_LINE_US_MAX },
	[OPERATOR_BASALT] = { "ns", ".basalt.com.", '1', 4, INTERNET_LINE_US_MAX },
};

static bool
has_family(enum operator_id operator, unsigned index, enum internet_family family)
{
	if (operator== OPERATOR_MARBLE)
		return family == INTERNET_V6;
	if (operator== OPERATOR_FLINT)
		return family == INTERNET_V4;
	if (operator== OPERATOR_CCTLD && index<2)
		return family == (index == 0 ? INTERNET_V4 : INTERNET_V6);
	return true;
}

const char *
internet_server_name(enum operator_id operator, unsigned index, char name[INTERNET_NAME_BYTES])
{
	snprintf(name, INTERNET_NAME_BYTES, "%s%c%s", operators[operator].before,
		 (char)(operators[operator].first + (char)index), operators[operator].after);
	return name;
}

/* ---- what a machine does --------------------------------------------------------------------- */

static void
note(struct machine *machine, const struct stack_action *action)
{
	struct internet *internet = machine->internet;
	struct query query;

	machine->asked++;
	if (internet->seen_count++ >= INTERNET_SEEN_MAX)
		return;
	ck_assert_int_eq(query_read(&query, action->bytes, action->size), RCODE_NOERROR);
	internet->seen[internet->seen_count - 1] = (struct seen){
		.at_us = internet->net.now_us,
		.machine = machine,
		.family = action->remote.family == ADDR_IPV4 ? INTERNET_V4 : INTERNET_V6,
		.id = query.id,
		.port = action->remote_port,
		.question = query.question,
	};
}

static void
machine_hears(struct net_node *host, const struct stack_action *action)
{
	static uint8_t reply[MESSAGE_BYTES_MAX];
	struct machine *machine = host->data;
	struct auth *auth = &machine->internet->operators[machine->operator].auth;

	if (action->kind != STACK_DATAGRAM)
		return;
	note(machine, action);
	if (machine->is_dead)
		return;
	size_t size = auth_answer(auth, action->bytes, action->size, false, reply, sizeof reply);
	if (size > 0)
		(void)udp_reply(host->stack, &action->local, PORT, &action->remote,
				action->remote_port, reply, size, host->net->now_us);
}

/* ---- the lines ------------------------------------------------------------------------------- */

static struct wire *
line_make(struct internet *internet, uint32_t delay_us, uint32_t frames_max)
{
	return net_wire(&internet->net, &(struct wire_config){
						.kind = STACK_IF_IP,
						.mtu = INTERNET_MTU,
						.end_count = 2,
						.frames_max = frames_max,
						.faults = { .delay_us = delay_us },
					});
}

static void
host_attach(struct net_node *host, struct wire *line)
{
	(void)net_attach(host, line, 0);
	net_route(host, 0, "0.0.0.0/0", NULL);
	net_route(host, 0, "::/0", NULL);
}

static void
host_address(struct net_node *host, const struct ip_addr *addr)
{
	char text[ADDR_TEXT_BYTES], prefix[ADDR_TEXT_BYTES + 4];
	snprintf(prefix, sizeof prefix, "%s/%zu", addr_to_text(addr, text, sizeof text),
		 8 * addr_bytes(addr));
	net_addr(host, 0, prefix);
}

/* Routes to one address over the given port. */
static void
route_to(struct gateway *gateway, const struct ip_addr *addr, unsigned port)
{
	char text[ADDR_TEXT_BYTES];
	gateway_route(gateway, addr_to_text(addr, text, sizeof text), port);
}

enum isp_port { ISP_ACCESS, ISP_WEST, ISP_EAST };
enum core_port { CORE_UPLINK }; /* then the machines */

static void
routers_make(struct internet *internet)
{
	struct net *net = &internet->net;

	gateway_init(&internet->isp, net, "isp", "192.0.2.1", "2001:db8:ffff::1");
	gateway_init(&internet->west, net, "west", "198.51.100.1", "2001:db8:fffe::1");
	gateway_init(&internet->east, net, "east", "198.51.100.2", "2001:db8:fffe::2");
	internet->access = line_make(internet, INTERNET_ACCESS_US, ACCESS_FRAMES);
	internet->west_trunk = line_make(internet, INTERNET_TRUNK_US, ACCESS_FRAMES);
	internet->east_trunk = line_make(internet, INTERNET_TRUNK_US, ACCESS_FRAMES);
	(void)gateway_attach(&internet->isp, internet->access, 1, INTERNET_MTU);
	(void)gateway_attach(&internet->isp, internet->west_trunk, 0, INTERNET_MTU);
	(void)gateway_attach(&internet->isp, internet->east_trunk, 0, INTERNET_MTU);
	(void)gateway_attach(&internet->west, internet->west_trunk, 1, INTERNET_MTU);
	(void)gateway_attach(&internet->east, internet->east_trunk, 1, INTERNET_MTU);
	gateway_route(&internet->isp, "192.0.2.0/24", ISP_ACCESS);
	gateway_route(&internet->isp, "2001:db8:ffff::/48", ISP_ACCESS);
	gateway_route(&internet->west, "0.0.0.0/0", CORE_UPLINK);
	gateway_route(&internet->west, "::/0", CORE_UPLINK);
	gateway_route(&internet->east, "0.0.0.0/0", CORE_UPLINK);
	gateway_route(&internet->east, "::/0", CORE_UPLINK);
}

static void
edge_make(struct internet *internet)
{
	internet->edge = net_host(&internet->net, "edge", &edge_limits);
	host_attach(internet->edge, internet->access);
	net_addr(internet->edge, 0, "192.0.2.53/32");
	net_addr(internet->edge, 0, "2001:db8:ffff::53/128");
}

/* ---- machines -------------------------------------------------------------------------------- */

static void
machine_address(struct machine *machine, const struct ip_addr *addr)
{
	struct internet *internet = machine->internet;
	struct gateway *core = machine->is_east ? &internet->east : &internet->west;

	machine->addrs[addr->family == ADDR_IPV4 ? INTERNET_V4 : INTERNET_V6] = *addr;
	host_address(machine->host, addr);
	route_to(&internet->isp, addr, machine->is_east ? ISP_EAST : ISP_WEST);
	route_to(core, addr, core->node->link_count - 1);
}

static struct machine *
machine_make(struct internet *internet, enum operator_id operator)
{
	const struct ip_addr any = { .family = ADDR_NONE };
	unsigned number = internet->machine_count++;
	struct machine *machine = &internet->machines[number];
	uint32_t spread_us = operators[operator].line_us_max - INTERNET_LINE_US_MIN;

	ck_assert_uint_lt(number, INTERNET_MACHINES_MAX);
	*machine = (struct machine){
		.internet = internet,
		.operator= operator,
		.host = net_host(&internet->net, "machine", &machine_limits),
		.line = line_make(internet,
				  INTERNET_LINE_US_MIN + rng_below(&internet->dice, spread_us),
				  MACHINE_FRAMES),
		.is_east = number % 2 == 1, /* so every operator has some on either side */
	};
	machine->host->data = machine;
	machine->host->on_action = machine_hears;
	host_attach(machine->host, machine->line);
	(void)gateway_attach(machine->is_east ? &internet->east : &internet->west, machine->line, 1,
			     INTERNET_MTU);
	ck_assert_int_eq(udp_listen(machine->host->stack, &any, PORT, 0), 0);
	return machine;
}

/* Those that are not roots: a network of their own for each, as the families' health is judged by network. */
static void
machine_addresses(struct machine *machine, unsigned index)
{
	unsigned number = (unsigned)(machine - machine->internet->machines);
	char text[ADDR_TEXT_BYTES];
	struct ip_addr addr;

	if (has_family(machine->operator, index, INTERNET_V4)) {
		snprintf(text, sizeof text, "198.18.%u.53", number);
		addr = net_ip(text);
		machine_address(machine, &addr);
	}
	if (has_family(machine->operator, index, INTERNET_V6)) {
		snprintf(text, sizeof text, "2001:db8:%u::53", number);
		addr = net_ip(text);
		machine_address(machine, &addr);
	}
}

static void
root_addresses(struct machine *machine, unsigned index, const struct internet_hints *hints)
{
	char text[INTERNET_NAME_BYTES];
	struct name name = name_of(internet_server_name(OPERATOR_ROOT, index, text));

	for (unsigned i = 0; i < hints->count; i++)
		if (name_equal(&hints->servers[i], &name))
			machine_address(machine, &hints->addrs[i]);
}

static void
operator_make(struct internet *internet, enum operator_id id, const struct internet_hints *hints)
{
	struct operator* operator= & internet->operators[id];

	operator->block = malloc(AUTH_BYTES);
	ck_assert_ptr_nonnull(operator->block);
	auth_init(&operator->auth, operator->block, AUTH_BYTES);
	operator->machines = & internet->machines[internet->machine_count];
	operator->machine_count = operators[id].machine_count;
	for (unsigned i = 0; i < operator->machine_count; i++) {
		struct machine *machine = machine_make(internet, id);
		if (id == OPERATOR_ROOT)
			root_addresses(machine, i, hints);
		else
			machine_addresses(machine, i);
	}
}

/* ---- the whole ------------------------------------------------------------------------------- */

void
internet_hints_read(struct internet_hints *hints)
{
	static char text[HINTS_BYTES_MAX];
	struct text_reader reader;
	struct text_record record;
	FILE *file = fopen(CAIRN_SOURCE_DIR "/conf/root.hints", "r");

	ck_assert_ptr_nonnull(file);
	size_t size = fread(text, 1, sizeof text, file);
	ck_assert_int_eq(fclose(file), 0);
	hints->count = 0;
	text_reader_init(&reader, text, size, NULL);
	while (text_reader_next(&reader, &record) == 1) {
		if (record.type != TYPE_A && record.type != TYPE_AAAA)
			continue;
		ck_assert_uint_lt(hints->count, INTERNET_HINTS_MAX);
		hints->servers[hints->count] = record.owner;
		hints->addrs[hints->count++] =
			record.type == TYPE_A ? addr_ipv4(record.rdata) : addr_ipv6(record.rdata);
	}
	ck_assert_uint_eq(hints->count, INTERNET_FAMILIES * INTERNET_ROOTS);
}

void
internet_init(struct internet *internet, uint64_t seed)
{
	struct internet_hints hints;

	*internet = (struct internet){ .seen = calloc(INTERNET_SEEN_MAX, sizeof(struct seen)) };
	ck_assert_ptr_nonnull(internet->seen);
	net_init(&internet->net, seed);
	rng_init_number(&internet->dice, seed);
	internet_hints_read(&hints);
	routers_make(internet);
	edge_make(internet);
	for (enum operator_id id = 0; id < OPERATORS; id++)
		operator_make(internet, id, &hints);
	zones_load(internet);
}

void
internet_fini(struct internet *internet)
{
	for (enum operator_id id = 0; id < OPERATORS; id++)
		free(internet->operators[id].block);
	free(internet->seen);
	net_fini(&internet->net);
}

void
internet_access(struct internet *internet, const struct fault_config *faults)
{
	struct fault_config line = *faults;
	line.delay_us += INTERNET_ACCESS_US;
	wire_set_faults(internet->access, 0, &line);
	wire_set_faults(internet->access, 1, &line);
}

void
internet_kill_third(struct internet *internet)
{
	for (enum operator_id id = 0; id < OPERATORS; id++) {
		struct operator* operator= & internet->operators[id];
		unsigned dead = 0, count = operator->machine_count;
		while (dead < (count + 1) / 3) {
			struct machine *machine =
				&operator->machines[rng_below(&internet->dice, count)];
			dead += !machine->is_dead;
			machine->is_dead = true;
		}
	}
}

void
internet_revive_all(struct internet *internet)
{
	for (unsigned i = 0; i < internet->machine_count; i++)
		internet->machines[i].is_dead = false;
}
