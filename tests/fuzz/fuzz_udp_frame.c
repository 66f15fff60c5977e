/*
 * Any octets as a frame: what is read stays within its bounds, and the reply that it is turned into is the datagram's back.
 */
#include <stdlib.h>
#include <string.h>

#include "stack/ether_wire.h"
#include "stack/stack.h"
#include "stack/udp_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const uint8_t payload[STACK_RX_ROOM_BYTES];
	struct udp_frame frame, back;
	uint8_t room[STACK_RX_ROOM_BYTES], *exact = malloc(size);

	if (size > sizeof room || exact == NULL)
		goto free_exact;
	memcpy(exact, bytes, size);
	if (udp_frame_read(&frame, exact, size, true) != DROP_REASON_COUNT)
		goto free_exact;
	check(frame.payload >= exact && frame.payload + frame.payload_bytes <= exact + size);
	const size_t most = udp_frame_reply_max(&frame, 1500, sizeof room);
	const size_t reply_bytes = frame.payload_bytes % (most + 1);
	memcpy(room, exact, size);
	const size_t sent = udp_frame_turn(&frame, room, payload, reply_bytes, 7);
	check(sent >= ETHER_FRAME_BYTES_MIN && sent <= sizeof room);
	check(udp_frame_read(&back, room, sent, false) == DROP_REASON_COUNT);
	check(addr_equal(&back.source, &frame.destination) && addr_equal(&back.destination, &frame.source));
	check(back.source_port == frame.destination_port && back.destination_port == frame.source_port);
	check(back.payload_bytes == reply_bytes && memcmp(back.payload, payload, reply_bytes) == 0);
free_exact:
	free(exact);
	return 0;
}
