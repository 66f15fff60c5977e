/*
 * bulk - octets over Cairn's own TCP, for benchmarks and for trials against the kernel's.
 *
 * A station of its own on a device of this network namespace speaks as much HTTP/1.1 as curl needs,
 * as a server or as a client, and says what came of it and what it cost as one line of JSON.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/tcp/exchange.h"
#include "tests/bench/tcp/station.h"

#define FLOWS_MAX     4096u
#define CONTENT_BYTES ((size_t)1 << 20) /* of zeros, without -i */
#define PPM           1000000

static const char usage[] =
        "usage: bulk -d DEVICE -a ADDRESS/LENGTH [OPTION...] COMMAND\n"
        "\n"
        "  serve PORT [COUNT]        answer GET /OCTETS and PUT, until COUNT exchanges are over\n"
        "  get ADDRESS PORT OCTETS   a GET on each flow\n"
        "  put ADDRESS PORT OCTETS   a PUT on each flow\n"
        "  reset ADDRESS PORT OCTETS a GET on each flow, reset by us after half of it\n"
        "\n"
        "  -d, --device DEVICE    in this network namespace; its kernel must not use it for TCP\n"
        "  -a, --address A/N      ours; up to four, of both families\n"
        "  -t, --tap              the device is a TAP, made when it is not there\n"
        "  -f, --flows N          at once (1)\n"
        "  -n, --count N          exchanges in all, each on a new connection (as many as flows)\n"
        "  -i, --input FILE       what bodies consist of, from its start on (zeros)\n"
        "  -o, --output FILE      where the bodies that are received go\n"
        "  -s, --hash             SHA-256 of the bodies that are received; the answer to a PUT tells it too\n"
        "  -c, --close-early      our FIN follows the request at once\n"
        "  -l, --loss PERCENT     of frames each way, by the faults link\n"
        "  -r, --seed N           of the losses (1)\n"
        "  -w, --capture FILE     pcapng\n"
        "  -q, --quit-after S     give up (600)\n"
        "\n"
        "Needs CAP_NET_RAW, for a TAP CAP_NET_ADMIN. Exit: 0 when every exchange was whole.\n";

enum command { COMMAND_SERVE, COMMAND_GET, COMMAND_PUT, COMMAND_RESET };

struct bulk {
	struct station *station;
	struct station_config station_config;
	enum command command;
	struct ip_addr remote;
	uint16_t port;
	uint64_t octets;
	uint32_t flows, count; /* count 0: serve for ever */
	struct exchange_content content;
	int out_fd;
	bool wants_hash, closes_early;
	unsigned quit_after_s;

	struct exchange exchanges[FLOWS_MAX];
	uint32_t free_places[FLOWS_MAX], free_count;
	tcp_conn listener;
	uint32_t begun, done, failed;
	uint64_t sent_octets, received_octets, retransmits, spurious;
	char hash[EXCHANGE_HASH_TEXT];
	uint64_t began_us;
	bool is_over;
};

static void
fail(const char *format, const char *what)
{
	fprintf(stderr, "bulk: ");
	fprintf(stderr, format, what);
	fprintf(stderr, "\n");
	exit(EXIT_FAILURE);
}

/* ---- exchanges --------------------------------------------------------------------------------- */

static void
over(struct bulk *bulk)
{
	bulk->is_over = true;
	station_stop(bulk->station);
}

static struct exchange *
exchange_begin(struct bulk *bulk, tcp_conn conn)
{
	struct exchange *exchange = &bulk->exchanges[bulk->free_places[--bulk->free_count]];

	exchange_init(exchange, station_stack(bulk->station), conn, &bulk->content);
	exchange->out_fd = bulk->out_fd;
	exchange->is_server = bulk->command == COMMAND_SERVE;
	exchange->closes_early = bulk->closes_early;
	if (bulk->wants_hash)
		exchange_want_hash(exchange);
	bulk->begun++;
	return exchange;
}

/* The place that the next connection will have, for its user number. */
static uint64_t
next_place(const struct bulk *bulk)
{
	return bulk->free_places[bulk->free_count - 1];
}

static void
open_one(struct bulk *bulk, uint64_t now_us)
{
	tcp_conn conn;
	int err = tcp_open(station_stack(bulk->station), &bulk->remote, bulk->port, NULL, 0, NULL, next_place(bulk), now_us, &conn);

	if (err != 0)
		fail("a connection cannot be opened: %s", err_text(err));
	struct exchange *exchange = exchange_begin(bulk, conn);
	exchange_request(exchange, bulk->command == COMMAND_PUT ? EXCHANGE_PUT : EXCHANGE_GET, bulk->octets);
}

static void
exchange_end(struct bulk *bulk, struct exchange *exchange, uint64_t now_us)
{
	struct stack *stack = station_stack(bulk->station);
	struct tcp_conn_info info;

	if (tcp_info(stack, exchange->conn, &info) == 0) {
		bulk->retransmits += info.retransmits_total;
		bulk->spurious += info.spurious_timeouts;
	}
	bulk->sent_octets += exchange->send_body_done;
	bulk->received_octets += exchange->receive_body_done;
	if (exchange->hash != NULL && (!exchange->is_server || exchange->method == EXCHANGE_GET))
		exchange_hash_text(exchange, bulk->hash);
	bulk->failed += exchange->has_failed;
	bulk->done++;
	if (exchange->has_failed)
		tcp_abort(stack, exchange->conn, now_us);
	else
		tcp_close(stack, exchange->conn, now_us);
	exchange->conn = 0;
	exchange_fini(exchange);
	bulk->free_places[bulk->free_count++] = (uint32_t)(exchange - bulk->exchanges);
	if (bulk->count != 0 && bulk->done == bulk->count)
		over(bulk);
	else if (bulk->command != COMMAND_SERVE && bulk->begun < bulk->count)
		open_one(bulk, now_us);
}

/* Half of it is enough: what is under way and what is unread is thrown away. */
static void
reset_at_half(struct bulk *bulk, struct exchange *exchange)
{
	if (bulk->command != COMMAND_RESET || exchange->receive_body_done < bulk->octets / 2)
		return;
	tcp_abort(station_stack(bulk->station), exchange->conn, station_now_us(bulk->station));
	exchange->is_done = true;
}

static void
accept_all(struct bulk *bulk, uint64_t now_us)
{
	tcp_conn conn;

	while (bulk->free_count != 0 &&
	       tcp_accept(station_stack(bulk->station), bulk->listener, next_place(bulk), &conn) == 0) {
		struct exchange *exchange = exchange_begin(bulk, conn);
		exchange_step(exchange, 0, now_us); /* what came with the handshake */
	}
}

/*
 * The first flow has found the neighbour; of many SYNs that wait for its address the stack keeps three, and
 * the others would come a second later.
 */
static void
open_others(struct bulk *bulk, uint64_t now_us)
{
	while (bulk->begun - bulk->done < bulk->flows && bulk->begun < bulk->count)
		open_one(bulk, now_us);
}

static void
on_action(void *data, const struct stack_action *action, uint64_t now_us)
{
	struct bulk *bulk = data;

	if (action->kind != STACK_TCP || bulk->is_over)
		return;
	if (action->conn == bulk->listener) {
		accept_all(bulk, now_us);
		return;
	}
	struct exchange *exchange = &bulk->exchanges[action->user];
	if (exchange->conn != action->conn)
		return; /* told before it was closed */
	if ((action->events & TCP_EVENT_CONNECTED) != 0)
		open_others(bulk, now_us);
	exchange_step(exchange, action->events, now_us);
	reset_at_half(bulk, exchange);
	if (exchange->is_done)
		exchange_end(bulk, exchange, now_us);
}

/* ---- a run ------------------------------------------------------------------------------------- */

static uint64_t
clock_us(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void
begin(struct bulk *bulk)
{
	const struct ip_addr any = { 0 };
	uint64_t now_us = station_now_us(bulk->station);

	bulk->began_us = clock_us();
	if (bulk->command == COMMAND_SERVE) {
		if (tcp_listen(station_stack(bulk->station), &any, bulk->port, FLOWS_MAX, NULL, 0, &bulk->listener) != 0)
			fail("%s", "nobody can listen");
		return;
	}
	open_one(bulk, now_us);
}

static void
run(struct bulk *bulk)
{
	for (uint32_t i = 0; i < FLOWS_MAX; i++)
		bulk->free_places[bulk->free_count++] = FLOWS_MAX - 1 - i;
	bulk->station = station_new(&bulk->station_config, on_action, bulk);
	begin(bulk);
	if (!station_run(bulk->station, bulk->quit_after_s)) {
		fprintf(stderr, "bulk: not over after %u s\n", bulk->quit_after_s);
		bulk->failed++;
	}
}

static double
seconds(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static void
report(struct bulk *bulk)
{
	const double wall_s = (double)(clock_us() - bulk->began_us) / 1e6;
	const struct link_stats *link = station_link_stats(bulk->station);
	struct stack_stats stack;
	struct rusage used;

	(void)getrusage(RUSAGE_SELF, &used);
	stack_stats(station_stack(bulk->station), &stack);
	printf("{\"exchanges\": %u, \"failed\": %u, \"sent_octets\": %llu, \"received_octets\": %llu, "
	       "\"wall_s\": %.6f, \"user_s\": %.6f, \"system_s\": %.6f, \"retransmits\": %llu, "
	       "\"frames_in\": %llu, \"frames_out\": %llu, \"send_failures\": %llu, \"overflows\": %llu, "
	       "\"sha256\": \"%s\"}\n",
	       bulk->done, bulk->failed, (unsigned long long)bulk->sent_octets,
	       (unsigned long long)bulk->received_octets, wall_s, seconds(&used.ru_utime), seconds(&used.ru_stime),
	       (unsigned long long)bulk->retransmits, (unsigned long long)stack.received_frames,
	       (unsigned long long)stack.sent_frames, (unsigned long long)link->send_failures,
	       (unsigned long long)link->receive_overflows, bulk->hash);
}

/* ---- the command line -------------------------------------------------------------------------- */

static uint64_t
number(const char *text)
{
	char *end;
	const uint64_t value = strtoull(text, &end, 10);

	if (end == text || *end != '\0')
		fail("%s is no number", text);
	return value;
}

/* What goes out many times is mapped once; what goes out once is read, which costs less than to map it. */
static struct exchange_content
content_of(const char *path, bool is_shared)
{
	struct exchange_content content = { .size = CONTENT_BYTES };
	int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC), flags = MAP_PRIVATE;
	struct stat stat;

	if (path != NULL) {
		if (fd == -1 || fstat(fd, &stat) != 0 || stat.st_size == 0)
			fail("%s cannot be read", path);
		content.size = (size_t)stat.st_size;
		content.fd = fd;
		if (!is_shared)
			return content;
	} else {
		flags |= MAP_ANONYMOUS;
	}
	void *bytes = mmap(NULL, content.size, PROT_READ, flags | MAP_POPULATE, fd, 0);
	if (bytes == MAP_FAILED)
		fail("%s", strerror(errno));
	content.bytes = bytes;
	if (fd != -1)
		close(fd);
	return content;
}

static const struct option options[] = {
	{ "device", required_argument, NULL, 'd' },     { "address", required_argument, NULL, 'a' },
	{ "tap", no_argument, NULL, 't' },              { "flows", required_argument, NULL, 'f' },
	{ "count", required_argument, NULL, 'n' },      { "input", required_argument, NULL, 'i' },
	{ "output", required_argument, NULL, 'o' },     { "hash", no_argument, NULL, 's' },
	{ "close-early", no_argument, NULL, 'c' },      { "loss", required_argument, NULL, 'l' },
	{ "seed", required_argument, NULL, 'r' },       { "capture", required_argument, NULL, 'w' },
	{ "quit-after", required_argument, NULL, 'q' }, { "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void
take_option(struct bulk *bulk, int option, const char **input)
{
	struct station_config *station = &bulk->station_config;

	switch (option) {
	case 'd': station->device = optarg; break;
	case 'a':
		if (station->addr_count == STATION_ADDRS_MAX)
			fail("%s is one address too many", optarg);
		station->addrs[station->addr_count++] = optarg;
		break;
	case 't': station->is_tap = true; break;
	case 'f': bulk->flows = (uint32_t)number(optarg); break;
	case 'n': bulk->count = (uint32_t)number(optarg); break;
	case 'i': *input = optarg; break;
	case 'o': bulk->out_fd = open(optarg, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600); break;
	case 's': bulk->wants_hash = true; break;
	case 'c': bulk->closes_early = true; break;
	case 'l': station->loss_ppm = (uint32_t)(strtod(optarg, NULL) * PPM / 100); break;
	case 'r': station->seed = number(optarg); break;
	case 'w': station->capture = optarg; break;
	case 'q': bulk->quit_after_s = (unsigned)number(optarg); break;
	case 'h': fputs(usage, stdout); exit(EXIT_SUCCESS);
	default:  fputs(usage, stderr); exit(2);
	}
}

static void
take_command(struct bulk *bulk, int count, char **words)
{
	static const char *const names[] = { "serve", "get", "put", "reset" };
	size_t command = 0;

	while (count > 0 && command < sizeof names / sizeof *names && strcmp(words[0], names[command]) != 0)
		command++;
	bulk->command = (enum command)command;
	if (count >= 2 && bulk->command == COMMAND_SERVE) {
		bulk->port = (uint16_t)number(words[1]);
		bulk->count = count > 2 ? (uint32_t)number(words[2]) : 0;
		return;
	}
	if (count != 4 || command == sizeof names / sizeof *names) {
		fputs(usage, stderr);
		exit(2);
	}
	if (addr_from_text(&bulk->remote, words[1]) != 0)
		fail("%s is no address", words[1]);
	bulk->port = (uint16_t)number(words[2]);
	bulk->octets = number(words[3]);
	bulk->count = bulk->count == 0 ? bulk->flows : bulk->count;
}

int
main(int argc, char **argv)
{
	static struct bulk bulk = { .flows = 1, .out_fd = -1, .quit_after_s = 600, .station_config.seed = 1 };
	const char *input = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "d:a:tf:n:i:o:scl:r:w:q:h", options, NULL)) != -1)
		take_option(&bulk, option, &input);
	take_command(&bulk, argc - optind, argv + optind);
	if (bulk.station_config.device == NULL || bulk.station_config.addr_count == 0 || bulk.flows > FLOWS_MAX) {
		fputs(usage, stderr);
		return 2;
	}
	bulk.content = content_of(input, bulk.count != 1);
	run(&bulk);
	report(&bulk);
	station_free(bulk.station);
	return bulk.failed == 0 && (bulk.count == 0 || bulk.done == bulk.count) ? EXIT_SUCCESS : EXIT_FAILURE;
}
