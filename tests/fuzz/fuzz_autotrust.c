/*
 * Any octets as a trust anchor's file: either a state or an error with its line and reason; and a state can be written, and
 * is read again as the same.
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/validate/autotrust.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
check_same(const struct autotrust *a, const struct autotrust *b)
{
	check(name_equal(&a->zone, &b->zone) && a->key_count == b->key_count && a->is_revoked == b->is_revoked);
	check(a->queried_s == b->queried_s && a->next_query_s == b->next_query_s && a->retry_s == b->retry_s);
	for (unsigned i = 0; i < a->key_count; i++) {
		const struct autotrust_key *x = &a->keys[i], *y = &b->keys[b->key_count - 1 - i]; /* the file begins with the last */
		check(x->state == y->state && x->changed_s == y->changed_s && x->rdata_bytes == y->rdata_bytes &&
		      memcmp(x->rdata, y->rdata, x->rdata_bytes) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct autotrust trust, again;
	static struct autotrust_reader reader;
	static char text[AUTOTRUST_TEXT_BYTES_MAX];

	if (autotrust_read(&trust, &reader, (const char *)bytes, size) != 0) {
		check(reader.why != NULL && reader.line > 0);
		return 0;
	}
	if (!autotrust_is_writable(&trust))
		return 0;
	const int written = autotrust_write(&trust, text, sizeof text);
	check(written > 0);
	check(autotrust_read(&again, &reader, text, (size_t)written) == 0);
	check_same(&trust, &again);
	return 0;
}
