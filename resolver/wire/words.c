#include "resolver/wire/words.h"

#include "resolver/wire/codec.h"
#include "resolver/wire/message.h"

#define WORDS(array) { array, sizeof(array) / sizeof((array)[0]) }

/* clang-format off */
static const struct word classes[] = {
	{ CLASS_IN, "IN" }, { CLASS_CH, "CH" }, { CLASS_HS, "HS" }, { CLASS_NONE, "NONE" }, { CLASS_ANY, "ANY" },
};

/* RFC 6895, section 2.3; 16 is BADVERS in a message and BADSIG in a TSIG. */
static const struct word rcodes[] = {
	{ 0, "NOERROR" }, { 1, "FORMERR" }, { 2, "SERVFAIL" }, { 3, "NXDOMAIN" }, { 4, "NOTIMP" }, { 5, "REFUSED" },
	{ 6, "YXDOMAIN" }, { 7, "YXRRSET" }, { 8, "NXRRSET" }, { 9, "NOTAUTH" }, { 10, "NOTZONE" },
	{ 11, "DSOTYPENI" }, { 16, "BADVERS" }, { 17, "BADKEY" }, { 18, "BADTIME" }, { 19, "BADMODE" },
	{ 20, "BADNAME" }, { 21, "BADALG" }, { 22, "BADTRUNC" }, { 23, "BADCOOKIE" },
};

static const struct word opcodes[] = {
	{ OPCODE_QUERY, "QUERY" }, { OPCODE_IQUERY, "IQUERY" }, { OPCODE_STATUS, "STATUS" },
	{ OPCODE_NOTIFY, "NOTIFY" }, { OPCODE_UPDATE, "UPDATE" }, { OPCODE_DSO, "DSO" },
};

/* DNSSEC algorithms (RFC 4034, appendix A.1, and the registry it made). */
static const struct word algorithms[] = {
	{ 1, "RSAMD5" }, { 2, "DH" }, { 3, "DSA" }, { 5, "RSASHA1" }, { 6, "DSA-NSEC3-SHA1" },
	{ 7, "RSASHA1-NSEC3-SHA1" }, { 8, "RSASHA256" }, { 10, "RSASHA512" }, { 12, "ECC-GOST" },
	{ 13, "ECDSAP256SHA256" }, { 14, "ECDSAP384SHA384" }, { 15, "ED25519" }, { 16, "ED448" },
	{ 17, "SM2SM3" }, { 23, "ECC-GOST12" }, { 252, "INDIRECT" }, { 253, "PRIVATEDNS" }, { 254, "PRIVATEOID" },
};

/* RFC 4398, section 2.1 */
static const struct word cert_types[] = {
	{ 1, "PKIX" }, { 2, "SPKI" }, { 3, "PGP" }, { 4, "IPKIX" }, { 5, "ISPKI" }, { 6, "IPGP" }, { 7, "ACPKIX" },
	{ 8, "IACPKIX" }, { 253, "URI" }, { 254, "OID" },
};

/* DSYNC (RFC 9859, section 2.1) */
static const struct word schemes[] = { { 1, "NOTIFY" } };

/* What old WKS records name (RFC 1010); we write numbers. */
static const struct word services[] = {
	{ 7, "echo" }, { 9, "discard" }, { 13, "daytime" }, { 20, "ftp-data" }, { 21, "ftp" }, { 22, "ssh" },
	{ 23, "telnet" }, { 25, "smtp" }, { 37, "time" }, { 53, "domain" }, { 69, "tftp" }, { 70, "gopher" },
	{ 79, "finger" }, { 80, "http" }, { 88, "kerberos" }, { 110, "pop3" }, { 111, "sunrpc" }, { 119, "nntp" },
	{ 123, "ntp" }, { 143, "imap" }, { 161, "snmp" }, { 389, "ldap" }, { 443, "https" },
};
static const struct word protocols[] = { { 1, "icmp" }, { 6, "tcp" }, { 17, "udp" } };
/* clang-format on */

const struct words words_classes = WORDS(classes);
const struct words words_rcodes = WORDS(rcodes);
const struct words words_opcodes = WORDS(opcodes);
const struct words words_algorithms = WORDS(algorithms);
const struct words words_cert_types = WORDS(cert_types);
const struct words words_schemes = WORDS(schemes);
const struct words words_services = WORDS(services);
const struct words words_protocols = WORDS(protocols);

const char *
words_text(const struct words *words, uint16_t number)
{
	for (size_t i = 0; i < words->count; i++)
		if (words->words[i].number == number)
			return words->words[i].text;
	return NULL;
}

bool
words_number(const struct words *words, const char *text, size_t size, uint16_t *number)
{
	for (size_t i = 0; i < words->count; i++) {
		if (text_is(text, size, words->words[i].text)) {
			*number = words->words[i].number;
			return true;
		}
	}
	return false;
}
