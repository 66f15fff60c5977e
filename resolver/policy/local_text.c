#include <stdio.h>

#include "resolver/policy/local_priv.h"
#include "resolver/wire/text.h"
#include "stack/addr.h"

#define TTL_DIGITS_MAX 10u

static int
complain(int err, const char **why, const char *words)
{
	*why = words;
	return err;
}

static const char *
why_not_added(int err)
{
	switch (err) {
	case ERR_EXISTS: return "a CNAME stands alone at its name";
	case ERR_UNSUPPORTED: return "no data of this class or type can be local";
	case ERR_TOO_BIG: return "too many records of this name and type";
	case ERR_NO_MEMORY: return "the memory for local data is used up";
	default: return err_text(err);
	}
}

static int
add(struct local *local, const struct text_record *record, const char **why)
{
	int err = local_data_add_rr(local, &record->owner, record->type, record->class,
				    record->ttl_s, record->rdata, record->rdata_bytes);
	return err == 0 ? 0 : complain(err, why, why_not_added(err));
}

/* The reader and its record are 200 KiB, on the stack of the thread that reads the configuration. */
int
local_data_add(struct local *local, const char *record, const char **why)
{
	struct text_reader reader;
	struct text_record first, second;
	text_reader_init(&reader, record, strlen(record), &name_root);
	reader.ttl_s = LOCAL_DATA_TTL_S;
	int got = text_reader_next(&reader, &first);
	if (got < 0)
		return complain(got, why, reader.why != NULL ? reader.why : err_text(got));
	if (got == 0)
		return complain(ERR_MALFORMED, why, "no record");
	if (text_reader_next(&reader, &second) != 0)
		return complain(ERR_MALFORMED, why, "more than one record");
	return add(local, &first, why);
}

/* ---- "ADDRESS [TTL] NAME" ------------------------------------------------------------------------- */

/* RFC 1035, section 3.5; RFC 3596, section 2.5. */
static int
reverse_name(const struct ip_addr *addr, struct name *name)
{
	char text[NAME_TEXT_BYTES];
	size_t used = 0;
	for (size_t i = addr_bytes(addr); i-- > 0;) {
		unsigned octet = addr->octets[i];
		int length = addr->family == ADDR_IPV4
				     ? snprintf(text + used, sizeof text - used, "%u.", octet)
				     : snprintf(text + used, sizeof text - used, "%x.%x.",
						octet & 15, octet >> 4);
		used += (size_t)length;
	}
	snprintf(text + used, sizeof text - used, "%s",
		 addr->family == ADDR_IPV4 ? "in-addr.arpa." : "ip6.arpa.");
	return name_from_text(name, text, NULL);
}

static const char *
skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

/* Takes the next word into `word`; false when there is none or it is longer. */
static bool
take_word(const char **at, char *word, size_t word_bytes)
{
	*at = skip_blanks(*at);
	size_t length = strcspn(*at, " \t");
	if (length == 0 || length >= word_bytes)
		return false;
	memcpy(word, *at, length);
	word[length] = 0;
	*at += length;
	return true;
}

static bool
read_ttl(const char *word, uint32_t *ttl_s)
{
	uint64_t value = 0;
	size_t digits = strspn(word, "0123456789");
	if (digits == 0 || digits > TTL_DIGITS_MAX || word[digits] != 0)
		return false;
	for (size_t i = 0; i < digits; i++)
		value = value * 10 + (unsigned)(word[i] - '0');
	*ttl_s = (uint32_t)value;
	return value <= INT32_MAX; /* RFC 2181, section 8 */
}

int
local_data_ptr_add(struct local *local, const char *ptr, const char **why)
{
	char word[NAME_TEXT_BYTES];
	struct ip_addr addr;
	struct name owner, target;
	uint32_t ttl_s = LOCAL_DATA_TTL_S;

	if (!take_word(&ptr, word, sizeof word) || addr_from_text(&addr, word) != 0)
		return complain(ERR_MALFORMED, why, "it begins with an IPv4 or IPv6 address");
	if (!take_word(&ptr, word, sizeof word))
		return complain(ERR_MALFORMED, why, "a name follows the address");
	if (*skip_blanks(ptr) != 0) {
		if (!read_ttl(word, &ttl_s))
			return complain(ERR_MALFORMED, why,
					"between address and name there may be a TTL in seconds");
		if (!take_word(&ptr, word, sizeof word) || *skip_blanks(ptr) != 0)
			return complain(ERR_MALFORMED, why, "one name ends it");
	}
	int err = name_from_text(&target, word, NULL);
	if (err != 0)
		return complain(err, why, "the name is not one");
	err = reverse_name(&addr, &owner);
	if (err == 0)
		err = local_data_add_rr(local, &owner, TYPE_PTR, CLASS_IN, ttl_s, target.wire,
					target.size);
	return err == 0 ? 0 : complain(err, why, why_not_added(err));
}
