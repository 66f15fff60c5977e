/* The configuration with all that it names: what is refused before anything is opened, and in which words. */
#include "resolver/serve/basis.h"
#include "resolver/serve/core_config.h"
#include "resolver/serve/settings.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "resolver/policy/rate_zones.h"
#include "stack/base/rng.h"
#include "stack/link/xdp.h"
#include "tests/suite.h"

static char directory[] = "/tmp/cairn_settings.XXXXXX";
static struct rng rng;

static void
write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, strlen(text), file), strlen(text));
	ck_assert_int_eq(fclose(file), 0);
}

static int
read_text(const char *text, char error[CONFIG_ERROR_BYTES])
{
	struct settings *settings;
	write_file("test.conf", text);
	const int err = settings_new(&settings, "test.conf", 0, &rng, error);
	settings_free(settings);
	return err;
}

static void
enter_directory(void)
{
	strcpy(strrchr(directory, '.'), ".XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
	rng_init_number(&rng, 1);
}

static void
leave_directory(void)
{
	(void)unlink("test.conf");
	(void)unlink("root.hints");
	(void)unlink("root.key");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(directory), 0);
}

#define TAP "stack:\n  link: tap\n"

static const struct {
	const char *behaviour, *text, *error;
} refusals[] = {
	{ "link packet needs a device", "stack:\n  address: dhcp\n  link: packet\n",
	  "test.conf:3: link: packet and xdp need `device`, the network device to be on" },
#if XDP_IS_BUILT
	{ "... and so does link xdp", "stack:\n  address: dhcp\n  link: xdp\n",
	  "test.conf:3: link: packet and xdp need `device`, the network device to be on" },
	{ "... with an address of its own or without", "stack:\n  link: xdp\n",
	  "test.conf:2: link: packet and xdp need `device`, the network device to be on" },
	{ "a MAC address of its own wants an IP address", "stack:\n  link: xdp\n  device: eth0\n  mac: \"02:00:5e:10:00:01\"\n",
	  "test.conf:2: link: packet, tap and xdp need `address`, such as 192.0.2.7/24, dhcp or slaac" },
	{ "... and so does a gateway", "stack:\n  link: xdp\n  device: eth0\n  gateway: 192.0.2.1\n",
	  "test.conf:2: link: packet, tap and xdp need `address`, such as 192.0.2.7/24, dhcp or slaac" },
	{ "beside the host a tag is out of sight, too", "stack:\n  link: xdp\n  device: eth0\n  vlan: 5\n",
	  "test.conf:4: vlan: drivers take the tag off before link xdp could see it; be on a VLAN device, or say `link: packet`" },
	{ "a tag is out of link xdp's sight", "stack:\n  address: dhcp\n  link: xdp\n  device: eth0\n  vlan: 5\n",
	  "test.conf:5: vlan: drivers take the tag off before link xdp could see it; be on a VLAN device, or say `link: packet`" },
	{ "a mode of XDP is one of four", "stack:\n  xdp-mode: fast\n",
	  "test.conf:2: xdp-mode: `fast` is not one of: auto zero-copy native generic" },
#else
	{ "a build without its libraries names the packages", "stack:\n  address: dhcp\n  link: xdp\n  device: eth0\n",
	  "test.conf:3: link: " XDP_ABSENT },
#endif
	{ "a mode of XDP is link xdp's", "stack:\n  xdp-mode: native\n",
	  "test.conf:2: xdp-mode: counts with `link: xdp` alone" },
	{ "a host of its own needs an address", TAP,
	  "test.conf:2: link: packet, tap and xdp need `address`, such as 192.0.2.7/24, dhcp or slaac" },
	{ "a host of its own has one thread", "server:\n  num-threads: 2\n" TAP "  address: dhcp\n",
	  "test.conf:2: num-threads: a station of our own (link packet, tap, xdp) has one thread" },
	{ "the host's address is not given twice", "stack:\n  address: 192.0.2.1/24\n",
	  "test.conf:2: address: link raw uses the host's; remove it, or say `link: packet`" },
	{ "... nor its gateway", "stack:\n  gateway: 192.0.2.1\n",
	  "test.conf:2: gateway: link raw uses the host's; remove it, or say `link: packet`" },
	{ "... nor a device", "stack:\n  link: raw\n  device: eth0\n",
	  "test.conf:3: device: link raw uses the host's; remove it, or say `link: packet`" },
	{ "... nor a MAC address", "stack:\n  mac: \"02:00:5e:10:00:01\"\n",
	  "test.conf:2: mac: link raw uses the host's; remove it, or say `link: packet`" },
	{ "... nor a VLAN", "stack:\n  vlan: 7\n",
	  "test.conf:2: vlan: link raw uses the host's; remove it, or say `link: packet`" },
	{ "a MAC address has its form", TAP "  address: dhcp\n  mac: 2:0\n",
	  "test.conf:4: mac: is not of the form 02:00:5e:10:00:01" },
	{ "an IPv4 gateway is a neighbour", TAP "  address: [ 192.0.2.7/24, slaac ]\n  gateway: 192.0.3.1\n",
	  "test.conf:4: gateway: lies in the prefix of no `address`: it could not be reached" },
	{ "an IPv6 gateway is a neighbour", TAP "  address: [ 2001:db8::7/64, dhcp ]\n  gateway: 2001:db8:0:1::1\n",
	  "test.conf:4: gateway: lies in the prefix of no `address`: it could not be reached" },
	{ "a gateway is one station", TAP "  address: dhcp\n  gateway: 224.0.0.1\n",
	  "test.conf:4: gateway: no router can have this address" },
	{ "a small MTU is refused with its line", "stack:\n\n  mtu: 600\n",
	  "test.conf:3: mtu: is less than 1280, the least that IPv6 can do with" },
	{ "a bad line's words come with what they take", "stack:\n  faults: loss=120%\n",
	  "test.conf:2: faults: wrong from `loss=120%` on; known are loss dup reorder corrupt (0% to 100%), "
	  "burst (0 to 1000000 packets), delay jitter (0s to 60s), rate (0bit to 1000gbit a second), "
	  "size (0 to 65535 octets), seed (0 to 10^15)" },
	{ "a second level is Redis, or none", "cachedb:\n  backend: memcached\n",
	  "test.conf:2: backend: `memcached`: is not `redis`" },
	{ "... and has an address", "cachedb:\n  backend: redis\n  redis-server-host: localhost\n",
	  "test.conf:3: redis-server-host: `localhost`: is no address: a resolver cannot wait for a name here" },
	{ "... and a secret", "cachedb:\n  backend: redis\n  secret-seed: \"\"\n",
	  "test.conf:3: secret-seed: ``: is empty: choose one that nobody can guess" },
	{ "a primary is an address", "auth-zone:\n  name: a.example\n  zonefile: a\n  primary: ns.example\n",
	  "test.conf:4: primary: `ns.example`: is no address, or no ADDRESS@PORT" },
	{ "a forwarder is an address", "forward-zone:\n  name: a.example\n  forward-addr: ns.example\n",
	  "test.conf:3: forward-addr: `ns.example` is no address, or no ADDRESS@PORT" },
	{ "... without a certificate's name", "forward-zone:\n  name: .\n  forward-addr: 192.0.2.1@853#ns.example\n",
	  "test.conf:3: forward-addr: `192.0.2.1@853#ns.example` names a certificate, and there is no TLS towards name servers: "
	  "leave out `#` and what follows, and the port of TLS" },
	{ "who may notify is a netblock", "rpz:\n  name: a.example\n  zonefile: a\n  master: 192.0.2.1\n  allow-notify: anybody\n",
	  "test.conf:5: allow-notify: `anybody`: is no address and prefix length" },
	{ "behind it stands the name of a key", "auth-zone:\n  name: a.example\n  zonefile: a\n  primary: 192.0.2.1 nobody\n",
	  "test.conf:4: primary: `nobody`: is the name of no `key`" },
	{ "a key has a secret", "key:\n  name: k\n", "test.conf:1: key: `k` has no `secret`" },
	{ "... in base64, which is not told again", "key:\n  name: k\n  secret: \"#2tell\"\n",
	  "test.conf:1: secret: `...`: is no base64 of 1 to 256 octets" },
	{ "... an algorithm", "key:\n  name: k\n  secret: AAAA\n  algorithm: hmac-md5\n",
	  "test.conf:1: algorithm: `hmac-md5`: is not one of: hmac-sha1 hmac-sha224 hmac-sha256 hmac-sha384 hmac-sha512" },
	{ "... and a name of its own", "key:\n  - { name: k, secret: AAAA }\n  - { name: K., secret: AAAA }\n",
	  "test.conf:3: key: `K.`: is given twice" },
	{ "a zone without primary has its file", "auth-zone:\n  name: a.example\n  zonefile: missing\n",
	  "zonefile: missing: No such file or directory" },
	{ "... and a sound one", "auth-zone:\n  name: a.example\n  zonefile: test.conf\n",
	  "zonefile: test.conf:1: the record has no type" },
	{ "a netblock is no address in it", "server:\n  access-control: 192.168.1.7/24 allow\n",
	  "test.conf:2: access-control: `192.168.1.7/24`: names an address in the netblock: leave the bits behind the "
	  "prefix 0, or write /32 or /128 for the one address" },
	{ "an identifier is told by its line", "server:\n  nsid: xyz\n",
	  "test.conf:2: nsid: `xyz`: is neither `ascii_TEXT` nor hexadecimal octets" },
	{ "a date is whole", "server:\n  val-override-date: 2026112801380x\n",
	  "test.conf:2: val-override-date: `2026112801380x`: is neither YYYYMMDDHHmmSS nor seconds since 1970" },
	{ "iterations come with a key size", "server:\n  val-nsec3-keysize-iterations: 1024 150 512 100\n",
	  "test.conf:2: val-nsec3-keysize-iterations: `1024 150 512 100`: wants pairs of a key size, ascending, and 1 to "
	  "2500 iterations" },
	{ "iterations have an end", "server:\n  val-nsec3-keysize-iterations: 1024 2501\n",
	  "test.conf:2: val-nsec3-keysize-iterations: `1024 2501`: wants pairs of a key size, ascending, and 1 to "
	  "2500 iterations" },
	{ "one family is preferred at most", "server:\n  prefer-ip4: yes\n  prefer-ip6: yes\n",
	  "test.conf:3: prefer-ip6: `yes`: and prefer-ip4 exclude each other" },
	{ "a zone's limit is a number", "server:\n  ratelimit-for-domain: example.com many\n",
	  "test.conf:2: ratelimit-for-domain: `example.com many`: is not `NAME NUMBER`, with at most 1000000" },
	{ "... and there is one", "server:\n  ratelimit-below-domain: [ com 10, COM. 20 ]\n",
	  "test.conf:2: ratelimit-below-domain: `COM. 20`: the name has a limit already" },
	{ "modules are told by their line", "server:\n  module-config: python\n",
	  "test.conf:2: module-config: `python`: is not `iterator` with or without `validator`, `dns64`, `respip`" },
	{ "root hints that are not there are told by option and line", "server:\n\n  root-hints: root.hints\n",
	  "test.conf:3: root-hints: root.hints: No such file or directory" },
	{ "a trust anchor file that is not there is told by option and line", "server:\n  trust-anchor-file: root.key\n",
	  "test.conf:2: trust-anchor-file: root.key: No such file or directory" },
	{ "... and so is one that updates itself", "server:\n  auto-trust-anchor-file: root.key\n",
	  "test.conf:2: auto-trust-anchor-file: root.key: No such file or directory" },
};

START_TEST(what_is_wrong_is_said_with_its_place)
{
	char error[CONFIG_ERROR_BYTES];
	ck_assert_int_lt(read_text(refusals[_i].text, error), 0);
	ck_assert_msg(strcmp(error, refusals[_i].error) == 0, "%s:\n got  %s\n want %s", refusals[_i].behaviour, error,
		      refusals[_i].error);
}
END_TEST

static const char *const accepted[] = {
	"",
	"stack:\n  device: \"\"\n  mac: \"\"\n  vlan: 0\n",
	TAP "  address: [ 192.0.2.7/24, 2001:db8::7/64 ]\n  gateway: [ 192.0.2.1, 2001:db8::1 ]\n",
	TAP "  address: [ 192.0.2.7/24, 2001:db8::7/64 ]\n  gateway: fe80::1\n",
	TAP "  address: [ dhcp, 2001:db8::7/64 ]\n  gateway: 192.0.3.1\n",
	TAP "  address: [ 192.0.2.7/24, slaac ]\n  gateway: 2001:db8:7::1\n",
	"stack:\n  faults: loss=100%,burst=3,delay=60s,jitter=0us,rate=1000gbit,size=1280,seed=7\n",
	"server:\n  access-control: [ 192.168.1.7 allow, 192.168.0.0/16 refuse, \"::/0 deny\" ]\n",
	"server:\n  val-override-date: 20261128013800\n",
	"server:\n  val-nsec3-keysize-iterations: 1024 150 2048 500\n",
};

START_TEST(what_is_right_is_taken)
{
	char error[CONFIG_ERROR_BYTES];
	ck_assert_msg(read_text(accepted[_i], error) == 0, "%s%s", accepted[_i], error);
}
END_TEST

/* ---- what a reload cannot change --------------------------------------------------------------------------- */

static struct settings *
settings_of(const char *text)
{
	char error[CONFIG_ERROR_BYTES];
	struct settings *settings;
	write_file("test.conf", text);
	ck_assert_msg(settings_new(&settings, "test.conf", 0, &rng, error) == 0, "%s", error);
	return settings;
}

static const struct {
	const char *behaviour, *text, *error;
} anchor_files[] = {
	{ "a start", ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n", NULL },
	{ "nothing", "", "test.conf:2: auto-trust-anchor-file: root.key:1: has no key that is an anchor" },
	{ "half a state", ";;id: . 1\n;;last_queried: 1\n",
	  "test.conf:2: auto-trust-anchor-file: root.key:2: ends before the state is complete" },
	{ "keys that nobody can check", ". IN DNSKEY 257 3 3 AAAA\n",
	  "test.conf:2: auto-trust-anchor-file: root.key: no key has an algorithm and digest that are supported" },
};

START_TEST(a_trust_anchor_that_updates_itself_has_a_whole_file)
{
	char error[CONFIG_ERROR_BYTES] = "";

	write_file("root.key", anchor_files[_i].text);
	const int err = read_text("server:\n  auto-trust-anchor-file: root.key\n", error);
	ck_assert_msg((err == 0) == (anchor_files[_i].error == NULL), "%s: %s", anchor_files[_i].behaviour, error);
	if (err != 0)
		ck_assert_str_eq(error, anchor_files[_i].error);
}
END_TEST

START_TEST(a_message_cache_without_room_for_one_is_none)
{
	static const struct {
		const char *text;
		bool answers_anew;
	} cases[] = {
		{ "", false },
		{ "server:\n  msg-cache-size: 1\n", true },
		{ "server:\n  msg-cache-size: 1231\n", true },
		{ "server:\n  msg-cache-size: 1232\n", false },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct settings *settings = settings_of(cases[i].text);
		ck_assert_msg(settings->service->policy.answers_anew == cases[i].answers_anew, "%s", cases[i].text);
		settings_free(settings);
	}
}
END_TEST

/* RFC 4035, section 5.2; that it is not used is logged. */
START_TEST(an_anchor_that_nobody_can_check_vouches_for_nothing)
{
	struct settings *settings =
		settings_of("server:\n  verbosity: 0\n  trust-anchor:\n"
			    "    - example. IN DS 2854 3 1 46e4ffc6e9a4793b488954bd3f0cc6af0dfb201b\n"
			    "    - test. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n");
	const struct anchors *anchors = settings->service->trust.anchors;
	struct name dsa, rsa;

	ck_assert_int_eq(name_from_text(&dsa, "example.", NULL), 0);
	ck_assert_int_eq(name_from_text(&rsa, "test.", NULL), 0);
	ck_assert_ptr_null(anchors_above(anchors, &dsa));
	ck_assert_ptr_nonnull(anchors_above(anchors, &rsa));
	settings_free(settings);
}
END_TEST

START_TEST(what_takes_a_restart_is_named)
{
	static const struct {
		const char *old, *new, *names;
	} cases[] = {
		{ "", "server:\n  num-threads: 2\n  so-rcvbuf: 2m\n  deny-any: no\n", "so-rcvbuf num-threads " },
		{ "", "server:\n  rrset-cache-size: 64m\n  neg-cache-size: 8m\n  delegation-cache-size: 8m\n  msg-cache-size: 8m\n",
		  "rrset-cache-size neg-cache-size delegation-cache-size msg-cache-size " },
		{ "", "server:\n  msg-cache-huge-pages: yes\n", "msg-cache-huge-pages " },
		{ "", "server:\n  port: 54\n  do-tcp: no\n", "" },
		{ TAP "  address: dhcp\n", "server:\n  port: 54\n  do-tcp: no\n" TAP "  address: dhcp\n", "port do-tcp " },
		{ TAP "  address: dhcp\n", TAP "  address: slaac\n", "address " },
		{ "", "forward-zone:\n  name: .\n  forward-addr: 192.0.2.1\n", "" },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct settings *old = settings_of(cases[i].old), *new = settings_of(cases[i].new);
		char names[256] = "";
		const char *name;
		for (size_t index = 0; (name = settings_next_fixed(old, new, &index)) != NULL;) {
			strcat(names, name);
			strcat(names, " ");
		}
		ck_assert_str_eq(names, cases[i].names);
		settings_free(old);
		settings_free(new);
	}
}
END_TEST

/* ---- whether the records of one are of use to another (basis.h) ---------------------------------------------- */

#define DS_2017 "server:\n  trust-anchor: \". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\"\n"

static const struct {
	const char *behaviour, *text;
	bool is_same;
} grounds[] = {
	{ "nothing has changed", "", true },
	{ "threads and sizes", "server:\n  num-threads: 2\n  rrset-cache-size: 64m\n", true },
	{ "what a client is told", "server:\n  deny-any: no\n  access-control: [ 192.0.2.0/24 allow ]\n", true },
	{ "a local zone", "server:\n  local-zone: [ example.com. refuse ]\n", true },
	{ "nothing is validated", "server:\n  module-config: iterator\n", false },
	{ "another anchor", DS_2017, false },
	{ "a name without validation", "server:\n  domain-insecure: example.com.\n", false },
	{ "names of private addresses without validation", "server:\n  insecure-lan-zones: yes\n", false },
	{ "clocks may differ less", "server:\n  val-sig-skew-min: 30\n", false },
	{ "... or more", "server:\n  val-sig-skew-max: 3600\n", false },
	{ "every algorithm has to have signed", "server:\n  harden-algo-downgrade: yes\n", false },
	{ "another time", "server:\n  val-override-date: 20261128013800\n", false },
	{ "more iterations are borne", "server:\n  val-nsec3-keysize-iterations: 1024 150\n", false },
	{ "nobody is asked for signatures", "server:\n  disable-edns-do: yes\n", false },
	{ "another root", "server:\n  root-hints: root.hints\n", false },
	{ "glue", "server:\n  harden-glue: no\n", false },
	{ "addresses that no answer may have", "server:\n  private-address: 10.0.0.0/8\n", false },
	{ "a forwarder", "forward-zone:\n  name: .\n  forward-addr: 192.0.2.1\n", false },
	{ "a forwarder over IPv6", "forward-zone:\n  name: .\n  forward-addr: 2001:db8::1\n", false },
	{ "a stub", "stub-zone:\n  name: example.com\n  stub-addr: 192.0.2.1\n", false },
};

START_TEST(records_are_of_use_where_they_would_have_come_out_the_same)
{
	write_file("root.hints", ". 3600 IN NS a.root.example.\na.root.example. 3600 IN AAAA 2001:db8::1\n");
	struct settings *one = settings_of(""), *other = settings_of(grounds[_i].text);
	ck_assert_msg((basis_of(one) == basis_of(other)) == grounds[_i].is_same, "%s", grounds[_i].behaviour);
	settings_free(one);
	settings_free(other);
}
END_TEST

/* ---- where options arrive ---------------------------------------------------------------------------------- */

START_TEST(options_reach_the_engine)
{
	struct settings *settings =
		settings_of("server:\n  do-ip6: no\n  qname-minimisation: no\n  use-caps-for-id: no\n  harden-glue: no\n"
			    "  prime-root: no\n  do-not-query-localhost: no\n  minimal-responses: no\n  cache-min-ttl: 7\n"
			    "  cache-max-ttl: 700\n  cache-max-negative-ttl: 70\n  edns-buffer-size: 1400\n  outbound-msg-retry: 0\n"
			    "  val-nsec3-keysize-iterations: 1024 150 2048 100\n"
			    "  harden-unverified-glue: yes\n  iter-scrub-promiscuous: no\n  prefer-ip6: yes\n"
			    "  val-sig-skew-min: 3600\n  val-sig-skew-max: 86400\n  ratelimit-for-domain: example.com 7\n");
	const struct engine_config engine = core_config_engine(&settings->config), usual = engine_config_default;
	struct name zone;
	ck_assert_int_eq(name_from_text(&zone, "example.com.", NULL), 0);
	ck_assert(engine.do_ip4 && !engine.do_ip6 && usual.do_ip6);
	ck_assert(!engine.qname_minimisation && usual.qname_minimisation);
	ck_assert(!engine.use_caps_for_id && usual.use_caps_for_id);
	ck_assert(!engine.harden_glue && usual.harden_glue);
	ck_assert(engine.harden_unverified_glue && !usual.harden_unverified_glue);
	ck_assert(!engine.iter_scrub_promiscuous && usual.iter_scrub_promiscuous);
	ck_assert(!engine.prime_root && usual.prime_root);
	ck_assert(!engine.do_not_query_localhost && usual.do_not_query_localhost);
	ck_assert(!engine.minimal_responses && usual.minimal_responses);
	ck_assert_uint_eq(engine.cache_min_ttl_s, 7);
	ck_assert_uint_eq(engine.cache_max_ttl_s, 700);
	ck_assert_uint_eq(engine.cache_max_negative_ttl_s, 70);
	ck_assert_uint_eq(engine.edns_udp_bytes, 1400);
	ck_assert_uint_eq(engine.outbound_msg_retry, 1);
	ck_assert_uint_eq(usual.outbound_msg_retry, 6);
	ck_assert_uint_eq(settings->service->trust.nsec3_iterations_max, 100);
	ck_assert(engine.preferred == ADDR_IPV6 && usual.preferred == ADDR_NONE);
	ck_assert_uint_eq(engine.val_sig_skew.min_s, 3600);
	ck_assert_uint_eq(engine.val_sig_skew.max_s, 86400);
	ck_assert_uint_eq(usual.val_sig_skew.max_s, 60);
	ck_assert_uint_eq(rate_zones_find(settings->service->rate_zones, &zone, 1), 7);
	settings_free(settings);
}
END_TEST

START_TEST(original_ttls_are_not_cut)
{
	struct settings *settings =
		settings_of("server:\n  serve-original-ttl: yes\n  cache-min-ttl: 7\n  cache-max-ttl: 700\n");
	const struct engine_config engine = core_config_engine(&settings->config);

	ck_assert_uint_eq(engine.cache_min_ttl_s, 0);
	ck_assert_uint_eq(engine.cache_max_ttl_s, 604800);
	settings_free(settings);
}
END_TEST

START_TEST(names_of_private_addresses_need_no_signatures_where_the_operator_says_so)
{
	static const struct { const char *name; bool is_lan; } names[] = {
		{ "7.1.168.192.in-addr.arpa.", true }, { "d.f.ip6.arpa.", true }, { "8.e.f.ip6.arpa.", true },
		{ "2.0.192.in-addr.arpa.", true }, { "192.in-addr.arpa.", false }, { "example.com.", false },
	};
	struct settings *usual = settings_of(""), *insecure = settings_of("server:\n  insecure-lan-zones: yes\n");

	for (size_t i = 0; i < COUNT(names); i++) {
		struct name name;
		ck_assert_int_eq(name_from_text(&name, names[i].name, NULL), 0);
		ck_assert_ptr_nonnull(anchors_above(usual->service->trust.anchors, &name));
		ck_assert_msg((anchors_above(insecure->service->trust.anchors, &name) == NULL) == names[i].is_lan, "%s",
			      names[i].name);
	}
	settings_free(usual);
	settings_free(insecure);
}
END_TEST

START_TEST(the_nearest_of_anchors_and_names_without_validation_counts)
{
	static const struct { const char *name; bool is_validated; } names[] = {
		{ "www.example.com.", true }, { "example.com.", true }, { "com.", false }, { "other.com.", false },
		{ "sub.example.com.", false }, { "www.sub.example.com.", false }, { "example.org.", true },
	};
	struct settings *settings =
		settings_of("server:\n  trust-anchor: [ \". DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\",\n"
			    "    \"example.com. DS 1 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\" ]\n"
			    "  domain-insecure: [ com, sub.example.com ]\n");

	for (size_t i = 0; i < COUNT(names); i++) {
		struct name name;
		ck_assert_int_eq(name_from_text(&name, names[i].name, NULL), 0);
		ck_assert_msg((anchors_above(settings->service->trust.anchors, &name) != NULL) == names[i].is_validated, "%s",
			      names[i].name);
	}
	settings_free(settings);
}
END_TEST

START_TEST(options_reach_what_clients_are_told)
{
	struct settings *settings =
		settings_of("server:\n  serve-original-ttl: yes\n  deny-any: no\n  minimal-responses: no\n  max-udp-size: 512\n  discard-timeout: 3\n"
			    "  hide-identity: yes\n  hide-version: yes\n  identity: here\n  version: \"9\"\n  nsid: 0aff\n"
			    "  tcp-idle-timeout: 250\n  log-queries: yes\n  log-replies: yes\n  log-servfail: yes\n"
			    "  module-config: iterator\n");
	const struct service *service = settings->service;
	const struct client_policy *policy = &service->policy;
	ck_assert(!policy->deny_any && !policy->respond.minimal_responses && policy->respond.serve_original_ttl);
	ck_assert_uint_eq(policy->respond.udp_bytes_max, 512);
	ck_assert_uint_eq(policy->discard_after_us, 3000);
	ck_assert(policy->chaos.hide_identity && policy->chaos.hide_version);
	ck_assert_str_eq(policy->chaos.identity, "here");
	ck_assert_str_eq(policy->chaos.version, "9");
	ck_assert_uint_eq(policy->respond.nsid_bytes, 2);
	ck_assert_uint_eq(policy->respond.nsid[1], 0xff);
	ck_assert_uint_eq(policy->respond.tcp_idle_timeout_ms, 250);
	ck_assert_uint_eq(service->tcp_idle_timeout_ms, 250);
	ck_assert(service->log_queries && service->log_replies && service->log_servfail);
	ck_assert_ptr_null(service->trust.anchors);
	settings_free(settings);
}
END_TEST

/* What the local zones of a configuration say about a name. */
static enum local_verdict
local_verdict_of(const char *text, const char *qname, uint16_t qtype, struct answer *answer)
{
	static uint8_t memory[65536];
	struct settings *settings = settings_of(text);
	struct question question = { .qtype = qtype, .qclass = CLASS_IN };
	struct local_match match;
	struct arena arena;
	arena_init(&arena, memory, sizeof memory);
	ck_assert_int_eq(name_from_text(&question.qname, qname, NULL), 0);
	ck_assert_int_eq(local_answer(settings->service->policy.local, &question, NULL, &arena, &match, answer), 0);
	settings_free(settings); /* what the answer has of the table is not looked at */
	return match.verdict;
}

START_TEST(options_reach_the_local_zones)
{
	static const char private[] = "7.1.168.192.in-addr.arpa.";
	struct answer answer;
	ck_assert_int_eq(local_verdict_of("", private, TYPE_PTR, &answer), LOCAL_ANSWERS);
	ck_assert_uint_eq(answer.rcode, RCODE_NXDOMAIN);
	ck_assert_int_eq(local_verdict_of("server:\n  unblock-lan-zones: yes\n", private, TYPE_PTR, &answer), LOCAL_IS_NOT);
	ck_assert_int_eq(local_verdict_of("server:\n  local-zone: 168.192.in-addr.arpa nodefault\n", private, TYPE_PTR,
					  &answer),
			 LOCAL_IS_NOT);
	ck_assert_int_eq(local_verdict_of("server:\n  local-data-ptr: \"192.168.1.7 printer.lan.\"\n", private, TYPE_PTR,
					  &answer),
			 LOCAL_ANSWERS);
	ck_assert_uint_eq(answer.rcode, RCODE_NOERROR);
	ck_assert_ptr_nonnull(answer.sections[SECTION_ANSWER]);
	ck_assert_int_eq(local_verdict_of("", "localhost.", TYPE_A, &answer), LOCAL_ANSWERS);
	ck_assert_int_eq(local_verdict_of("server:\n  local-zone: localhost nodefault\n", "localhost.", TYPE_A, &answer),
			 LOCAL_IS_NOT);
}
END_TEST

/* ---- root hints -------------------------------------------------------------------------------------------- */

static int
read_hints(const char *hints, char error[CONFIG_ERROR_BYTES])
{
	write_file("root.hints", hints);
	return read_text("server:\n  root-hints: root.hints\n", error);
}

START_TEST(a_bad_root_hint_is_said_with_both_places)
{
	static const struct {
		const char *hints, *error;
	} cases[] = {
		{ ". 60 NS a.test.\na.test. 60 A 192.0.2.1\noops. 60 A 192.0.2\n", "root.hints:3: " },
		{ ". 60 NS a.test.\n", "root.hints:1: the file ends without a root server and its address" },
		{ ". 60 NS a.test.\na.test. 60 TXT x\n", "root.hints:2: only NS, A and AAAA records are of use here" },
		{ "com. 60 NS a.test.\n", "root.hints:1: an NS record of another zone than the root" },
	};
	static const char place[] = "test.conf:2: root-hints: ";
	for (size_t i = 0; i < COUNT(cases); i++) {
		char error[CONFIG_ERROR_BYTES];
		ck_assert_int_lt(read_hints(cases[i].hints, error), 0);
		ck_assert_msg(strncmp(error, place, strlen(place)) == 0 &&
				      strncmp(error + strlen(place), cases[i].error, strlen(cases[i].error)) == 0,
			      "%s", error);
	}
}
END_TEST

/* Thirteen servers with six addresses each are what the engine has places for: more is said when the file is read. */
START_TEST(more_root_servers_than_can_be_kept_are_refused_when_they_are_read)
{
	char hints[8192], error[CONFIG_ERROR_BYTES];
	size_t size = 0;
	for (unsigned server = 0; server < 13; server++) {
		size += (size_t)snprintf(hints + size, sizeof hints - size, ". 60 NS %c.test.\n", 'a' + server);
		for (unsigned addr = 0; addr < 6; addr++)
			size += (size_t)snprintf(hints + size, sizeof hints - size, "%c.test. 60 A 192.0.%u.%u\n",
						 'a' + server, server, addr + 1);
	}
	ck_assert_msg(read_hints(hints, error) == 0, "%s", error);
	strcpy(hints + size, "a.test. 60 A 192.0.2.1\n");
	ck_assert_int_lt(read_hints(hints, error), 0);
	strcpy(hints + size, "z.test. 60 A 192.0.2.1\n");
	ck_assert_int_lt(read_hints(hints, error), 0);
	ck_assert_str_eq(error, "test.conf:2: root-hints: root.hints:92: more than 13 servers, or more than 6 addresses of one");
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("settings");
	tcase_add_checked_fixture(tcase, enter_directory, leave_directory);
	tcase_add_loop_test(tcase, what_is_wrong_is_said_with_its_place, 0, COUNT(refusals));
	tcase_add_loop_test(tcase, what_is_right_is_taken, 0, COUNT(accepted));
	tcase_add_test(tcase, a_message_cache_without_room_for_one_is_none);
	tcase_add_test(tcase, an_anchor_that_nobody_can_check_vouches_for_nothing);
	tcase_add_loop_test(tcase, a_trust_anchor_that_updates_itself_has_a_whole_file, 0, COUNT(anchor_files));
	tcase_add_test(tcase, what_takes_a_restart_is_named);
	tcase_add_loop_test(tcase, records_are_of_use_where_they_would_have_come_out_the_same, 0, COUNT(grounds));
	tcase_add_test(tcase, options_reach_the_engine);
	tcase_add_test(tcase, original_ttls_are_not_cut);
	tcase_add_test(tcase, names_of_private_addresses_need_no_signatures_where_the_operator_says_so);
	tcase_add_test(tcase, the_nearest_of_anchors_and_names_without_validation_counts);
	tcase_add_test(tcase, options_reach_what_clients_are_told);
	tcase_add_test(tcase, options_reach_the_local_zones);
	tcase_add_test(tcase, a_bad_root_hint_is_said_with_both_places);
	tcase_add_test(tcase, more_root_servers_than_can_be_kept_are_refused_when_they_are_read);
	Suite *suite = suite_create("resolver/serve/settings");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
