#include "tests/packetdrill/candidate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* ---- setting up -------------------------------------------------------------------------------- */

struct flags {
	struct ip_addr local, gateway, remote;
	unsigned prefix_len;
	uint32_t mtu;
	bool quick_ack;
};

static _Noreturn void
refuse(const char *what, const char *value)
{
	fprintf(stderr, "libcairn-packetdrill: %s: %s\n", what, value);
	exit(EXIT_FAILURE);
}

/* An IPv4-mapped address stands for the IPv4 one: that is what is on the wire. */
static struct ip_addr
address_read(const char *text)
{
	struct ip_addr addr;

	if (strncmp(text, "::ffff:", 7) == 0 && strchr(text, '.') != NULL)
		text += 7;
	if (addr_from_text(&addr, text) != 0)
		refuse("not an address", text);
	return addr;
}

static void
flag_read(struct flags *flags, const char *key, const char *value)
{
	if (strcmp(key, "local_ip") == 0)
		flags->local = address_read(value);
	else if (strcmp(key, "gateway_ip") == 0)
		flags->gateway = address_read(value);
	else if (strcmp(key, "remote_ip") == 0)
		flags->remote = address_read(value);
	else if (strcmp(key, "prefix_len") == 0)
		flags->prefix_len = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(key, "mtu") == 0)
		flags->mtu = (uint32_t)strtoul(value, NULL, 10);
	else if (strcmp(key, "quickack") == 0)
		flags->quick_ack = strtoul(value, NULL, 10) != 0;
}

static struct flags
flags_read(const char *text)
{
	struct flags flags = { .prefix_len = 16, .mtu = 1500, .quick_ack = true };
	char *copy = strdup(text == NULL ? "" : text), *rest;

	for (char *pair = strtok_r(copy, ",", &rest); pair != NULL;
	     pair = strtok_r(NULL, ",", &rest)) {
		char *equals = strchr(pair, '=');
		if (equals == NULL)
			continue;
		*equals = '\0';
		flag_read(&flags, pair, equals + 1);
	}
	free(copy);
	if (flags.local.family == ADDR_NONE)
		flags.local = address_read("192.168.0.1");
	if (flags.mtu == 0)
		flags.mtu = 1500;
	return flags;
}

static void
must(int err, const char *what)
{
	if (err != 0)
		refuse(what, err_text(err));
}

/* One interface without Ethernet, its address, and a route to everything. */
static void
join_network(struct candidate *candidate, const struct flags *flags)
{
	static const uint8_t zeros[16];
	const bool is_v4 = flags->local.family == ADDR_IPV4;
	const struct stack_if_config config = { .name = "wire",
						.kind = STACK_IF_IP,
						.mtu = flags->mtu };

	must(stack_if_add(candidate->stack, &config, &candidate->ifindex), "interface");
	must(stack_if_set_up(candidate->stack, candidate->ifindex, true, candidate->now_us),
	     "interface");
	const struct stack_addr addr = { .addr = flags->local,
					 .prefix_len = (uint8_t)flags->prefix_len,
					 .flags = STACK_ADDR_NO_DAD };
	must(stack_addr_add(candidate->stack, candidate->ifindex, &addr, candidate->now_us),
	     "local_ip");
	const struct stack_route route = { .prefix = is_v4 ? addr_ipv4(zeros) : addr_ipv6(zeros),
					   .ifindex = (uint8_t)candidate->ifindex };
	must(stack_route_add(candidate->stack, &route), "route");
}

static void
build(struct candidate *candidate)
{
	struct stack_limits limits = stack_limits_default;
	const struct socket_limits socket_limits = { .socket_count = CANDIDATE_SOCKETS_MAX,
						     .datagram_bytes = 4u << 20,
						     .watch_count = CANDIDATE_SOCKETS_MAX };

	limits.transmit_bytes = 16u << 20;
	limits.tcp_count = CANDIDATE_SOCKETS_MAX;
	limits.tcp_buffer_bytes = 64u << 20;
	limits.tcp_sent_count = 65536;
	limits.tcp_syn_count = 256;
	limits.tcp_time_wait_count = 256;
	const size_t stack_size = (stack_bytes(&limits) + 63) / 64 * 64;
	const size_t table_size = (socket_table_bytes(&socket_limits) + 63) / 64 * 64;
	candidate->stack_block = aligned_alloc(64, stack_size);
	candidate->table_block = aligned_alloc(64, table_size);
	if (candidate->stack_block == NULL || candidate->table_block == NULL)
		refuse("memory", strerror(ENOMEM));
	candidate->stack = stack_new(candidate->stack_block, stack_size, &limits, &candidate->rng,
				     candidate->now_us);
	candidate->cairn = (struct cairn){
		.table = socket_table_new(candidate->table_block, table_size, &socket_limits,
					  &candidate->rng),
		.stack = candidate->stack,
		.shell = &candidate_shell,
		.data = candidate,
	};
}

struct candidate *
candidate_new(const char *flags_text)
{
	const struct flags flags = flags_read(flags_text);
	struct candidate *candidate = calloc(1, sizeof *candidate);

	if (candidate == NULL)
		refuse("memory", strerror(ENOMEM));
	(void)pthread_mutex_init(&candidate->lock, NULL);
	(void)pthread_cond_init(&candidate->woken, NULL);
	(void)pthread_cond_init(&candidate->has_asked, NULL);
	candidate->main_thread = pthread_self();
	candidate->now_us = CANDIDATE_START_US;
	rng_init_number(&candidate->rng, 1);
	build(candidate);
	join_network(candidate, &flags);
	candidate->tcp_config = tcp_config_default;
	candidate->tcp_config.quick_ack = flags.quick_ack;
	candidate->tcp_config.mtu_probing =
		false; /* scripts of many timeouts count on equal segments */
	socket_set_tcp_config(candidate->cairn.table, &candidate->tcp_config);
	return candidate;
}

void
candidate_free(struct candidate *candidate)
{
	for (; candidate->packet_count > 0; candidate->packet_count--)
		free(candidate->packets[candidate->packet_first++ % CANDIDATE_PACKETS_MAX]);
	(void)pthread_cond_destroy(&candidate->has_asked);
	(void)pthread_cond_destroy(&candidate->woken);
	(void)pthread_mutex_destroy(&candidate->lock);
	free(candidate->table_block);
	free(candidate->stack_block);
	free(candidate);
}

/* ---- settings ---------------------------------------------------------------------------------- */

/* Of net.ipv4, in Linux's units: what a script may want otherwise than it is. */
static void
setting_apply(struct tcp_config *config, const char *name, const char *value)
{
	const uint32_t number = (uint32_t)strtoul(value, NULL, 10);

	if (strcmp(name, "tcp_timestamps") == 0)
		config->timestamps = number != 0;
	else if (strcmp(name, "tcp_sack") == 0)
		config->sack = number != 0;
	else if (strcmp(name, "tcp_window_scaling") == 0)
		config->window_scale = number != 0;
	else if (strcmp(name, "tcp_ecn") == 0)
		config->ecn = number == 1, config->ecn_if_asked = number == 2;
	else if (strcmp(name, "tcp_slow_start_after_idle") == 0)
		config->slow_start_after_idle = number != 0;
	else if (strcmp(name, "tcp_mtu_probing") == 0)
		config->mtu_probing = number != 0;
	else if (strcmp(name, "tcp_keepalive_time") == 0)
		config->keepalive_idle_s = number;
	else if (strcmp(name, "tcp_keepalive_intvl") == 0)
		config->keepalive_interval_s = number;
	else if (strcmp(name, "tcp_keepalive_probes") == 0)
		config->keepalive_count = number;
	else if (strcmp(name, "tcp_syn_retries") == 0)
		config->syn_retries = number;
	else if (strcmp(name, "tcp_synack_retries") == 0)
		config->synack_retries = number;
	else if (strcmp(name, "tcp_retries2") == 0)
		config->retries = number;
	else if (strcmp(name, "tcp_fin_timeout") == 0)
		config->fin_wait_2_ms = number * 1000;
	else if (strcmp(name, "tcp_congestion_control") == 0)
		config->congestion = strcmp(value, "reno") == 0 ? "reno" : "cubic";
}

void
candidate_sysctl(struct candidate *candidate, const char *name, const char *value)
{
	static const char prefix[] = "net.ipv4.";

	if (strncmp(name, prefix, sizeof prefix - 1) == 0)
		name += sizeof prefix - 1;
	setting_apply(&candidate->tcp_config, name, value);
	socket_set_tcp_config(candidate->cairn.table, &candidate->tcp_config);
}

/* ---- descriptors ------------------------------------------------------------------------------- */

int
candidate_fd_new(struct candidate *candidate, int table_fd)
{
	const int fd = eventfd(0, EFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (fd >= CANDIDATE_FDS_MAX) {
		(void)close(fd);
		errno = EMFILE;
		return -1;
	}
	candidate->fds[fd] = table_fd + 1;
	return fd;
}

int
candidate_fd(const struct candidate *candidate, int fd)
{
	return fd < 0 || fd >= CANDIDATE_FDS_MAX ? -1 : candidate->fds[fd] - 1;
}

void
candidate_fd_close(struct candidate *candidate, int fd)
{
	candidate->fds[fd] = 0;
	(void)close(fd);
}

/* ---- the stack's output and the clock ---------------------------------------------------------- */

static void
packet_put(struct candidate *candidate, const struct stack_action *action)
{
	struct candidate_packet *packet = malloc(sizeof *packet + action->size);

	if (packet == NULL || candidate->packet_count == CANDIDATE_PACKETS_MAX)
		refuse("packets", "more than can be kept");
	packet->time_us = candidate->now_us;
	packet->size = action->size;
	memcpy(packet->bytes, action->bytes, action->size);
	candidate->packets[(candidate->packet_first + candidate->packet_count++) %
			   CANDIDATE_PACKETS_MAX] = packet;
}

void
candidate_asked(struct candidate *candidate)
{
	if (!candidate->waiter.is_woken ||
	    !pthread_equal(pthread_self(), candidate->waiting_thread))
		return;
	candidate->waiter.is_woken = false;
	(void)pthread_cond_broadcast(&candidate->has_asked);
}

/* Wakes the waiter if its time has come, and lets it go as far as to ask for the time. */
static void
wake_waiter(struct candidate *candidate)
{
	struct candidate_waiter *waiter = &candidate->waiter;
	struct timespec limit;

	if (waiter->is_so == NULL ||
	    (candidate->now_us < waiter->until_us && !waiter->is_so(waiter->argument)))
		return;
	waiter->is_so = NULL;
	waiter->is_woken = true;
	(void)pthread_cond_broadcast(&candidate->woken);
	(void)clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += CANDIDATE_HANDOVER_MAX_S;
	while (waiter->is_woken &&
	       pthread_cond_timedwait(&candidate->has_asked, &candidate->lock, &limit) == 0)
		continue;
	waiter->is_woken = false;
}

void
candidate_settle(struct candidate *candidate)
{
	struct stack_action action;

	while (stack_next(candidate->stack, &action)) {
		if (action.kind == STACK_TRANSMIT)
			packet_put(candidate, &action);
		else
			(void)socket_action(candidate->cairn.table, candidate->stack, &action);
	}
	wake_waiter(candidate);
}

/* When the next thing happens by itself. */
static uint64_t
next_due(const struct candidate *candidate)
{
	const uint64_t stack_us = stack_deadline(candidate->stack);
	const uint64_t waiter_us =
		candidate->waiter.is_so != NULL ? candidate->waiter.until_us : CAIRN_NEVER;

	return stack_us < waiter_us ? stack_us : waiter_us;
}

static void
step(struct candidate *candidate, uint64_t to_us)
{
	if (to_us > candidate->now_us)
		candidate->now_us = to_us;
	if (stack_deadline(candidate->stack) <= candidate->now_us)
		stack_timeout(candidate->stack, candidate->now_us);
	candidate_settle(candidate);
}

void
candidate_advance(struct candidate *candidate, uint64_t until_us, bool until_packet)
{
	for (unsigned i = 0; !until_packet || candidate->packet_count == 0; i++) {
		const uint64_t due_us = next_due(candidate);
		if (i == CANDIDATE_STORM_MAX)
			refuse("timers", "a storm");
		if (due_us > until_us)
			break;
		step(candidate, due_us);
	}
	if ((!until_packet || candidate->packet_count == 0) && candidate->now_us < until_us)
		candidate->now_us = until_us;
}

/* ---- waiting ----------------------------------------------------------------------------------- */

static uint64_t
shell_now_us(void *data)
{
	const struct candidate *candidate = data;

	return candidate->now_us;
}

/* Nobody else moves the clock: this call does, and gives up in the end. */
static int
wait_on_main(struct candidate *candidate, cairn_condition *is_so, void *argument, uint64_t until_us)
{
	const uint64_t limit_us = candidate->now_us + CANDIDATE_MAIN_MAX_US;

	for (unsigned i = 0; i < CANDIDATE_STORM_MAX; i++) {
		candidate_settle(candidate);
		if (is_so(argument) || candidate->now_us >= until_us)
			return 0;
		if (candidate->now_us >= limit_us)
			break;
		uint64_t due_us = next_due(candidate);
		due_us = due_us < until_us ? due_us : until_us;
		step(candidate, due_us < limit_us ? due_us : limit_us);
	}
	return EINTR;
}

static int
shell_wait(void *data, cairn_condition *is_so, void *argument, uint64_t until_us)
{
	struct candidate *candidate = data;

	if (pthread_equal(pthread_self(), candidate->main_thread))
		return wait_on_main(candidate, is_so, argument, until_us);
	candidate_settle(candidate);
	if (is_so(argument) || candidate->now_us >= until_us)
		return 0;
	candidate_asked(candidate); /* it has slept before, and goes on to sleep */
	candidate->waiting_thread = pthread_self();
	candidate->waiter = (struct candidate_waiter){ .is_so = is_so,
						       .argument = argument,
						       .until_us = until_us };
	while (!candidate->waiter.is_woken && candidate->waiter.is_so != NULL)
		(void)pthread_cond_wait(&candidate->woken, &candidate->lock);
	return 0;
}

const struct cairn_shell candidate_shell = { .now_us = shell_now_us, .wait = shell_wait };
