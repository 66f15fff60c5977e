#include "fetch/override.h"

#include "stack/base/err.h"

/* Up to the next colon, which is passed over; a host in brackets without them. False: there is no colon. */
static bool
take(struct span *text, struct span *field)
{
	const bool has_bracket = text->bytes > 0 && text->at[0] == '[';
	const size_t end = has_bracket ? span_find(*text, ']') : span_find(*text, ':');

	if (end == text->bytes)
		return false;
	if (!has_bracket) {
		*field = span_first(*text, end);
		*text = span_from(*text, end + 1);
		return true;
	}
	*field = span_from(span_first(*text, end), 1);
	*text = span_from(*text, end + 1);
	if (text->bytes == 0 || text->at[0] != ':')
		return false;
	*text = span_from(*text, 1);
	return true;
}

/* Empty is 0, where that is allowed. */
static bool
read_port(struct span text, bool may_be_empty, uint16_t *port)
{
	uint64_t number = 0;

	if (text.bytes == 0 && may_be_empty) {
		*port = 0;
		return true;
	}
	const bool is_good = span_to_number(text, UINT16_MAX, &number) && number != 0;
	*port = (uint16_t)number;
	return is_good;
}

static bool
read_addr(struct ip_addr *addr, struct span text)
{
	char copy[ADDR_TEXT_BYTES];

	if (text.bytes >= 2 && text.at[0] == '[' && text.at[text.bytes - 1] == ']')
		text = span_from(span_first(text, text.bytes - 1), 1);
	if (text.bytes == 0 || text.bytes >= sizeof copy)
		return false;
	memcpy(copy, text.at, text.bytes);
	copy[text.bytes] = '\0';
	return addr_from_text(addr, copy) == 0;
}

/* Their number; 0: one of them is no address, or there are too many. */
static unsigned
read_addrs(struct span text, struct ip_addr addrs[OVERRIDE_ADDRS_MAX])
{
	unsigned count = 0;

	for (;;) {
		const size_t end = span_find(text, ',');
		if (count == OVERRIDE_ADDRS_MAX || !read_addr(&addrs[count++], span_first(text, end)))
			return 0;
		if (end == text.bytes)
			return count;
		text = span_from(text, end + 1);
	}
}

static int
refuse(struct failure *failure, const char *option, const char *text, const char *form)
{
	failure_set(failure, FAILURE_USAGE, "%s %s: is to be %s", option, text, form);
	return ERR_MALFORMED;
}

int
overrides_add_resolve(struct overrides *overrides, const char *text, struct failure *failure)
{
	struct override_resolve *entry = &overrides->resolves[overrides->resolve_count];
	struct ip_addr addrs[OVERRIDE_ADDRS_MAX];
	struct span rest = span_from_text(text), port;

	if (overrides->resolve_count == OVERRIDES_MAX) {
		failure_set(failure, FAILURE_USAGE, "--resolve: more than %u", OVERRIDES_MAX);
		return ERR_FULL;
	}
	if (rest.bytes > 0 && rest.at[0] == '+')
		rest = span_from(rest, 1);
	if (!take(&rest, &entry->host) || entry->host.bytes == 0 || !take(&rest, &port) ||
	    !read_port(port, false, &entry->port) || read_addrs(rest, addrs) == 0)
		return refuse(failure, "--resolve", text, "HOST:PORT:ADDRESS[,ADDRESS]...");
	entry->addrs = rest;
	overrides->resolve_count++;
	return 0;
}

int
overrides_add_connect_to(struct overrides *overrides, const char *text, struct failure *failure)
{
	struct override_connect *entry = &overrides->connects[overrides->connect_count];
	struct span rest = span_from_text(text), port;

	if (overrides->connect_count == OVERRIDES_MAX) {
		failure_set(failure, FAILURE_USAGE, "--connect-to: more than %u", OVERRIDES_MAX);
		return ERR_FULL;
	}
	if (!take(&rest, &entry->host) || !take(&rest, &port) || !read_port(port, true, &entry->port) ||
	    !take(&rest, &entry->to_host) || !read_port(rest, true, &entry->to_port))
		return refuse(failure, "--connect-to", text, "HOST1:PORT1:HOST2:PORT2");
	overrides->connect_count++;
	return 0;
}

void
overrides_connect(const struct overrides *overrides, struct span *host, uint16_t *port)
{
	for (unsigned i = 0; i < overrides->connect_count; i++) {
		const struct override_connect *entry = &overrides->connects[i];
		if (entry->host.bytes != 0 && !span_equals_nocase(entry->host, *host))
			continue;
		if (entry->port != 0 && entry->port != *port)
			continue;
		if (entry->to_host.bytes != 0)
			*host = entry->to_host;
		if (entry->to_port != 0)
			*port = entry->to_port;
		return;
	}
}

static const struct override_resolve *
find(const struct overrides *overrides, struct span host, uint16_t port)
{
	for (unsigned i = 0; i < overrides->resolve_count; i++) {
		const struct override_resolve *entry = &overrides->resolves[i];
		if (entry->port == port && span_equals_nocase(entry->host, host))
			return entry;
	}
	return NULL;
}

unsigned
overrides_resolve(const struct overrides *overrides, struct span host, uint16_t port,
		  struct ip_addr addrs[OVERRIDE_ADDRS_MAX])
{
	const struct override_resolve *entry = find(overrides, host, port);

	if (entry == NULL)
		entry = find(overrides, SPAN("*"), port);
	return entry == NULL ? 0 : read_addrs(entry->addrs, addrs);
}
