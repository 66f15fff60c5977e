/* The configuration: what is read, what is refused and in which words, and that sample and manual keep step. */
#include "resolver/serve/config_priv.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "stack/base/err.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct config config;
static char error[CONFIG_ERROR_BYTES];

static int
parse(const char *text)
{
	return config_parse(&config, "test.conf", text, strlen(text), error);
}

static void
parse_well(const char *text)
{
	ck_assert_msg(parse(text) == 0, "%s", error);
}

START_TEST(an_empty_file_is_the_defaults)
{
	static const char *const texts[] = { "", "# only a comment\n", "server:\n", "server: {}\nstack:\n", "---\n" };
	for (size_t i = 0; i < COUNT(texts); i++) {
		parse_well(texts[i]);
		ck_assert_uint_eq(config.port, 53);
		ck_assert_uint_eq(config.interface.count, 2);
		ck_assert_str_eq(config.interface.items[1], "::1");
		ck_assert_uint_eq(config.rrset_cache_size, 0);
		ck_assert_ptr_null(config.root_hints);
		ck_assert(config.qname_minimisation && config.link == CONFIG_LINK_RAW);
		config_free(&config);
	}
}
END_TEST

START_TEST(a_list_is_one_value_a_list_or_repeated)
{
	parse_well("server:\n  interface: 192.0.2.1\n  interface: [ \"::1\", 192.0.2.2@5353 ]\n"
	           "  access-control: 192.0.2.0/24 allow\n  access-control: \"::/0 refuse\"\n"
	           "  local-zone:\n    - a.example. static\n    - b.example. refuse\n");
	ck_assert_uint_eq(config.interface.count, 3);
	ck_assert_str_eq(config.interface.items[0], "192.0.2.1");
	ck_assert_str_eq(config.interface.items[2], "192.0.2.2@5353");
	ck_assert_str_eq(config.access_control.items[0], "192.0.2.0/24 allow");
	ck_assert_uint_eq(config.access_control.lines[1], 5);
	ck_assert_str_eq(config.local_zone.items[1], "b.example. refuse");
	ck_assert_uint_eq(config.local_zone.lines[1], 8);
	config_free(&config);
}
END_TEST

START_TEST(sections_may_come_in_parts)
{
	parse_well("server:\n  port: 5353\nstack:\n  guard-ports: 100\nserver:\n  do-ip6: no\n");
	ck_assert_uint_eq(config.port, 5353);
	ck_assert_uint_eq(config.guard_ports, 100);
	ck_assert(!config.do_ip6);
	config_free(&config);
}
END_TEST

static const struct {
	const char *text;
	uint64_t bytes;
} sizes[] = {
	{ "0", 0 }, { "4096", 4096 }, { "512k", 524288 }, { "64m", 67108864 }, { "64MB", 67108864 }, { "2G", 2147483648 }, { "auto", 0 },
};

START_TEST(sizes_take_powers_of_1024)
{
	char text[64];
	(void)snprintf(text, sizeof text, "server:\n  rrset-cache-size: %s\n", sizes[_i].text);
	parse_well(text);
	ck_assert_uint_eq(config.rrset_cache_size, sizes[_i].bytes);
	config_free(&config);
}
END_TEST

static const struct {
	const char *behaviour, *text, *error;
} refusals[] = {
	{ "a misspelt option is told the nearest name", "server:\n  qname-minimization: yes\n",
	  "test.conf:2: unknown option `qname-minimization` in `server:`; did you mean `qname-minimisation`?" },
	{ "an option of the other section is told where it belongs", "stack:\n  num-threads: 2\n",
	  "test.conf:2: option `num-threads` belongs in section `server:`, not `stack:`" },
	{ "an option of unbound's that would change nothing may be left out", "server:\n  harden-dnssec-stripped: yes\n",
	  "test.conf:2: there is no option `harden-dnssec-stripped`: it is always so; leave it out" },
	{ "... and so may one for what is not there", "forward-zone:\n  name: .\n  forward-tls-upstream: yes\n",
	  "test.conf:3: there is no option `forward-tls-upstream`: there is no TLS, towards clients or name servers; leave it out" },
	{ "... or one that another option stands for", "server:\n  response-ip-tag: 192.0.2.0/24 \"guests\"\n",
	  "test.conf:2: there is no option `response-ip-tag`: an `rpz:` section with `tags` and rules for addresses (rpz-ip) does that for clients with a tag; leave it out" },
	{ "... or one of a kind that is not there", "server:\n  tls-ciphers: HIGH\n",
	  "test.conf:2: there is no option `tls-ciphers`: there is no TLS, towards clients or name servers; leave it out" },
	{ "... and is not taken for another that looks like it", "server:\n  outgoing-num-tcp: 10\n",
	  "test.conf:2: there is no option `outgoing-num-tcp`: connections to name servers are shared by queries; how many and how long is fixed; leave it out" },
	{ "what includes other files is told that there is one", "server:\n  include: \"/etc/unbound/local.conf\"\n",
	  "test.conf:2: there is no option `include`: a configuration is one file: write what this includes into it, where a section may stand several times; leave it out" },
	{ "... outside of a section, too", "include-toplevel: \"/etc/unbound/unbound.conf.d/*.conf\"\n",
	  "test.conf:1: there is no section `include-toplevel`: a configuration is one file: write what this includes into it, where a section may stand several times; leave it out" },
	{ "a section of unbound's may have its reason as well", "dnstap:\n  dnstap-enable: no\n",
	  "test.conf:1: there is no section `dnstap`: there is no dnstap; `log-queries` and `log-replies` tell what is asked, `capture` keeps what name servers say; leave it out" },
	{ "a name like none is sent to the manual", "server:\n  so-long-and-thanks-for-all: fish\n",
	  "test.conf:2: unknown option `so-long-and-thanks-for-all` in `server:`; cairn.conf(5) lists them all" },
	{ "an unknown section names the known ones", "sever:\n  port: 53\n",
	  "test.conf:1: unknown section `sever`; the sections are `server`, `forward-zone`, `stub-zone`, `auth-zone`, `rpz`, `view`, `key`, `cachedb`, `remote-control` and `stack`" },
	{ "a zone that is kept here has a file", "auth-zone:\n  name: a.example\n  primary: 192.0.2.1\n",
	  "test.conf:1: auth-zone: `a.example` has no `zonefile`" },
	{ "zones are not fetched over HTTP", "auth-zone:\n  name: a.example\n  zonefile: a\n  url: http://www.example/a\n",
	  "test.conf:4: auth-zone: `url` is not supported: name a `zonefile` or a `primary`" },
	{ "truth is yes or no", "server:\n\n  do-ip6: maybe\n", "test.conf:3: do-ip6: `maybe` is not `yes` or `no`" },
	{ "numbers have bounds", "server:\n  port: 65536\n", "test.conf:2: port: `65536` is not a number from 1 to 65535" },
	{ "numbers are decimal", "server:\n  port: 0x35\n", "test.conf:2: port: `0x35` is not a number from 1 to 65535" },
	{ "a number is no size", "server:\n  port: 1k\n", "test.conf:2: port: `1k` is not a number from 1 to 65535" },
	{ "a negative number is none", "server:\n  num-threads: -1\n", "test.conf:2: num-threads: `-1` is not a number from 1 to 64" },
	{ "sizes know three letters", "server:\n  rrset-cache-size: 4x\n",
	  "test.conf:2: rrset-cache-size: `4x` is not a size such as 512k, 64m, 4g (at most 1024g)" },
	{ "a size beyond 64 bits does not wrap", "server:\n  rrset-cache-size: 99999999999g\n",
	  "test.conf:2: rrset-cache-size: `99999999999g` is not a size such as 512k, 64m, 4g (at most 1024g)" },
	{ "a choice lists its words", "stack:\n  link: rawr\n", "test.conf:2: link: `rawr` is not one of: raw packet tap xdp" },
	{ "a single value is not a list", "server:\n  port: [ 53, 54 ]\n", "test.conf:2: port: takes one value, not a list" },
	{ "a single value is given once", "server:\n  port: 53\n  port: 54\n", "test.conf:3: port: given twice, first in line 2" },
	{ "a list holds plain values", "server:\n  interface: { a: b }\n",
	  "test.conf:2: interface: a plain value or a list of them is expected" },
	{ "an empty list entry is a mistake", "server:\n  interface:\n    -\n", "test.conf:3: interface: a value is missing" },
	{ "a file is sections, not words", "port 53\n", "test.conf:1: a section such as `server:` is expected" },
	{ "a file is sections, not a list", "- server\n", "test.conf:1: a section such as `server:` is expected" },
	{ "a section holds options", "server: yes\n", "test.conf:1: section `server:` holds options, each on an indented line" },
	{ "an option has a colon behind its name", "server:\n  interface 192.0.2.1\n",
	  "test.conf:2: `interface 192.0.2.1` is no option of `server:`; an option is `NAME: VALUE`, with the colon" },
	{ "... in a section that stands several times, too", "forward-zone:\n  name example\n",
	  "test.conf:2: `name example` is no option of `forward-zone:`; an option is `NAME: VALUE`, with the colon" },
	{ "one file is one configuration", "server:\n  port: 53\n---\nserver:\n", "test.conf:3: a second document; one file holds one configuration" },
	{ "the smallest TTL is below the largest", "server:\n  cache-max-ttl: 5\n  cache-min-ttl: 6\n",
	  "test.conf:3: cache-min-ttl: 6 is more than cache-max-ttl, 5" },
	{ "some family must be left", "server:\n  do-ip4: no\n  do-ip6: no\n",
	  "test.conf:3: do-ip4 and do-ip6 are both `no`: no name server could be asked" },
	{ "somebody must be served", "server:\n  do-udp: no\n\n  do-tcp: no\n",
	  "test.conf:4: do-udp and do-tcp are both `no`: nobody could be served" },
	{ "commands come by a socket of this machine", "remote-control:\n  control-enable: yes\n  control-interface: 127.0.0.1\n",
	  "test.conf:3: control-interface: `127.0.0.1`: is no absolute path; commands come by a Unix socket alone, such as /run/cairnd.ctl" },
	{ "a zone has a name", "stub-zone:\n  stub-addr: 192.0.2.1\n", "test.conf:1: stub-zone: has no `name`" },
	{ "a zone has servers", "forward-zone:\n  name: example\n",
	  "test.conf:1: forward-zone: `example` has neither `forward-addr` nor `forward-host`" },
};

START_TEST(what_is_wrong_is_said_with_its_place)
{
	ck_assert_int_lt(parse(refusals[_i].text), 0);
	ck_assert_msg(strcmp(error, refusals[_i].error) == 0, "%s:\n got  %s\n want %s", refusals[_i].behaviour, error,
	              refusals[_i].error);
}
END_TEST

START_TEST(an_unknown_section_names_all_known_ones)
{
	char section[64];

	ck_assert_int_lt(parse("sever:\n  port: 53\n"), 0);
	for (size_t i = 0; i < config_option_count; i++) {
		(void)snprintf(section, sizeof section, "`%s`", config_options[i].section);
		ck_assert_msg(strstr(error, section) != NULL, "%s is not in: %s", section, error);
	}
}
END_TEST

START_TEST(of_no_option_that_is_there_it_is_said_that_it_is_not)
{
	for (size_t i = 0; i < config_option_count; i++) {
		ck_assert_msg(config__why_not(config_options[i].name) == NULL, "%s", config_options[i].name);
		ck_assert_msg(config__why_not(config_options[i].section) == NULL, "%s", config_options[i].section);
	}
}
END_TEST

START_TEST(a_section_may_stand_several_times)
{
	ck_assert_int_eq(parse("server:\n  port: 5353\nserver:\n  do-ip6: no\n"), 0);
	ck_assert_uint_eq(config.port, 5353);
	ck_assert(!config.do_ip6);
	config_free(&config);
}
END_TEST

/* A file of several mistakes is mended at once: what follows one is read, however deep it was in. */
START_TEST(all_mistakes_are_told)
{
	ck_assert_int_lt(parse("server:\n"
			       "  use-syslog: yes\n"
			       "  port: { a: [ 1, { b: c } ], d: e }\n"
			       "  access-control: [ 192.0.2.0/24 allow, [ x ], 2001:db8::/32 allow ]\n"
			       "  qname-minimization: [ yes, [ no ] ]\n"
			       "  num-threads: 2\n"
			       "serve:\n  nonsense: [ { a: b } ]\n"
			       "forward-zone:\n  - name: one.example\n    forward-adr: 192.0.2.1\n  - two\n  - name: three.example\n"
			       "remote-control:\n  control-port: 8953\n"), 0);
	ck_assert_str_eq(error, "test.conf:2: there is no option `use-syslog`: cairnd logs to standard error; leave it out\n"
				"test.conf:3: port: a plain value or a list of them is expected\n"
				"test.conf:4: access-control: a plain value or a list of them is expected\n"
				"test.conf:5: unknown option `qname-minimization` in `server:`; did you mean `qname-minimisation`?\n"
				"test.conf:7: unknown section `serve`; the sections are `server`, `forward-zone`, `stub-zone`, `auth-zone`, "
				"`rpz`, `view`, `key`, `cachedb`, `remote-control` and `stack`\n"
				"test.conf:11: unknown option `forward-adr` in `forward-zone:`; did you mean `forward-addr`?\n"
				"test.conf:12: forward-zone: a list holds zones, each with its options\n"
				"test.conf:13: forward-zone: `three.example` has neither `forward-addr` nor `forward-host`\n"
				"test.conf:15: there is no option `control-port`: commands come by a Unix socket that only the server's "
				"user opens (`control-interface`); leave it out");
}
END_TEST

/* Each name as long as that, and how many of the mistakes find room. */
static const struct {
	unsigned size, told;
} many[] = { { 1, CONFIG_MISTAKES_MAX }, { 60, CONFIG_MISTAKES_MAX }, { 200, CONFIG_MISTAKES_MAX }, { 300, 16 }, { 3500, 1 } };

START_TEST(of_very_many_mistakes_the_first_are_told_whole)
{
	static char text[(CONFIG_MISTAKES_MAX + 5) * 4000];
	char name[4000], line[4100];
	size_t used = (size_t)snprintf(text, sizeof text, "server:\n");
	const char *at = error;

	memset(name, 'x', sizeof name);
	for (unsigned i = 0; i < CONFIG_MISTAKES_MAX + 5; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "  ? %.*s\n  : 1\n", (int)many[_i].size, name);
	ck_assert_uint_lt(used, sizeof text);
	ck_assert_int_lt(parse(text), 0);
	ck_assert_uint_lt(strlen(error), CONFIG_ERROR_BYTES);
	for (unsigned i = 0; i < many[_i].told; i++) {
		const int size = snprintf(line, sizeof line, "test.conf:%u: unknown option `%.*s` in `server:`; ", 2 + 2 * i,
					  (int)many[_i].size, name);
		ck_assert_msg(strncmp(at, line, (size_t)size) == 0, "%u: %s", i, at);
		at = strchr(at, '\n');
		ck_assert_ptr_nonnull(at++);
	}
	ck_assert_str_eq(at, "that is enough; there may be more");
}
END_TEST

START_TEST(one_mistake_that_is_too_long_is_cut_short)
{
	static char text[2 * CONFIG_ERROR_BYTES];

	const size_t used = (size_t)snprintf(text, sizeof text, "server:\n  port: ");
	memset(text + used, 'x', sizeof text - used - 2);
	text[sizeof text - 2] = '\n';
	ck_assert_int_lt(parse(text), 0);
	ck_assert_msg(strncmp(error, "test.conf:2: port: `xxx", 23) == 0, "%s", error);
	ck_assert_ptr_nonnull(strstr(error, "x\nthat is enough; there may be more"));
	ck_assert_uint_lt(strlen(error), CONFIG_ERROR_BYTES);
}
END_TEST

START_TEST(what_was_wrong_before_the_rest_cannot_be_read_is_told)
{
	ck_assert_int_lt(parse("server:\n  port: x\n  interface: [ 1\n"), 0); /* the rest cannot be read */
	ck_assert_ptr_nonnull(strstr(error, "test.conf:2: port: `x`"));
	ck_assert_ptr_nonnull(strstr(error, "\ntest.conf:4: not YAML"));
}
END_TEST

/* What people write who come from unbound.conf, and the end of what they are told. */
static const struct {
	const char *text, *place, *remedy;
} broken[] = {
	{ "server:\n  interface: [ 1, 2\n", "test.conf:", "" },
	{ "server:\n\tport: 53\n", "test.conf:2:", "indent with spaces, not tabs, and quote what begins with a special character" },
	{ "server:\n  interface: *\n", "test.conf:2:", "" },
	{ "server:\n  local-zone: \"home.arpa.\" static\n", "test.conf:2:",
	  "let quotes hold the whole value, as in \"home.arpa. static\"" },
	{ "server:\n  identity: \"me\n", "test.conf:", "a quote is not closed" },
	{ "server:\n  port: 53\n  interface 192.0.2.1\n", "test.conf:", "an option is `NAME: VALUE`" },
	{ "server:\n  identity: a: b\n", "test.conf:2:",
	  "quote a value with a colon and a space in it, and indent the options of a section alike" },
};

START_TEST(broken_yaml_is_said_with_its_line_and_a_remedy)
{
	ck_assert_int_lt(parse(broken[_i].text), 0);
	const size_t said = strlen(error), told = strlen(broken[_i].remedy);
	ck_assert_msg(strncmp(error, broken[_i].place, strlen(broken[_i].place)) == 0 && strstr(error, "not YAML") != NULL &&
			      said >= told && strcmp(error + said - told, broken[_i].remedy) == 0,
		      "%s", error);
}
END_TEST

START_TEST(a_missing_file_is_said_by_name)
{
	ck_assert_int_eq(config_load(&config, "/nonexistent/cairn.conf", error), ERR_IO);
	ck_assert_str_eq(error, "/nonexistent/cairn.conf: cannot be read: No such file or directory");
}
END_TEST

/* ---- sample and manual ------------------------------------------------------------------------------- */

static char *
slurp(const char *path)
{
	char full[512];
	(void)snprintf(full, sizeof full, "%s/%s", CAIRN_SOURCE_DIR, path);
	FILE *file = fopen(full, "re");
	ck_assert_msg(file != NULL, "%s is missing", full);
	char *text = calloc(1, 1 << 20);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_lt(fread(text, 1, (1 << 20) - 1, file), (1 << 20) - 1);
	(void)fclose(file);
	return text;
}

/* Takes the `#` from the lines that hold an option: "  #port: 53" (a comment has a space after it). */
static void
uncomment_options(char *text)
{
	for (char *at = text; at != NULL && *at != '\0'; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, "  #", 3) == 0 && at[3] >= 'a' && at[3] <= 'z')
			at[2] = ' ', at[1] = ' ';
	}
	for (char *at = strstr(text, "\n   "); at != NULL; at = strstr(at, "\n   ")) /* three blanks back to two */
		memmove(at + 3, at + 4, strlen(at + 4) + 1);
}

static void
assert_lists_equal(const char *name, const struct config_list *a, const struct config_list *b)
{
	ck_assert_msg(a->count == b->count, "%s", name);
	for (size_t i = 0; i < a->count; i++)
		ck_assert_msg(strcmp(a->items[i], b->items[i]) == 0, "%s", name);
}

static void
assert_options_equal(const struct config_option *option, const struct config *a, const struct config *b)
{
	const void *x = (const char *)a + option->offset, *y = (const char *)b + option->offset;
	const char *s = option->form == CONFIG_STRING ? *(char *const *)x : NULL;
	const char *t = option->form == CONFIG_STRING ? *(char *const *)y : NULL;

	switch (option->form) {
	case CONFIG_BOOL: ck_assert_msg(*(const bool *)x == *(const bool *)y, "%s", option->name); break;
	case CONFIG_NUMBER: ck_assert_msg(*(const uint32_t *)x == *(const uint32_t *)y, "%s", option->name); break;
	case CONFIG_SIZE: ck_assert_msg(*(const uint64_t *)x == *(const uint64_t *)y, "%s", option->name); break;
	case CONFIG_CHOICE: ck_assert_msg(*(const int *)x == *(const int *)y, "%s", option->name); break;
	case CONFIG_LIST: assert_lists_equal(option->name, x, y); break;
	case CONFIG_STRING: ck_assert_msg((s == NULL) == (t == NULL) && (s == NULL || strcmp(s, t) == 0), "%s", option->name); break;
	}
}

START_TEST(the_sample_holds_every_option_with_its_default)
{
	char *text = slurp("conf/cairn.conf");
	parse_well(text); /* as it is delivered */
	config_free(&config);

	uncomment_options(text);
	for (size_t i = 0; i < config_option_count; i++) {
		char line[128];
		const bool of_zone = config__is_of_zone(&config_options[i]); /* an example: there is no zone by default */
		(void)snprintf(line, sizeof line, of_zone ? "\n#  %s: " : "\n  %s: ", config_options[i].name);
		const char *from = of_zone ? strstr(text, config_options[i].section) : text;
		ck_assert_msg(from != NULL, "%s is not in conf/cairn.conf", config_options[i].section);
		const char *at = strstr(from, line);
		ck_assert_msg(at != NULL, "%s is not in conf/cairn.conf", config_options[i].name);
		ck_assert_msg(of_zone || strstr(at + 1, line) == NULL, "%s stands twice", config_options[i].name);
	}

	struct config defaults;
	ck_assert_int_eq(config_init(&defaults), 0);
	parse_well(text);
	for (size_t i = 0; i < config_option_count; i++)
		if (!config__is_of_zone(&config_options[i]))
			assert_options_equal(&config_options[i], &config, &defaults);
	config_free(&config);
	config_free(&defaults);
	free(text);
}
END_TEST

START_TEST(each_zone_section_is_a_zone)
{
	parse_well("forward-zone:\n  name: a.example\n  forward-addr: 192.0.2.1\n"
	           "stub-zone:\n  - name: b.example\n    stub-addr: [ 192.0.2.2, \"2001:db8::2@5353\" ]\n"
	           "  - name: c.example\n    stub-host: ns.example\n    stub-first: yes\n");
	ck_assert_uint_eq(config.zone_count, 3);
	ck_assert_int_eq(config.zones[0].kind, CONFIG_FORWARD_ZONE);
	ck_assert_int_eq(config.zones[1].kind, CONFIG_STUB_ZONE);
	ck_assert_int_eq(config.zones[2].kind, CONFIG_STUB_ZONE);
	ck_assert_str_eq(config.zones[0].name, "a.example");
	ck_assert_uint_eq(config.zones[1].addr.count, 2);
	ck_assert_str_eq(config.zones[1].addr.items[1], "2001:db8::2@5353");
	ck_assert(config.zones[2].first && !config.zones[1].first);
	ck_assert_uint_eq(config.zones[2].line, 7);
	config_free(&config);
}
END_TEST

START_TEST(a_zone_section_begins_with_its_defaults)
{
	parse_well("auth-zone:\n  - name: a.example\n    zonefile: a\n"
		   "  - name: b.example\n    zonefile: b\n    for-upstream: no\n    primary: 192.0.2.1\n    master: [ 192.0.2.2 ]\n");
	ck_assert(config.zones[0].for_downstream && config.zones[0].for_upstream && !config.zones[0].fallback_enabled);
	ck_assert(config.zones[1].for_downstream && !config.zones[1].for_upstream);
	ck_assert(!config_zone_is_transferred(&config.zones[0]) && config_zone_is_transferred(&config.zones[1]));
	config_free(&config);
}
END_TEST

START_TEST(the_manual_holds_every_option_and_no_other)
{
	char *text = slurp("man/cairn.conf.5");
	size_t items = 0;

	for (size_t i = 0; i < config_option_count; i++) {
		char line[128];
		(void)snprintf(line, sizeof line, "\n.It Ic %s : ", config_options[i].name);
		ck_assert_msg(strstr(text, line) != NULL, "%s is not in cairn.conf(5)", config_options[i].name);
	}
	for (const char *at = text; (at = strstr(at, "\n.It Ic ")) != NULL; at++)
		items++;
	ck_assert_uint_eq(items, config_option_count);
	free(text);
}
END_TEST

static Suite *
config_suite(void)
{
	Suite *suite = suite_create("config");
	TCase *tcase = tcase_create("config");
	tcase_add_test(tcase, an_empty_file_is_the_defaults);
	tcase_add_test(tcase, a_list_is_one_value_a_list_or_repeated);
	tcase_add_test(tcase, sections_may_come_in_parts);
	tcase_add_loop_test(tcase, sizes_take_powers_of_1024, 0, COUNT(sizes));
	tcase_add_loop_test(tcase, what_is_wrong_is_said_with_its_place, 0, COUNT(refusals));
	tcase_add_test(tcase, an_unknown_section_names_all_known_ones);
	tcase_add_test(tcase, of_no_option_that_is_there_it_is_said_that_it_is_not);
	tcase_add_test(tcase, a_section_may_stand_several_times);
	tcase_add_test(tcase, all_mistakes_are_told);
	tcase_add_loop_test(tcase, of_very_many_mistakes_the_first_are_told_whole, 0, COUNT(many));
	tcase_add_test(tcase, one_mistake_that_is_too_long_is_cut_short);
	tcase_add_test(tcase, what_was_wrong_before_the_rest_cannot_be_read_is_told);
	tcase_add_loop_test(tcase, broken_yaml_is_said_with_its_line_and_a_remedy, 0, COUNT(broken));
	tcase_add_test(tcase, a_missing_file_is_said_by_name);
	tcase_add_test(tcase, the_sample_holds_every_option_with_its_default);
	tcase_add_test(tcase, each_zone_section_is_a_zone);
	tcase_add_test(tcase, a_zone_section_begins_with_its_defaults);
	tcase_add_test(tcase, the_manual_holds_every_option_and_no_other);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	SRunner *runner = srunner_create(config_suite());
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
