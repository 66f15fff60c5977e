#include "resolver/wire/text.h"

#include <assert.h>

#include "resolver/wire/codec.h"
#include "resolver/wire/rdata_types.h"
#include "resolver/wire/words.h"

/* RFC 3597, section 5: TYPE and CLASS with the number in decimal. */
static const char *
numbered_to_text(const char *word, const char *prefix, uint16_t number, char *text,
		 size_t text_bytes)
{
	assert(text_bytes >= TYPE_TEXT_BYTES);
	struct writer out = writer_over(text, text_bytes);
	put_text(&out, word != NULL ? word : prefix);
	if (word == NULL)
		put_number(&out, number);
	put_char(&out, '\0');
	assert(out.err == 0);
	return text;
}

static int
numbered_from_text(const char *text, const char *prefix, uint16_t *number)
{
	uint64_t value;
	size_t prefix_chars = strlen(prefix), chars = strlen(text);
	if (chars <= prefix_chars || !text_is(text, prefix_chars, prefix))
		return ERR_MALFORMED;
	int err = get_number(text + prefix_chars, chars - prefix_chars, UINT16_MAX, &value);
	if (err == 0)
		*number = (uint16_t)value;
	return err;
}

const char *
type_to_text(uint16_t type, char *text, size_t text_bytes)
{
	return numbered_to_text(rdata_mnemonic(type), "TYPE", type, text, text_bytes);
}

int
type_from_text(const char *text, uint16_t *type)
{
	for (uint16_t known = 0; rdata_type_next(&known);) {
		if (text_is(text, strlen(text), rdata_mnemonic(known))) {
			*type = known;
			return 0;
		}
	}
	return numbered_from_text(text, "TYPE", type);
}

const char *
class_to_text(uint16_t class, char *text, size_t text_bytes)
{
	return numbered_to_text(words_text(&words_classes, class), "CLASS", class, text,
				text_bytes);
}

int
class_from_text(const char *text, uint16_t *class)
{
	if (words_number(&words_classes, text, strlen(text), class))
		return 0;
	return numbered_from_text(text, "CLASS", class);
}

const char *
rcode_to_text(uint16_t rcode)
{
	const char *word = words_text(&words_rcodes, rcode);
	return word != NULL ? word : "RESERVED";
}

int
rcode_from_text(const char *text, uint16_t *rcode)
{
	return words_number(&words_rcodes, text, strlen(text), rcode) ? 0 : ERR_MALFORMED;
}

const char *
opcode_to_text(uint8_t opcode)
{
	const char *word = words_text(&words_opcodes, opcode);
	return word != NULL ? word : "RESERVED";
}
