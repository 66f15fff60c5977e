/* Which proxy, and the words that open a way through it (fetch/proxy.h, fetch/tunnel.h). */
#include "fetch/proxy.h"

#include "fetch/tunnel.h"
#include "tests/suite.h"

static char block[4096];
static struct arena arena;

static const struct {
	const char *text;
	int err;
	enum proxy_kind kind;
	const char *host;
	uint16_t port;
	const char *user, *password; /* NULL: no login */
} proxies[] = {
	{ "", 0, PROXY_NONE, NULL, 0, NULL, NULL },
	{ "p.example", 0, PROXY_HTTP, "p.example", 1080, NULL, NULL },
	{ "p.example:80", 0, PROXY_HTTP, "p.example", 80, NULL, NULL },
	{ "http://p.example:3128/", 0, PROXY_HTTP, "p.example", 3128, NULL, NULL },
	{ "https://p.example", 0, PROXY_HTTP, "p.example", 443, NULL, NULL },
	{ "https://p.example:80", 0, PROXY_HTTP, "p.example", 80, NULL, NULL },
	{ "http://u:p%40ss@p.example", 0, PROXY_HTTP, "p.example", 1080, "u", "p@ss" },
	{ "u@p.example:1", 0, PROXY_HTTP, "p.example", 1, "u", "" },
	{ "socks5://[::1]:9", 0, PROXY_SOCKS5, "::1", 9, NULL, NULL },
	{ "SOCKS5H://192.0.2.1", 0, PROXY_SOCKS5, "192.0.2.1", 1080, NULL, NULL },
	{ "ftp://p.example", ERR_UNSUPPORTED, PROXY_NONE, NULL, 0, NULL, NULL },
	{ "socks4://p.example", ERR_UNSUPPORTED, PROXY_NONE, NULL, 0, NULL, NULL },
	{ "http://p.example:99999", ERR_MALFORMED, PROXY_NONE, NULL, 0, NULL, NULL },
	{ "http://", ERR_MALFORMED, PROXY_NONE, NULL, 0, NULL, NULL },
	{ "http://[::1", ERR_MALFORMED, PROXY_NONE, NULL, 0, NULL, NULL },
};

START_TEST(a_proxy_is_read)
{
	struct proxy proxy;
	arena_init(&arena, block, sizeof block);
	int err = proxy_read(&proxy, span_from_text(proxies[_i].text), &arena);
	ck_assert_msg(err == proxies[_i].err, "%s: %d", proxies[_i].text, err);
	if (err != 0 || proxies[_i].kind == PROXY_NONE)
		return;
	ck_assert_int_eq(proxy.kind, proxies[_i].kind);
	ck_assert_int_eq(proxy.is_secure, span_starts(span_from_text(proxies[_i].text), SPAN("https:")));
	ck_assert_str_eq(proxy.host, proxies[_i].host);
	ck_assert_uint_eq(proxy.port, proxies[_i].port);
	ck_assert_int_eq(proxy.has_login, proxies[_i].user != NULL);
	if (proxy.has_login)
		ck_assert(span_is(proxy.user, proxies[_i].user) &&
			  span_is(proxy.password, proxies[_i].password));
}
END_TEST

START_TEST(some_hosts_are_left_out)
{
	static const struct {
		const char *list, *host;
		bool is_left_out;
	} cases[] = {
		{ "a.example", "a.example", true },
		{ "a.example", "x.A.example", true },
		{ "a.example", "nota.example", false },
		{ ".a.example", "a.example", true },
		{ "b, a.example", "a.example.", true },
		{ "b a.example", "x.a.example", true },
		{ "*", "a.example", true },
		{ "*.example", "a.example", false },
		{ "127.0.0.1", "127.0.0.1", true },
		{ "[::1]", "[::1]", true },
		{ "::1", "[::1]", true },
		{ "", "a.example", false },
		{ ",,. ,", "a.example", false },
		{ "x.a.example", "a.example", false },
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		ck_assert_msg(proxy_is_left_out(span_from_text(cases[i].list),
						span_from_text(cases[i].host)) ==
				      cases[i].is_left_out,
			      "%s: %s", cases[i].list, cases[i].host);
}
END_TEST

/* ---- tunnels ------------------------------------------------------------------------------------- */

/* What the client says and hears, in turns; the last thing heard opens the tunnel, or fails it. */
static const struct dialogue {
	const char *behaviour, *proxy, *host;
	struct span turns[6];
	enum failure_cause cause; /* NONE: open */
} dialogues[] = {
	{ "CONNECT",
	  "http://p",
	  "a.example",
	  { SPAN_LITERAL("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\nUser-Agent: "
			 "t\r\n\r\n"),
	    SPAN_LITERAL("HTTP/1.1 100 Wait\r\n\r\nHTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n") },
	  FAILURE_NONE },
	{ "CONNECT with a login to an address",
	  "http://u:p@p",
	  "::1",
	  { SPAN_LITERAL("CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n"
			 "Proxy-Authorization: Basic dTpw\r\nUser-Agent: t\r\n\r\n"),
	    SPAN_LITERAL("HTTP/1.1 200\r\n\r\n") },
	  FAILURE_NONE },
	{ "CONNECT without the login wanted",
	  "http://p",
	  "a",
	  { SPAN_LITERAL("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nUser-Agent: t\r\n\r\n"),
	    SPAN_LITERAL("HTTP/1.1 407 Login\r\n\r\n") },
	  FAILURE_LOGIN },
	{ "CONNECT refused",
	  "http://p",
	  "a",
	  { SPAN_LITERAL("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nUser-Agent: t\r\n\r\n"),
	    SPAN_LITERAL("HTTP/1.1 502 No\r\n\r\n") },
	  FAILURE_PROXY },
	{ "something else behind the port",
	  "http://p",
	  "a",
	  { SPAN_LITERAL("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nUser-Agent: t\r\n\r\n"),
	    SPAN_LITERAL("SSH-") },
	  FAILURE_WEIRD_REPLY },
	{ "SOCKS to a name",
	  "socks5://p",
	  "a.example",
	  { SPAN_LITERAL("\5\1\0"), SPAN_LITERAL("\5\0"),
	    SPAN_LITERAL("\5\1\0\3\x09"
			 "a.example\x01\xbb"),
	    SPAN_LITERAL("\5\0\0\1abcd\0\1") },
	  FAILURE_NONE },
	{ "SOCKS to an address",
	  "socks5://p",
	  "192.0.2.1",
	  { SPAN_LITERAL("\5\1\0"), SPAN_LITERAL("\5\0"),
	    SPAN_LITERAL("\5\1\0\1\xc0\0\2\1\x01\xbb"), SPAN_LITERAL("\5\0\0\3\4abcd\0\1") },
	  FAILURE_NONE },
	{ "SOCKS to an IPv6 address",
	  "socks5://p",
	  "::1",
	  { SPAN_LITERAL("\5\1\0"), SPAN_LITERAL("\5\0"),
	    SPAN_LITERAL("\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x01\xbb"),
	    SPAN_LITERAL("\5\0\0\4abcdabcdabcdabcd\0\1") },
	  FAILURE_NONE },
	{ "SOCKS with a login",
	  "socks5://u:pw@p",
	  "a",
	  { SPAN_LITERAL("\5\2\0\2"), SPAN_LITERAL("\5\2"), SPAN_LITERAL("\1\1u\2pw"),
	    SPAN_LITERAL("\1\0"), SPAN_LITERAL("\5\1\0\3\1a\x01\xbb"),
	    SPAN_LITERAL("\5\0\0\1abcd\0\1") },
	  FAILURE_NONE },
	{ "SOCKS with a wrong login",
	  "socks5://u:pw@p",
	  "a",
	  { SPAN_LITERAL("\5\2\0\2"), SPAN_LITERAL("\5\2"), SPAN_LITERAL("\1\1u\2pw"),
	    SPAN_LITERAL("\1\1") },
	  FAILURE_LOGIN },
	{ "a login is wanted and there is none",
	  "socks5://p",
	  "a",
	  { SPAN_LITERAL("\5\1\0"), SPAN_LITERAL("\5\2") },
	  FAILURE_LOGIN },
	{ "no method at all",
	  "socks5://u:pw@p",
	  "a",
	  { SPAN_LITERAL("\5\2\0\2"), SPAN_LITERAL("\5\xff") },
	  FAILURE_LOGIN },
	{ "SOCKS 4",
	  "socks5://p",
	  "a",
	  { SPAN_LITERAL("\5\1\0"), SPAN_LITERAL("\0\x5a") },
	  FAILURE_WEIRD_REPLY },
	{ "the host refuses",
	  "socks5://p",
	  "a",
	  { SPAN_LITERAL("\5\1\0"), SPAN_LITERAL("\5\0"), SPAN_LITERAL("\5\1\0\3\1a\x01\xbb"),
	    SPAN_LITERAL("\5\5\0\1") },
	  FAILURE_PROXY },
	{ "an unknown refusal",
	  "socks5://p",
	  "a",
	  { SPAN_LITERAL("\5\1\0"), SPAN_LITERAL("\5\0"), SPAN_LITERAL("\5\1\0\3\1a\x01\xbb"),
	    SPAN_LITERAL("\5\x77\0\1") },
	  FAILURE_PROXY },
	{ "an unknown kind of address",
	  "socks5://p",
	  "a",
	  { SPAN_LITERAL("\5\1\0"), SPAN_LITERAL("\5\0"), SPAN_LITERAL("\5\1\0\3\1a\x01\xbb"),
	    SPAN_LITERAL("\5\0\0\7") },
	  FAILURE_WEIRD_REPLY },
};

/* Each in pieces of at most `piece`; what the tunnel does not ask for is not given. */
static int
hear(struct tunnel *tunnel, struct span turn, size_t piece, struct failure *failure)
{
	int result = 0;
	while (turn.bytes != 0 && result == 0) {
		size_t bytes = tunnel_wanted(tunnel);
		ck_assert_uint_ge(bytes, 1);
		bytes = bytes < piece ? bytes : piece;
		ck_assert_uint_le(bytes, turn.bytes);
		result = tunnel_receive(tunnel, turn.at, bytes, failure);
		turn = span_from(turn, bytes);
	}
	ck_assert_uint_eq(turn.bytes, 0);
	return result;
}

START_TEST(a_way_is_opened_or_refused)
{
	static struct tunnel tunnel;
	const struct dialogue *dialogue = &dialogues[_i];
	for (size_t piece = 1; piece < 300; piece = piece * 3 + 1) {
		struct proxy proxy;
		struct failure failure = { .cause = FAILURE_NONE };
		int result = 0;
		arena_init(&arena, block, sizeof block);
		ck_assert_int_eq(proxy_read(&proxy, span_from_text(dialogue->proxy), &arena), 0);
		struct tunnel_target target = { &proxy, dialogue->host, 443, SPAN("t") };
		ck_assert_int_eq(tunnel_init(&tunnel, &target, &failure), 0);
		for (size_t turn = 0;
		     turn < COUNT(dialogue->turns) && dialogue->turns[turn].at != NULL; turn += 2) {
			struct span said = tunnel_output(&tunnel);
			ck_assert_msg(result == 0 && span_equals(said, dialogue->turns[turn]),
				      "%s: " SPAN_FORMAT, dialogue->behaviour,
				      SPAN_ARGUMENTS(said));
			tunnel_sent(&tunnel, 1);
			tunnel_sent(&tunnel, said.bytes - 1);
			result = hear(&tunnel, dialogue->turns[turn + 1], piece, &failure);
		}
		ck_assert_msg(failure.cause == dialogue->cause, "%s: %s", dialogue->behaviour,
			      failure.text);
		ck_assert_int_eq(result > 0, dialogue->cause == FAILURE_NONE);
	}
}
END_TEST

START_TEST(what_socks_has_no_room_for_is_refused)
{
	static struct tunnel tunnel;
	static char host[400];
	struct proxy proxy = { .kind = PROXY_SOCKS5 };
	struct failure failure;
	struct tunnel_target target = { &proxy, host, 443, SPAN("") };
	memset(host, 'a', 255);
	ck_assert_int_eq(tunnel_init(&tunnel, &target, &failure), 0);
	host[255] = 'a';
	ck_assert_int_lt(tunnel_init(&tunnel, &target, &failure), 0);
	ck_assert_int_eq(failure.cause, FAILURE_PROXY);
}
END_TEST

static Suite *
proxy_suite(void)
{
	Suite *suite = suite_create("proxy");
	TCase *tcase = tcase_create("proxies");
	tcase_add_loop_test(tcase, a_proxy_is_read, 0, COUNT(proxies));
	tcase_add_test(tcase, some_hosts_are_left_out);
	tcase_add_loop_test(tcase, a_way_is_opened_or_refused, 0, COUNT(dialogues));
	tcase_add_test(tcase, what_socks_has_no_room_for_is_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(proxy_suite());
}
