#include "tests/sim/internet_zones.h"

#include <stdarg.h>
#include <stdio.h>

#include "tests/resolver/iterate/records.h"
#include "tests/suite.h"

#define TEXT_BYTES 131072u
#define BIG_TEXTS  5u /* records of BIG_OCTETS each: with name and headers just below 1232 octets */
#define BIG_OCTETS 210u

static const char *const tlds[] = { "com.", "net.", "org.", "example." };

/* Customers of one group have the same hosters. */
static const struct {
	const char *label;
	enum operator_id operators[2];
} groups[] = {
	{ "stone", { OPERATOR_STONE, OPERATORS } },
	{ "slate", { OPERATOR_SLATE, OPERATORS } },
	{ "marble", { OPERATOR_MARBLE, OPERATORS } },
	{ "flint", { OPERATOR_FLINT, OPERATORS } },
	{ "granite", { OPERATOR_GRANITE, OPERATORS } },
	{ "quartz", { OPERATOR_QUARTZ, OPERATORS } },
	{ "basalt", { OPERATOR_BASALT, OPERATORS } },
	{ "pair", { OPERATOR_STONE, OPERATOR_SLATE } },
	{ "split", { OPERATOR_FLINT, OPERATOR_MARBLE } },
};
static_assert(ZONES_CUSTOMERS % COUNT(groups) == 0, "as many customers in each group");

/* The zones in which the operators' own servers are named, and whose machines serve them. */
static const struct {
	const char *apex, *parent;
	enum operator_id servers; /* named in it */
	enum operator_id host;
} homes[] = {
	{ "root-servers.net.", "net.", OPERATOR_ROOT, OPERATOR_ROOT },
	{ "gtld-servers.net.", "net.", OPERATOR_GTLD, OPERATOR_GTLD },
	{ "org-servers.org.", "org.", OPERATOR_ORG, OPERATOR_ORG },
	{ "nic.example.", "example.", OPERATOR_CCTLD, OPERATOR_CCTLD },
	{ "stone.net.", "net.", OPERATOR_STONE, OPERATOR_STONE },
	{ "slate.org.", "org.", OPERATOR_SLATE, OPERATOR_SLATE },
	{ "marble.org.", "org.", OPERATOR_MARBLE, OPERATOR_MARBLE },
	{ "flint.com.", "com.", OPERATOR_FLINT, OPERATOR_FLINT },
	{ "quartz.example.", "example.", OPERATOR_QUARTZ, OPERATOR_QUARTZ },
	{ "basalt.com.", "com.", OPERATOR_BASALT, OPERATOR_SLATE },
};

/* ---- writing zones --------------------------------------------------------------------------- */

struct text {
	char bytes[TEXT_BYTES];
	size_t used;
};

static void add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
add(struct text *text, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int written =
		vsnprintf(text->bytes + text->used, sizeof text->bytes - text->used, format, args);
	va_end(args);
	ck_assert(written >= 0 && (size_t)written < sizeof text->bytes - text->used);
	text->used += (size_t)written;
}

static void
begin(struct text *text, unsigned ttl_s, unsigned negative_s)
{
	text->used = 0;
	add(text, "$TTL %u\n@ SOA mname.invalid. rname.invalid. 1 7200 3600 1209600 %u\n", ttl_s,
	    negative_s);
}

static void
load(struct internet *internet, enum operator_id operator, const char * apex,
     const struct text *text)
{
	struct auth *auth = &internet->operators[operator].auth;
	ck_assert_msg(auth_load(auth, apex, text->bytes) == 0, "zone %s, line %u: %s", apex,
		      auth->line, auth->why);
}

static void
add_addrs(struct text *text, const char *owner, const struct machine *machine)
{
	char addr[ADDR_TEXT_BYTES];
	if (machine->addrs[INTERNET_V4].family != ADDR_NONE)
		add(text, "%s 86400 A %s\n", owner,
		    addr_to_text(&machine->addrs[INTERNET_V4], addr, sizeof addr));
	if (machine->addrs[INTERNET_V6].family != ADDR_NONE)
		add(text, "%s 86400 AAAA %s\n", owner,
		    addr_to_text(&machine->addrs[INTERNET_V6], addr, sizeof addr));
}

static void
add_ns(struct text *text, const struct internet *internet, const char *owner,
       enum operator_id operator)
{
	char name[INTERNET_NAME_BYTES];
	for (unsigned i = 0; i < internet->operators[operator].machine_count; i++)
		add(text, "%s 86400 NS %s\n", owner, internet_server_name(operator, i, name));
}

static void
add_server_addrs(struct text *text, const struct internet *internet, enum operator_id operator)
{
	const struct operator* servers = & internet->operators[operator];
	char name[INTERNET_NAME_BYTES];
	for (unsigned i = 0; i < servers->machine_count; i++)
		add_addrs(text, internet_server_name(operator, i, name), &servers->machines[i]);
}

/* ---- customers ------------------------------------------------------------------------------- */

void
zones_operators(unsigned customer, enum operator_id operators[2])
{
	memcpy(operators, groups[customer % COUNT(groups)].operators, 2 * sizeof *operators);
}

static const char *
tld_of(unsigned customer)
{
	return tlds[customer / COUNT(groups) % COUNT(tlds)];
}

static const char *
apex_of(unsigned customer, char apex[INTERNET_NAME_BYTES])
{
	customer %= ZONES_CUSTOMERS;
	snprintf(apex, INTERNET_NAME_BYTES, "%s%zu.%s", groups[customer % COUNT(groups)].label,
		 customer / COUNT(groups), tld_of(customer));
	return apex;
}

/* The servers of one of the customer's zones; granite's have names in each. */
static void
add_customer_ns(struct text *text, const struct internet *internet, unsigned customer,
		const char *owner)
{
	enum operator_id operators[2];

	zones_operators(customer, operators);
	for (unsigned i = 0; i < 2 && operators[i] != OPERATORS; i++) {
		const struct operator* hoster = & internet->operators[operators[i]];
		if (operators[i] != OPERATOR_GRANITE) {
			add_ns(text, internet, owner, operators[i]);
			continue;
		}
		for (unsigned m = 0; m < hoster->machine_count; m++) {
			char name[INTERNET_NAME_BYTES + 8];
			snprintf(name, sizeof name, "ns%u.%s", m + 1, owner);
			add(text, "%s 86400 NS %s\n", owner, name);
			add_addrs(text, name, &hoster->machines[m]);
		}
	}
}

static void
load_customer_zone(struct internet *internet, unsigned customer, const char *apex,
		   const struct text *text)
{
	enum operator_id operators[2];
	zones_operators(customer, operators);
	for (unsigned i = 0; i < 2 && operators[i] != OPERATORS; i++)
		load(internet, operators[i], apex, text);
}

/* Served by the hosters of the next customer. */
static void
load_lab(struct internet *internet, struct text *text, unsigned customer)
{
	char apex[INTERNET_NAME_BYTES], lab[INTERNET_NAME_BYTES + 8];
	unsigned hosters = (customer + 1) % ZONES_CUSTOMERS;

	snprintf(lab, sizeof lab, "lab.%s", apex_of(customer, apex));
	begin(text, ZONES_TTL_S, ZONES_NEGATIVE_S);
	add_customer_ns(text, internet, hosters, lab);
	add(text, "www A 10.1.%u.1\n", customer);
	load_customer_zone(internet, hosters, lab, text);
}

static void
load_customer(struct internet *internet, struct text *text, unsigned customer)
{
	char apex[INTERNET_NAME_BYTES], next[INTERNET_NAME_BYTES], lab[INTERNET_NAME_BYTES + 8];

	apex_of(customer, apex);
	apex_of(customer + 1, next);
	begin(text, ZONES_TTL_S, ZONES_NEGATIVE_S);
	add_customer_ns(text, internet, customer, apex);
	add(text, "@ MX 10 mail\nmail A 10.0.%u.2\n", customer);
	add(text, "www A 10.0.%u.1\nwww AAAA 2001:db8:ffff:%u::1\n", customer, customer);
	add(text, "alias CNAME www\naway CNAME www.%s\nchain CNAME away.%s\n", next, next);
	add(text, "gone CNAME nothing.%s\nold DNAME %s\n", next, next);
	add(text, "*.wild A 10.0.%u.3\nhost.b.c.deep A 10.0.%u.4\n", customer, customer);
	for (unsigned i = 0; i < BIG_TEXTS; i++)
		add(text, "big TXT \"%0*u\"\n", BIG_OCTETS, i);
	snprintf(lab, sizeof lab, "lab.%s", apex);
	add_customer_ns(text, internet, (customer + 1) % ZONES_CUSTOMERS, lab);
	load_customer_zone(internet, customer, apex, text);
	load_lab(internet, text, customer);
}

/* ---- above them ------------------------------------------------------------------------------ */

static void
load_home(struct internet *internet, struct text *text, unsigned home)
{
	begin(text, 86400, ZONES_NEGATIVE_S);
	add_ns(text, internet, homes[home].apex, homes[home].host);
	add_server_addrs(text, internet, homes[home].servers);
	load(internet, homes[home].host, homes[home].apex, text);
}

/* Delegations with the glue of servers that are named below the cut. */
static void
load_tld(struct internet *internet, struct text *text, const char *tld, enum operator_id operator)
{
	char apex[INTERNET_NAME_BYTES];

	begin(text, 86400, 900);
	add_ns(text, internet, tld, operator);
	for (unsigned i = 0; i < COUNT(homes); i++) {
		if (strcmp(homes[i].parent, tld) != 0)
			continue;
		add_ns(text, internet, homes[i].apex, homes[i].host);
		if (homes[i].servers == homes[i].host)
			add_server_addrs(text, internet, homes[i].host);
	}
	for (unsigned i = 0; i < ZONES_CUSTOMERS; i++)
		if (tld_of(i) == tld)
			add_customer_ns(text, internet, i, apex_of(i, apex));
	load(internet, operator, tld, text);
}

static enum operator_id
registry_of(const char *tld)
{
	return strcmp(tld, "org.") == 0       ? OPERATOR_ORG
	       : strcmp(tld, "example.") == 0 ? OPERATOR_CCTLD
					      : OPERATOR_GTLD;
}

static void
load_root(struct internet *internet, struct text *text)
{
	begin(text, 86400, 86400);
	add_ns(text, internet, ".", OPERATOR_ROOT);
	for (unsigned i = 0; i < COUNT(tlds); i++)
		add_ns(text, internet, tlds[i], registry_of(tlds[i]));
	for (enum operator_id i = OPERATOR_ROOT; i <= OPERATOR_CCTLD; i++)
		add_server_addrs(text, internet, i);
	load(internet, OPERATOR_ROOT, ".", text);
}

void
zones_load(struct internet *internet)
{
	struct text *text = malloc(sizeof *text);

	ck_assert_ptr_nonnull(text);
	load_root(internet, text);
	for (unsigned i = 0; i < COUNT(tlds); i++)
		load_tld(internet, text, tlds[i], registry_of(tlds[i]));
	for (unsigned i = 0; i < COUNT(homes); i++)
		load_home(internet, text, i);
	for (unsigned i = 0; i < ZONES_CUSTOMERS; i++)
		load_customer(internet, text, i);
	free(text);
}

/* ---- what is true ---------------------------------------------------------------------------- */

/* hops: how many customers on the host is that the last record belongs to. */
static const struct {
	const char *label; /* before the apex */
	uint16_t qtype, rcode;
	unsigned hops;
	const char *owner;          /* of the last record; NULL: the answer is negative */
	const char *before, *after; /* its value, around the customer's number; NULL: any */
} kinds[KINDS] = {
	[KIND_HOST] = { "www.", TYPE_A, RCODE_NOERROR, 0, "www.", "10.0.", ".1" },
	[KIND_HOST6] = { "www.", TYPE_AAAA, RCODE_NOERROR, 0, "www.", "2001:db8:ffff:", "::1" },
	[KIND_MAIL] = { "", TYPE_MX, RCODE_NOERROR, 0, "", NULL, NULL },
	[KIND_ALIAS] = { "alias.", TYPE_A, RCODE_NOERROR, 0, "www.", "10.0.", ".1" },
	[KIND_AWAY] = { "away.", TYPE_A, RCODE_NOERROR, 1, "www.", "10.0.", ".1" },
	[KIND_CHAIN] = { "chain.", TYPE_AAAA, RCODE_NOERROR, 2, "www.", "2001:db8:ffff:", "::1" },
	[KIND_RENAMED] = { "www.old.", TYPE_A, RCODE_NOERROR, 1, "www.", "10.0.", ".1" },
	[KIND_WILD] = { "any.thing.wild.", TYPE_A, RCODE_NOERROR, 0, "any.thing.wild.", "10.0.",
			".3" },
	[KIND_DEEP] = { "host.b.c.deep.", TYPE_A, RCODE_NOERROR, 0, "host.b.c.deep.", "10.0.",
			".4" },
	[KIND_LAB] = { "www.lab.", TYPE_A, RCODE_NOERROR, 0, "www.lab.", "10.1.", ".1" },
	[KIND_BIG] = { "big.", TYPE_TXT, RCODE_NOERROR, 0, "big.", NULL, NULL },
	[KIND_EMPTY] = { "b.c.deep.", TYPE_A, RCODE_NOERROR, 0, NULL, NULL, NULL },
	[KIND_NO_TYPE] = { "www.", TYPE_TXT, RCODE_NOERROR, 0, NULL, NULL, NULL },
	[KIND_NO_NAME] = { "nothing.", TYPE_A, RCODE_NXDOMAIN, 0, NULL, NULL, NULL },
	[KIND_GONE] = { "gone.", TYPE_A, RCODE_NXDOMAIN, 1, NULL, NULL, NULL },
};

void
zones_question(struct zones_question *question, unsigned customer, enum kind kind)
{
	char apex[INTERNET_NAME_BYTES];
	unsigned last = (customer + kinds[kind].hops) % ZONES_CUSTOMERS;

	*question = (struct zones_question){
		.customer = customer,
		.kind = kind,
		.qtype = kinds[kind].qtype,
		.rcode = kinds[kind].rcode,
	};
	snprintf(question->qname, sizeof question->qname, "%s%s", kinds[kind].label,
		 apex_of(customer, apex));
	snprintf(question->owner, sizeof question->owner, "%s%s",
		 kinds[kind].owner != NULL ? kinds[kind].owner : "", apex_of(last, apex));
	if (kinds[kind].before != NULL)
		snprintf(question->value, sizeof question->value, "%s%u%s", kinds[kind].before,
			 last, kinds[kind].after);
}

static bool
is_negative(const struct zones_question *question)
{
	return kinds[question->kind].owner == NULL;
}

bool
zones_answer_is_right(const struct zones_question *question, const struct answer *answer)
{
	const struct rrset *sets = answer->sections[SECTION_ANSWER];

	if (answer->rcode != question->rcode)
		return false;
	if (kinds[question->kind].hops > 0 && !records_has(sets, question->qname, TYPE_CNAME, NULL))
		return false;
	if (is_negative(question))
		return !records_has(sets, question->owner, question->qtype, NULL) &&
		       records_has(answer->sections[SECTION_AUTHORITY], question->owner, TYPE_SOA,
				   NULL);
	return records_has(sets, question->owner, question->qtype,
			   question->value[0] != '\0' ? question->value : NULL);
}

static bool
has_server(const struct internet *internet, unsigned customer, enum internet_family family)
{
	enum operator_id operators[2];

	zones_operators(customer % ZONES_CUSTOMERS, operators);
	for (unsigned i = 0; i < 2 && operators[i] != OPERATORS; i++) {
		const struct operator* hoster = & internet->operators[operators[i]];
		for (unsigned m = 0; m < hoster->machine_count; m++)
			if (hoster->machines[m].addrs[family].family != ADDR_NONE)
				return true;
	}
	return false;
}

/* Registries, and slate where basalt's servers are named, have both families. */
bool
zones_is_reachable(const struct internet *internet, const struct zones_question *question,
		   enum internet_family family)
{
	unsigned further = question->kind == KIND_LAB ? 1 : kinds[question->kind].hops;

	for (unsigned i = 0; i <= further; i++)
		if (!has_server(internet, question->customer + i, family))
			return false;
	return true;
}
