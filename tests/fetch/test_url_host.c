#include "tests/fetch/url_cases.h"

#define DOMAIN  "domain-to-ASCII"
#define PERCENT "domain-percent-encoded"
#define OPAQUE  "host-invalid-code-point"

static const struct url_case domains[] = {
	{ "lower case", "http://ExAmPlE.CoM", NULL, "http://example.com/", NULL },
	{ "a trailing dot stays", "http://example.com./", NULL, "http://example.com./", NULL },
	{ "a percent-encoded letter is decoded", "http://ex%41mple.com/", NULL,
	  "http://example.com/", PERCENT },
	{ "encoded UTF-8 is a domain beyond ASCII", "http://%e2%98%83.com/", NULL,
	  "http://xn--n3h.com/", PERCENT },
	{ "what is not UTF-8 when decoded is none", "http://%ff.com/", NULL, NULL, DOMAIN },
	{ "nor is U+FFFD", "http://\xef\xbf\xbd.com/", NULL, NULL, DOMAIN },
	{ "a space is refused", "http://ho%20st/", NULL, NULL, DOMAIN },
	{ "also as it is", "http://ho st/", NULL, NULL, DOMAIN },
	{ "DEL is refused", "http://ho%7Fst/", NULL, NULL, DOMAIN },
	{ "NUL is refused", "http://ho%00st/", NULL, NULL, DOMAIN },
	{ "a tab vanishes before that", "http://ho\tst/", NULL, "http://host/",
	  "invalid-URL-unit" },
	{ "a newline too", "http://ho\nst/", NULL, "http://host/", "invalid-URL-unit" },
	{ "an encoded one does not", "http://ho%09st/", NULL, NULL, DOMAIN },
	{ "a % is refused", "http://a%b/", NULL, NULL, DOMAIN },
	{ "an encoded % is refused", "http://a%25b/", NULL, NULL, DOMAIN },
	{ "an encoded slash is refused", "http://a%2fb/", NULL, NULL, DOMAIN },
	{ "an encoded # is refused", "http://a%23b/", NULL, NULL, DOMAIN },
	{ "an encoded @ is refused", "http://a%40b/", NULL, NULL, DOMAIN },
	{ "an encoded colon is refused", "http://a%3a80/", NULL, NULL, DOMAIN },
	{ "< is refused", "http://a<b/", NULL, NULL, DOMAIN },
	{ "^ is refused", "http://a^b/", NULL, NULL, DOMAIN },
	{ "| is refused", "http://a|b/", NULL, NULL, DOMAIN },
	{ "a bracket is refused", "http://a[b]/", NULL, NULL, DOMAIN },
	{ "what DNS could not hold is a domain all the same", "http://a_b!c/", NULL,
	  "http://a_b!c/", DOMAIN },
	{ "so is an empty label", "http://a..b/", NULL, "http://a..b/", DOMAIN },
	{ "hyphens at the ends", "http://-a-.b/", NULL, "http://-a-.b/", DOMAIN },
	{ "hyphens at the third place", "http://ab--c/", NULL, "http://ab--c/", DOMAIN },
	{ "an ASCII domain passes whatever xn-- decodes to", "http://Xn--pokxncvks/", NULL,
	  "http://xn--pokxncvks/", NULL },
	{ "even to nothing", "https://xn--/", NULL, "https://xn--/", DOMAIN },
	{ "a dot alone", "http://./", NULL, "http://./", DOMAIN },
	{ "IDNA maps capitals",
	  "http://B\xc3\x9c"
	  "CHER.example/",
	  NULL, "http://xn--bcher-kva.example/", NULL },
	{ "sharp s stays (nontransitional)", "http://fa\xc3\x9f.example/", NULL,
	  "http://xn--fa-hia.example/", NULL },
	{ "a capital sharp s is one", "http://fa\xe1\xba\x9e.example/", NULL,
	  "http://xn--fa-hia.example/", NULL },
	{ "a soft hyphen vanishes", "https://a%C2%ADb/", NULL, "https://ab/", PERCENT },
	{ "a host of one is empty", "https://\xc2\xad/", NULL, NULL, DOMAIN },
	{ "an ideographic full stop is a dot",
	  "http://a\xe3\x80\x82"
	  "b/",
	  NULL, "http://a.b/", NULL },
	{ "symbols are allowed (not IDNA 2008)", "http://\xe2\x98\x95.example/", NULL,
	  "http://xn--53h.example/", NULL },
	{ "fullwidth forms are mapped", "http://\xef\xbc\xa7\xef\xbd\x8f.com/", NULL,
	  "http://go.com/", NULL },
	{ "a fullwidth % is refused", "http://\xef\xbc\x85\xef\xbc\x94\xef\xbc\x91.com", NULL, NULL,
	  DOMAIN },
	{ "decomposed letters are composed", "http://e\xcc\x81.fr/", NULL, "http://xn--9ca.fr/",
	  NULL },
	{ "a label must not mix directions", "http://a\xd7\x90/", NULL, NULL, DOMAIN },
	{ "a joiner needs its context",
	  "http://a\xe2\x80\x8d"
	  "b/",
	  NULL, NULL, DOMAIN },
	{ "beside a domain beyond ASCII xn-- is looked at", "http://xn--a.\xc3\x9f/", NULL, NULL,
	  DOMAIN },
	{ "and kept when it is right", "http://xn--zca.\xc3\x9f/", NULL, "http://xn--zca.xn--zca/",
	  NULL },
	{ "an unassigned code point is refused", "http://\xcd\xb8.net/", NULL, NULL, DOMAIN },
	{ "a direction override is refused",
	  "http://a\xe2\x80\xae"
	  "b/",
	  NULL, NULL, DOMAIN },
	{ "Cyrillic palochka has a small letter", "http://\xd3\x80.com/", NULL,
	  "http://xn--s5a.com/", NULL },
	{ "a long label is one",
	  "http://\xc3\xa9"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/",
	  NULL,
	  "http://"
	  "xn--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-9ig/",
	  DOMAIN },
};

static const struct url_case ipv4[] = {
	{ "four parts", "http://192.0.2.1/", NULL, "http://192.0.2.1/", NULL },
	{ "a trailing dot goes", "http://192.0.2.1./", NULL, "http://192.0.2.1/",
	  "IPv4-empty-part" },
	{ "one part is all of it", "http://3221225985/", NULL, "http://192.0.2.1/",
	  "IPv4-too-few-parts" },
	{ "zero", "http://0/", NULL, "http://0.0.0.0/", "IPv4-too-few-parts" },
	{ "two parts", "http://127.1/", NULL, "http://127.0.0.1/", "IPv4-too-few-parts" },
	{ "three parts", "http://192.168.257/", NULL, "http://192.168.1.1/", "IPv4-too-few-parts" },
	{ "three parts and a dot", "http://192.168.257.", NULL, "http://192.168.1.1/",
	  "IPv4-empty-part" },
	{ "octal", "http://0300.0250.01/", NULL, "http://192.168.0.1/", "IPv4-too-few-parts" },
	{ "hexadecimal in full", "http://0xc0.0xa8.0x0.0x1/", NULL, "http://192.168.0.1/",
	  "IPv4-non-decimal-part" },
	{ "all at once, encoded", "http://%30%78%63%30%2e%30%32%35%30.01", NULL,
	  "http://192.168.0.1/", PERCENT },
	{ "0x is zero", "http://0x.0x.0", NULL, "http://0.0.0.0/", "IPv4-too-few-parts" },
	{ "the largest address", "http://0xffffffff/", NULL, "http://255.255.255.255/",
	  "IPv4-too-few-parts" },
	{ "one above it", "http://4294967296", NULL, NULL, "IPv4-out-of-range-part" },
	{ "far above it", "http://0xffffffffffffffffffffffff/", NULL, NULL,
	  "IPv4-out-of-range-part" },
	{ "a part above 255", "http://256.256.256.256", NULL, NULL, "IPv4-out-of-range-part" },
	{ "the first part above 255", "http://256.1/", NULL, NULL, "IPv4-out-of-range-part" },
	{ "a last part that fills two octets", "http://1.2.65535/", NULL, "http://1.2.255.255/",
	  "IPv4-too-few-parts" },
	{ "and overflows them", "http://1.2.65536/", NULL, NULL, "IPv4-out-of-range-part" },
	{ "five parts", "http://1.2.3.4.5/", NULL, NULL, "IPv4-too-many-parts" },
	{ "an empty part", "http://1..2/", NULL, NULL, "IPv4-non-numeric-part" },
	{ "nine is not octal", "http://foo.09", NULL, NULL, "IPv4-non-numeric-part" },
	{ "also alone", "http://09/", NULL, NULL, "IPv4-non-numeric-part" },
	{ "a last label that is a number makes it an address", "http://a.1/", NULL, NULL,
	  "IPv4-non-numeric-part" },
	{ "also in hexadecimal", "http://a.0x1/", NULL, NULL, "IPv4-non-numeric-part" },
	{ "also before a dot", "http://a.1./", NULL, NULL, "IPv4-non-numeric-part" },
	{ "but not 0x with other letters", "http://a.0xg/", NULL, "http://a.0xg/", NULL },
	{ "a number in front does not", "http://1.a/", NULL, "http://1.a/", NULL },
	{ "two trailing dots are no address", "http://1.2.3.4../", NULL, "http://1.2.3.4../",
	  DOMAIN },
	{ "fullwidth digits",
	  "http://"
	  "\xef\xbc\x90\xef\xbc\xb8\xef\xbd\x83\xef\xbc\x90\xef\xbc\x8e\xef\xbc\x90\xef\xbc\x92\xef"
	  "\xbc\x95\xef\xbc\x90\xef\xbc\x8e\xef\xbc\x90\xef\xbc\x91",
	  NULL, "http://192.168.0.1/", "IPv4-non-ASCII-input" },
	{ "circled digits", "http://\xe2\x91\xa0.\xe2\x91\xa1.\xe2\x91\xa2.\xe2\x91\xa3/", NULL,
	  "http://1.2.3.4/", "IPv4-non-ASCII-input" },
	{ "another scheme has no addresses", "foo://127.1/", NULL, "foo://127.1/", NULL },
};

static const struct url_case ipv6[] = {
	{ "in full", "http://[2001:db8:1:2:3:4:5:6]/", NULL, "http://[2001:db8:1:2:3:4:5:6]/",
	  NULL },
	{ "lower case", "http://[2001:DB8::A]/", NULL, "http://[2001:db8::a]/", NULL },
	{ "unspecified", "http://[::]/", NULL, "http://[::]/", NULL },
	{ "loopback", "http://[::1]/", NULL, "http://[::1]/", NULL },
	{ "zeros are compressed", "http://[1:0:0:0:0:0:0:2]/", NULL, "http://[1::2]/", NULL },
	{ "the longest run", "http://[1:0:0:2:0:0:0:3]/", NULL, "http://[1:0:0:2::3]/", NULL },
	{ "the first of equal runs", "http://[0:f:0:0:f:f:0:0]/", NULL, "http://[0:f::f:f:0:0]/",
	  NULL },
	{ "a single zero is not compressed", "http://[1:2:3:0:5:6:7:8]/", NULL,
	  "http://[1:2:3:0:5:6:7:8]/", NULL },
	{ "also when it was", "http://[1:2:3::5:6:7:8]/", NULL, "http://[1:2:3:0:5:6:7:8]/", NULL },
	{ "compressed at the end", "http://[1:2::]/", NULL, "http://[1:2::]/", NULL },
	{ "seven pieces and ::", "http://[1:2:3:4:5:6:7::]/", NULL, "http://[1:2:3:4:5:6:7:0]/",
	  NULL },
	{ "leading zeros go", "http://[::0001]/", NULL, "http://[::1]/",
	  "IPv6-piece-leading-zero" },
	{ "an IPv4 address at the end", "http://[::127.0.0.1]", NULL, "http://[::7f00:1]/", NULL },
	{ "behind six pieces", "http://[1:2:3:4:5:6:1.2.3.4]/", NULL,
	  "http://[1:2:3:4:5:6:102:304]/", NULL },
	{ "mapped", "http://[::ffff:192.0.2.1]:81/", NULL, "http://[::ffff:c000:201]:81/", NULL },
	{ "in another scheme too", "foo://[::0:1]/", NULL, "foo://[::1]/", NULL },
	{ "not closed", "http://[::1", NULL, NULL, "IPv6-unclosed" },
	{ "something behind it", "http://[::1]x/", NULL, NULL, "IPv6-unclosed" },
	{ "empty", "http://[]/", NULL, NULL, "IPv6-too-few-pieces" },
	{ "a single colon in front", "http://[:1]/", NULL, NULL, "IPv6-invalid-compression" },
	{ "nine pieces", "http://[1:2:3:4:5:6:7:8:9]/", NULL, NULL, "IPv6-too-many-pieces" },
	{ "nine with ::", "http://[1:2:3:4::5:6:7:8:9]/", NULL, NULL, "IPv6-too-many-pieces" },
	{ ":: twice", "http://[1::2::3]/", NULL, NULL, "IPv6-multiple-compression" },
	{ "three colons", "http://[1:::2]/", NULL, NULL, "IPv6-multiple-compression" },
	{ "a letter that is no digit", "http://[1:2:g:4]/", NULL, NULL, "IPv6-invalid-code-point" },
	{ "five digits", "http://[12345::]/", NULL, NULL, "IPv6-invalid-code-point" },
	{ "a colon at the end", "http://[1:2:3:4:5:6:7:]/", NULL, NULL, "IPv6-invalid-code-point" },
	{ "a name in brackets", "http://[www.example.com]/", NULL, NULL,
	  "IPv6-invalid-code-point" },
	{ "a zone", "http://[fe80::1%25eth0]/", NULL, NULL, "IPv6-invalid-code-point" },
	{ "percent-encoding", "http://[::%31]/", NULL, NULL, "IPv6-invalid-code-point" },
	{ "seven pieces", "http://[1:2:3:4:5:6:7]/", NULL, NULL, "IPv6-too-few-pieces" },
	{ "no room for IPv4", "http://[1:2:3:4:5:6:7:1.2.3.4]/", NULL, NULL,
	  "IPv4-in-IPv6-too-many-pieces" },
	{ "IPv4 beginning with a dot", "http://[::.1.2.3]/", NULL, NULL,
	  "IPv4-in-IPv6-invalid-code-point" },
	{ "IPv4 with letters", "http://[::127.0.xyz.1]/", NULL, NULL,
	  "IPv4-in-IPv6-invalid-code-point" },
	{ "IPv4 with a leading zero", "http://[::127.00.0.1]/", NULL, NULL,
	  "IPv4-in-IPv6-invalid-code-point" },
	{ "IPv4 of five parts", "http://[::1.2.3.4.5]/", NULL, NULL,
	  "IPv4-in-IPv6-invalid-code-point" },
	{ "IPv4 with a part above 255", "http://[::1.2.3.256]/", NULL, NULL,
	  "IPv4-in-IPv6-out-of-range-part" },
	{ "IPv4 of three parts", "http://[::1.2.3]/", NULL, NULL, "IPv4-in-IPv6-too-few-parts" },
	{ "IPv4 and a dot", "http://[::1.2.3.4.]/", NULL, NULL, "IPv4-in-IPv6-invalid-code-point" },
};

static const struct url_case opaque[] = {
	{ "case stays", "foo://EXAMPLE.Com/", NULL, "foo://EXAMPLE.Com/", NULL },
	{ "percent-encoding stays", "foo://ex%41mple/", NULL, "foo://ex%41mple/", NULL },
	{ "octets beyond ASCII are encoded", "foo://fa\xc3\x9f/", NULL, "foo://fa%C3%9F/", NULL },
	{ "a control is encoded",
	  "foo://a\x7f"
	  "b/",
	  NULL, "foo://a%7Fb/", "invalid-URL-unit" },
	{ "a space is refused", "foo://a b/", NULL, NULL, OPAQUE },
	{ "< is refused", "foo://a<b/", NULL, NULL, OPAQUE },
	{ "^ is refused", "foo://a^b/", NULL, NULL, OPAQUE },
	{ "a backslash is refused", "foo://a\\b/", NULL, NULL, OPAQUE },
	{ "a bracket is refused", "foo://a]b/", NULL, NULL, OPAQUE },
	{ "quotes and braces pass", "foo://a\"{}`b/", NULL, "foo://a\"{}`b/", "invalid-URL-unit" },
};

START_TEST(a_domain_is_decoded_and_mapped)
{
	url_cases_check(&domains[_i]);
}
END_TEST

START_TEST(a_host_that_ends_in_a_number_is_an_ipv4_address)
{
	url_cases_check(&ipv4[_i]);
}
END_TEST

START_TEST(a_host_in_brackets_is_an_ipv6_address)
{
	url_cases_check(&ipv6[_i]);
}
END_TEST

START_TEST(a_host_of_another_scheme_is_opaque)
{
	url_cases_check(&opaque[_i]);
}
END_TEST

START_TEST(addresses_are_given_in_network_order)
{
	static const uint8_t v4[4] = { 192, 0, 2, 1 };
	static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 5 };
	struct url url;
	ck_assert_int_eq(url_cases_parse(&url, "http://192.0.2.1/", NULL), 0);
	ck_assert_int_eq(url.host_kind, URL_HOST_IPV4);
	ck_assert_mem_eq(url.address, v4, sizeof v4);
	ck_assert_int_eq(url_cases_parse(&url, "/x", "http://[2001:db8::5]/"), 0);
	ck_assert_int_eq(url.host_kind, URL_HOST_IPV6);
	ck_assert_mem_eq(url.address, v6, sizeof v6);
}
END_TEST

START_TEST(without_tables_only_domains_beyond_ascii_are_unsupported)
{
	static _Alignas(8) char memory[4096];
	struct arena arena;
	struct url url;
	const struct url_context context = { .arena = &arena };
	arena_init(&arena, memory, sizeof memory);
	ck_assert_int_eq(url_parse(&url, SPAN("http://\xe2\x98\x83/"), NULL, &context),
			 ERR_UNSUPPORTED);
	ck_assert_int_eq(url_parse(&url, SPAN("http://xn--n3h/\xe2\x98\x83"), NULL, &context), 0);
	ck_assert_int_eq(url_parse(&url, SPAN("foo://\xe2\x98\x83/"), NULL, &context), 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("url_host");
	tcase_add_checked_fixture(tcase, url_cases_start, url_cases_stop);
	tcase_add_loop_test(tcase, a_domain_is_decoded_and_mapped, 0, COUNT(domains));
	tcase_add_loop_test(tcase, a_host_that_ends_in_a_number_is_an_ipv4_address, 0, COUNT(ipv4));
	tcase_add_loop_test(tcase, a_host_in_brackets_is_an_ipv6_address, 0, COUNT(ipv6));
	tcase_add_loop_test(tcase, a_host_of_another_scheme_is_opaque, 0, COUNT(opaque));
	tcase_add_test(tcase, addresses_are_given_in_network_order);
	tcase_add_test(tcase, without_tables_only_domains_beyond_ascii_are_unsupported);
	Suite *suite = suite_create("url_host");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
