/*
 * Any octets as a name in a message and as a name on paper: what is read is written and read again as the same.
 */
#include <stdlib.h>

#include "resolver/wire/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
check_name(const struct name *name)
{
	char text[NAME_TEXT_BYTES];
	struct name again;
	check(name->size >= 1 && name->wire[name->size - 1] == 0);
	check(name_from_text(&again, name_to_text(name, text, sizeof text), NULL) == 0);
	check(name_equal_exact(&again, name));
	check(name_from_wire(&again, name->wire, name->size) == 0);
	check(name_equal_exact(&again, name));
	check(name_labels(name) <= NAME_LABELS_MAX);
}

/* The first octet says where in the message the name begins. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char text[2048];
	struct name name;
	if (size < 1)
		return 0;
	struct cursor cursor = cursor_over(bytes + 1, size - 1);
	cursor.pos = bytes[0] < cursor.end ? bytes[0] : cursor.end;
	if (name_read(&name, &cursor) == 0)
		check_name(&name);
	size_t characters = size - 1 < sizeof text - 1 ? size - 1 : sizeof text - 1;
	memcpy(text, bytes + 1, characters);
	text[characters] = '\0';
	if (name_from_text(&name, text, NULL) == 0)
		check_name(&name);
	return 0;
}
