#include "fetch/idna_icu.h"
#include "stack/base/rng.h"
#include "tests/fetch/url_laws.h"
#include "tests/suite.h"

#define ROUNDS     20000u
#define PIECES_MAX 12u
#define BYTES_MAX  512u

/* What parsers of URLs stumble over. */
static const char *const pieces[] = {
	"http:",
	"https:",
	"file:",
	"foo:",
	"mailto:",
	"blob:",
	"ws:",
	"ftp:",
	"data:",
	"//",
	"/",
	"\\",
	"?",
	"#",
	"@",
	":",
	"[",
	"]",
	"[::1]",
	"[1:2::3.4.5.6]",
	"::",
	"127.0.0.1",
	"0x7f.1",
	"09",
	"256",
	"1.",
	"4294967296",
	"localhost",
	"example.org",
	"EXAMPLE",
	"xn--",
	"xn--n3h",
	".",
	"..",
	"%2e",
	"%2E%2e",
	"C:",
	"C|",
	"/.",
	"%",
	"%41",
	"%00",
	"%ff",
	"%c3%a9",
	" ",
	"\t",
	"\n",
	"\x01",
	"\x7f",
	"\xc3\xa9",
	"\xe2\x98\x83",
	"\xf0\x9f\x92\xa9",
	"\xff",
	"\xed\xa0\x80",
	"\xc2\xad",
	"\xe3\x80\x82",
	"\xef\xbc\xa1",
	"\xd7\x90",
	"a",
	"b",
	"-",
	"_",
	"^",
	"|",
	"`",
	"{",
	"}",
	"<",
	">",
	"\"",
	"'",
	";",
	"=",
	"&",
	"+",
	"~",
	":80",
	":443",
	":65536",
	":0",
};

static struct span
random_text(struct rng *rng, char *text)
{
	uint32_t count = rng_below(rng, PIECES_MAX);
	size_t used = 0;
	for (uint32_t i = 0; i < count; i++) {
		const char *piece = pieces[rng_below(rng, COUNT(pieces))];
		memcpy(text + used, piece, strlen(piece));
		used += strlen(piece);
	}
	return span_of(text, used);
}

START_TEST(the_laws_hold_of_random_texts)
{
	char text_octets[BYTES_MAX], base_octets[BYTES_MAX];
	uint64_t seed = suite_seed(0x0a11c0de + (uint64_t)_i);
	struct rng rng;
	struct idna_icu icu;
	idna_icu_init(&icu);
	rng_init_number(&rng, seed);
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct span text = random_text(&rng, text_octets);
		struct span base = random_text(&rng, base_octets);
		const char *broken = url_laws_broken(text, base, &icu.idna);
		if (broken != NULL)
			ck_abort_msg("seed %llu, round %u: <" SPAN_FORMAT "> on <" SPAN_FORMAT
				     ">: %s",
				     (unsigned long long)seed, i, SPAN_ARGUMENTS(text),
				     SPAN_ARGUMENTS(base), broken);
	}
	idna_icu_fini(&icu);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("url_random");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, the_laws_hold_of_random_texts, 0, 3);
	Suite *suite = suite_create("url_random");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
