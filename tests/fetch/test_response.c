/*
 * Whole replies as octets, and what a client may make of them (fetch/response.h): each in one piece, octet by octet,
 * and cut in two at every place.
 */
#include "stack/base/rng.h"
#include "tests/fetch/reading.h"
#include "tests/fetch/replies.h"
#include "tests/suite.h"

static struct response response;
static struct reading reading, again;

static void
check_content(const struct reply *reply)
{
	const char *content = reply->content != NULL ? reply->content : "";
	if (reply->cause == FAILURE_CODING && reply->content == NULL)
		return; /* what came before the damage */
	ck_assert_msg(reading.content_bytes == strlen(content) &&
			      memcmp(reading.content, content, strlen(content)) == 0,
		      "%s: content is \"%.*s\"", reply->behaviour, (int)reading.content_bytes,
		      reading.content);
}

START_TEST(a_reply_is_whole_or_fails)
{
	const struct reply *reply = &replies[_i];
	struct response_options options = reply_options(reply);
	reading_of(&reading, &response, &options, reply->octets, (struct delivery){ 0 },
		   !reply->is_broken);
	const char *words =
		reading.cause != FAILURE_NONE ? reading.failure_text : reading.first_warning;
	ck_assert_msg(reading.cause == reply->cause, "%s: %s, %s", reply->behaviour,
		      failure_id(reading.cause), words);
	ck_assert_msg(reading.is_complete == (reply->cause == FAILURE_NONE), "%s",
		      reply->behaviour);
	ck_assert_msg(reading.is_reusable == reply->is_reusable, "%s", reply->behaviour);
	ck_assert_msg(reply->mentions != NULL ? strstr(words, reply->mentions) != NULL
					      : words[0] == '\0',
		      "%s: %s", reply->behaviour, words);
	ck_assert_msg(reply->rule == 0 || reading.rule == reply->rule, "%s: rule %u",
		      reply->behaviour, reading.rule);
	ck_assert_msg(reading.interim_count == reply->interim_count, "%s", reply->behaviour);
	ck_assert_msg(reading.trailer_count == reply->trailer_count, "%s", reply->behaviour);
	check_content(reply);
}
END_TEST

START_TEST(how_octets_arrive_changes_nothing)
{
	const struct reply *reply = &replies[_i];
	struct response_options options = reply_options(reply);
	reading_of(&reading, &response, &options, reply->octets, (struct delivery){ 0 },
		   !reply->is_broken);
	for (size_t piece = 1; piece <= 3; piece++) {
		reading_of(&again, &response, &options, reply->octets,
			   (struct delivery){ .piece = piece }, !reply->is_broken);
		ck_assert_msg(reading_equals(&reading, &again), "%s: in pieces of %zu",
			      reply->behaviour, piece);
	}
	for (size_t split = 1; split < reply->octets.bytes; split++) {
		reading_of(&again, &response, &options, reply->octets,
			   (struct delivery){ .split = split }, !reply->is_broken);
		ck_assert_msg(reading_equals(&reading, &again), "%s: cut at %zu", reply->behaviour,
			      split);
	}
}
END_TEST

/* ---- replies that nobody wrote ------------------------------------------------------------------- */

#define MUTATIONS    4000u
#define MUTANT_BYTES 2048u

static const char crumbs[] = "\r\n\r\n :;,\"\t0123456789abcdefHTTP/1.1chunkedgzip\x1f\x8b";

/* One small change: an octet changed, cut out or put in, or a run of octets said twice. */
static size_t
mutate(char *octets, size_t bytes, struct rng *rng)
{
	size_t at = rng_below(rng, (uint32_t)bytes + 1), run = 1 + rng_below(rng, 16);
	char crumb = rng_below(rng, 4) != 0 ? crumbs[rng_below(rng, sizeof crumbs - 1)]
					    : (char)rng_u16(rng);
	switch (rng_below(rng, 4)) {
	case 0:
		if (at < bytes)
			octets[at] = crumb;
		return bytes;
	case 1:
		run = run < bytes - at ? run : bytes - at;
		memmove(octets + at, octets + at + run, bytes - at - run);
		return bytes - run;
	case 2:
		memmove(octets + at + 1, octets + at, bytes - at);
		octets[at] = crumb;
		return bytes + 1;
	default:
		run = run < bytes - at ? run : bytes - at;
		memmove(octets + at + run, octets + at, bytes - at);
		return bytes + run;
	}
}

START_TEST(damaged_replies_keep_the_contract)
{
	uint64_t seed = suite_seed(9112);
	struct rng rng;
	rng_init_number(&rng, seed);
	for (unsigned i = 0; i < MUTATIONS; i++) {
		static char octets[MUTANT_BYTES];
		const struct reply *reply = &replies[rng_below(&rng, (uint32_t)replies_count)];
		size_t bytes = reply->octets.bytes;
		memcpy(octets, reply->octets.at, bytes);
		for (unsigned changes = 1 + rng_below(&rng, 4); changes > 0; changes--)
			bytes = mutate(octets, bytes, &rng);
		struct response_options options = reply_options(reply);
		struct span mutant = span_of(octets, bytes);
		struct delivery pieces = { .piece = 1 + rng_below(&rng, 7) };
		reading_of(&reading, &response, &options, mutant, (struct delivery){ 0 },
			   i % 2 == 0);
		reading_of(&again, &response, &options, mutant, pieces, i % 2 == 0);
		ck_assert_msg(reading_equals(&reading, &again),
			      "seed %llu, mutant %u of \"%s\": %s; %s", (unsigned long long)seed, i,
			      reply->behaviour, reading.failure_text, again.failure_text);
	}
}
END_TEST

/* ---- bounds -------------------------------------------------------------------------------------- */

static char large[2u << 20];
static size_t large_bytes;

static void
put(const char *text, size_t times)
{
	size_t bytes = strlen(text);
	for (; times > 0; times--) {
		ck_assert_uint_le(large_bytes + bytes, sizeof large);
		memcpy(large + large_bytes, text, bytes);
		large_bytes += bytes;
	}
}

#define OK  "HTTP/1.1 200 OK\r\n"
#define X64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TE  OK "Transfer-Encoding: chunked\r\n\r\n"

/* One reply with something `times` times in it: whole up to times_max, a failure from one more on. */
static const struct bound {
	const char *behaviour, *before, *repeated, *after;
	size_t times_max; /* 0: as often as fits into HEAD_BYTES_MAX */
	const char *mentions;
} bounds[] = {
	{ "a header line", OK "X:", "x", "\r\nContent-Length: 0\r\n\r\n", HEAD_LINE_BYTES_MAX - 3,
	  "header line of more than 65536" },
	{ "fields", OK "Content-Length: 0\r\n", "A:\r\n", "\r\n", HEAD_FIELDS_MAX - 1,
	  "more than 1000 fields" },
	{ "the head", OK "Content-Length: 0\r\n", "X: " X64 X64 X64 X64 X64 "\r\n", "\r\n", 0,
	  "of header" },
	{ "interim heads", "", "HTTP/1.1 102 Processing\r\n\r\n", OK "Content-Length: 0\r\n\r\n", 0,
	  "of header" },
	{ "trailers", TE "0\r\n", "A:\r\n", "\r\n", HEAD_FIELDS_MAX - 1, "more than 1000 fields" },
	{ "a chunk's line", TE "0;a=", "x", "\r\n\r\n", CHUNKED_LINE_BYTES_MAX - 6, "too long" },
	{ "extensions in all", TE, "1;a=012345678901234567890123456789\r\nx\r\n", "0\r\n\r\n",
	  CHUNKED_EXTENSIONS_BYTES_MAX / 33, "octets of extensions" },
};

static void
read_times(const struct bound *bound, size_t times, struct delivery delivery)
{
	struct response_options options = { .is_decoded = true };
	large_bytes = 0;
	put(bound->before, 1);
	put(bound->repeated, times);
	put(bound->after, 1);
	reading_of(&reading, &response, &options, span_of(large, large_bytes), delivery, true);
}

START_TEST(everything_has_a_bound)
{
	const struct bound *bound = &bounds[_i];
	const struct delivery deliveries[] = { { 0 }, { .piece = 1 }, { .piece = 1460 } };
	size_t times_max = bound->times_max;
	if (times_max == 0)
		times_max = (HEAD_BYTES_MAX - strlen(bound->before) - strlen(bound->after)) /
			    strlen(bound->repeated);
	for (size_t i = 0; i < COUNT(deliveries); i++) {
		read_times(bound, times_max, deliveries[i]);
		ck_assert_msg(reading.is_complete, "%s: %s", bound->behaviour,
			      reading.failure_text);
		read_times(bound, times_max + 1, deliveries[i]);
		ck_assert_msg(!reading.is_complete && reading.cause == FAILURE_WEIRD_REPLY &&
				      strstr(reading.failure_text, bound->mentions) != NULL,
			      "%s: %s", bound->behaviour, reading.failure_text);
	}
	read_times(bound, sizeof large / 2 / strlen(bound->repeated), deliveries[2]);
	ck_assert_msg(reading.cause == FAILURE_WEIRD_REPLY, "%s", bound->behaviour);
}
END_TEST

START_TEST(content_has_the_bound_that_was_given)
{
	struct response_options options = { .limits.content_bytes_max = 4 };
	const struct delivery one = { .piece = 1 };
	reading_of(&reading, &response, &options, SPAN(OK "Content-Length: 5\r\n\r\nhello"), one,
		   true);
	ck_assert_int_eq(reading.cause, FAILURE_SIZE);
	ck_assert_uint_eq(reading.content_bytes, 0); /* the length says it before the content */
	reading_of(&reading, &response, &options, SPAN(OK "\r\nhello"), one, true);
	ck_assert_int_eq(reading.cause, FAILURE_SIZE);
	ck_assert_uint_eq(reading.content_bytes, 4);
	reading_of(&reading, &response, &options, SPAN(TE "4\r\nhell\r\n0\r\n\r\n"), one, true);
	ck_assert(reading.is_complete);
}
END_TEST

/* ---- tunnels ------------------------------------------------------------------------------------- */

START_TEST(after_a_tunnels_head_nothing_is_http)
{
	struct response_options options = { .request = FRAMING_OF_CONNECT };
	struct span octets = SPAN("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nSSH-2.0");
	for (size_t piece = 0; piece <= octets.bytes; piece++) {
		reading_of(&reading, &response, &options, octets,
			   (struct delivery){ .piece = piece }, true);
		ck_assert_uint_eq(reading.head_count, 1);
		ck_assert_uint_eq(reading.rule, 2);
		ck_assert_uint_eq(reading.left_bytes, 7);
		ck_assert(!reading.is_complete && reading.cause == FAILURE_NONE);
	}
}
END_TEST

static Suite *
response_suite(void)
{
	Suite *suite = suite_create("response");
	TCase *tcase = tcase_create("replies");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_reply_is_whole_or_fails, 0, (int)replies_count);
	tcase_add_loop_test(tcase, how_octets_arrive_changes_nothing, 0, (int)replies_count);
	tcase_add_test(tcase, damaged_replies_keep_the_contract);
	tcase_add_loop_test(tcase, everything_has_a_bound, 0, COUNT(bounds));
	tcase_add_test(tcase, content_has_the_bound_that_was_given);
	tcase_add_test(tcase, after_a_tunnels_head_nothing_is_http);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(response_suite());
}
