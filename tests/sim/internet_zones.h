/*
 * internet_zones.h - who serves what in the small Internet, and what is true about it.
 *
 * Customers' zones are spread over the hosters and over the four top-level domains; each holds hosts, aliases
 * within and across zones, a DNAME, a wildcard, empty non-terminals and a child zone at another hoster.  A
 * question of each kind can be made about each customer, with the answer that it must get.
 */
#ifndef CAIRN_TESTS_SIM_INTERNET_ZONES_H
#define CAIRN_TESTS_SIM_INTERNET_ZONES_H

#include "resolver/answer.h"
#include "tests/sim/internet.h"

#define ZONES_CUSTOMERS  63u
#define ZONES_TTL_S      300u /* of all data of customers' zones */
#define ZONES_NEGATIVE_S 60u  /* of what they do not have */

enum kind {
	KIND_HOST,    /* www A */
	KIND_HOST6,   /* www AAAA */
	KIND_MAIL,    /* MX of the apex */
	KIND_ALIAS,   /* a CNAME within the zone */
	KIND_AWAY,    /* a CNAME into another zone */
	KIND_CHAIN,   /* a CNAME to a CNAME to a host: three zones */
	KIND_RENAMED, /* below a DNAME into another zone */
	KIND_WILD,    /* from a wildcard */
	KIND_DEEP,    /* below empty non-terminals */
	KIND_LAB,     /* in a child zone at another hoster */
	KIND_BIG,     /* TXT: an answer of almost 1232 octets */
	KIND_EMPTY,   /* an empty non-terminal: NODATA */
	KIND_NO_TYPE, /* NODATA */
	KIND_NO_NAME, /* NXDOMAIN */
	KIND_GONE,    /* an alias for a name that does not exist: NXDOMAIN */
	KINDS,
};

struct zones_question {
	unsigned customer;
	enum kind kind;
	char qname[INTERNET_NAME_BYTES];
	uint16_t qtype, rcode;
	char owner[INTERNET_NAME_BYTES]; /* of the record that the answer must end with */
	char value[INTERNET_NAME_BYTES]; /* "": any; a negative answer: owner is the apex of the SOA */
};

/* Loads every operator's zones. */
void zones_load(struct internet *internet);

void zones_question(struct zones_question *question, unsigned customer, enum kind kind);
bool zones_answer_is_right(const struct zones_question *question, const struct answer *answer);

/* Whether all servers that must be asked for it, one of each zone, have addresses of that family. */
bool zones_is_reachable(const struct internet *internet, const struct zones_question *question,
			enum internet_family family);

/* The operators of a customer's zone; the second may be OPERATORS: none. */
void zones_operators(unsigned customer, enum operator_id operators[2]);

#endif
