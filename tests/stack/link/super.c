#include "tests/stack/link/super.h"

#include <string.h>

#include "stack/ether_wire.h"
#include "stack/tcp_wire.h"
#include "tests/stack/packet.h"

static const char *const ends[2][2] = { { "192.0.2.1", "192.0.2.2" }, { "2001:db8::1", "2001:db8::2" } };
static uint8_t frame[STACK_FRAME_MAX + PACKET_BYTES_MAX], tcp[PACKET_BYTES_MAX], data[65000];
const uint8_t *const super_data = data;

static size_t
ether_begin(const struct super *super)
{
	const struct ether_header header = { .destination = super->destination,
		                             .source = { { 0x02, 0, 0, 0, 0, 9 } },
		                             .vlan = super->has_vlan ? 7 : 0,
		                             .type = super->family == 0 ? ETHER_TYPE_IPV4 : ETHER_TYPE_IPV6 };
	struct writer w = writer_over(frame, sizeof frame);

	if (super->is_ethernet)
		ether_header_write(&w, &header);
	return w.pos;
}

static size_t
tcp_build(const struct super *super)
{
	struct tcp_header header = { .source_port = 80, .destination_port = 4000, .seq = SUPER_SEQ,
		                     .ack = 7, .flags = super->flags, .window = 500 };
	const struct tcp_options options = { .has_timestamps = true, .ts_val = 1, .ts_ecr = 2 };
	struct writer w = writer_over(tcp, sizeof tcp);

	for (size_t i = 0; i < super->size; i++)
		data[i] = (uint8_t)(i * 7 + i / 251);
	tcp_header_write(&w, &header, &options);
	writer_bytes(&w, data, super->size);
	packet_tcp_finish(tcp, w.pos, ends[super->family][0], ends[super->family][1]);
	return w.pos;
}

/* Takes the segment's own sum out of the finished one, so that the pseudo-header's is left. */
static void
checksum_open(size_t tcp_bytes)
{
	const size_t at = TCP_AT_CHECKSUM;
	uint32_t sum = (uint16_t)~packet_u16(tcp, at);

	for (size_t i = 0; i < tcp_bytes; i += 2)
		if (i != at)
			sum += (uint16_t)~(i + 1 < tcp_bytes ? packet_u16(tcp, i) : tcp[i] << 8);
	while (sum > UINT16_MAX)
		sum = (sum & UINT16_MAX) + (sum >> 16);
	tcp[at] = (uint8_t)(sum >> 8);
	tcp[at + 1] = (uint8_t)sum;
}

struct link_frame
super_build(const struct super *super)
{
	const size_t at = ether_begin(super), tcp_bytes = tcp_build(super);
	const size_t tcp_at = at + (super->family == 0 ? 20 : 40);
	struct link_frame built = { .bytes = frame, .segment_bytes = SUPER_MSS };

	if (super->has_work) {
		checksum_open(tcp_bytes);
		built.checksum_start = (uint16_t)tcp_at;
		built.checksum_offset = TCP_AT_CHECKSUM;
		built.segment_start = (uint16_t)(tcp_at + TCP_HEADER_BYTES + SUPER_OPTIONS);
	}
	const struct packet_spec spec = { .source = ends[super->family][0],
		                          .destination = ends[super->family][1],
		                          .protocol = 6,
		                          .id = SUPER_ID,
		                          .flags_offset = 0x4000,
		                          .payload = tcp,
		                          .payload_bytes = tcp_bytes };
	built.size = at + packet_build(frame + at, &spec);
	return built;
}
