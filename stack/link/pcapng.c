#include "stack/link/pcapng.h"

#include <string.h>

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 6,
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
