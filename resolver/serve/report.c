/* report.c - the counters of all workers, added up: as lines of the log (SIGUSR1), and for cairnctl(8). */
#include <stdarg.h>

#include "resolver/serve/control.h"
#include "resolver/serve/server_priv.h"

#define LINE_BYTES 256u

/* Where lines go. */
struct sink {
	const struct log *log;
	struct control_client *client; /* not NULL: there, and not to the log */
};

static void __attribute__((format(printf, 2, 3)))
tell(const struct sink *sink, const char *format, ...)
{
	char line[LINE_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (sink->client != NULL)
		control_say(sink->client, "%s\n", line);
	else
		log_notice(sink->log, "%s", line);
}

#define COUNTER(name, part, field)                                                                 \
	{                                                                                          \
		name, offsetof(struct worker_report, part.field),                                  \
			sizeof(((struct worker_report *)0)->part.field)                            \
	}

static const struct {
	const char *name;
	size_t offset, size;
} counters[] = {
	COUNTER("engine.questions", engine, questions),
	COUNTER("engine.cache-answers", engine, cache_answers),
	COUNTER("engine.joined", engine, joined),
	COUNTER("engine.refused-full", engine, refused_full),
	COUNTER("engine.jostled", engine, jostled),
	COUNTER("engine.answers", engine, answers),
	COUNTER("engine.servfails", engine, servfails),
	COUNTER("engine.stale-answers", engine, stale_answers),
	COUNTER("engine.refreshes", engine, refreshes),
	COUNTER("engine.sent.udp4", engine, sent_udp4),
	COUNTER("engine.sent.udp6", engine, sent_udp6),
	COUNTER("engine.sent.tcp4", engine, sent_tcp4),
	COUNTER("engine.sent.tcp6", engine, sent_tcp6),
	COUNTER("engine.resent", engine, resent),
	COUNTER("engine.unsent", engine, unsent),
	COUNTER("engine.crowded-out", engine, crowded_out),
	COUNTER("engine.received", engine, received),
	COUNTER("engine.timeouts", engine, timeouts),
	COUNTER("engine.retries", engine, retries),
	COUNTER("engine.hedges", engine, hedges),
	COUNTER("engine.mismatched", engine, mismatched),
	COUNTER("engine.malformed", engine, malformed),
	COUNTER("engine.lame", engine, lame),
	COUNTER("engine.truncated", engine, truncated),
	COUNTER("engine.primes", engine, primes),
	COUNTER("engine.qmin-queries", engine, qmin_queries),
	COUNTER("engine.edns-fallbacks", engine, edns_fallbacks),
	COUNTER("engine.caps-fallbacks", engine, caps_fallbacks),
	COUNTER("engine.budget-exceeded", engine, budget_exceeded),
	COUNTER("engine.cycles", engine, cycles),
	COUNTER("engine.rate-limited", engine, rate_limited),
	COUNTER("engine.reports", engine, reports),
	COUNTER("engine.signals", engine, signals),
	COUNTER("engine.sentinels", engine, sentinels),
	COUNTER("engine.cookies-missing", engine, cookies_missing),
	COUNTER("engine.cookies-wrong", engine, cookies_wrong),
	COUNTER("engine.unexpected", engine, unexpected),
	COUNTER("engine.unreachable", engine, unreachable),
	COUNTER("engine.dropped-sets", engine, dropped_sets),
	COUNTER("engine.signatures", engine, signatures),
	COUNTER("engine.signatures-elsewhere", engine, signatures_elsewhere),
	COUNTER("engine.kept-zones", engine, kept_zones),
	COUNTER("engine.synthesised", engine, synthesised),
	COUNTER("engine.bogus", engine, bogus),
	COUNTER("engine.stripped-addrs", engine, stripped_addrs),
	COUNTER("engine.broken-records", engine, broken_records),
	COUNTER("engine.corrected-aliases", engine, corrected_aliases),
	COUNTER("engine.tasks", engine, tasks),
	COUNTER("engine.clients", engine, clients),
	COUNTER("engine.queries", engine, queries),
	COUNTER("engine.signatures-waiting", engine, signatures_waiting),
	COUNTER("engine.fetches", engine, fetches),
	COUNTER("engine.fetched", engine, fetched),
	COUNTER("cachedb.fetches", cachedb, fetches),
	COUNTER("cachedb.found", cachedb, found),
	COUNTER("cachedb.refused", cachedb, refused),
	COUNTER("upstream.tcp.opened", upstream_tcp, opened),
	COUNTER("upstream.tcp.reused", upstream_tcp, reused),
	COUNTER("upstream.tcp.failed", upstream_tcp, failed),
	COUNTER("upstream.tcp.crowded-out", upstream_tcp, crowded_out),
	COUNTER("upstream.open-failures", upstream, open_failures),
	COUNTER("upstream.send-failures", upstream, send_failures),
	COUNTER("stack.received-frames", stack, received_frames),
	COUNTER("stack.sent-frames", stack, sent_frames),
	COUNTER("stack.datagrams-in", stack, datagrams_in),
	COUNTER("stack.datagrams-out", stack, datagrams_out),
	COUNTER("stack.flows-open", stack, flows_open),
	COUNTER("stack.reassembly-bytes", stack, reass_bytes),
	COUNTER("link.received-frames", link, received_frames),
	COUNTER("link.sent-frames", link, sent_frames),
	COUNTER("link.send-failures", link, send_failures),
	COUNTER("link.receive-overflows", link, receive_overflows),
	COUNTER("link.receive-unusable", link, receive_unusable),
	COUNTER("xdp.received", xdp, received),
	COUNTER("xdp.replied", xdp, replied),
	COUNTER("xdp.by-socket", xdp, by_socket),
	COUNTER("xdp.send-failures", xdp, send_failures),
	COUNTER("xdp.overflows", xdp, overflows),
	COUNTER("xdp.addresses", xdp, addrs),
	COUNTER("xdp.address-failures", xdp, addr_failures),
	COUNTER("host.sync-failures", host, sync_failures),
	COUNTER("host.guard-ports", host, guard_ports),
	COUNTER("host.guard-renew-failures", host, guard_renew_failures),
};

static uint64_t
value_at(const struct worker_report *report, size_t offset, size_t size)
{
	const uint8_t *at = (const uint8_t *)report + offset;
	return size == sizeof(uint64_t) ? *(const uint64_t *)at : *(const uint32_t *)at;
}

/* Why packets died; of so many reasons those that have occurred. */
static void
report_drops(const struct server *server, const struct round *round, const struct sink *sink)
{
	for (unsigned reason = 0; reason < DROP_REASON_COUNT; reason++) {
		uint64_t count = 0;
		for (unsigned i = 0; i < server->worker_count; i++)
			count += round->orders[i].report.drops[reason];
		if (count > 0)
			tell(sink, "stack.drop.%s=%llu", drop_name(reason), (unsigned long long)count);
	}
}

static void
report_caches(const struct sink *sink, const struct caches *caches)
{
	struct cache_stats stats[3] = { { 0 } };
	static const char *const names[] = { "rrset", "negative", "delegation" };
	rrset_cache_stats(caches->rrsets, &stats[0]);
	negative_cache_stats(caches->negatives, &stats[1]);
	delegation_cache_stats(caches->delegations, &stats[2]);
	for (size_t i = 0; i < 3; i++)
		tell(sink,
		     "cache.%s: entries=%llu bytes=%llu of=%llu hits=%llu misses=%llu "
		     "puts=%llu evicted=%llu expired=%llu",
		     names[i], (unsigned long long)stats[i].entries, (unsigned long long)stats[i].bytes_used,
		     (unsigned long long)stats[i].bytes_max, (unsigned long long)stats[i].hits,
		     (unsigned long long)stats[i].misses, (unsigned long long)stats[i].puts,
		     (unsigned long long)stats[i].evicted, (unsigned long long)stats[i].expired);
}

/* Zones that come from primaries. */
static void
report_zones(const struct sink *sink, const struct zone_keeper *keeper)
{
	struct refresh_stats stats;

	zone_keeper_stats(keeper, &stats);
	tell(sink,
	     "zones: checks=%llu current=%llu whole=%llu changes=%llu notifies=%llu failures=%llu refused=%llu malformed=%llu "
	     "untrusted=%llu too-big=%llu waited=%llu expired=%llu octets=%llu",
	     (unsigned long long)stats.checks, (unsigned long long)stats.current, (unsigned long long)stats.whole,
	     (unsigned long long)stats.changes, (unsigned long long)stats.notifies, (unsigned long long)stats.failures,
	     (unsigned long long)stats.refused, (unsigned long long)stats.malformed, (unsigned long long)stats.untrusted, (unsigned long long)stats.too_big,
	     (unsigned long long)stats.waited, (unsigned long long)stats.expired, (unsigned long long)stats.octets);
}

static void
report(const struct server *server, const struct round *round, const struct sink *sink)
{
	struct server_stats sum = { 0 };

	for (unsigned i = 0; i < server->worker_count; i++)
		stats_add(&sum, &round->orders[i].report.server);
	for (size_t i = 0; stats_name(i) != NULL; i++)
		tell(sink, "%s=%llu", stats_name(i), (unsigned long long)stats_value(&sum, i));
	for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
		uint64_t value = 0;
		for (unsigned k = 0; k < server->worker_count; k++)
			value += value_at(&round->orders[k].report, counters[i].offset, counters[i].size);
		tell(sink, "%s=%llu", counters[i].name, (unsigned long long)value);
	}
	report_drops(server, round, sink);
	report_caches(sink, &server->memory.caches);
	report_zones(sink, server->zones);
}

void
server__report_done(struct server *server, struct round *round)
{
	/* Asked for, so not subject to verbosity. */
	const struct sink sink = { .log = &server->settings->service->query_log };

	log_notice(sink.log, "statistics of %u threads:", server->worker_count);
	report(server, round, &sink);
}

void
server__report_to(const struct server *server, const struct round *round, struct control_client *client)
{
	const struct sink sink = { .client = client };
	report(server, round, &sink);
}
