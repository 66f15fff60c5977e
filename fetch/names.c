#include "fetch/names.h"

#include <stdlib.h>
#include <string.h>

#include "fetch/self.h"
#include "stack/base/err.h"

#define KINDS 3u

struct names {
	struct net *net;
	struct names_options options;
	struct stub stub;
	struct self *self; /* NULL: not needed yet */
	struct names_ask *asks; /* open ones */
};

struct names_ask {
	struct names *names;
	struct names_ask *next, **link;
	struct question question; /* its type is that of the part */
	names_answer_cb on_answer;
	void *data;
	struct net_timer timer; /* answers that nobody has to be asked for */
	unsigned local_kinds;
	struct names_part {
		struct names_ask *ask;
		unsigned kind;
		struct stub_query *query; /* NULL: answered, or not wanted */
		uint64_t client;          /* the same of self; 0 */
	} parts[KINDS];
};

/* ---- options ------------------------------------------------------------------------------------------- */

static int
refuse(struct failure *failure, const char *text)
{
	failure_set(failure, FAILURE_USAGE,
		    "--resolver %s: is `self`, `self=FILE`, `daemon`, or up to %u addresses separated by commas, as in "
		    "192.0.2.53 or [2001:db8::53]:5353",
		    text, NAMES_SERVERS_MAX);
	return ERR_MALFORMED;
}

static bool
read_port(const char *text, uint16_t *port)
{
	char *end;
	const unsigned long number = strtoul(text, &end, 10);

	*port = (uint16_t)number;
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && number > 0 && number <= UINT16_MAX;
}

/* "192.0.2.53", "192.0.2.53:5353", "2001:db8::53", "[2001:db8::53]:5353"; the text is written to. */
static bool
read_server(struct stub_server *server, char *text)
{
	server->port = NAMES_PORT;
	if (addr_from_text(&server->addr, text) == 0)
		return true;
	char *colon = strrchr(text, ':');
	char *bracket = text[0] == '[' ? strchr(text, ']') : NULL;
	if (bracket != NULL && (bracket[1] == '\0' || bracket + 1 == colon)) {
		const bool has_port = bracket[1] == ':';
		*bracket = '\0';
		return addr_from_text(&server->addr, text + 1) == 0 &&
		       (!has_port || read_port(colon + 1, &server->port));
	}
	if (colon == NULL)
		return false;
	*colon = '\0';
	return addr_from_text(&server->addr, text) == 0 && read_port(colon + 1, &server->port);
}

int
names_options_read(struct names_options *options, const char *text, struct failure *failure)
{
	char one[ADDR_TEXT_BYTES + 10];

	*options = (struct names_options){ .source = NAMES_SERVER };
	if (strcmp(text, "self") == 0 || strcmp(text, "daemon") == 0) {
		options->source = text[0] == 's' ? NAMES_SELF : NAMES_DAEMON;
		return 0;
	}
	if (strncmp(text, "self=", 5) == 0) {
		options->source = NAMES_SELF;
		options->self_config = text + 5;
		return 0;
	}
	for (const char *at = text;; at++) {
		const size_t bytes = strcspn(at, ",");
		if (options->server_count == NAMES_SERVERS_MAX || bytes >= sizeof one)
			return refuse(failure, text);
		memcpy(one, at, bytes);
		one[bytes] = '\0';
		if (!read_server(&options->servers[options->server_count++], one))
			return refuse(failure, text);
		at += bytes;
		if (*at == '\0')
			return 0;
	}
}

/* ---- life ---------------------------------------------------------------------------------------------- */

/* This host's daemon. */
static void
default_servers(struct names_options *options)
{
	options->servers[0] = (struct stub_server){ .port = NAMES_PORT };
	options->servers[1] = options->servers[0];
	(void)addr_from_text(&options->servers[0].addr, "127.0.0.1");
	(void)addr_from_text(&options->servers[1].addr, "::1");
	options->server_count = 2;
}

int
names_open(struct names **opened, struct net *net, const struct names_options *options,
	   struct failure *failure)
{
	struct names_options chosen = *options;
	struct names *names = calloc(1, sizeof *names);

	if (chosen.source != NAMES_SERVER)
		default_servers(&chosen);
	if (names == NULL || stub_init(&names->stub, net, chosen.servers, chosen.server_count) != 0) {
		free(names);
		failure_set(failure, FAILURE_MEMORY, "names: no memory");
		return ERR_NO_MEMORY;
	}
	names->net = net;
	names->options = chosen;
	*opened = names;
	return 0;
}

void
names_close(struct names *names)
{
	if (names == NULL)
		return;
	while (names->asks != NULL)
		names_cancel(names->asks);
	stub_fini(&names->stub);
	self_free(names->self);
	free(names);
}

/* ---- asking -------------------------------------------------------------------------------------------- */

void
names_cancel(struct names_ask *ask)
{
	for (unsigned i = 0; i < KINDS; i++) {
		if (ask->parts[i].query != NULL)
			stub_cancel(ask->parts[i].query);
		if (ask->parts[i].client != 0)
			self_forget(ask->names->self, ask->parts[i].client);
	}
	net_timer_stop(ask->names->net, &ask->timer);
	*ask->link = ask->next;
	if (ask->next != NULL)
		ask->next->link = ask->link;
	free(ask);
}

static bool
is_over(const struct names_ask *ask)
{
	bool is_asked = ask->local_kinds != 0;

	for (unsigned i = 0; i < KINDS; i++)
		is_asked = is_asked || ask->parts[i].query != NULL || ask->parts[i].client != 0;
	return !is_asked;
}

/* The last answer ends the ask, before the caller hears of it: he may start another or let go of everything. */
static void
deliver(struct names_ask *ask, const struct names_answer *answer)
{
	const names_answer_cb on_answer = ask->on_answer;
	void *data = ask->data;

	if (is_over(ask))
		names_cancel(ask);
	on_answer(data, answer);
}

static struct question
question_of(const struct names_part *part)
{
	struct question question = part->ask->question;

	question.qtype = lookup_type(part->kind);
	return question;
}

static void
on_self_answer(void *data, struct names_answer *answer)
{
	struct names_part *part = data;

	part->client = 0;
	deliver(part->ask, answer);
}

static bool
ask_self(struct names_part *part, struct failure *failure)
{
	struct names *names = part->ask->names;
	const struct question question = question_of(part);

	if (names->self == NULL && net_more_udp(names->net, failure) != 0)
		return false;
	if (names->self == NULL &&
	    self_new(&names->self, names->net, names->options.self_config, failure) != 0)
		return false;
	part->client = self_ask(names->self, &question, part->kind, on_self_answer, part);
	if (part->client == 0)
		failure_set(failure, FAILURE_RESOLVE, "the resolver in this process has no room for more questions");
	return part->client != 0;
}

/* Without a daemon on this host the engine in this process takes its place, for good. */
static void
on_stub_answer(void *data, struct names_answer *answer, bool is_unserved)
{
	struct names_part *part = data;
	struct names *names = part->ask->names;

	part->query = NULL;
	if (is_unserved && names->options.source == NAMES_DAEMON)
		names->options.source = NAMES_SELF;
	if (!is_unserved || names->options.source != NAMES_SELF) {
		deliver(part->ask, answer);
		return;
	}
	failure_clear(&answer->failure);
	if (!ask_self(part, &answer->failure))
		deliver(part->ask, answer);
}

static bool
ask_stub(struct names_part *part, struct failure *failure)
{
	const struct question question = question_of(part);

	part->query = stub_ask(&part->ask->names->stub, &question, part->kind, on_stub_answer, part);
	if (part->query == NULL)
		failure_set(failure, FAILURE_MEMORY, "names: no memory");
	return part->query != NULL;
}

/* RFC 6761, section 6.3. */
static bool
is_localhost(const struct name *name)
{
	struct name localhost;
	const int err = name_from_text(&localhost, "localhost.", NULL);

	return err == 0 && name_is_under(name, &localhost);
}

static void
on_local(void *data)
{
	struct names_ask *ask = data;
	const unsigned kind = ask->local_kinds & -ask->local_kinds; /* the lowest bit */
	struct names_answer answer = { .kind = kind, .addr_count = kind != NAMES_HTTPS, .is_secure = true };

	(void)addr_from_text(&answer.addrs[0], kind == NAMES_IPV6 ? "::1" : "127.0.0.1");
	ask->local_kinds &= ~kind;
	if (ask->local_kinds != 0)
		net_timer_start(ask->names->net, &ask->timer, 0, on_local, ask);
	deliver(ask, &answer);
}

static bool
ask_parts(struct names_ask *ask, unsigned kinds, struct failure *failure)
{
	/* AAAA first (RFC 8305, section 3). */
	static const unsigned order[KINDS] = { NAMES_IPV6, NAMES_IPV4, NAMES_HTTPS };

	if (net_open_udp(ask->names->net, failure) != 0)
		return false;
	for (unsigned i = 0; i < KINDS; i++) {
		struct names_part *part = &ask->parts[i];
		*part = (struct names_part){ .ask = ask, .kind = order[i] };
		if ((kinds & order[i]) == 0)
			continue;
		if (ask->names->options.source == NAMES_SELF ? !ask_self(part, failure)
							     : !ask_stub(part, failure))
			return false;
	}
	return true;
}

struct names_ask *
names_ask(struct names *names, const char *host, unsigned kinds, names_answer_cb on_answer, void *data,
	  struct failure *failure)
{
	struct names_ask *ask = calloc(1, sizeof *ask);

	if (ask == NULL) {
		failure_set(failure, FAILURE_MEMORY, "names: no memory");
		return NULL;
	}
	if (name_from_text(&ask->question.qname, host, NULL) != 0) {
		failure_set(failure, FAILURE_RESOLVE,
			    "%s is no domain name: 63 octets a label and 253 in all are the most", host);
		free(ask);
		return NULL;
	}
	ask->question.qclass = CLASS_IN;
	ask->names = names;
	ask->on_answer = on_answer;
	ask->data = data;
	ask->next = names->asks;
	ask->link = &names->asks;
	if (ask->next != NULL)
		ask->next->link = &ask->next;
	names->asks = ask;
	if (is_localhost(&ask->question.qname)) {
		ask->local_kinds = kinds;
		net_timer_start(names->net, &ask->timer, 0, on_local, ask);
	} else if (!ask_parts(ask, kinds, failure)) {
		names_cancel(ask);
		return NULL;
	}
	return ask;
}
