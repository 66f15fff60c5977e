/* Credentials and challenges (fetch/auth.h, fetch/hasher.h). */
#include "fetch/auth.h"

#include <stdio.h>

#include "fetch/hasher.h"
#include "tests/suite.h"

static char text[2048];

static const char *
written(const struct writer *out)
{
	ck_assert_uint_lt(out->pos, sizeof text);
	text[out->pos] = '\0';
	return text;
}

START_TEST(basic_is_base64)
{
	static const struct {
		const char *user, *password, *value;
	} cases[] = {
		{ "Aladdin", "open sesame",
		  "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" },            /* RFC 7617, section 2 */
		{ "test", "123\xc2\xa3", "Basic dGVzdDoxMjPCow==" }, /* section 2.1 */
		{ "", "", "Basic Og==" },
		{ "a", "b:c", "Basic YTpiOmM=" },
		{ "a:b", "c", NULL },
		{ "a\n", "c", NULL },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct writer out = writer_over(text, sizeof text - 1);
		int err = auth_basic_write(span_from_text(cases[i].user),
					   span_from_text(cases[i].password), &out);
		ck_assert_int_eq(err, cases[i].value != NULL ? 0 : ERR_MALFORMED);
		if (err == 0)
			ck_assert_str_eq(written(&out), cases[i].value);
	}
}
END_TEST

START_TEST(bearer_is_a_token)
{
	struct writer out = writer_over(text, sizeof text - 1);
	ck_assert_int_eq(auth_bearer_write(SPAN("mF_9.B5f-4.1JqM=="), &out), 0);
	ck_assert_str_eq(written(&out), "Bearer mF_9.B5f-4.1JqM==");
	out = writer_over(text, sizeof text - 1);
	ck_assert_int_eq(auth_bearer_write(SPAN("a b"), &out), ERR_MALFORMED);
	ck_assert_int_eq(auth_bearer_write(SPAN("a\r\nX: y"), &out), ERR_MALFORMED);
	ck_assert_int_eq(auth_bearer_write(SPAN(""), &out), ERR_MALFORMED);
}
END_TEST

/* ---- challenges ---------------------------------------------------------------------------------- */

#define NAME "WWW-Authenticate"

START_TEST(challenges_are_told_apart)
{
	static const struct field all[] = {
		{ SPAN_LITERAL(NAME),
		  SPAN_LITERAL("Newauth realm=\"apps, and more\", type=1, title=\"Login to "
			       "\\\"apps\\\"\", Basic realm=\"simple\"") },
		{ SPAN_LITERAL(NAME), SPAN_LITERAL("Negotiate") },
		{ SPAN_LITERAL(NAME),
		  SPAN_LITERAL("Token68 abc==, Digest realm = \"d\" , nonce=n, qop=\"auth, "
			       "auth-int\"") },
	};
	static const char *const schemes[] = { "Newauth", "Basic", "Negotiate", "Token68",
					       "Digest" };
	static const char *const realms[] = { "\"apps, and more\"", "\"simple\"", NULL, NULL,
					      "\"d\"" };
	struct fields fields = { all, COUNT(all) };
	struct auth_challenges challenges = auth_challenges(&fields, NAME);
	struct auth_challenge challenge;
	for (size_t i = 0; i < COUNT(schemes); i++) {
		ck_assert(auth_challenge_next(&challenges, &challenge));
		ck_assert_msg(span_is(challenge.scheme, schemes[i]), SPAN_FORMAT,
			      SPAN_ARGUMENTS(challenge.scheme));
		ck_assert_msg(realms[i] != NULL ? span_is(challenge.realm, realms[i])
						: challenge.realm.at == NULL,
			      "%s", schemes[i]);
	}
	ck_assert(span_is(challenge.nonce, "n") && span_is(challenge.qop, "\"auth, auth-int\""));
	ck_assert(!auth_challenge_next(&challenges, &challenge));
}
END_TEST

static const struct {
	const char *value, *scheme, *algorithm; /* NULL: none chosen */
	unsigned schemes;
} choices[] = {
	{ "Basic realm=x", "Basic", NULL, 3 },
	{ "Basic realm=x, Digest realm=x, nonce=y", "Digest", NULL, 3 },
	{ "Basic realm=x, Digest realm=x, nonce=y", "Basic", NULL, AUTH_SCHEME_BASIC },
	{ "Digest realm=x, nonce=y, algorithm=MD5, Digest realm=x, nonce=y, algorithm=SHA-256",
	  "Digest", "SHA-256", 3 },
	{ "Digest realm=x, nonce=y, algorithm=SHA-256, Digest realm=x, nonce=y, algorithm=MD5",
	  "Digest", "SHA-256", 3 },
	{ "Digest realm=x, nonce=y, algorithm=FOO, Basic realm=x", "Basic", NULL, 3 },
	{ "Digest realm=x, nonce=y, qop=auth-int, Basic realm=x", "Basic", NULL, 3 },
	{ "Digest realm=x, Basic realm=x", "Basic", NULL, 3 },
	{ "Basic realm=x", NULL, NULL, AUTH_SCHEME_DIGEST },
	{ "Negotiate", NULL, NULL, 3 },
	{ ",,;=\"", NULL, NULL, 3 },
	{ "", NULL, NULL, 3 },
};

START_TEST(the_strongest_is_chosen)
{
	struct field field = { SPAN_LITERAL(NAME), span_from_text(choices[_i].value) };
	struct fields fields = { &field, 1 };
	struct auth_challenge challenge;
	int err = auth_choose(&fields, NAME, choices[_i].schemes, &challenge);
	ck_assert_msg(err == (choices[_i].scheme != NULL ? 0 : ERR_NOT_FOUND), "%s",
		      choices[_i].value);
	if (err != 0)
		return;
	ck_assert_msg(span_is(challenge.scheme, choices[_i].scheme), "%s", choices[_i].value);
	ck_assert_msg(choices[_i].algorithm == NULL ||
			      span_is(challenge.algorithm, choices[_i].algorithm),
		      "%s", choices[_i].value);
}
END_TEST

/* ---- Digest -------------------------------------------------------------------------------------- */

#define CNONCE_7616 "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
#define NONCE_7616  "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
#define OPAQUE_7616 "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"

static const struct {
	const char *behaviour, *challenge, *user, *password, *target, *cnonce;
	const char *response; /* in the value */
	const char *mentions;
} digests[] = {
	{ "RFC 7616, section 3.9.1, MD5",
	  "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=MD5, "
	  "nonce=\"" NONCE_7616 "\", opaque=\"" OPAQUE_7616 "\"",
	  "Mufasa", "Circle of Life", "/dir/index.html", CNONCE_7616,
	  "8ca523f5e9506fed4657c9700eebdbec", "nc=00000001, qop=auth" },
	{ "RFC 7616, section 3.9.1, SHA-256",
	  "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, "
	  "nonce=\"" NONCE_7616 "\", opaque=\"" OPAQUE_7616 "\"",
	  "Mufasa", "Circle of Life", "/dir/index.html", CNONCE_7616,
	  "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", "algorithm=SHA-256" },
	{ "the session's key", "Digest realm=r, nonce=n, qop=auth, algorithm=MD5-sess", "u", "p",
	  "/", "c", "6e4aac8b22e97762f88ccd0d5ccf5b1d", "algorithm=MD5-sess" },
	{ "RFC 2069, as corrected: no qop, no algorithm",
	  "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
	  "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
	  "Mufasa", "CircleOfLife", "/dir/index.html", "x", "1949323746fe6a43ef61f9606e7febea",
	  "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"" },
};

static int
write_digest(const char *value, const struct auth_digest *digest)
{
	struct field field = { SPAN_LITERAL(NAME), span_from_text(value) };
	struct fields fields = { &field, 1 };
	struct auth_challenge challenge;
	struct writer out = writer_over(text, sizeof text - 1);
	ck_assert_int_eq(auth_choose(&fields, NAME, AUTH_SCHEME_DIGEST, &challenge), 0);
	int err = auth_digest_write(&challenge, digest, &hasher_auth_ops, &out);
	(void)written(&out);
	return err;
}

START_TEST(digests_are_those_of_the_standards)
{
	struct auth_digest digest = {
		.user = span_from_text(digests[_i].user),
		.password = span_from_text(digests[_i].password),
		.method = SPAN("GET"),
		.target = span_from_text(digests[_i].target),
		.cnonce = span_from_text(digests[_i].cnonce),
		.nonce_count = 1,
	};
	char response[128];
	ck_assert_int_eq(write_digest(digests[_i].challenge, &digest), 0);
	snprintf(response, sizeof response, "response=\"%s\"", digests[_i].response);
	ck_assert_msg(strstr(text, response) != NULL && strstr(text, digests[_i].mentions) != NULL,
		      "%s: %s", digests[_i].behaviour, text);
}
END_TEST

START_TEST(names_are_hashed_or_encoded)
{
	struct auth_digest digest = {
		SPAN("J\xc3\xa4s \"x\""), SPAN("p"), SPAN("GET"), SPAN("/"), SPAN("c"), 255
	};
	ck_assert_int_eq(write_digest("Digest realm=r, nonce=n, qop=auth, charset=UTF-8", &digest),
			 0);
	ck_assert_ptr_nonnull(
		strstr(text, "Digest username*=UTF-8''J%C3%A4s%20%22x%22, realm=\"r\""));
	ck_assert_ptr_nonnull(strstr(text, "nc=000000ff"));
	digest.user = SPAN("a\"b\\");
	ck_assert_int_eq(write_digest("Digest realm=r, nonce=n", &digest), 0);
	ck_assert_ptr_nonnull(strstr(text, "username=\"a\\\"b\\\\\""));
	/* H(user ":" realm) */
	digest.user = SPAN("user");
	ck_assert_int_eq(write_digest("Digest realm=realm, nonce=n, userhash=true", &digest), 0);
	ck_assert_ptr_nonnull(strstr(text, "username=\"e760591138c3df8c9c11eeba43a9f851\""));
	ck_assert_ptr_nonnull(strstr(text, "userhash=true"));
	digest.user = SPAN("a\r\nb");
	ck_assert_int_eq(write_digest("Digest realm=r, nonce=n", &digest), ERR_MALFORMED);
}
END_TEST

START_TEST(hashes_are_the_librarys)
{
	struct hasher hasher;
	uint8_t hash[HASHER_BYTES_MAX];
	ck_assert_int_eq(hasher_begin(&hasher, "SHA256"), 0);
	ck_assert_int_eq(hasher_write(&hasher, "a", 1), 0);
	ck_assert_int_eq(hasher_write(&hasher, "bc", 2), 0);
	ck_assert_int_eq(hasher_end(&hasher, hash), 32);
	ck_assert_mem_eq(hash, "\xba\x78\x16\xbf\x8f\x01\xcf\xea", 8); /* FIPS 180-4, "abc" */
	ck_assert_int_eq(hasher_begin(&hasher, "no such hash"), ERR_UNSUPPORTED);
	hasher_close(&hasher);
}
END_TEST

static Suite *
auth_suite(void)
{
	Suite *suite = suite_create("credentials");
	TCase *tcase = tcase_create("credentials");
	tcase_add_test(tcase, basic_is_base64);
	tcase_add_test(tcase, bearer_is_a_token);
	tcase_add_test(tcase, challenges_are_told_apart);
	tcase_add_loop_test(tcase, the_strongest_is_chosen, 0, COUNT(choices));
	tcase_add_loop_test(tcase, digests_are_those_of_the_standards, 0, COUNT(digests));
	tcase_add_test(tcase, names_are_hashed_or_encoded);
	tcase_add_test(tcase, hashes_are_the_librarys);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(auth_suite());
}
