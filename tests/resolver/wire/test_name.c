#include "resolver/wire/name.h"

#include <ldns/ldns.h>

#include "stack/base/arena.h"
#include "stack/base/rng.h"
#include "tests/resolver/wire/build.h"

/* ---- text ---------------------------------------------------------------------------------------- */

static const struct {
	const char *behaviour, *text, *presented;
	int err;
} texts[] = {
	{ "the root is a dot", ".", ".", 0 },
	{ "an absolute name is kept", "www.Example.com.", "www.Example.com.", 0 },
	{ "a relative name is completed by the root", "www.example", "www.example.", 0 },
	{ "a decimal escape is an octet", "a\\046b.c.", "a\\.b.c.", 0 },
	{ "an escaped dot is no separator", "a\\.b.c.", "a\\.b.c.", 0 },
	{ "octets that do not print come out in decimal", "\\000\\032\\255.", "\\000\\032\\255.",
	  0 },
	{ "octets that mean something are escaped", "\\@\\$\\(\\)\\;\\\"\\\\.",
	  "\\@\\$\\(\\)\\;\\\"\\\\.", 0 },
	{ "an empty text is no name", "", NULL, ERR_MALFORMED },
	{ "an empty label is refused", "a..b.", NULL, ERR_MALFORMED },
	{ "a leading dot is refused", ".a.", NULL, ERR_MALFORMED },
	{ "an escape above 255 is refused", "\\256.", NULL, ERR_MALFORMED },
	{ "a short decimal escape is refused", "\\12.", NULL, ERR_MALFORMED },
	{ "a final backslash is refused", "a\\", NULL, ERR_MALFORMED },
	{ "63 octets are a label",
	  "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk.",
	  "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk.", 0 },
	{ "64 octets are not", "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl.",
	  NULL, ERR_TOO_BIG },
};

START_TEST(text_becomes_a_name_and_back)
{
	struct name name;
	char text[NAME_TEXT_BYTES];
	ck_assert_msg(name_from_text(&name, texts[_i].text, NULL) == texts[_i].err, "%s",
		      texts[_i].behaviour);
	if (texts[_i].err == 0)
		ck_assert_str_eq(name_to_text(&name, text, sizeof text), texts[_i].presented);
}
END_TEST

START_TEST(an_origin_completes_a_relative_name)
{
	struct name origin = name_of("example.net."), name, expected = name_of("www.example.net.");
	ck_assert_int_eq(name_from_text(&name, "www", &origin), 0);
	ck_assert(name_equal_exact(&name, &expected));
	ck_assert_int_eq(name_from_text(&name, "@", &origin), 0);
	ck_assert(name_equal_exact(&name, &origin));
	ck_assert_int_eq(name_from_text(&name, "www.", &origin), 0);
	ck_assert_uint_eq(name_labels(&name), 1);
	ck_assert_int_eq(name_from_text(&origin, "a", &origin), 0); /* in place */
	expected = name_of("a.example.net.");
	ck_assert(name_equal_exact(&origin, &expected));
}
END_TEST

START_TEST(a_name_ends_at_255_octets)
{
	char text[600] = "";
	for (int i = 0; i < 126; i++)
		strcat(text, "a.");
	struct name name;
	ck_assert_int_eq(name_from_text(&name, text, NULL), 0); /* 126 * 2 + 1 = 253 */
	strcat(text, "a.");
	ck_assert_int_eq(name_from_text(&name, text, NULL), 0);
	ck_assert_uint_eq(name.size, 255);
	ck_assert_uint_eq(name_labels(&name), NAME_LABELS_MAX);
	strcat(text, "a.");
	ck_assert_int_eq(name_from_text(&name, text, NULL), ERR_TOO_BIG);

	text[126 * 2] = '\0'; /* one label more fits, and no more with an origin */
	struct name origin = name_of("b.");
	text[strlen(text) - 1] = '\0';
	ck_assert_int_eq(name_from_text(&name, text, &origin), 0);
	origin = name_of("bb.");
	ck_assert_int_eq(name_from_text(&name, text, &origin), ERR_TOO_BIG);

	struct name longest = name_of("a."), prefix = name_of("x.");
	for (int i = 0; i < 126; i++)
		ck_assert_int_eq(name_prepend(&longest, (const uint8_t *)"y", 1, &longest), 0);
	ck_assert_int_eq(name_prepend(&longest, (const uint8_t *)"y", 1, &longest), ERR_TOO_BIG);
	ck_assert_int_eq(name_prepend(&prefix, (const uint8_t *)"", 0, &prefix), ERR_MALFORMED);
}
END_TEST

/* ---- wire ---------------------------------------------------------------------------------------- */

#define HEADER "\0\0\0\0\0\0\0\0\0\0\0\0" /* no name starts in the first twelve octets */

static const struct {
	const char *behaviour;
	const char *message;
	size_t size, pos, after;
	const char *presented;
	int err;
} wires[] = {
	{ "labels are read to the root", HEADER "\3www\2Ex\0", 20, 12, 20, "www.Ex.", 0 },
	{ "a pointer goes backwards", HEADER "\2Ex\0\3www\xc0\x0c", 22, 16, 22, "www.Ex.", 0 },
	{ "a pointer may lead to a pointer", HEADER "\2Ex\0\xc0\x0c\xc0\x10", 20, 18, 20, "Ex.",
	  0 },
	{ "a pointer to the root is the root", HEADER "\2Ex\0\xc0\x0f", 18, 16, 18, ".", 0 },
	{ "a pointer to itself is refused", HEADER "\2Ex\0\xc0\x10", 18, 16, 0, NULL,
	  ERR_MALFORMED },
	{ "a pointer into its own labels is refused", HEADER "\2Ex\xc0\x0c", 17, 12, 0, NULL,
	  ERR_MALFORMED },
	{ "a pointer forwards is refused", HEADER "\xc0\x0e\2Ex\0", 18, 12, 0, NULL,
	  ERR_MALFORMED },
	{ "a pointer into the header is refused", HEADER "\xc0\x04", 14, 12, 0, NULL,
	  ERR_MALFORMED },
	{ "a pointer to labels that run into it is refused", HEADER "\0\3Ex\xc0\x0d\0", 19, 16, 0,
	  NULL, ERR_SHORT },
	{ "a pointer to a pointer that runs into it is refused", HEADER "\xc0\xc0\x0c", 15, 13, 0,
	  NULL, ERR_SHORT },
	{ "a pointer to a label that contains it is refused", HEADER "\1\xc0\x0c\0", 16,
	  13, 0, NULL, ERR_SHORT },
	{ "half a pointer is short", HEADER "\2Ex\0\xc0", 17, 16, 0, NULL, ERR_SHORT },
	{ "a label past the end is short", HEADER "\4Ex\0", 16, 12, 0, NULL, ERR_SHORT },
	{ "a missing root is short", HEADER "\2Ex", 15, 12, 0, NULL, ERR_SHORT },
	{ "nothing at all is short", HEADER "", 12, 12, 0, NULL, ERR_SHORT },
	{ "extended label types are refused", HEADER "\x41\0\0", 15, 12, 0, NULL, ERR_MALFORMED },
	{ "label type 2 is refused", HEADER "\x80\0\0", 15, 12, 0, NULL, ERR_MALFORMED },
};

START_TEST(names_are_read_from_a_message)
{
	struct cursor cursor = cursor_over(wires[_i].message, wires[_i].size);
	struct name name;
	char text[NAME_TEXT_BYTES];
	cursor.pos = wires[_i].pos;
	ck_assert_msg(name_read(&name, &cursor) == wires[_i].err, "%s", wires[_i].behaviour);
	ck_assert_int_eq(cursor.err, wires[_i].err);
	if (wires[_i].err != 0)
		return;
	ck_assert_str_eq(name_to_text(&name, text, sizeof text), wires[_i].presented);
	ck_assert_uint_eq(cursor.pos, wires[_i].after);
}
END_TEST

START_TEST(a_chain_of_pointers_is_bounded)
{
	uint8_t message[16 + 2 * (NAME_POINTERS_MAX + 1)] = { [12] = 2, 'E', 'x', 0, 0xc0, 12 };
	for (unsigned i = 1; i <= NAME_POINTERS_MAX; i++) {
		message[16 + 2 * i] = 0xc0;
		message[17 + 2 * i] = (uint8_t)(14 + 2 * i);
	}
	struct name name;
	struct cursor cursor = cursor_over(message, sizeof message);
	cursor.pos = sizeof message - 4;
	ck_assert_int_eq(name_read(&name, &cursor), 0);
	ck_assert_uint_eq(name.size, 4);
	ck_assert_int_eq(name_read(&name, &cursor), ERR_MALFORMED);
}
END_TEST

START_TEST(an_error_sticks_to_the_cursor)
{
	struct cursor cursor = cursor_over("\0", 1);
	struct name name;
	cursor_fail(&cursor, ERR_TOO_BIG);
	ck_assert_int_eq(name_read(&name, &cursor), ERR_TOO_BIG);
	ck_assert_uint_eq(name.size, 1);
}
END_TEST

START_TEST(our_own_octets_are_checked_once_more)
{
	struct name name;
	ck_assert_int_eq(name_from_wire(&name, (const uint8_t *)"\2Ex\0tail", 8), 0);
	ck_assert_uint_eq(name.size, 4);
	ck_assert_int_eq(name_from_wire(&name, (const uint8_t *)"\2Ex", 3), ERR_SHORT);
	ck_assert_int_eq(name_from_wire(&name, (const uint8_t *)"\2E", 2), ERR_SHORT);
	ck_assert_int_eq(name_from_wire(&name, (const uint8_t *)"\xc0\x0c", 2), ERR_MALFORMED);
	uint8_t longest[257] = { 0 };
	for (int i = 0; i < 128; i++)
		longest[2 * i] = 1;
	ck_assert_int_eq(name_from_wire(&name, longest, sizeof longest), ERR_TOO_BIG);
	longest[254] = 0;
	ck_assert_int_eq(name_from_wire(&name, longest, sizeof longest), 0);
	ck_assert_uint_eq(name.size, 255);
}
END_TEST

/* ---- comparison ---------------------------------------------------------------------------------- */

static const struct {
	const char *behaviour, *owner, *zone;
	bool inside;
} zones[] = {
	{ "a zone holds its own apex", "example.", "example.", true },
	{ "case does not matter (RFC 4343)", "NS.Example.", "example.", true },
	{ "a common ending is no parent", "badexample.", "example.", false },
	{ "the root holds every name", "example.", ".", true },
	{ "no name holds its parent", "example.", "www.example.", false },
	{ "octets in a label are no label boundary", "a\\007example.", "example.", false },
	{ "only letters fold", "[.example.", "{.example.", false },
};

START_TEST(only_names_under_the_zone_are_in_bailiwick)
{
	struct name owner = name_of(zones[_i].owner), zone = name_of(zones[_i].zone);
	ck_assert_msg(name_is_under(&owner, &zone) == zones[_i].inside, "%s", zones[_i].behaviour);
}
END_TEST

START_TEST(case_is_ignored_for_letters_and_for_nothing_else)
{
	for (unsigned a = 0; a < 256; a++) {
		for (unsigned b = 0; b < 256; b++) {
			struct name x = name_of("long-enough-for-words.example."), y = x;
			x.wire[9] = x.wire[3] = (uint8_t)a;
			y.wire[9] = y.wire[3] = (uint8_t)b;
			bool letters = (a | 32) == (b | 32) && (a | 32) >= 'a' && (a | 32) <= 'z';
			ck_assert(name_equal(&x, &y) == (a == b || letters));
			ck_assert(name_equal_exact(&x, &y) == (a == b));
		}
	}
}
END_TEST

START_TEST(lowering_changes_letters_only)
{
	struct name name = { .size = 255 }, lower;
	for (unsigned i = 0; i < 255; i++)
		name.wire[i] = (uint8_t)(i + 1);
	name_lower(&lower, &name);
	for (unsigned i = 0; i < 255; i++)
		ck_assert_uint_eq(lower.wire[i], i + 1 >= 'A' && i + 1 <= 'Z' ? i + 33 : i + 1);
}
END_TEST

/* RFC 4034, section 6.1: its own example, in order. */
static const char *const canonical[] = {
	"example.",         "a.example.",      "yljkjljk.a.example.",
	"Z.a.example.",     "zABC.a.EXAMPLE.", "z.example.",
	"\\001.z.example.", "*.z.example.",    "\\200.z.example.",
};

START_TEST(names_stand_in_canonical_order)
{
	for (unsigned i = 0; i < COUNT(canonical); i++) {
		for (unsigned j = 0; j < COUNT(canonical); j++) {
			struct name a = name_of(canonical[i]), b = name_of(canonical[j]);
			ck_assert_int_eq(name_compare(&a, &b), (i > j) - (i < j));
		}
	}
}
END_TEST

START_TEST(labels_are_counted_from_the_root)
{
	struct name a = name_of("www.a.Example.com."), b = name_of("mail.b.example.COM."),
		    c = name_of("xcom.");
	ck_assert_uint_eq(name_common_labels(&a, &b), 2);
	ck_assert_uint_eq(name_common_labels(&a, &a), 4);
	ck_assert_uint_eq(name_common_labels(&a, &c), 0);
	ck_assert_uint_eq(name_common_labels(&a, &name_root), 0);
	ck_assert_uint_eq(name_labels(&name_root), 0);
}
END_TEST

/* ---- building ------------------------------------------------------------------------------------ */

START_TEST(labels_come_off_the_front)
{
	struct name name = name_of("a.b.example.com."), to, expected = name_of("example.com.");
	name_strip(&to, &name, 2);
	ck_assert(name_equal_exact(&to, &expected));
	name_tail(&to, &name, 2);
	ck_assert(name_equal_exact(&to, &expected));
	name_strip(&to, &name, 0);
	ck_assert(name_equal_exact(&to, &name));
	name_strip(&to, &name, 9);
	ck_assert(name_equal_exact(&to, &name_root));
	name_tail(&to, &name, 9);
	ck_assert(name_equal_exact(&to, &name));
	name_strip(&name, &name, 2); /* in place */
	ck_assert(name_equal_exact(&name, &expected));
}
END_TEST

START_TEST(a_dname_replaces_the_ending)
{
	struct name name = name_of("WWW.sub.Example.com."), owner = name_of("example.COM."),
		    target = name_of("example.net."), expected = name_of("WWW.sub.example.net."),
		    to;
	ck_assert_int_eq(name_substitute(&to, &name, &owner, &target), 0);
	ck_assert(name_equal_exact(&to, &expected));
	ck_assert_int_eq(name_substitute(&target, &name, &owner, &target), 0); /* in place */
	ck_assert(name_equal_exact(&target, &expected));

	char text[600] = "";
	for (int i = 0; i < 127; i++)
		strcat(text, "a.");
	name = name_of(text);
	owner = name_of("a.");
	target = name_of("bb.");
	ck_assert_int_eq(name_substitute(&to, &name, &owner, &target),
			 ERR_TOO_BIG); /* RFC 6672, section 2.2 */
	target = name_of("b.");
	ck_assert_int_eq(name_substitute(&to, &name, &owner, &target), 0);
}
END_TEST

START_TEST(a_stored_name_takes_its_own_size)
{
	_Alignas(8) uint8_t block[64];
	struct arena arena;
	arena_init(&arena, block, sizeof block);
	struct name name = name_of("www.example.com."), copy;
	const struct name *stored = name_store(&arena, &name);
	ck_assert_ptr_nonnull(stored);
	ck_assert_uint_le(arena.used, 1u + name.size);
	name_copy(&copy, stored);
	ck_assert(name_equal_exact(&copy, &name));
	while (stored != NULL)
		stored = name_store(&arena, &name); /* ends: the arena is full */
}
END_TEST

/* ---- the second opinion -------------------------------------------------------------------------- */

/* A message of names, some of them pointing back to earlier ones, some of them damaged. */
static size_t
random_names(struct rng *rng, uint8_t *message, size_t size)
{
	size_t at = 12;
	memset(message, 0, 12);
	while (at + 70 < size) {
		uint32_t kind = rng_below(rng, 16);
		if (kind < 9) {
			uint8_t label =
				(uint8_t)(1 + rng_below(rng, rng_below(rng, 8) == 0 ? 63 : 9));
			message[at++] = label;
			rng_bytes(rng, message + at, label);
			at += label;
		} else if (kind < 12) {
			message[at++] = 0;
		} else if (kind < 15) {
			uint32_t target = 12 + rng_below(rng, (uint32_t)at - 11);
			message[at++] = (uint8_t)(0xc0 | target >> 8);
			message[at++] = (uint8_t)target;
		} else {
			message[at++] = (uint8_t)rng_u16(rng);
		}
	}
	return at;
}

START_TEST(ldns_reads_the_same_names)
{
	struct rng rng;
	uint8_t message[512];
	unsigned read = 0;
	rng_init_number(&rng, 4343);
	for (int round = 0; round < 400; round++) {
		size_t size = random_names(&rng, message, sizeof message);
		for (size_t pos = 12; pos < size; pos++) {
			struct cursor cursor = cursor_over(message, size);
			struct name name;
			cursor.pos = pos;
			if (name_read(&name, &cursor) != 0)
				continue; /* ldns lets pointers lead forwards; we do not */
			ldns_rdf *dname = NULL;
			size_t ldns_pos = pos;
			ck_assert_int_eq(ldns_wire2dname(&dname, message, size, &ldns_pos),
					 LDNS_STATUS_OK);
			ck_assert_uint_eq(ldns_pos, cursor.pos);
			ck_assert_mem_eq(ldns_rdf_data(dname), name.wire, name.size);
			ck_assert_uint_eq(ldns_rdf_size(dname), name.size);
			ck_assert_uint_eq(ldns_dname_label_count(dname), name_labels(&name));
			ldns_rdf_deep_free(dname);

			char text[NAME_TEXT_BYTES];
			struct name again;
			ck_assert_int_eq(name_from_text(&again,
							name_to_text(&name, text, sizeof text),
							NULL),
					 0);
			ck_assert(name_equal_exact(&again, &name));
			read++;
		}
	}
	ck_assert_uint_gt(read, 10000);
}
END_TEST

static Suite *
name_suite(void)
{
	Suite *suite = suite_create("name");
	TCase *tcase = tcase_create("names");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, text_becomes_a_name_and_back, 0, COUNT(texts));
	tcase_add_test(tcase, an_origin_completes_a_relative_name);
	tcase_add_test(tcase, a_name_ends_at_255_octets);
	tcase_add_loop_test(tcase, names_are_read_from_a_message, 0, COUNT(wires));
	tcase_add_test(tcase, a_chain_of_pointers_is_bounded);
	tcase_add_test(tcase, an_error_sticks_to_the_cursor);
	tcase_add_test(tcase, our_own_octets_are_checked_once_more);
	tcase_add_loop_test(tcase, only_names_under_the_zone_are_in_bailiwick, 0, COUNT(zones));
	tcase_add_test(tcase, case_is_ignored_for_letters_and_for_nothing_else);
	tcase_add_test(tcase, lowering_changes_letters_only);
	tcase_add_test(tcase, names_stand_in_canonical_order);
	tcase_add_test(tcase, labels_are_counted_from_the_root);
	tcase_add_test(tcase, labels_come_off_the_front);
	tcase_add_test(tcase, a_dname_replaces_the_ending);
	tcase_add_test(tcase, a_stored_name_takes_its_own_size);
	tcase_add_test(tcase, ldns_reads_the_same_names);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(name_suite());
}
