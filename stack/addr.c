#include "stack/addr.h"

#include <assert.h>
#include <endian.h>
#include <stdio.h>

#include "stack/base/err.h"

#define GROUPS 8u /* of 16 bits in an IPv6 address */

struct ip_addr
addr_ipv4(const uint8_t octets[4])
{
	struct ip_addr addr = { .family = ADDR_IPV4 };
	memcpy(addr.octets, octets, 4);
	return addr;
}

struct ip_addr
addr_ipv6(const uint8_t octets[16])
{
	struct ip_addr addr = { .family = ADDR_IPV6 };
	memcpy(addr.octets, octets, 16);
	return addr;
}

struct ip_addr
addr_solicited_node(const struct ip_addr *addr)
{
	static const uint8_t prefix[13] = { 0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0xff };
	assert(addr->family == ADDR_IPV6);
	struct ip_addr group = *addr;
	memcpy(group.octets, prefix, sizeof prefix);
	return group;
}

bool
addr_is_unspecified(const struct ip_addr *addr)
{
	static const uint8_t zero[16];
	return memcmp(addr->octets, zero, sizeof zero) == 0;
}

bool
addr_is_loopback(const struct ip_addr *addr)
{
	static const uint8_t one[16] = { [15] = 1 };
	if (addr->family == ADDR_IPV4)
		return addr->octets[0] == 127;
	return addr->family == ADDR_IPV6 && memcmp(addr->octets, one, sizeof one) == 0;
}

bool
addr_is_link_local(const struct ip_addr *addr)
{
	if (addr->family == ADDR_IPV4)
		return addr->octets[0] == 169 && addr->octets[1] == 254;
	return addr->family == ADDR_IPV6 && addr->octets[0] == 0xfe && (addr->octets[1] & 0xc0) == 0x80;
}

bool
addr_is_of_link(const struct ip_addr *addr)
{
	static const uint8_t local_network[3] = { 224, 0, 0 }; /* RFC 5771, section 4 */

	if (addr->family == ADDR_IPV4 && memcmp(addr->octets, local_network, sizeof local_network) == 0)
		return true;
	if (addr->family == ADDR_IPV6 && addr->octets[0] == 0xff) /* RFC 4291, section 2.7 */
		return (addr->octets[1] & 0x0f) == 1 || (addr->octets[1] & 0x0f) == 2;
	return addr_is_link_local(addr);
}

bool
addr_is_broadcast(const struct ip_addr *addr)
{
	static const uint8_t ones[4] = { 255, 255, 255, 255 };
	return addr->family == ADDR_IPV4 && memcmp(addr->octets, ones, sizeof ones) == 0;
}

bool
addr_is_multicast(const struct ip_addr *addr)
{
	if (addr->family == ADDR_IPV4)
		return (addr->octets[0] & 0xf0) == 0xe0 || addr_is_broadcast(addr);
	return addr->family == ADDR_IPV6 && addr->octets[0] == 0xff;
}

bool
addr_is_ipv4_mapped(const struct ip_addr *addr)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };
	return addr->family == ADDR_IPV6 && memcmp(addr->octets, prefix, sizeof prefix) == 0;
}

bool
addr_is_private(const struct ip_addr *addr)
{
	const uint8_t *o = addr->octets;
	return addr->family == ADDR_IPV4 && (o[0] == 10 || (o[0] == 172 && (o[1] & 0xf0) == 16) ||
	                                     (o[0] == 192 && o[1] == 168));
}

bool
addr_is_unique_local(const struct ip_addr *addr)
{
	return addr->family == ADDR_IPV6 && (addr->octets[0] & 0xfe) == 0xfc;
}

/* Eight octets as a number, the first one most significant. */
static uint64_t
word_at(const struct ip_addr *addr, size_t at)
{
	uint64_t word;
	memcpy(&word, addr->octets + at, sizeof word);
	return be64toh(word);
}

unsigned
addr_common_bits(const struct ip_addr *a, const struct ip_addr *b)
{
	if (a->family != b->family)
		return 0;
	uint64_t high = word_at(a, 0) ^ word_at(b, 0), low = word_at(a, 8) ^ word_at(b, 8);
	if (high != 0)
		return (unsigned)__builtin_clzll(high);
	if (low != 0)
		return 64 + (unsigned)__builtin_clzll(low);
	return 8 * (unsigned)addr_bytes(a); /* behind an IPv4 address both have zeros */
}

bool
addr_has_host_bits(const struct ip_addr *addr, unsigned prefix_len)
{
	for (unsigned bit = prefix_len; bit < 8 * addr_bytes(addr); bit++)
		if ((addr->octets[bit / 8] & 0x80u >> bit % 8) != 0)
			return true;
	return false;
}

bool
addr_in_prefix(const struct ip_addr *addr, const struct ip_addr *prefix, unsigned prefix_len)
{
	assert(prefix_len <= 8 * addr_bytes(prefix));
	return addr->family == prefix->family && addr_common_bits(addr, prefix) >= prefix_len;
}

/*
 * Reads a number of `base` from text[*pos] on, at most digits_max digits and not above
 * value_max.  Returns it with *pos behind it, or -1.
 */
static int
read_number(const char *text, size_t *pos, unsigned base, unsigned digits_max, unsigned value_max)
{
	unsigned value = 0, digits = 0;
	for (;; digits++, ++*pos) {
		char c = text[*pos];
		unsigned digit = base;
		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			digit = (unsigned)(c - 'a') + 10;
		else if (c >= 'A' && c <= 'F')
			digit = (unsigned)(c - 'A') + 10;
		if (digit >= base)
			break;
		if (digits == digits_max)
			return -1;
		value = value * base + digit;
	}
	return digits == 0 || value > value_max ? -1 : (int)value;
}

/* Four decimal numbers, without leading zeros (which some read as octal), up to the end of text. */
static int
read_ipv4(uint8_t octets[4], const char *text)
{
	size_t pos = 0;
	for (unsigned i = 0; i < 4; i++) {
		if (i != 0 && text[pos++] != '.')
			return ERR_MALFORMED;
		if (text[pos] == '0' && text[pos + 1] >= '0' && text[pos + 1] <= '9')
			return ERR_MALFORMED;
		int octet = read_number(text, &pos, 10, 3, 255);
		if (octet < 0)
			return ERR_MALFORMED;
		octets[i] = (uint8_t)octet;
	}
	return text[pos] == '\0' ? 0 : ERR_MALFORMED;
}

static bool
is_ipv4_start(const char *text)
{
	while (*text >= '0' && *text <= '9')
		text++;
	return *text == '.';
}

/* RFC 4291, section 2.2: all three forms; no zone, which is no part of the address. */
static int
read_ipv6(uint8_t octets[16], const char *text)
{
	size_t pos = 0, used = 0, gap = SIZE_MAX; /* gap: where "::" stands, in octets */
	if (text[0] == ':') {
		if (text[1] != ':')
			return ERR_MALFORMED;
		pos = 1;
	}
	while (text[pos] != '\0') {
		if (text[pos] == ':' && gap == SIZE_MAX && (used != 0 || pos == 1)) {
			gap = used;
			if (text[++pos] == '\0')
				break;
		}
		if (used <= 12 && is_ipv4_start(text + pos)) {
			if (read_ipv4(octets + used, text + pos) != 0)
				return ERR_MALFORMED;
			used += 4;
			break;
		}
		int group = used < 16 ? read_number(text, &pos, 16, 4, 0xffff) : -1;
		if (group < 0)
			return ERR_MALFORMED;
		octets[used++] = (uint8_t)(group >> 8);
		octets[used++] = (uint8_t)group;
		if (text[pos] == '\0')
			break;
		if (text[pos] != ':' || text[pos + 1] == '\0')
			return ERR_MALFORMED;
		pos++;
	}
	if (gap == SIZE_MAX)
		return used == 16 ? 0 : ERR_MALFORMED;
	if (used == 16)
		return ERR_MALFORMED; /* "::" stands for one group at least */
	memmove(octets + gap + (16 - used), octets + gap, used - gap);
	memset(octets + gap, 0, 16 - used);
	return 0;
}

int
addr_from_text(struct ip_addr *addr, const char *text)
{
	struct ip_addr parsed = { .family = ADDR_NONE };
	bool is_ipv4 = is_ipv4_start(text);
	int err = is_ipv4 ? read_ipv4(parsed.octets, text) : read_ipv6(parsed.octets, text);
	if (err != 0)
		return err;
	parsed.family = is_ipv4 ? ADDR_IPV4 : ADDR_IPV6;
	*addr = parsed;
	return 0;
}

int
addr_prefix_from_text(struct ip_addr *prefix, unsigned *prefix_len, const char *text)
{
	char copy[ADDR_TEXT_BYTES];
	const char *slash = strchr(text, '/');
	size_t length = slash != NULL ? (size_t)(slash - text) : strlen(text);
	if (length >= sizeof copy)
		return ERR_MALFORMED;
	memcpy(copy, text, length);
	copy[length] = '\0';

	struct ip_addr parsed;
	int err = addr_from_text(&parsed, copy);
	if (err != 0)
		return err;
	unsigned len_max = 8 * (unsigned)addr_bytes(&parsed);
	int len = (int)len_max;
	if (slash != NULL) {
		size_t pos = 1;
		len = read_number(slash, &pos, 10, 3, len_max);
		bool has_leading_zero = slash[1] == '0' && pos > 2;
		if (len < 0 || slash[pos] != '\0' || has_leading_zero)
			return ERR_MALFORMED;
	}
	*prefix = parsed;
	*prefix_len = (unsigned)len;
	return 0;
}

/* The longest run of two zero groups or more, the first of equals (RFC 5952, section 4.2). */
static void
find_zero_run(const uint16_t groups[GROUPS], unsigned *run_begin, unsigned *run_end)
{
	*run_begin = *run_end = GROUPS;
	unsigned best = 1;
	for (unsigned i = 0; i < GROUPS; i++) {
		unsigned j = i;
		while (j < GROUPS && groups[j] == 0)
			j++;
		if (j - i > best) {
			best = j - i;
			*run_begin = i;
			*run_end = j;
		}
		if (j > i)
			i = j;
	}
}

static void
write_ipv6(const struct ip_addr *addr, char *text, size_t text_bytes)
{
	const uint8_t *o = addr->octets;
	if (addr_is_ipv4_mapped(addr)) { /* RFC 5952, section 5 */
		snprintf(text, text_bytes, "::ffff:%u.%u.%u.%u", o[12], o[13], o[14], o[15]);
		return;
	}
	uint16_t groups[GROUPS];
	for (unsigned i = 0; i < GROUPS; i++)
		groups[i] = (uint16_t)(o[2 * i] << 8 | o[2 * i + 1]);
	unsigned run_begin, run_end;
	find_zero_run(groups, &run_begin, &run_end);

	size_t used = 0;
	for (unsigned i = 0; i < GROUPS;) {
		if (i == run_begin) {
			used += (size_t)snprintf(text + used, text_bytes - used, "::");
			i = run_end;
			continue;
		}
		const char *colon = i != 0 && i != run_end ? ":" : "";
		used += (size_t)snprintf(text + used, text_bytes - used, "%s%x", colon, groups[i]);
		i++;
	}
}

/* By hand: it is written for each exchange over a connection that is kept. */
static void
write_ipv4(const struct ip_addr *addr, char *text)
{
	for (unsigned i = 0; i < 4; i++) {
		const unsigned octet = addr->octets[i];
		if (octet >= 100)
			*text++ = (char)('0' + octet / 100);
		if (octet >= 10)
			*text++ = (char)('0' + octet / 10 % 10);
		*text++ = (char)('0' + octet % 10);
		*text++ = i < 3 ? '.' : '\0';
	}
}

const char *
addr_to_text(const struct ip_addr *addr, char *text, size_t text_bytes)
{
	assert(text_bytes >= ADDR_TEXT_BYTES);
	switch ((enum addr_family)addr->family) {
	case ADDR_NONE: snprintf(text, text_bytes, "none"); break;
	case ADDR_IPV4: write_ipv4(addr, text); break;
	case ADDR_IPV6: write_ipv6(addr, text, text_bytes); break;
	}
	return text;
}
