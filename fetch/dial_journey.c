#include "fetch/dial_journey.h"

#include <inttypes.h>
#include <stdio.h>

#include "fetch/journey/journey.h"
#include "fetch/net.h"

/* ---- answers ------------------------------------------------------------------------------------------- */

static const char *
type_text(unsigned kind)
{
	return kind == NAMES_IPV4 ? "A" : kind == NAMES_IPV6 ? "AAAA" : "HTTPS";
}

static uint32_t
tell_cached(struct net *net, const struct journey_event *answered, const char *host, const struct names_answer *answer)
{
	struct journey_event event = *answered;
	const char *type = type_text(answer->kind);
	const struct journey_field fields[] = { { "name", host, 0 }, { "type", type, 0 }, { "age_s", NULL, answer->age_s },
		                                { "ttl_s", NULL, answer->ttl_s }, { "stale", NULL, answer->is_stale } };

	event.name = "cache";
	event.is_bad = false;
	event.fields = fields;
	event.field_count = 5;
	if (answer->is_stale)
		return journey_tell(net_journey(net), &event, "%s %s: known, and ended: nobody can be asked now", host, type);
	return journey_tell(net_journey(net), &event, "%s %s: known for %" PRIu32 " s, and for %" PRIu32 " s more", host, type,
	                    answer->age_s, answer->ttl_s);
}

/* What the engine in this process found to be so; of another resolver nothing is known. */
static uint32_t
last_bogus(struct net *net, uint32_t otherwise)
{
	const uint32_t bogus = journey_last(net_journey(net), JOURNEY_DNS, "validated", 0, "security", "bogus");
	return bogus != 0 ? bogus : otherwise;
}

void
dial_tell_answer(struct net *net, uint32_t request, const char *host, const struct names_answer *answer)
{
	char addrs[JOURNEY_TEXT_BYTES] = "", addr[ADDR_TEXT_BYTES], server[ADDR_TEXT_BYTES] = "self";
	const char *type = type_text(answer->kind);
	bool failed = answer->failure.cause != FAILURE_NONE;
	struct journey_event event = { .at_us = net_now_us(net), .layer = JOURNEY_DNS,
		                       .name = failed ? "failed" : "answer", .request = request, .is_bad = failed };
	size_t used = 0;

	if (net_journey(net) == NULL)
		return;
	net_take_events(net);
	for (unsigned i = 0; i < answer->addr_count && used < sizeof addrs; i++)
		used += (size_t)snprintf(addrs + used, sizeof addrs - used, " %s",
		                         addr_to_text(&answer->addrs[i], addr, sizeof addr));
	if (answer->server.family != ADDR_NONE)
		addr_to_text(&answer->server, server, sizeof server);
	event.cause = journey_last(net_journey(net), JOURNEY_URL, "parsed", request, NULL, NULL);
	if (answer->is_cached)
		event.cause = tell_cached(net, &event, host, answer);
	else if (answer->failure.cause == FAILURE_BOGUS)
		event.cause = last_bogus(net, event.cause);
	const struct journey_field fields[] = { { "name", host, 0 }, { "type", type, 0 }, { "server", server, 0 },
		                                { "ttl_s", NULL, answer->ttl_s }, { "took_us", NULL, answer->took_us },
		                                { "secure", NULL, answer->is_secure },
		                                { "addrs", addrs[0] != '\0' ? addrs + 1 : "", 0 } };
	event.fields = fields;
	event.field_count = 7;
	if (failed)
		journey_tell(net_journey(net), &event, "%s: %s", type, answer->failure.text);
	else
		journey_tell(net_journey(net), &event, "%s %s:%s  (%s, ttl %u s%s)", host, type,
		             addrs[0] != '\0' ? addrs : " none", server, answer->ttl_s,
		             answer->is_secure ? ", validated" : "");
}

/* ---- the race ------------------------------------------------------------------------------------------ */

static struct journey_event
race_event(const struct dial_race *race, const char *name)
{
	return (struct journey_event){
		.at_us = net_now_us(race->net),
		.layer = JOURNEY_POLICY,
		.name = name,
		.request = race->request,
		.cause = journey_last(net_journey(race->net), JOURNEY_TCP, "syn", race->request, NULL, NULL),
	};
}

void
dial_tell_attempt(const struct dial_race *race, unsigned index)
{
	char remote[ADDR_TEXT_BYTES];

	if (net_journey(race->net) == NULL || index == 0)
		return;
	net_take_events(race->net);
	struct journey_event event = race_event(race, "attempt");
	const struct dial_runner *before = &race->runners[index - 1];
	const uint64_t waited_us = event.at_us - before->started_us;
	addr_to_text(&race->eyeballs->destinations[index].addr, remote, sizeof remote);
	const struct journey_field fields[] = { { "remote", remote, 0 },
		                                { "port", NULL, race->port },
		                                { "number", NULL, index + 1 },
		                                { "of", NULL, race->eyeballs->count },
		                                { "why", before->has_failed ? "failed" : "silent", 0 },
		                                { "waited_us", NULL, waited_us } };
	event.fields = fields;
	event.field_count = 6;
	journey_tell(net_journey(race->net), &event,
	             before->has_failed ? "address %u of %u is tried, %s: the one before has failed"
	                                : "address %u of %u is tried too, %s: the one before has said nothing for %llu ms",
	             index + 1, race->eyeballs->count, remote, (unsigned long long)(waited_us / 1000));
}

/* "2001:db8::7 (no answer), 192.0.2.9 (failed)". */
static void
losers_text(const struct dial_race *race, unsigned winner, char *text, size_t text_bytes)
{
	char remote[ADDR_TEXT_BYTES];
	size_t used = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < race->eyeballs->started && used < text_bytes; i++)
		if (i != winner)
			used += (size_t)snprintf(text + used, text_bytes - used, "%s%s (%s)", used != 0 ? ", " : "",
			                         addr_to_text(&race->eyeballs->destinations[i].addr, remote, sizeof remote),
			                         race->runners[i].has_failed ? "failed" : "no answer");
}

void
dial_tell_winner(const struct dial_race *race, unsigned index)
{
	char won[ADDR_TEXT_BYTES], lost[JOURNEY_TEXT_BYTES / 2];

	if (net_journey(race->net) == NULL || race->eyeballs->started < 2)
		return;
	net_take_events(race->net);
	struct journey_event event = race_event(race, "race");
	const uint64_t took_us = event.at_us - race->runners[index].started_us;
	const uint64_t behind_us = race->runners[index].started_us - race->runners[0].started_us;
	addr_to_text(&race->eyeballs->destinations[index].addr, won, sizeof won);
	losers_text(race, index, lost, sizeof lost);
	const struct journey_field fields[] = { { "won", won, 0 },
		                                { "port", NULL, race->port },
		                                { "lost", lost, 0 },
		                                { "attempts", NULL, race->eyeballs->started },
		                                { "took_us", NULL, took_us },
		                                { "behind_us", NULL, behind_us } };
	event.fields = fields;
	event.field_count = 6;
	journey_tell(net_journey(race->net), &event, "%s was first, in %" PRIu64 ".%u ms, %" PRIu64 " ms behind the first attempt; in vain: %s",
	             won, took_us / 1000, (unsigned)(took_us % 1000 / 100), behind_us / 1000, lost);
}
