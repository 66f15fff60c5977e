#include "resolver/serve/stats.h"

#include <assert.h>
#include <string.h>

#define COUNTER(name, field)                                                                       \
	{                                                                                          \
		name, offsetof(struct server_stats, field)                                         \
	}

static const struct {
	const char *name;
	size_t offset;
} counters[] = {
	COUNTER("num.query.udp", queries_udp),
	COUNTER("num.query.tcp", queries_tcp),
	COUNTER("num.query.ipv6", queries_ipv6),
	COUNTER("num.query.edns.present", queries_edns),
	COUNTER("num.query.edns.DO", queries_dnssec_ok),
	COUNTER("num.query.cookie.valid", cookies_good),
	COUNTER("num.query.cookie.client", cookies_new),
	COUNTER("num.query.cookie.invalid", cookies_bad),
	COUNTER("answers.cached", answers_cached),
	COUNTER("answers.ready", answers_ready),
	COUNTER("answers.recursed", answers_recursed),
	COUNTER("answers.local", answers_local),
	COUNTER("answers.zone", answers_zone),
	COUNTER("answers.policy", answers_policy),
	COUNTER("answers.slipped", answers_slipped),
	COUNTER("answers.chaos", answers_chaos),
	COUNTER("answers.any", answers_any),
	COUNTER("answers.referred", answers_referred),
	COUNTER("notified", notified),
	COUNTER("refused.acl", refused_acl),
	COUNTER("refused.no-recursion", refused_no_recursion),
	COUNTER("refused.kind", refused_kind),
	COUNTER("refused.signature", refused_signature),
	COUNTER("refused.cookie", refused_cookie),
	COUNTER("failed.malformed", failed_malformed),
	COUNTER("failed.edns-version", failed_version),
	COUNTER("failed.full", failed_full),
	COUNTER("dropped.malformed", dropped_malformed),
	COUNTER("dropped.acl", dropped_acl),
	COUNTER("dropped.local", dropped_local),
	COUNTER("dropped.policy", dropped_policy),
	COUNTER("dropped.quota", dropped_quota),
	COUNTER("dropped.rate", dropped_rate),
	COUNTER("dropped.full", dropped_full),
	COUNTER("dropped.late", dropped_late),
	COUNTER("dropped.gone", dropped_gone),
	COUNTER("pending", pending),
	COUNTER("waited", waited),
	COUNTER("waited-in-vain", waited_in_vain),
	COUNTER("waited-full", waited_full),
	COUNTER("refreshes-left", refreshes_left),
	COUNTER("num.answer.truncated", truncated),
	COUNTER("num.answer.rcode.NOERROR", rcodes[0]),
	COUNTER("num.answer.rcode.FORMERR", rcodes[1]),
	COUNTER("num.answer.rcode.SERVFAIL", rcodes[2]),
	COUNTER("num.answer.rcode.NXDOMAIN", rcodes[3]),
	COUNTER("num.answer.rcode.NOTIMPL", rcodes[4]),
	COUNTER("num.answer.rcode.REFUSED", rcodes[5]),
	COUNTER("num.answer.rcode.YXDOMAIN", rcodes[6]),
	COUNTER("num.answer.rcode.BADVERS", rcodes[16]),
	COUNTER("num.answer.rcode.BADCOOKIE", rcodes[23]),
	COUNTER("rests", rests),
	COUNTER("log.lost", log_lost),
	COUNTER("udp.cut", udp_cut),
	COUNTER("udp.receive-errors", udp_receive_errors),
	COUNTER("udp.messages", udp_messages),
	COUNTER("udp.send-failures", udp_send_failures),
	COUNTER("tcp.accepted", tcp_accepted),
	COUNTER("tcp.accept-failures", tcp_accept_failures),
	COUNTER("tcp.open", tcp_open),
	COUNTER("tcp.closed-idle", tcp_closed_idle),
	COUNTER("tcp.closed-slow", tcp_closed_slow),
	COUNTER("tcp.closed-malformed", tcp_closed_malformed),
};

#define COUNTERS (sizeof counters / sizeof counters[0])
#define WORDS    (sizeof(struct server_stats) / sizeof(uint64_t))

static_assert(sizeof(struct server_stats) % sizeof(uint64_t) == 0,
	      "stats_add takes the struct as an array");

const char *
stats_name(size_t index)
{
	return index < COUNTERS ? counters[index].name : NULL;
}

uint64_t
stats_value(const struct server_stats *stats, size_t index)
{
	uint64_t value;
	memcpy(&value, (const uint8_t *)stats + counters[index].offset, sizeof value);
	return value;
}

void
stats_add(struct server_stats *sum, const struct server_stats *stats)
{
	uint64_t to[WORDS], from[WORDS];
	memcpy(to, sum, sizeof to);
	memcpy(from, stats, sizeof from);
	for (size_t i = 0; i < WORDS; i++)
		to[i] += from[i];
	memcpy(sum, to, sizeof to);
}
