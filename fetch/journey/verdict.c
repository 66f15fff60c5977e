#include "fetch/journey/verdict.h"

#include <stdio.h>

#define SEGMENT_BYTES   1448u /* of 1500 with timestamps */
#define FIRST_SEGMENTS  10u   /* RFC 6928 */
#define LARGE_PERCENT   40u   /* of the total: what is told about */
#define NOTICEABLE_US   50000u

const char *
verdict_part_name(enum verdict_part part)
{
#define NAME(part, name) [VERDICT_##part] = (name),
	static const char *const names[] = { VERDICT_EACH_PART(NAME) };
#undef NAME
	return part < VERDICT_PARTS ? names[part] : "?";
}

/* Slow start doubles: 10, 20, 40 ... segments a round. */
static unsigned
rounds_of(uint64_t bytes)
{
	uint64_t window = FIRST_SEGMENTS * SEGMENT_BYTES;
	unsigned rounds = 0;
	for (uint64_t left = bytes; left > window; window *= 2) {
		left -= window;
		rounds++;
	}
	return rounds;
}

/* The part until at_us, when that has happened and lies ahead; returns where the next begins. */
static uint64_t
cut(struct verdict *verdict, enum verdict_part part, uint64_t from_us, uint64_t at_us, uint64_t end_us)
{
	if (at_us > end_us)
		at_us = end_us;
	if (at_us <= from_us)
		return from_us;
	verdict->parts_us[part] += at_us - from_us;
	return at_us;
}

/* So much of a part is another's. */
static void
take_out(struct verdict *verdict, enum verdict_part from, enum verdict_part part, uint64_t us)
{
	if (us > verdict->parts_us[from])
		us = verdict->parts_us[from];
	verdict->parts_us[from] -= us;
	verdict->parts_us[part] += us;
}

/* The part that was under way when it ended. */
static enum verdict_part
last_part(const struct verdict_times *times)
{
	if (times->first_us != 0)
		return VERDICT_TRANSFER;
	if (times->sent_us != 0)
		return VERDICT_SERVER;
	if (!times->is_reused && times->connected_us != 0 && times->secured_us == 0 && times->wants_tls)
		return VERDICT_TLS;
	if (times->is_reused || times->connected_us != 0)
		return VERDICT_REQUEST;
	return times->named_us != 0 ? VERDICT_FALLBACK : VERDICT_NAME;
}

void
verdict_judge(struct verdict *verdict, const struct verdict_times *times)
{
	uint64_t end_us = times->end_us > times->start_us ? times->end_us : times->start_us;
	uint64_t at_us = times->start_us;

	*verdict = (struct verdict){ .total_us = end_us - times->start_us };
	at_us = cut(verdict, VERDICT_WAITS, at_us, times->attempt_us, end_us);
	if (!times->is_reused) {
		at_us = cut(verdict, VERDICT_SETUP, at_us, times->setup_us, end_us);
		at_us = cut(verdict, VERDICT_NAME, at_us, times->named_us, end_us);
		at_us = cut(verdict, VERDICT_FALLBACK, at_us, times->connect_us, end_us);
		at_us = cut(verdict, VERDICT_CONNECT, at_us, times->connected_us, end_us);
		at_us = cut(verdict, VERDICT_TLS, at_us, times->secured_us, end_us);
	}
	at_us = cut(verdict, VERDICT_REQUEST, at_us, times->sent_us, end_us);
	at_us = cut(verdict, VERDICT_SERVER, at_us, times->first_us, end_us);
	(void)cut(verdict, last_part(times), at_us, end_us, end_us);

	take_out(verdict, VERDICT_TLS, VERDICT_TLS_CPU, times->tls_cpu_us);
	take_out(verdict, VERDICT_TRANSFER, VERDICT_LIMIT, times->limit_us);
	take_out(verdict, VERDICT_TRANSFER, VERDICT_WRITE, times->write_us);
	take_out(verdict, VERDICT_TRANSFER, VERDICT_LOSS, times->loss_us);
	for (unsigned part = 0; part < VERDICT_PARTS; part++)
		if (verdict->parts_us[part] > verdict->parts_us[verdict->largest])
			verdict->largest = (enum verdict_part)part;
	if (times->connected_us <= times->connect_us || times->connect_us == 0)
		return;
	verdict->round_us = times->connected_us - times->connect_us;
	verdict->floor_rounds = 2u + (times->secured_us != 0 ? 1u : 0u) + rounds_of(times->content_bytes);
	verdict->floor_us = verdict->floor_rounds * verdict->round_us;
}

static const char *
advice_for(enum verdict_part part)
{
	switch (part) {
	case VERDICT_WAITS: return "fetch the final URL at once; fewer redirects or retries";
	case VERDICT_SETUP:
	case VERDICT_TLS_CPU: return "several URLs in one run: TLS is loaded once, and a kept connection needs no handshake";
	case VERDICT_NAME: return "a resolver near by that has the name (cairnd on this host), or --resolve";
	case VERDICT_FALLBACK: return "-4 or -6, or a smaller --happy-eyeballs-timeout-ms: an address did not answer";
	case VERDICT_CONNECT: return "a server nearer by; the path is long or loses packets";
	case VERDICT_TLS: return "TLS 1.3, or several URLs in one run over one connection";
	case VERDICT_REQUEST: return "a smaller request, or a faster upstream";
	case VERDICT_SERVER: return "the server thinks for long: nothing here would help";
	case VERDICT_TRANSFER: return "--compressed, or a server nearer by or with more room: nothing here held it up";
	case VERDICT_LOSS: return "a path with less loss: what was lost had to be waited for";
	case VERDICT_LIMIT: return "a larger --limit-rate";
	case VERDICT_WRITE: return "-o on a faster disk, or a reader of standard output that keeps up";
	case VERDICT_PARTS: break;
	}
	return "";
}

void
verdict_advice(const struct verdict *verdict, char *text, size_t text_bytes)
{
	uint64_t part_us = verdict->parts_us[verdict->largest];
	text[0] = '\0';
	if (part_us < NOTICEABLE_US || part_us * 100 < verdict->total_us * LARGE_PERCENT)
		return;
	(void)snprintf(text, text_bytes, "%s", advice_for(verdict->largest));
}
