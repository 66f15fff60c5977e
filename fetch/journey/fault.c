#include "fetch/journey/fault.h"

#include <stdio.h>
#include <string.h>

#define ANY_LAYER (-1)

/* By the id of the failure (failure.h), its finer cause (NULL: any), and where it broke; the first that fits. */
static const struct {
	const char *result, *detail;
	int layer;
	const char *text;
} advices[] = {
	{ "scheme", NULL, ANY_LAYER, "a URL of http, https, ftp, file or data" },
	{ "url", NULL, ANY_LAYER, "--parse-url, which tells how a URL is read" },
	{ "proxy-resolve", NULL, ANY_LAYER, "the name in --proxy or in the environment, or --noproxy to go without" },
	{ "proxy", NULL, ANY_LAYER, "--proxy-user, or --noproxy to go without: the proxy has refused" },
	{ "resolve", NULL, ANY_LAYER, "the spelling of the name; --resolver self asks from the root, --resolve gives an address" },
	{ "dns-bogus", NULL, ANY_LAYER, "later: the zone's owner has to mend its signatures; --resolve gives an address that you trust" },
	{ "connect", "refused", ANY_LAYER, "another port, or later: the host is there, and no server listens on this one" },
	{ "connect", "prohibited", ANY_LAYER, "another network or a proxy (-x): a firewall on the way forbids it" },
	{ "connect", "silent", ANY_LAYER, "-4 or -6, or another network: packets to it vanish; --hops shows how far they come" },
	{ "connect", NULL, ANY_LAYER, "-4 or -6, or later; --hops shows how far packets come" },
	{ "no-neighbour", NULL, ANY_LAYER, "is it switched on, and in this network? Nobody on the link answers for the next hop's address" },
	{ "no-route", NULL, ANY_LAYER, "-4 or -6, or later; --hops shows the last router that answers" },
	{ "interface", NULL, ANY_LAYER, "-4 or -6, or another --interface" },
	{ "ports", NULL, ANY_LAYER, "a smaller --parallel-max" },
	{ "privilege", NULL, ANY_LAYER, "as root, or with CAP_NET_RAW" },
	{ "certificate", "expired", ANY_LAYER, "later: the server's owner has to renew it; is this host's clock right?" },
	{ "certificate", "early", ANY_LAYER, "later; is this host's clock right?" },
	{ "certificate", "name", ANY_LAYER, "the name that it is for in the URL, with --connect-to to keep the address" },
	{ "certificate", "self-signed", ANY_LAYER, "--cacert with this certificate, when you have it from its owner" },
	{ "certificate", "issuer", ANY_LAYER, "--cacert with the issuer's certificate, when you trust it; else somebody may be in between" },
	{ "certificate", NULL, ANY_LAYER, "its owner has to mend it; -k goes on with whoever it is" },
	{ "pinned", NULL, ANY_LAYER, "its owner, who may have a new key: else somebody is in between" },
	{ "client-certificate", NULL, ANY_LAYER, "--cert and --key: the server wants another one" },
	{ "roots", NULL, ANY_LAYER, "the files of --cacert or --capath, or the package ca-certificates" },
	{ "tls", "plain", ANY_LAYER, "http:// in place of https://, or another port" },
	{ "tls", NULL, ANY_LAYER, "--tlsv1.2, or -v to see what is said: the two sides do not agree" },
	{ "timeout", NULL, JOURNEY_DNS, "--resolver self or another resolver: this one does not answer in time" },
	{ "timeout", NULL, JOURNEY_TCP, "-4 or -6, or a longer --connect-timeout: packets to it vanish; --hops shows how far they come" },
	{ "timeout", NULL, JOURNEY_TLS, "another port, or later: the server has the connection and says nothing" },
	{ "timeout", NULL, JOURNEY_HTTP, "a longer --max-time, or -C - to go on later from what has come" },
	{ "empty", NULL, ANY_LAYER, "later, or https: the server took the request and closed without a word" },
	{ "receive", NULL, JOURNEY_TLS, "later: the server, or a firewall before it, cut the handshake" },
	{ "receive", NULL, ANY_LAYER, "--retry, or -C - to go on from what has come: the server, or a box on the way, cut the connection" },
	{ "send", NULL, ANY_LAYER, "--retry: the server, or a box on the way, cut the connection" },
	{ "partial", NULL, ANY_LAYER, "--retry, or -C - to go on from what has come" },
	{ "http2", NULL, ANY_LAYER, "--http1.1" },
	{ "http2-stream", NULL, ANY_LAYER, "--retry, or --http1.1" },
	{ "weird-reply", NULL, ANY_LAYER, "another port, or -v to see what came: that is no reply of HTTP" },
	{ "coding", NULL, ANY_LAYER, "without --compressed: the server's compression is damaged" },
	{ "status", NULL, ANY_LAYER, "--fail-with-body to read what the server says about it" },
	{ "redirects", NULL, ANY_LAYER, "--max-redirs, unless they go round in a circle: -v shows them" },
	{ "range", NULL, ANY_LAYER, "without -r or -C: the server does not give parts" },
	{ "resume", NULL, ANY_LAYER, "without -C" },
	{ "changed", NULL, ANY_LAYER, "without -C: there is another version now" },
	{ "size", NULL, ANY_LAYER, "a larger --max-filesize" },
	{ "checksum", NULL, ANY_LAYER, "later, or another mirror: this is not the file that was meant" },
	{ "login", NULL, ANY_LAYER, "-u with another name or password" },
	{ "write", NULL, ANY_LAYER, "-o elsewhere: is there room, and may it be written?" },
};

static bool
is(const struct journey_event *event, enum journey_layer layer, const char *name)
{
	return event->layer == layer && strcmp(event->name, name) == 0;
}

/* From here on it is about what comes behind. */
static bool
is_progress(const struct journey_event *event)
{
	if (event->is_bad || event->layer == JOURNEY_ROUTE || event->layer == JOURNEY_LINK || is(event, JOURNEY_POLICY, "attempt"))
		return false;
	return event->layer == JOURNEY_URL || event->layer == JOURNEY_POLICY || is(event, JOURNEY_DNS, "answer") ||
	       strcmp(event->name, "open") == 0 || is(event, JOURNEY_HTTP, "head");
}

/* One family's name need not be there. */
static bool
is_got_over(const struct fault *fault, const struct journey_event *event)
{
	return event->layer == JOURNEY_DNS && fault->good != NULL && fault->good->layer == JOURNEY_DNS;
}

/* A segment that is sent again is the sign of something, which may be told later. */
static bool
is_mere_sign(const struct journey_event *event)
{
	return is(event, JOURNEY_TCP, "lost");
}

/* The layer whose turn it was behind the last good step. */
static enum journey_layer
layer_behind(const struct journey_event *good, bool is_connecting, bool is_https)
{
	if (is_connecting || (good != NULL && good->layer == JOURNEY_DNS))
		return JOURNEY_TCP;
	if (good == NULL || good->layer == JOURNEY_URL)
		return JOURNEY_DNS;
	return good->layer == JOURNEY_TCP && is_https ? JOURNEY_TLS : JOURNEY_HTTP;
}

static const char *
advice_for(const char *result, const char *detail, enum journey_layer layer)
{
	for (size_t i = 0; i < sizeof advices / sizeof *advices; i++)
		if (strcmp(advices[i].result, result) == 0 &&
		    (advices[i].detail == NULL || strcmp(advices[i].detail, detail) == 0) &&
		    (advices[i].layer == ANY_LAYER || advices[i].layer == (int)layer))
			return advices[i].text;
	return "";
}

static void
take(struct fault *fault, const struct journey_event *event)
{
	bool is_earlier = fault->bad != NULL && event->at_us < fault->bad->at_us; /* told late */
	if (is_progress(event) && !is_earlier) {
		fault->good = event;
		fault->bad = NULL;
	} else if (event->is_bad && !is_got_over(fault, event) &&
		   (fault->bad == NULL || (is_mere_sign(fault->bad) && event->layer != JOURNEY_OUT))) {
		fault->bad = event;
	}
}

void
fault_find(struct fault *fault, const struct story *story, const struct journey_end *end)
{
	const struct journey_event *last = NULL;
	bool is_https = false, is_connecting = false;

	*fault = (struct fault){ .layer = JOURNEY_OUT };
	for (const struct journey_event *event = story->journey->first; event != NULL; event = event->next) {
		if (event->request != end->request || event->layer == JOURNEY_PATH)
			continue;
		if (is(event, JOURNEY_URL, "parsed"))
			is_https = strncmp(journey_field_text(event, "href"), "https:", 6) == 0;
		else if (is(event, JOURNEY_POLICY, "redirect"))
			is_https = strncmp(journey_field_text(event, "to"), "https:", 6) == 0;
		is_connecting = is(event, JOURNEY_TCP, "syn") || (is_connecting && !is_progress(event));
		take(fault, event);
		last = event;
		if (event->is_end)
			break;
	}
	if (fault->bad != NULL)
		fault->layer = fault->bad->layer;
	if (fault->layer == JOURNEY_OUT)
		fault->layer = layer_behind(fault->good, is_connecting, is_https);
	fault->advice = advice_for(end->result, last != NULL ? journey_field_text(last, "detail") : "", fault->layer);
}

void
fault_advice(const struct story *story, const struct journey_end *end, char *text, size_t text_bytes)
{
	struct fault fault;

	if (!end->is_bad) {
		verdict_advice(&end->verdict, text, text_bytes);
		return;
	}
	fault_find(&fault, story, end);
	(void)snprintf(text, text_bytes, "%s", fault.advice);
}
