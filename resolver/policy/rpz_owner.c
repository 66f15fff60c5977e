/* rpz_owner.c - "24.0.2.0.192.rpz-client-ip": the triggers that the last label of an owner tells apart. */
#include <stdlib.h>
#include <string.h>

#include "resolver/policy/rpz_priv.h"
#include "stack/base/err.h"

#define ADDRESS_LABELS_MAX 9u /* the length and eight groups */
#define ADDRESS_LABEL_MAX  4u /* "255", "2001" */

static const struct {
	const char *label; /* with its length octet */
	enum rpz_trigger trigger;
} kinds[] = {
	{ "\015rpz-client-ip", RPZ_CLIENT_IP },
	{ "\006rpz-ip", RPZ_RESPONSE_IP },
	{ "\013rpz-nsdname", RPZ_NSDNAME },
	{ "\010rpz-nsip", RPZ_NSIP },
};

/* The last label's kind; false: it is an ordinary name. */
static bool
find_kind(const struct name *relative, enum rpz_trigger *trigger)
{
	struct name last, kind;
	name_tail(&last, relative, 1);
	for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		kind.size = (uint8_t)(strlen(kinds[i].label) + 1);
		memcpy(kind.wire, kinds[i].label, kind.size);
		if (name_equal(&last, &kind)) {
			*trigger = kinds[i].trigger;
			return true;
		}
	}
	return false;
}

/* A label as a number; false when it is none, or above `largest`. */
static bool
label_number(const char *label, int base, unsigned long largest, unsigned *number)
{
	char *end;
	if (*label == '\0' ||
	    strspn(label, base == 10 ? "0123456789" : "0123456789abcdefABCDEF") != strlen(label))
		return false;
	const unsigned long value = strtoul(label, &end, base);
	*number = (unsigned)value;
	return value <= largest;
}

/* Four decimal numbers, the last one first. */
static bool
read_ipv4(char (*labels)[ADDRESS_LABEL_MAX + 1], struct ip_addr *addr)
{
	uint8_t octets[4];
	for (unsigned i = 0; i < 4; i++) {
		unsigned number;
		if (!label_number(labels[i], 10, 255, &number))
			return false;
		octets[3 - i] = (uint8_t)number;
	}
	*addr = addr_ipv4(octets);
	return true;
}

/* Up to eight groups, the last one first; `zz` once for as many zeros as are missing. */
static bool
read_ipv6(char (*labels)[ADDRESS_LABEL_MAX + 1], unsigned count, struct ip_addr *addr)
{
	uint8_t octets[16] = { 0 };
	unsigned at = 8, number;
	bool has_zeros = false;
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(labels[i], "zz") == 0 && !has_zeros) {
			has_zeros = true;
			at -= 8 - (count - 1);
		} else if (at > 0 && label_number(labels[i], 16, 0xffff, &number)) {
			at--;
			octets[2 * at] = (uint8_t)(number >> 8);
			octets[2 * at + 1] = (uint8_t)number;
		} else {
			return false;
		}
	}
	*addr = addr_ipv6(octets);
	return at == 0;
}

/* The labels in front of the last one, as text; 0: too many, or one that no address has. */
static unsigned
address_labels(const struct name *relative, char labels[ADDRESS_LABELS_MAX][ADDRESS_LABEL_MAX + 1])
{
	const unsigned count = name_labels(relative) - 1;
	unsigned at = 0;
	if (count > ADDRESS_LABELS_MAX)
		return 0;
	for (unsigned i = 0; i < count; i++) {
		const uint8_t size = relative->wire[at];
		if (size > ADDRESS_LABEL_MAX)
			return 0;
		memcpy(labels[i], &relative->wire[at + 1], size);
		labels[i][size] = '\0';
		at += 1u + size;
	}
	return count;
}

static int
read_address(struct rpz_owner *owner, const struct name *relative)
{
	char labels[ADDRESS_LABELS_MAX][ADDRESS_LABEL_MAX + 1];
	const unsigned count = address_labels(relative, labels);
	if (count < 2 || !label_number(labels[0], 10, 128, &owner->prefix_len))
		return ERR_MALFORMED;
	if (count == 5 && strcmp(labels[1], "zz") != 0 && read_ipv4(labels + 1, &owner->prefix))
		return owner->prefix_len <= 32 ? 0 : ERR_MALFORMED;
	return read_ipv6(labels + 1, count - 1, &owner->prefix) ? 0 : ERR_MALFORMED;
}

int
rpz__owner_read(struct rpz_owner *owner, const struct name *relative)
{
	*owner = (struct rpz_owner){ .trigger = RPZ_QNAME };
	if (relative->size == 1 || !find_kind(relative, &owner->trigger)) {
		name_copy(&owner->name, relative);
		return 0;
	}
	if (owner->trigger != RPZ_NSDNAME)
		return read_address(owner, relative);
	const size_t kept = relative->size - 1u - sizeof "rpz-nsdname";
	if (kept == 0)
		return ERR_MALFORMED;
	memcpy(owner->name.wire, relative->wire, kept);
	owner->name.wire[kept] = 0;
	owner->name.size = (uint8_t)(kept + 1);
	return 0;
}
