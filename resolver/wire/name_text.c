#include "resolver/wire/name.h"

#include <assert.h>

/* Octets that mean something in a master file are written with a backslash (RFC 1035, section 5.1). */
static bool
is_special(uint8_t octet)
{
	return octet == '.' || octet == ';' || octet == '(' || octet == ')' || octet == '\\' ||
	       octet == '"' || octet == '@' || octet == '$';
}

static char *
write_octet(char *at, uint8_t octet)
{
	if (is_special(octet)) {
		*at++ = '\\';
		*at++ = (char)octet;
	} else if (octet > 0x20 && octet < 0x7f) {
		*at++ = (char)octet;
	} else {
		*at++ = '\\';
		*at++ = (char)('0' + octet / 100);
		*at++ = (char)('0' + octet / 10 % 10);
		*at++ = (char)('0' + octet % 10);
	}
	return at;
}

const char *
name_to_text(const struct name *name, char *text, size_t text_bytes)
{
	assert(text_bytes >= NAME_TEXT_BYTES);
	(void)text_bytes;

	char *at = text;
	if (name->size == 1)
		*at++ = '.';
	for (const uint8_t *label = name->wire; *label != 0; label += 1u + *label) {
		for (unsigned i = 1; i <= *label; i++)
			at = write_octet(at, label[i]);
		*at++ = '.';
	}
	*at = '\0';
	return text;
}

/* The octet that the backslash at text[0] stands for; returns the characters taken, 0 if wrong. */
static unsigned
read_escape(const char *text, uint8_t *octet)
{
	unsigned value = 0;
	if (text[1] == '\0')
		return 0;
	if (text[1] < '0' || text[1] > '9') {
		*octet = (uint8_t)text[1];
		return 2;
	}
	for (unsigned i = 1; i <= 3; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		value = value * 10 + (unsigned)(text[i] - '0');
	}
	*octet = (uint8_t)value;
	return value <= 255 ? 4 : 0;
}

/* Reads the label at *text into wire[1..]; *text is left at the dot or at the end. */
static int
read_label(const char **text, uint8_t *wire, size_t wire_bytes)
{
	size_t size = 0;
	for (const char *at = *text;; size++) {
		uint8_t octet = (uint8_t)*at;
		unsigned taken = 1;
		if (octet == '\0' || octet == '.') {
			*text = at;
			break;
		}
		if (octet == '\\' && (taken = read_escape(at, &octet)) == 0)
			return ERR_MALFORMED;
		if (size == NAME_LABEL_MAX || size + 1 >= wire_bytes)
			return ERR_TOO_BIG;
		wire[1 + size] = octet;
		at += taken;
	}
	wire[0] = (uint8_t)size;
	return size == 0 ? ERR_MALFORMED : 0;
}

int
name_from_text(struct name *name, const char *text, const struct name *origin)
{
	if (origin == NULL)
		origin = &name_root;
	if (strcmp(text, "@") == 0) {
		name_copy(name, origin);
		return 0;
	}
	if (strcmp(text, ".") == 0) {
		*name = name_root;
		return 0;
	}

	struct name built;
	size_t used = 0;
	bool absolute = false;
	do {
		int err = read_label(&text, built.wire + used, NAME_BYTES_MAX - 1 - used);
		if (err != 0)
			return err;
		used += 1u + built.wire[used];
		absolute = *text == '.';
		text += absolute;
	} while (*text != '\0');

	const struct name *rest = absolute ? &name_root : origin;
	if (used + rest->size > NAME_BYTES_MAX)
		return ERR_TOO_BIG;
	memcpy(built.wire + used, rest->wire, rest->size);
	built.size = (uint8_t)(used + rest->size);
	name_copy(name, &built);
	return 0;
}
