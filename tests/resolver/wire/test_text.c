/* Presentation form (RFC 1035, section 5.1; RFC 3597): words, records of every type, canonical form (RFC 4034, section 6.2). */
#include "resolver/wire/text.h"

#include <stdio.h>

#include "resolver/wire/rdata_types.h"
#include "stack/base/arena.h"
#include "tests/resolver/wire/build.h"
#include "tests/suite.h"

/* ---- words --------------------------------------------------------------------------------------- */

START_TEST(types_have_their_registered_names)
{
	static const struct {
		uint16_t type;
		const char *text;
	} types[] = {
		{ 1, "A" },           { 6, "SOA" },           { 23, "NSAP-PTR" },
		{ 51, "NSEC3PARAM" }, { 65, "HTTPS" },        { 66, "DSYNC" },
		{ 99, "SPF" },        { 100, "UINFO" },       { 128, "NXNAME" },
		{ 255, "ANY" },       { 264, "IPN" },         { 32768, "TA" },
		{ 32769, "DLV" },     { 0, "TYPE0" },         { 54, "TYPE54" },
		{ 265, "TYPE265" },   { 65535, "TYPE65535" },
	};
	char text[TYPE_TEXT_BYTES];
	for (unsigned i = 0; i < COUNT(types); i++)
		ck_assert_str_eq(type_to_text(types[i].type, text, sizeof text), types[i].text);
	for (unsigned type = 0; type <= UINT16_MAX; type++) {
		uint16_t again = (uint16_t)~type;
		ck_assert_int_eq(
			type_from_text(type_to_text((uint16_t)type, text, sizeof text), &again), 0);
		ck_assert_uint_eq(again, type);
	}
}
END_TEST

START_TEST(words_are_read_in_any_case)
{
	uint16_t number;
	ck_assert_int_eq(type_from_text("nsec3Param", &number), 0);
	ck_assert_uint_eq(number, TYPE_NSEC3PARAM);
	ck_assert_int_eq(type_from_text("type1", &number), 0);
	ck_assert_uint_eq(number, TYPE_A);
	ck_assert_int_eq(class_from_text("class4", &number), 0);
	ck_assert_uint_eq(number, CLASS_HS);
	ck_assert_int_eq(rcode_from_text("nxdomain", &number), 0);
	ck_assert_uint_eq(number, RCODE_NXDOMAIN);
	ck_assert_int_ne(type_from_text("TYPE65536", &number), 0);
	ck_assert_int_ne(type_from_text("TYPE", &number), 0);
	ck_assert_int_ne(type_from_text("TYPE1x", &number), 0);
	ck_assert_int_ne(type_from_text("", &number), 0);
	ck_assert_int_ne(class_from_text("INN", &number), 0);
	ck_assert_int_ne(rcode_from_text("RESERVED", &number), 0);
	char text[TYPE_TEXT_BYTES];
	ck_assert_str_eq(class_to_text(1, text, sizeof text), "IN");
	ck_assert_str_eq(class_to_text(65535, text, sizeof text), "CLASS65535");
	ck_assert_str_eq(rcode_to_text(RCODE_BADVERS), "BADVERS");
	ck_assert_str_eq(rcode_to_text(4095), "RESERVED");
	ck_assert_str_eq(opcode_to_text(OPCODE_NOTIFY), "NOTIFY");
	ck_assert_str_eq(opcode_to_text(15), "RESERVED");
}
END_TEST

/* ---- records of every type ------------------------------------------------------------------------ */

/* `text` NULL: presented as it was read. `octets` NULL: not spelt out here. */
static const struct {
	const char *type, *input, *text, *octets;
} records[] = {
	{ "A", "192.0.2.1", NULL, "c0000201" },
	{ "NS", "ns.example.", NULL, "026e73076578616d706c6500" },
	{ "NS", "ns", "ns.origin.", NULL },
	{ "MD", "@", "origin.", NULL },
	{ "MF", "a.b.", NULL, NULL },
	{ "CNAME", ".", NULL, "00" },
	{ "SOA", "a. b.c. 1 2 3 4 4294967295", NULL,
	  "016100"
	  "0162016300"
	  "00000001"
	  "00000002"
	  "00000003"
	  "00000004"
	  "ffffffff" },
	{ "MB", "a.", NULL, NULL },
	{ "MG", "a.", NULL, NULL },
	{ "MR", "a.", NULL, NULL },
	{ "NULL", "\\# 2 0a0b", NULL, "0a0b" },
	{ "NULL", "\\# 0", NULL, "" },
	{ "WKS", "10.0.0.1 TCP telnet smtp 80", "10.0.0.1 6 23 25 80",
	  "0a000001"
	  "06"
	  "0000014000000000000080" },
	{ "WKS", "10.0.0.1 17", NULL, "0a00000111" },
	{ "PTR", "a.", NULL, NULL },
	{ "HINFO", "\"PC\" \"Li nux\"", NULL,
	  "025043"
	  "064c69206e7578" },
	{ "HINFO", "PC Linux", "\"PC\" \"Linux\"", NULL },
	{ "MINFO", "a. b.", NULL, NULL },
	{ "MX", "10 mail.example.", NULL,
	  "000a"
	  "046d61696c076578616d706c6500" },
	{ "TXT", "\"a\\\"b;c\\\\d\" \"\" x\\010y \\200",
	  "\"a\\\"b;c\\\\d\" \"\" \"x\\010y\" \"\\200\"",
	  "0761"
	  "22623b635c64"
	  "00"
	  "03780a79"
	  "01c8" },
	{ "TXT", "a\"b c\"d a=\"b\"", "\"a\" \"b c\" \"d\" \"a=\" \"b\"", NULL },
	{ "RP", "a.b. c.", NULL, NULL },
	{ "AFSDB", "1 a.", NULL, NULL },
	{ "X25", "123456", "\"123456\"", NULL },
	{ "ISDN", "\"150862028003217\" \"004\"", NULL, NULL },
	{ "ISDN", "\"150862028003217\"", NULL, NULL },
	{ "RT", "1 a.", NULL, NULL },
	{ "NSAP", "0x47.0005.80.005a00.0000.0001.e133.ffffff000161.00",
	  "0x47000580005a0000000001e133ffffff00016100",
	  "47000580005a0000000001e133ffffff00016100" },
	{ "NSAP-PTR", "a.", NULL, NULL },
	{ "SIG", "NS 5 1 3600 20300101000000 20200101000000 123 a. AAAA", NULL, NULL },
	{ "KEY", "49152 3 3", NULL, "c0000303" }, /* no key: RFC 2535, section 3.1.2 */
	{ "KEY", "256 3 8 AQAB", NULL,
	  "010003080100"
	  "01" },
	{ "PX", "1 a. b.", NULL, NULL },
	{ "GPOS", "-10.5 20.25 3.0", "\"-10.5\" \"20.25\" \"3.0\"", NULL },
	{ "AAAA", "2001:DB8::1", "2001:db8::1", "20010db8000000000000000000000001" },
	{ "AAAA", "::ffff:192.0.2.1", NULL, NULL },
	{ "LOC", "42 21 54 N 71 06 18 W -24m 30m",
	  "42 21 54.000 N 71 6 18.000 W -24.00m 30m 10000m 10m",
	  "00331613"
	  "89172dd0"
	  "70be15f0"
	  "00988d20" },
	{ "LOC", "0 0 0.000 N 0 0 0.000 E 0.00m 0.00m 0.00m 0.00m", NULL,
	  "00000000800000008000000000989680" },
	{ "LOC", "90 S 180 W 42849672.95 90000000.00m",
	  "90 0 0.000 S 180 0 0.000 W 42849672.95m 90000000m 10000m 10m", NULL },
	{ "LOC", "\\# 2 0100", NULL, "0100" },
	{ "NXT", "a. NS SOA MX SIG NXT", NULL,
	  "016100"
	  "22010082" },
	{ "EID", "0123", NULL, "0123" },
	{ "NIMLOC", "01 23", "0123", "0123" },
	{ "SRV", "1 2 65535 a.", NULL, "00010002ffff016100" },
	{ "ATMA", "+61200000000", NULL, "013631323030303030303030" },
	{ "ATMA", "39.246f.00", "39246f00", "0039246f00" },
	{ "NAPTR", "100 50 \"s\" \"http+I2L\" \"\" a.", NULL,
	  "00640032"
	  "0173"
	  "08687474702b49324c"
	  "00"
	  "016100" },
	{ "KX", "1 a.", NULL, NULL },
	{ "CERT", "PGP 0 RSASHA256 AAAA", "PGP 0 8 AAAA", "0003000008000000" },
	{ "CERT", "65280 1 8 AAAA", NULL, NULL },
	{ "A6", "0 2001:db8::1", NULL, "0020010db8000000000000000000000001" },
	{ "A6", "64 ::1:2:3:4 a.", NULL, "400001000200030004016100" },
	{ "A6", "60 ::f:1:2:3:4 a.", NULL, "3c0f0001000200030004016100" },
	{ "A6", "128 a.", NULL, "80016100" },
	{ "DNAME", "a.", NULL, NULL },
	{ "SINK", "1 2 3 AAAA", NULL, "010203000000" },
	{ "OPT", "\\# 4 00030000", NULL, NULL },
	{ "APL", "1:192.168.32.0/21 !1:192.168.38.0/28 2:ff00::/8 1:0.0.0.0/0", NULL,
	  "00011503c0a820"
	  "00011c83c0a826"
	  "00020801ff"
	  "00010000" },
	{ "APL", "", NULL, "" },
	{ "DS", "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118",
	  "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118", NULL },
	{ "DS", "60485 ECDSAP256SHA256 1 2b b1", "60485 13 1 2bb1", "ec450d012bb1" },
	{ "SSHFP", "1 2 abcd", NULL, NULL },
	{ "IPSECKEY", "10 1 2 192.0.2.38 AQNRU3mG", NULL,
	  "0a0102c0000226"
	  "010351537986" },
	{ "IPSECKEY", "10 0 0 .", NULL, "0a0000" }, /* no key: RFC 4025, section 2.4 */
	{ "IPSECKEY", "10 0 2 . AQNRU3mG", NULL,
	  "0a0002"
	  "010351537986" },
	{ "IPSECKEY", "10 2 2 2001:db8::8002 AQNRU3mG", NULL, NULL },
	{ "IPSECKEY", "10 3 2 mygateway.example.com. AQNRU3mG", NULL, NULL },
	{ "IPSECKEY", "\\# 4 0a040201", NULL, NULL },
	{ "RRSIG", "A 5 3 86400 20030322173103 20030220173103 2642 example.com. oJB1W6WNGv+l", NULL,
	  "00010503000151803e7c9dd73e5510d70a52076578616d706c6503636f6d00a090755ba58d1affa5" },
	{ "RRSIG", "TYPE65280 5 3 86400 4294967295 0 2642 example.com. AAAA",
	  "TYPE65280 5 3 86400 21060207062815 19700101000000 2642 example.com. AAAA", NULL },
	{ "RRSIG", "\\# 19 00010503000151803e7c9dd73e5510d70a5200", NULL, NULL }, /* no signature */
	{ "DS", "\\# 4 00010502", NULL, "00010502" },                          /* no digest */
	{ "EID", "\\# 0", NULL, "" },
	{ "NSEC", "host.example. A MX RRSIG NSEC TYPE1234", NULL,
	  "04686f7374076578616d706c6500"
	  "0006400100000003"
	  "041b000000000000000000000000000000000000000000000000000020" },
	{ "NSEC", "a.", NULL, "016100" },
	{ "DNSKEY", "256 3 RSASHA1 AQPS KmynfzW4 kyBv015M UG2DeIQ3",
	  "256 3 5 AQPSKmynfzW4kyBv015MUG2DeIQ3", NULL },
	{ "DHCID", "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=", NULL, NULL },
	{ "NSEC3", "1 1 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG", NULL, NULL },
	{ "NSEC3", "1 0 0 - 2VPTU5TIMAMQTTGL4LUU9KG21E0AOR3S",
	  "1 0 0 - 2vptu5timamqttgl4luu9kg21e0aor3s", NULL },
	{ "NSEC3PARAM", "1 0 0 -", NULL, "0100000000" },
	{ "NSEC3PARAM", "1 0 12 aabb", NULL, "0100000c02aabb" },
	{ "TLSA", "3 1 1 abcd", NULL, NULL },
	{ "SMIMEA", "3 1 1 abcd", NULL, NULL },
	{ "HIP",
	  "2 200100107b1a74df365639cc39f1d578 AwEAAbdx rvs1.example. rvs2.example. rvs3.example.",
	  NULL, NULL },
	{ "HIP", "2 2001 AwEAAbdx", NULL,
	  "02020006"
	  "2001"
	  "03010001b771" },
	{ "NINFO", "\"a\" \"b\"", NULL, NULL },
	{ "RKEY", "0 3 1 AAAA", NULL, NULL },
	{ "TALINK", "a. b.", NULL, NULL },
	{ "CDS", "0 0 0 00", NULL, "0000000000" },
	{ "CDNSKEY", "0 3 0 AA==", NULL, "0000030000" },
	{ "OPENPGPKEY", "AAAA", NULL, NULL },
	{ "CSYNC", "66 3 A NS AAAA", NULL,
	  "0000004200030004600000"
	  "08" },
	{ "ZONEMD", "2018031500 1 1 fefe", NULL, NULL },
	{ "SVCB", "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"", NULL, NULL },
	{ "SVCB", "16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2",
	  "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"",
	  "0010"
	  "03666f6f076578616d706c65036f726700"
	  "0001000c08665c6f6f2c626172"
	  "026832" },
	{ "SVCB", "0 foo.example.com.", NULL, "000003666f6f076578616d706c6503636f6d00" },
	{ "SVCB", "1 foo.example.com. port=53", NULL,
	  "000103666f6f076578616d706c6503636f6d00"
	  "000300020035" },
	{ "SVCB", "1 foo.example.com. key667=\"hello\\210qoo\"", NULL,
	  "000103666f6f076578616d706c6503636f6d00"
	  "029b000968656c6c6fd2716f6f" },
	{ "SVCB", "16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
	  "16 foo.example.org. mandatory=alpn,ipv4hint alpn=\"h2,h3-19\" ipv4hint=192.0.2.1",
	  NULL },
	{ "SVCB", "1 . ipv6hint=\"2001:db8::1,2001:db8::53:1\"",
	  "1 . ipv6hint=2001:db8::1,2001:db8::53:1", NULL },
	{ "HTTPS", "1 . alpn=h2 no-default-alpn ech=AAAA dohpath=/q{?dns} ohttp key12",
	  "1 . alpn=\"h2\" no-default-alpn ech=AAAA dohpath=\"/q{?dns}\" ohttp key12", NULL },
	{ "HTTPS", "\\# 7 00010000030000", NULL, NULL }, /* a port of no octets */
	{ "HTTPS", "\\# 7 00010000050000", NULL, NULL }, /* an ech of none */
	{ "DSYNC", "CDS NOTIFY 5359 cds-scanner.example.net.", NULL, NULL },
	{ "DSYNC", "TYPE300 2 5359 a.", NULL,
	  "012c"
	  "02"
	  "14ef"
	  "016100" },
	{ "HHIT", "AAAA", NULL, NULL },
	{ "BRID", "AAAA", NULL, NULL },
	{ "SPF", "\"v=spf1\"", NULL, NULL },
	{ "UINFO", "\\# 1 00", NULL, NULL },
	{ "UID", "\\# 1 00", NULL, NULL },
	{ "GID", "\\# 1 00", NULL, NULL },
	{ "UNSPEC", "\\# 1 00", NULL, NULL },
	{ "NID", "10 0014:4FFF:ff20:ee64", "10 0014:4fff:ff20:ee64", "000a00144fffff20ee64" },
	{ "NID", "1 d07:5fb:79:6", "1 0d07:05fb:0079:0006", "00010d0705fb00790006" },
	{ "L32", "10 10.1.2.0", NULL, NULL },
	{ "L64", "10 2001:0db8:1140:1000", NULL, NULL },
	{ "LP", "10 a.", NULL, NULL },
	{ "EUI48", "00-00-5e-00-53-2a", NULL, "00005e00532a" },
	{ "EUI64", "00-00-5e-ef-10-00-00-2a", NULL, NULL },
	{ "TKEY", "alg. 20200101000000 20200102000000 3 0 4 AQIDBA== 0", NULL, NULL },
	{ "TSIG", "hmac-sha256. 1600000000 300 3 AAAA 42 18 6 AAAAAAAA", NULL,
	  "0b686d61632d73686132353600"
	  "00005f5e1000"
	  "012c"
	  "0003000000"
	  "002a"
	  "0012"
	  "0006000000000000" },
	{ "URI", "10 1 \"ftp://ftp1.example.com/pub\\\"lic\"", NULL, NULL },
	{ "CAA", "0 issue \"ca.example.net; policy=ev\"", NULL, NULL },
	{ "CAA", "128 tbs Unknown", "128 tbs \"Unknown\"", "8003746273556e6b6e6f776e" },
	{ "CAA", "\\# 5 00022d2d41", NULL, NULL }, /* a tag that is no word */
	{ "AVC", "\"app-name:WOLFGANG\"", NULL, NULL },
	{ "DOA", "0 1 2 \"text/plain\" AAAA", NULL, NULL },
	{ "DOA", "0 1 2 \"\" -", NULL,
	  "00000000"
	  "00000001"
	  "0200" },
	{ "AMTRELAY", "10 0 1 203.0.113.15", NULL, "0a01cb00710f" },
	{ "AMTRELAY", "10 0 2 2001:db8::15", NULL, NULL },
	{ "AMTRELAY", "128 1 3 amtrelays.example.com.", NULL, NULL },
	{ "AMTRELAY", "10 1 0 .", NULL, "0a80" },
	{ "RESINFO", "\"qnamemin\" \"exterr=15-17\"", NULL, NULL },
	{ "WALLET", "\"BTC\"", NULL, NULL },
	{ "CLA", "\"a\"", NULL, NULL },
	{ "IPN", "18446744073709551615", NULL, "ffffffffffffffff" },
	{ "TA", "1 2 3 aabb", NULL, NULL },
	{ "DLV", "1 2 3 aabb", NULL, NULL },
	{ "TYPE65280", "\\# 3 aa BBcc", "\\# 3 aabbcc", "aabbcc" },
	{ "A", "\\# 4 01020304", "1.2.3.4", NULL },
};

static uint8_t octets[MESSAGE_BYTES_MAX];
static char presented[4 * MESSAGE_BYTES_MAX];

static int
parse(const char *type_text, const char *text, uint16_t *type, size_t *size)
{
	struct writer out = writer_over(octets, sizeof octets);
	struct name origin = name_of("origin.");
	ck_assert_int_eq(type_from_text(type_text, type), 0);
	int err = rdata_from_text(*type, CLASS_IN, text, &origin, &out);
	*size = out.pos;
	return err;
}

static void
check_octets(const char *hex, size_t size)
{
	ck_assert_uint_eq(strlen(hex), 2 * size);
	for (size_t i = 0; i < size; i++) {
		char octet[3];
		snprintf(octet, sizeof octet, "%02x", octets[i]);
		ck_assert_msg(memcmp(octet, hex + 2 * i, 2) == 0, "octet %zu of %s is %s", i, hex,
			      octet);
	}
}

START_TEST(every_type_has_a_text)
{
	uint16_t type;
	size_t size;
	const char *expected = records[_i].text != NULL ? records[_i].text : records[_i].input;
	int err = parse(records[_i].type, records[_i].input, &type, &size);
	ck_assert_msg(err == 0, "%s %s: %d", records[_i].type, records[_i].input, err);
	ck_assert_int_eq(rdata_to_text(type, CLASS_IN, octets, size, presented, sizeof presented),
			 0);
	ck_assert_msg(strcmp(presented, expected) == 0, "%s: %s", records[_i].type, presented);
	if (records[_i].octets != NULL)
		check_octets(records[_i].octets, size);

	uint8_t first[512];
	memcpy(first, octets, size);
	size_t first_size = size; /* what we present we read again */
	ck_assert_int_eq(parse(records[_i].type, presented, &type, &size), 0);
	ck_assert_uint_eq(size, first_size);
	ck_assert_mem_eq(octets, first, size);

	for (size_t room = 0; room <= strlen(presented);
	     room++) { /* and never past the room given */
		char *exact = malloc(room + 1);
		ck_assert_int_eq(rdata_to_text(type, CLASS_IN, first, first_size, exact, room),
				 ERR_FULL);
		free(exact);
	}
}
END_TEST

START_TEST(no_type_is_left_out)
{
	for (uint16_t type = 0; rdata_type_next(&type);) {
		bool seen = type_is_meta(
			type); /* no record of these is ever written in a master file */
		for (unsigned i = 0; i < COUNT(records) && !seen; i++)
			seen = strcmp(records[i].type, rdata_mnemonic(type)) == 0;
		ck_assert_msg(seen, "%s", rdata_mnemonic(type));
	}
}
END_TEST

static const struct {
	const char *behaviour, *type, *text;
} bad[] = {
	{ "a field is missing", "MX", "10" },
	{ "nothing at all", "A", "" },
	{ "something is left over", "A", "1.2.3.4 5" },
	{ "a number is too large", "MX", "65536 a." },
	{ "a number is no number", "MX", "-1 a." },
	{ "a time beyond 32 bits", "SOA", "a. b. 1 7102w 3 4 5" },
	{ "a serial that is a time", "SOA", "a. b. 1h 2 3 4 5" },
	{ "a bitmap with more than types", "NXT", "a. TYPE128" },
	{ "an address of the wrong family", "A", "::1" },
	{ "an address with a leading zero part missing", "A", "1.2.3" },
	{ "a name with an empty label", "NS", "a..b." },
	{ "a string of 256 octets", "TXT",
	  "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
	  "890123456789"
	  "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
	  "890123456789"
	  "01234567890123456789012345678901234567890123456789012345" },
	{ "a quote left open", "TXT", "\"a" },
	{ "a backslash at the end", "TXT", "a\\" },
	{ "an escape above 255", "TXT", "\\256" },
	{ "half an octet", "DS", "1 2 3 abc" },
	{ "a digit that is none", "DS", "1 2 3 gg" },
	{ "base64 without its padding", "DNSKEY", "256 3 8 AAA" },
	{ "base64 whose padding has bits", "OPENPGPKEY", "n3==" },
	{ "base64 whose padding has a bit", "OPENPGPKEY", "AAB=" },
	{ "a hash whose padding has bits", "NSEC3", "1 0 0 - v59h A" },
	{ "a digest that is not there", "DS", "1 2 3" },
	{ "a key that is not there", "DNSKEY", "256 3 8" },
	{ "a signature that is not there", "RRSIG",
	  "A 5 1 1 20200101000000 20200101000000 1 a." },
	{ "octets that are not there", "DHCID", "" },
	{ "octets after none", "NULL", "\\# 0 00" },
	{ "a tag with a dot", "CAA", "0 a.b \"c\"" },
	{ "a tag with an escape", "CAA", "0 \\097 \"c\"" },
	{ "a quote in a name", "NS", "a\"b c\"." },
	{ "a group of five digits", "NID", "1 00000:1:2:3" },
	{ "a group of no digits", "NID", "1 :1:2:3" },
	{ "three groups", "NID", "1 1:2:3" },
	{ "five groups", "NID", "1 1:2:3:4:5" },
	{ "a colon after the last group", "NID", "1 1:2:3:4:" },
	{ "groups left out", "L64", "1 2001::1" },
	{ "base64 after its padding", "DNSKEY", "256 3 8 AA==AAAA" },
	{ "a date that never was", "RRSIG", "A 5 1 1 20230229000000 20200101000000 1 a. AAAA" },
	{ "a date beyond 32 bits", "RRSIG", "A 5 1 1 21070101000000 20200101000000 1 a. AAAA" },
	{ "a type that is none", "NSEC", "a. NOTATYPE" },
	{ "a gateway of another kind", "IPSECKEY", "10 1 2 ::1 AAAA" },
	{ "a gateway of no kind", "IPSECKEY", "10 4 2 . AAAA" },
	{ "a gateway where none is", "IPSECKEY", "10 0 2 a. AAAA" },
	{ "a prefix above its family", "APL", "1:1.2.3.4/33" },
	{ "a prefix without a family", "APL", "1.2.3.4/8" },
	{ "latitude above the pole", "LOC", "91 N 0 E 0" },
	{ "latitude a little above the pole", "LOC", "90 0 0.001 N 0 E 0" },
	{ "sixty seconds", "LOC", "1 1 60 N 0 E 0" },
	{ "no direction", "LOC", "1 1 1 0 E 0" },
	{ "below the deepest", "LOC", "1 N 1 E -100000.01" },
	{ "the same key twice", "SVCB", "1 . port=1 port=2" },
	{ "a mandatory key that is missing", "SVCB", "1 . mandatory=port" },
	{ "mandatory names itself", "SVCB", "1 . mandatory=mandatory" },
	{ "mandatory names a key twice", "SVCB", "1 . mandatory=port,port port=1" },
	{ "no-default-alpn alone", "SVCB", "1 . no-default-alpn" },
	{ "no-default-alpn with a value", "SVCB", "1 . alpn=h2 no-default-alpn=1" },
	{ "an empty alpn", "SVCB", "1 . alpn=" },
	{ "an empty id in alpn", "SVCB", "1 . alpn=h2,,h3" },
	{ "a hint after the last comma", "SVCB", "1 . ipv4hint=1.2.3.4," },
	{ "a port above 65535", "SVCB", "1 . port=65536" },
	{ "a key with a leading zero", "SVCB", "1 . key01=a" },
	{ "the invalid key", "SVCB", "1 . key65535=a" },
	{ "characters after the closing quote", "SVCB", "1 . key9=\"a\"b" },
	{ "a key after the closing quote", "SVCB", "1 . key9=\"a\"key10=\"b\"" },
	{ "a quote within a value", "SVCB", "1 . key9=a\"b\"" },
	{ "a quote within a key", "SVCB", "1 . key\"9=a\"" },
	{ "a key in capitals", "SVCB", "1 . PORT=1" },
	{ "a numbered key in capitals", "SVCB", "1 . KEY9=a" },
	{ "an ech of nothing", "SVCB", "1 . ech=" },
	{ "generic octets fewer than said", "TYPE65280", "\\# 3 aabb" },
	{ "generic octets more than said", "TYPE65280", "\\# 1 aabb" },
	{ "an unknown type in no form at all", "TYPE65280", "aabb" },
	{ "generic octets that the type forbids", "A", "\\# 3 010203" },
	{ "a generic name with a pointer", "NS", "\\# 2 c00c" },
	{ "a generic name that never ends", "NS", "\\# 2 0161" },
	{ "an opaque type in words", "NULL", "abc" },
	{ "groups of the wrong length", "EUI48", "00-00-5e-00-53" },
	{ "groups with the wrong separator", "EUI48", "00:00:5e:00:53:2a" },
	{ "an empty hash", "NSEC3", "1 0 0 - \"\" A" },
	{ "an A6 name where none is", "A6", "0 ::1 a." },
	{ "an A6 name missing", "A6", "64 ::1" },
	{ "an ATM number with letters", "ATMA", "+12a" },
	{ "an NSAP without 0x", "NSAP", "4700" },
	{ "a size that the octets do not have", "TSIG", "a. 1 2 3 AAAAAAAA 1 0 0" },
};

START_TEST(wrong_text_is_refused)
{
	uint16_t type;
	size_t size;
	ck_assert_msg(parse(bad[_i].type, bad[_i].text, &type, &size) != 0, "%s",
		      bad[_i].behaviour);
}
END_TEST

START_TEST(types_of_the_internet_are_opaque_elsewhere)
{
	ck_assert_int_eq(
		rdata_to_text(TYPE_A, CLASS_CH, (const uint8_t *)"\1\2\3\4", 4, presented, 64), 0);
	ck_assert_str_eq(presented, "\\# 4 01020304");
	ck_assert_int_eq(
		rdata_to_text(TYPE_TXT, CLASS_CH, (const uint8_t *)"\1a", 2, presented, 64), 0);
	ck_assert_str_eq(presented, "\"a\"");
}
END_TEST

START_TEST(long_rdata_fits_or_is_refused)
{
	static char text[3 * MESSAGE_BYTES_MAX];
	struct writer out = writer_over(octets, sizeof octets);
	memset(text, 'x', 256 * 256); /* 256 strings of 255 octets: one octet too many */
	for (size_t i = 1; i <= 256; i++)
		text[i * 256 - 1] = ' ';
	ck_assert_int_eq(rdata_from_text(TYPE_TXT, CLASS_IN, text, NULL, &out), ERR_FULL);
	uint8_t small[4];
	out = writer_over(small, sizeof small);
	ck_assert_int_eq(rdata_from_text(TYPE_TXT, CLASS_IN, "abcd", NULL, &out), ERR_FULL);
	ck_assert_int_eq(rdata_from_text(TYPE_A, CLASS_IN, "1.2.3.4", NULL, &out), ERR_FULL);
}
END_TEST

/* ---- canonical form ------------------------------------------------------------------------------- */

static const struct {
	const char *type, *text, *canonical;
} canonical[] = {
	{ "NS", "NS.Example.", "ns.example." },
	{ "SOA", "A.B. C.D. 1 2 3 4 5", "a.b. c.d. 1 2 3 4 5" },
	{ "SRV", "1 2 3 A.", "1 2 3 a." },
	{ "NAPTR", "1 2 \"U\" \"S\" \"R\" A.", "1 2 \"U\" \"S\" \"R\" a." },
	{ "RRSIG", "A 5 1 1 20200101000000 20200101000000 1 A. AAAA",
	  "A 5 1 1 20200101000000 20200101000000 1 a. AAAA" },
	{ "A6", "64 ::1 A.", "64 ::1 a." },
	{ "DNAME", "A.", "a." },
	{ "NSEC", "A. TXT", "A. TXT" }, /* RFC 6840, section 5.1 */
	{ "HINFO", "\"PC\" \"X\"", "\"PC\" \"X\"" },
	{ "SVCB", "1 A. alpn=\"H2\"", "1 A. alpn=\"H2\"" },
	{ "LP", "1 A.", "1 A." },
	{ "TYPE65280", "\\# 3 014100", "\\# 3 014100" },
};

START_TEST(canonical_form_folds_the_names_of_the_old_types)
{
	uint16_t type;
	size_t size;
	ck_assert_int_eq(parse(canonical[_i].type, canonical[_i].text, &type, &size), 0);
	rdata_canonicalise(type, CLASS_IN, octets, size);
	ck_assert_int_eq(rdata_to_text(type, CLASS_IN, octets, size, presented, sizeof presented),
			 0);
	ck_assert_str_eq(presented, canonical[_i].canonical);
}
END_TEST

START_TEST(targets_are_found)
{
	static const struct {
		const char *type, *text;
	} records_with_target[] = {
		{ "NS", "t." },   { "CNAME", "t." },     { "DNAME", "t." },  { "PTR", "t." },
		{ "MX", "1 t." }, { "SRV", "1 2 3 t." }, { "SVCB", "1 t." }, { "HTTPS", "0 t." },
	};
	struct name target, expected = name_of("t.");
	uint16_t type;
	size_t size;
	for (unsigned i = 0; i < COUNT(records_with_target); i++) {
		ck_assert_int_eq(parse(records_with_target[i].type, records_with_target[i].text,
				       &type, &size),
				 0);
		ck_assert_int_eq(rdata_target(type, octets, size, &target), 0);
		ck_assert(name_equal(&target, &expected));
	}
	ck_assert_int_eq(rdata_target(TYPE_MX, octets, 1, &target), ERR_SHORT);
	ck_assert_int_eq(rdata_target(TYPE_A, octets, 4, &target), ERR_NOT_FOUND);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("text");
	TCase *tcase = tcase_create("presentation");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, types_have_their_registered_names);
	tcase_add_test(tcase, words_are_read_in_any_case);
	tcase_add_loop_test(tcase, every_type_has_a_text, 0, COUNT(records));
	tcase_add_test(tcase, no_type_is_left_out);
	tcase_add_loop_test(tcase, wrong_text_is_refused, 0, COUNT(bad));
	tcase_add_test(tcase, types_of_the_internet_are_opaque_elsewhere);
	tcase_add_test(tcase, long_rdata_fits_or_is_refused);
	tcase_add_loop_test(tcase, canonical_form_folds_the_names_of_the_old_types, 0,
			    COUNT(canonical));
	tcase_add_test(tcase, targets_are_found);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
