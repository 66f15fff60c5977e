#include "fetch/client_priv.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fetch/clock.h"
#include "fetch/writeout.h"

/* ---- options of the network ---------------------------------------------------------------------- */

static int
read_link(struct net_options *net, const char *word, struct failure *failure)
{
	static const struct {
		const char *word;
		enum net_link link;
	} links[] = {
		{ "raw", NET_LINK_RAW },
		{ "packet", NET_LINK_PACKET },
		{ "tap", NET_LINK_TAP },
		{ "xdp", NET_LINK_XDP },
	};

	if (word == NULL)
		return 0;
	for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
		if (strcmp(word, links[i].word) == 0) {
			net->link = links[i].link;
			return 0;
		}
	}
	failure_set(failure, FAILURE_USAGE, "--link is raw, packet, tap or xdp, not `%s'", word);
	return -1;
}

static bool
read_addr(struct span text, struct ip_addr *addr)
{
	char terminated[INET6_ADDRSTRLEN];
	if (text.bytes >= sizeof terminated)
		return false;
	memcpy(terminated, text.at, text.bytes);
	terminated[text.bytes] = '\0';
	*addr = (struct ip_addr){ 0 };
	if (inet_pton(AF_INET, terminated, addr->octets) == 1)
		addr->family = ADDR_IPV4;
	else if (inet_pton(AF_INET6, terminated, addr->octets) == 1)
		addr->family = ADDR_IPV6;
	return addr->family != ADDR_NONE;
}

static bool
read_station_addr(struct span text, struct stack_addr *addr)
{
	uint64_t bits;
	size_t slash = span_find(text, '/');
	if (slash == text.bytes || !read_addr(span_first(text, slash), &addr->addr))
		return false;
	uint64_t bits_max = addr->addr.family == ADDR_IPV4 ? 32 : 128;
	if (!span_to_number(span_from(text, slash + 1), bits_max, &bits))
		return false;
	addr->prefix_len = (uint8_t)bits;
	return true;
}

static int
read_addresses(struct net_options *net, const char *text, struct failure *failure)
{
	struct span rest = span_from_text(text), element;
	while (field_list_next(&rest, &element)) {
		if (net->addr_count == NET_ADDRS_MAX ||
		    !read_station_addr(element, &net->addrs[net->addr_count++])) {
			failure_set(failure, FAILURE_USAGE,
				    "--address: `%s' is not ADDRESS/BITS, up to %u of them", text,
				    NET_ADDRS_MAX);
			return -1;
		}
	}
	return 0;
}

static int
read_gateways(struct net_options *net, const char *text, struct failure *failure)
{
	struct span rest = span_from_text(text), element;
	while (field_list_next(&rest, &element)) {
		if (net->gateway_count == NET_ADDRS_MAX ||
		    !read_addr(element, &net->gateways[net->gateway_count++])) {
			failure_set(failure, FAILURE_USAGE,
				    "--gateway: `%s' is no list of addresses", text);
			return -1;
		}
	}
	return 0;
}

static void
take_events(void *data)
{
	journey_report_take(data);
}

static void
on_wait(void *data)
{
	journey_report_wait(data);
}

static int
open_journey(struct client *client, struct net_options *net, struct failure *failure)
{
	const struct run_settings *run = client->run;
	if (run->journey == NULL)
		return 0;
	const struct journey_wish wish = { .forms = run->journey, .path = run->journey_file,
					   .has_secrets = run->journey_secrets, .has_hops = run->has_hops };
	if (journey_report_open(&client->journey, &wish, clock_now_us(), failure) != 0)
		return -1;
	net->journey_capture = journey_report_capture(client->journey);
	net->capture_ahead_us = journey_report_ahead_us(client->journey);
	net->events = journey_report_ring(client->journey);
	net->journey = journey_report_list(client->journey);
	net->on_events = take_events;
	net->on_wait = on_wait;
	net->events_data = client->journey;
	return 0;
}

/* Several transfers at once; a port for each question costs a start that needs few of them. */
static bool
is_parallel(const struct client *client)
{
	bool is_any = client->run->is_parallel;
	for (size_t i = 0; i < client->group_count; i++)
		is_any = is_any || settings_has_mirror(client->groups[i].settings);
	return is_any;
}

static void
on_soon(void *data)
{
	soon_turn(data);
}

static int
open_network(struct client *client, struct failure *failure)
{
	const struct run_settings *run = client->run;
	struct net_options net = { .device = run->device, .capture = run->capture, .faults = run->faults };
	struct names_options names = { .source = NAMES_DAEMON };

	if (read_link(&net, run->link, failure) != 0 ||
	    read_addresses(&net, run->address, failure) != 0 ||
	    read_gateways(&net, run->gateway, failure) != 0)
		return -1;
	if (run->resolver != NULL && names_options_read(&names, run->resolver, failure) != 0)
		return -1;
	if (is_parallel(client))
		net.udp_ports = CLIENT_UDP_PORTS;
	if (names.source == NAMES_SELF)
		net.udp_ports = NET_UDP_PORTS_SELF;
	if (open_journey(client, &net, failure) != 0 || net_open(&client->net, &net, failure) != 0)
		return -1;
	soon_open(&client->soon, net_loop(client->net));
	net_set_soon(client->net, on_soon, &client->soon);
	client->pool = pool_new(client->net);
	if (client->pool == NULL) {
		failure_set(failure, FAILURE_MEMORY, "no memory for connections");
		return -1;
	}
	return names_open(&client->names, client->net, &names, failure) != 0 ? -1 : 0;
}

/* ---- groups -------------------------------------------------------------------------------------- */

static int
read_overrides(struct client_group *group, struct failure *failure)
{
	const struct setting_list *resolves = &group->settings->resolves;
	const struct setting_list *connects = &group->settings->connects;
	for (size_t i = 0; i < resolves->count; i++) {
		if (overrides_add_resolve(&group->overrides, resolves->items[i].text, failure) != 0)
			return -1;
	}
	for (size_t i = 0; i < connects->count; i++) {
		if (overrides_add_connect_to(&group->overrides, connects->items[i].text, failure) !=
		    0)
			return -1;
	}
	return 0;
}

static int
read_source(struct client_group *group, struct failure *failure)
{
	const char *name = group->settings->interface;
	return name != NULL ? source_read(&group->source, name, failure) : 0;
}

static int
make_groups(struct client *client, const struct options *options, struct failure *failure)
{
	client->groups = calloc(options->group_count, sizeof *client->groups);
	if (client->groups == NULL) {
		failure_set(failure, FAILURE_MEMORY, "no memory to start with");
		return -1;
	}
	client->group_count = options->group_count;
	for (size_t i = 0; i < client->group_count; i++) {
		client->groups[i].settings = &options->groups[i].settings;
		client->groups[i].number = (unsigned)i;
		if (read_overrides(&client->groups[i], failure) != 0 ||
		    read_source(&client->groups[i], failure) != 0 ||
		    client__read_cookies(client, &client->groups[i], failure) != 0 ||
		    client__read_hsts(client, &client->groups[i], failure) != 0)
			return -1;
	}
	return 0;
}

struct tls *
client_tls(const struct client *client, struct client_group *group, struct failure *failure)
{
	const struct settings *settings = group->settings;
	struct tls_options options = {
		.ca_file = settings->ca_file,
		.ca_path = settings->ca_directory,
		.is_insecure = settings->is_insecure,
		.wants_chain = settings->write_out != NULL && writeout_wants_chain(settings->write_out),
		.secrets_fd = journey_report_secrets(client->journey),
		.cert_file = settings->certificate,
		.key_file = settings->key,
		.key_password = settings->key_password,
		.ciphers = settings->ciphers,
		.pins = settings->pins,
		.ciphers_1_3 = settings->ciphers_1_3,
		.version_max = settings->tls_version_max == NULL                ? TLS_VERSION_DEFAULT
			       : strcmp(settings->tls_version_max, "1.2") == 0 ? TLS_VERSION_1_2
										: TLS_VERSION_1_3,
		.version_min = settings->tls_version_min == 3   ? TLS_VERSION_1_3
			       : settings->tls_version_min == 2 ? TLS_VERSION_1_2
								: TLS_VERSION_DEFAULT,
	};
	if (group->tls == NULL && tls_new(&group->tls, &options, failure) != 0)
		return NULL;
	return group->tls;
}

struct tls *
client_proxy_tls(const struct client *client, struct client_group *group, struct failure *failure)
{
	const struct tls_options options = {
		.ca_file = group->settings->proxy_ca_file,
		.is_insecure = group->settings->is_proxy_insecure,
		.secrets_fd = journey_report_secrets(client->journey),
	};
	if (group->proxy_tls == NULL && tls_new(&group->proxy_tls, &options, failure) != 0)
		return NULL;
	return group->proxy_tls;
}

/* ---- open and close ------------------------------------------------------------------------------ */

int
client_open(struct client **result, const struct options *options, struct failure *failure)
{
	struct client *client = calloc(1, sizeof *client);
	*result = NULL;
	if (client == NULL) {
		failure_set(failure, FAILURE_MEMORY, "no memory to start with");
		return -1;
	}
	client->run = &options->run;
	client->now_s = (int64_t)time(NULL);
	client->verbose = (struct verbose){ .is_on = options->run.is_verbose,
					    .is_silent = options->run.is_silent };
	idna_icu_init(&client->idna);
	psl_init(&client->psl);
	if (make_groups(client, options, failure) != 0 || open_network(client, failure) != 0) {
		client_close(client);
		return -1;
	}
	*result = client;
	return 0;
}

void
client_disconnect(struct client *client)
{
	pool_free(client->pool);
	names_close(client->names);
	if (client->net != NULL) {
		net_set_soon(client->net, NULL, NULL);
		soon_close(&client->soon);
	}
	net_close(client->net);
	client->pool = NULL;
	client->names = NULL;
	client->net = NULL;
}

void
client_close(struct client *client)
{
	if (client == NULL)
		return;
	client_disconnect(client);
	for (size_t i = 0; i < client->group_count; i++) {
		client__write_cookies(client, &client->groups[i]);
		client__write_hsts(client, &client->groups[i]);
		free(client->groups[i].jar);
		free(client->groups[i].hsts);
		tls_free(client->groups[i].tls);
		tls_free(client->groups[i].proxy_tls);
	}
	psl_fini(&client->psl);
	journey_report_close(client->journey);
	idna_icu_fini(&client->idna);
	free(client->groups);
	free(client);
}
