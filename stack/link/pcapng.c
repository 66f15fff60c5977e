#include "stack/link/pcapng.h"

#include <string.h>

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_NAMES = 4,
	BLOCK_PACKET = PCAPNG_BLOCK_PACKET,
	BLOCK_SECRETS = 10,
	BYTE_ORDER_MAGIC = 0x1a2b3c4d,
};
enum {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_SECTION_APPLICATION = 4,
	OPTION_INTERFACE_NAME = 2,
	OPTION_INTERFACE_RESOLUTION = 9,
	OPTION_PACKET_FLAGS = 2,
};
enum { NAME_END = 0, NAME_IPV4 = 1, NAME_IPV6 = 2 };
#define SECRETS_TLS_KEY_LOG     0x544c534bu /* "TLSK" */
#define RESOLUTION_MICROSECONDS 6u /* 10^-6 s */

/* A block's total length stands at both its ends. */
static size_t
block_begin(struct writer *w, uint32_t type)
{
	size_t begin = w->pos;
	writer_u32(w, type);
	writer_u32(w, 0);
	return begin;
}

static void
block_end(struct writer *w, size_t begin)
{
	uint32_t size = (uint32_t)(w->pos + 4 - begin);
	writer_u32(w, size);
	writer_patch_u16(w, begin + 4, (uint16_t)(size >> 16));
	writer_patch_u16(w, begin + 6, (uint16_t)size);
}

static void
pad(struct writer *w, size_t size)
{
	for (; size % 4 != 0; size++)
		writer_u8(w, 0);
}

static void
option(struct writer *w, uint16_t code, const void *value, size_t size)
{
	writer_u16(w, code);
	writer_u16(w, (uint16_t)size);
	writer_bytes(w, value, size);
	pad(w, size);
}

static void
option_text(struct writer *w, uint16_t code, const char *text)
{
	size_t size = strlen(text);
	option(w, code, text, size < PCAPNG_COMMENT_BYTES_MAX ? size : PCAPNG_COMMENT_BYTES_MAX);
}

void
pcapng_section_write(struct writer *w, const char *application)
{
	size_t begin = block_begin(w, BLOCK_SECTION);
	writer_u32(w, BYTE_ORDER_MAGIC);
	writer_u16(w, 1); /* version 1.0 */
	writer_u16(w, 0);
	writer_u32(w, UINT32_MAX); /* how long the section is, is not known */
	writer_u32(w, UINT32_MAX);
	option_text(w, OPTION_SECTION_APPLICATION, application);
	option(w, OPTION_END, NULL, 0);
	block_end(w, begin);
}

void
pcapng_interface_write(struct writer *w, enum pcapng_link_type link_type, const char *name)
{
	const uint8_t resolution = RESOLUTION_MICROSECONDS;
	size_t begin = block_begin(w, BLOCK_INTERFACE);
	writer_u16(w, (uint16_t)link_type);
	writer_u16(w, 0);
	writer_u32(w, 0); /* packets of any size are kept whole */
	option_text(w, OPTION_INTERFACE_NAME, name);
	option(w, OPTION_INTERFACE_RESOLUTION, &resolution, sizeof resolution);
	option(w, OPTION_END, NULL, 0);
	block_end(w, begin);
}

void
pcapng_packet_write(struct writer *w, const struct pcapng_packet *packet)
{
	const uint8_t flags[4] = { 0, 0, 0, (uint8_t)packet->direction };
	size_t begin = block_begin(w, BLOCK_PACKET);
	writer_u32(w, packet->interface);
	writer_u32(w, (uint32_t)(packet->at_us >> 32));
	writer_u32(w, (uint32_t)packet->at_us);
	writer_u32(w, packet->size);
	writer_u32(w, packet->size_before);
	writer_bytes(w, packet->bytes, packet->size);
	pad(w, packet->size);
	option(w, OPTION_PACKET_FLAGS, flags, sizeof flags);
	if (packet->comment != NULL)
		option_text(w, OPTION_COMMENT, packet->comment);
	option(w, OPTION_END, NULL, 0);
	block_end(w, begin);
}

void
pcapng_names_write(struct writer *w, const struct pcapng_name *names, size_t count)
{
	size_t begin = block_begin(w, BLOCK_NAMES);
	for (size_t i = 0; i < count; i++) {
		size_t addr = addr_bytes(&names[i].addr), name = strlen(names[i].name) + 1;
		writer_u16(w, names[i].addr.family == ADDR_IPV4 ? NAME_IPV4 : NAME_IPV6);
		writer_u16(w, (uint16_t)(addr + name));
		writer_bytes(w, names[i].addr.octets, addr);
		writer_bytes(w, names[i].name, name);
		pad(w, addr + name);
	}
	writer_u16(w, NAME_END);
	writer_u16(w, 0);
	block_end(w, begin);
}

void
pcapng_secrets_write(struct writer *w, const void *key_log, size_t bytes)
{
	size_t begin = block_begin(w, BLOCK_SECRETS);
	writer_u32(w, SECRETS_TLS_KEY_LOG);
	writer_u32(w, (uint32_t)bytes);
	writer_bytes(w, key_log, bytes);
	pad(w, bytes);
	block_end(w, begin);
}

int
pcapng_packet_read(struct cursor *c, struct pcapng_packet *packet)
{
	*packet = (struct pcapng_packet){ 0 };
	uint32_t type = cursor_u32(c);
	cursor_skip(c, 4);
	packet->interface = cursor_u32(c);
	packet->at_us = (uint64_t)cursor_u32(c) << 32;
	packet->at_us |= cursor_u32(c);
	packet->size = cursor_u32(c);
	packet->size_before = cursor_u32(c);
	packet->bytes = cursor_bytes(c, packet->size);
	cursor_skip(c, -packet->size & 3);
	uint16_t code = cursor_u16(c), bytes = cursor_u16(c); /* the flags stand first */
	cursor_skip(c, 3);
	packet->direction = (enum pcapng_direction)(cursor_u8(c) & 3);
	if (type != BLOCK_PACKET || code != OPTION_PACKET_FLAGS || bytes != 4)
		cursor_fail(c, ERR_MALFORMED);
	return c->err;
}
