/* Digests in a head (fetch/digest_field.h; RFC 9530, RFC 3230). */
#include "tests/suite.h"

#include "fetch/digest_field.h"

#define SHA256 "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="
#define SHA512 "m3HSJL1i83hdltRq0+o9czGb+8KJDKra4t/3JRlnPKcjI8PZm6XBHXx6zG4UuMXaDEZjR1wuXDre9G9zvN7AQw=="

static const struct {
	const char *value, *function; /* NULL: nothing is said */
} fields[] = {
	{ "sha-256=:" SHA256 ":", "SHA256" },
	{ "sha-512=:" SHA512 ":", "SHA512" },
	{ "sha-512=:" SHA512 ":, sha-256=:" SHA256 ":", "SHA512" },
	{ "sha-256=:" SHA256 ":,sha-512=:" SHA512 ":;a=b", "SHA512" },
	{ "SHA-256=" SHA256, "SHA256" },
	{ "md5=HUXZLQLMuI/KZ5KDcJPcOA==, sha-256=" SHA256, "SHA256" },
	{ "sha-256=:" SHA256 ":, sha-512=:AAAA:", "SHA256" },
	{ "md5=HUXZLQLMuI/KZ5KDcJPcOA==", NULL },
	{ "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmA==:", NULL },
	{ "sha-256=:!:", NULL },
	{ "sha-256", NULL },
	{ "sha-256=", NULL },
	{ "sha-256=:", NULL },
	{ "sha-256=:" SHA512 SHA512 ":", NULL },
	{ "", NULL },
};

START_TEST(the_strongest_digest_is_read)
{
	struct digest digest;
	bool is_read = digest_field_read(span_from_text(fields[_i].value), &digest);
	ck_assert_msg(is_read == (fields[_i].function != NULL), "%s", fields[_i].value);
	if (!is_read)
		return;
	ck_assert_str_eq(digest.function, fields[_i].function);
	ck_assert_uint_eq(digest.octets[0], digest.bytes == 32 ? 0x2c : 0x9b);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("digest_field");
	tcase_add_loop_test(tcase, the_strongest_digest_is_read, 0, COUNT(fields));
	Suite *suite = suite_create("digest_field");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
