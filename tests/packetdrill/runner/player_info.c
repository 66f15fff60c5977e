/*
 * %{ assert tcpi_... }%: what TCP_INFO of the connection at hand says.
 */
#include <ctype.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "tests/packetdrill/runner/player.h"
#include "tests/packetdrill/runner/symbols.h"

#define FIELD(name)                                                                                \
	{                                                                                          \
#name, offsetof(struct tcp_info, name), sizeof(((struct tcp_info *)0)->name)       \
	}

static const struct info_field {
	const char *name;
	size_t at, size;
} fields[] = {
	FIELD(tcpi_state),
	FIELD(tcpi_ca_state),
	FIELD(tcpi_retransmits),
	FIELD(tcpi_probes),
	FIELD(tcpi_backoff),
	FIELD(tcpi_options),
	FIELD(tcpi_rto),
	FIELD(tcpi_ato),
	FIELD(tcpi_snd_mss),
	FIELD(tcpi_rcv_mss),
	FIELD(tcpi_unacked),
	FIELD(tcpi_sacked),
	FIELD(tcpi_lost),
	FIELD(tcpi_retrans),
	FIELD(tcpi_last_data_sent),
	FIELD(tcpi_last_data_recv),
	FIELD(tcpi_last_ack_recv),
	FIELD(tcpi_pmtu),
	FIELD(tcpi_rcv_ssthresh),
	FIELD(tcpi_rtt),
	FIELD(tcpi_rttvar),
	FIELD(tcpi_snd_ssthresh),
	FIELD(tcpi_snd_cwnd),
	FIELD(tcpi_advmss),
	FIELD(tcpi_reordering),
	FIELD(tcpi_rcv_rtt),
	FIELD(tcpi_rcv_space),
	FIELD(tcpi_total_retrans),
	FIELD(tcpi_pacing_rate),
	FIELD(tcpi_bytes_acked),
	FIELD(tcpi_bytes_received),
	FIELD(tcpi_segs_out),
	FIELD(tcpi_segs_in),
	FIELD(tcpi_notsent_bytes),
	FIELD(tcpi_min_rtt),
	FIELD(tcpi_data_segs_in),
	FIELD(tcpi_data_segs_out),
	FIELD(tcpi_delivery_rate),
	FIELD(tcpi_busy_time),
	FIELD(tcpi_rwnd_limited),
	FIELD(tcpi_sndbuf_limited),
	FIELD(tcpi_delivered),
	FIELD(tcpi_bytes_sent),
	FIELD(tcpi_bytes_retrans),
	FIELD(tcpi_dsack_dups),
	FIELD(tcpi_reord_seen),
	FIELD(tcpi_rcv_ooopack),
};

static long long
value_of(const struct player *player, const struct tcp_info *info, const char *word)
{
	long long value;

	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		if (strcmp(fields[i].name, word) != 0)
			continue;
		const uint8_t *at = (const uint8_t *)info + fields[i].at;
		uint64_t whole = 0;
		memcpy(&whole, at, fields[i].size); /* little-endian machines run packetdrill */
		return (long long)whole;
	}
	if (symbol_value(word, &value))
		return value;
	char *end;
	value = strtoll(word, &end, 0);
	if (*end != '\0')
		player_fail(player, "'%s' is not understood", word);
	return value;
}

static bool
holds(const struct player *player, long long left, const char *relation, long long right)
{
	if (strcmp(relation, "==") == 0)
		return left == right;
	if (strcmp(relation, "!=") == 0)
		return left != right;
	if (strcmp(relation, "<=") == 0)
		return left <= right;
	if (strcmp(relation, ">=") == 0)
		return left >= right;
	if (strcmp(relation, "<") == 0)
		return left < right;
	if (strcmp(relation, ">") == 0)
		return left > right;
	player_fail(player, "'%s' is no relation known here", relation);
}

/* One line: assert NAME RELATION VALUE [, anything] */
static void
assert_line(const struct player *player, const struct tcp_info *info, char *line)
{
	char *rest, *comma = strchr(line, ',');

	if (comma != NULL)
		*comma = '\0'; /* what Python would print */
	const char *first = strtok_r(line, " \t\r", &rest);
	if (first == NULL || strcmp(first, "assert") != 0)
		return;
	const char *name = strtok_r(NULL, " \t\r", &rest);
	const char *relation = strtok_r(NULL, " \t\r", &rest);
	const char *right = strtok_r(NULL, " \t\r", &rest);
	if (right == NULL || strtok_r(NULL, " \t\r", &rest) != NULL)
		player_fail(player, "an assertion that is not understood");
	const long long is = value_of(player, info, name);
	if (!holds(player, is, relation, value_of(player, info, right)))
		player_fail(player, "%s is %lld, not %s %s", name, is, relation, right);
}

void
player_assert(struct player *player, const char *code)
{
	struct tcp_info info = { 0 };
	socklen_t size = sizeof info;
	char *copy = strdup(code), *rest;

	if (player->info_fd < 0 ||
	    player->table.getsockopt(player->table.userdata, player->info_fd, IPPROTO_TCP, TCP_INFO,
				     &info, &size) != 0)
		player_fail(player, "there is no connection to assert something of");
	for (char *line = strtok_r(copy, "\n;", &rest); line != NULL;
	     line = strtok_r(NULL, "\n;", &rest))
		assert_line(player, &info, line);
	free(copy);
}
