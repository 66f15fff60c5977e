#include "tests/bench/dns/load/packets.h"

#include <string.h>

#include "resolver/wire/message.h"
#include "stack/base/cursor.h"
#include "stack/checksum.h"

#define IP_BYTES       20u
#define HEADERS_BYTES  28u /* IPv4 and UDP */
#define PROTOCOL_AT    9u
#define SOURCE_AT      12u
#define IP_CHECKSUM_AT 10u
#define PORT_AT        22u /* where it goes */
#define UDP            17u
#define DNS_PORT       53u
#define TLD_SERVERS    0x0a020001u
#define HOSTERS        0x0a030001u
#define CLIENTS        0x0a040000u
#define CLIENTS_COUNT  4096u
#define CLIENT_PORT    1024u
#define FIRST_ADDRESS  0x0b000000u
#define LABELS_MAX     3u
#define TTL_S          86400u
#define POINTER        0xc000u
#define ROOT           UINT16_MAX /* instead of a place in the message */

struct flow {
	uint32_t source, destination;
	uint16_t source_port, destination_port;
};

static void
write_headers(uint8_t *packet, const struct flow *flow, size_t payload_bytes)
{
	struct writer w = writer_over(packet, HEADERS_BYTES);

	writer_u16(&w, 0x4500);
	writer_u16(&w, (uint16_t)(HEADERS_BYTES + payload_bytes));
	writer_u32(&w, 0x4000); /* don't fragment */
	writer_u16(&w, 64 << 8 | UDP);
	writer_u16(&w, 0);
	writer_u32(&w, flow->source);
	writer_u32(&w, flow->destination);
	writer_u16(&w, flow->source_port);
	writer_u16(&w, flow->destination_port);
	writer_u16(&w, (uint16_t)(HEADERS_BYTES - IP_BYTES + payload_bytes));
	writer_u16(&w, 0);
	writer_patch_u16(&w, IP_CHECKSUM_AT, checksum_finish(checksum_add(0, packet, IP_BYTES)));
}

enum packets_kind
packets_kind(const uint8_t *packet, size_t size)
{
	struct cursor c = cursor_over(packet, size);

	cursor_skip(&c, PROTOCOL_AT);
	const uint8_t protocol = cursor_u8(&c);
	cursor_skip(&c, PORT_AT - PROTOCOL_AT - 1);
	const uint16_t port = cursor_u16(&c);
	if (c.err != 0 || protocol != UDP)
		return PACKETS_OTHER;
	return port == DNS_PORT ? PACKETS_QUERY : PACKETS_ANSWER;
}

/* ---- clients ------------------------------------------------------------------------------------------ */

/* A label of letters and a number in decimal. */
static void
write_label(struct writer *w, const char *letters, uint32_t number)
{
	uint8_t digits[10];
	size_t count = 0, letter_count = strlen(letters);

	do
		digits[count++] = (uint8_t)('0' + number % 10);
	while ((number /= 10) != 0);
	writer_u8(w, (uint8_t)(letter_count + count));
	writer_bytes(w, letters, letter_count);
	while (count > 0)
		writer_u8(w, digits[--count]);
}

size_t
packets_question(uint8_t packet[PACKETS_BYTES_MAX], uint32_t name, uint16_t id, uint32_t client)
{
	const struct flow flow = { CLIENTS + client % CLIENTS_COUNT, PACKETS_RESOLVER,
				   (uint16_t)(CLIENT_PORT + client / CLIENTS_COUNT % CLIENTS_COUNT),
				   DNS_PORT };
	struct writer w = writer_over(packet + HEADERS_BYTES, PACKETS_BYTES_MAX - HEADERS_BYTES);

	writer_u16(&w, id);
	writer_u16(&w, DNS_RD);
	writer_u32(&w, 1 << 16);
	writer_u32(&w, 0);
	write_label(&w, "www", name);
	write_label(&w, "z", name % PACKETS_ZONES);
	write_label(&w, "t", name % PACKETS_TLDS);
	writer_u8(&w, 0);
	writer_u16(&w, TYPE_A);
	writer_u16(&w, CLASS_IN);
	write_headers(packet, &flow, w.pos);
	return HEADERS_BYTES + w.pos;
}

uint16_t
packets_answer_id(const uint8_t *answer, size_t size)
{
	struct cursor c = cursor_over(answer, size);

	cursor_skip(&c, HEADERS_BYTES);
	return cursor_u16(&c);
}

bool
packets_answer_is_right(const uint8_t *answer, size_t size, uint32_t name)
{
	struct cursor c = cursor_over(answer, size);

	cursor_skip(&c, HEADERS_BYTES + 2);
	const uint16_t flags = cursor_u16(&c), questions = cursor_u16(&c), answers = cursor_u16(&c);
	cursor_skip(&c, size - 4 - HEADERS_BYTES -
				8); /* the address is the last of it: there is no OPT record */
	return cursor_u32(&c) == FIRST_ADDRESS + name && c.err == 0 &&
	       (flags & 0xf) == RCODE_NOERROR && questions == 1 && answers == 1;
}

/* ---- name servers ------------------------------------------------------------------------------------- */

/* What a resolver asks. */
struct asked {
	struct flow flow;
	uint16_t id, qtype;
	const uint8_t *question;
	size_t question_bytes;
	unsigned label_count;
	uint16_t labels[LABELS_MAX]; /* where they begin, in the message, from the left */
	uint32_t numbers[LABELS_MAX];
};

static uint32_t
number_of(const uint8_t *label, size_t size)
{
	uint32_t number = 0;

	for (size_t i = 0; i < size; i++)
		if (label[i] >= '0' && label[i] <= '9')
			number = 10 * number + label[i] - '0';
	return number;
}

static bool
read_name(struct asked *asked, struct cursor *c)
{
	uint8_t size;

	while ((size = cursor_u8(c)) != 0) {
		if (asked->label_count == LABELS_MAX || c->err != 0)
			return false;
		asked->labels[asked->label_count] = (uint16_t)(c->pos - 1 - HEADERS_BYTES);
		const uint8_t *label = cursor_bytes(c, size);
		asked->numbers[asked->label_count++] = label != NULL ? number_of(label, size) : 0;
	}
	return c->err == 0;
}

static bool
read_query(struct asked *asked, const uint8_t *query, size_t size)
{
	struct cursor c = cursor_over(query, size);

	*asked = (struct asked){ .label_count = 0 };
	cursor_skip(&c, SOURCE_AT);
	asked->flow.destination = cursor_u32(&c);
	asked->flow.source = cursor_u32(&c);
	asked->flow.destination_port = cursor_u16(&c);
	asked->flow.source_port = cursor_u16(&c);
	cursor_skip(&c, 4);
	asked->id = cursor_u16(&c);
	cursor_skip(&c, MESSAGE_HEADER_BYTES - 2);
	asked->question = query + c.pos;
	if (!read_name(asked, &c))
		return false;
	asked->qtype = cursor_u16(&c);
	cursor_skip(&c, 2);
	asked->question_bytes = (size_t)(query + c.pos - asked->question);
	return c.err == 0;
}

static void
write_head(struct writer *w, const struct asked *asked, uint16_t flags, const uint8_t counts[3])
{
	writer_u16(w, asked->id);
	writer_u16(w, DNS_QR | flags);
	writer_u16(w, 1);
	for (unsigned i = 0; i < 3; i++)
		writer_u16(w, counts[i]);
	writer_bytes(w, asked->question, asked->question_bytes);
}

/* `ns` in the zone that stands there. */
static void
write_ns_name(struct writer *w, uint16_t zone)
{
	writer_u8(w, 2);
	writer_bytes(w, "ns", 2);
	if (zone == ROOT)
		writer_u8(w, 0);
	else
		writer_u16(w, POINTER | zone);
}

static void
write_fixed(struct writer *w, uint16_t type, uint16_t rdata_bytes)
{
	writer_u16(w, type);
	writer_u16(w, CLASS_IN);
	writer_u32(w, TTL_S);
	writer_u16(w, rdata_bytes);
}

/* The zone's NS set, the address of its server, and an OPT record. */
static void
write_servers(struct writer *w, uint16_t zone, uint32_t server)
{
	const struct edns edns = { .present = true, .udp_bytes = 1232 };

	if (zone == ROOT)
		writer_u8(w, 0);
	else
		writer_u16(w, POINTER | zone);
	write_fixed(w, TYPE_NS, zone == ROOT ? 4 : 5);
	write_ns_name(w, zone);
	write_ns_name(w, zone);
	write_fixed(w, TYPE_A, 4);
	writer_u32(w, server);
	edns_write(w, &edns, RCODE_NOERROR);
}

static void
refer(struct writer *w, const struct asked *asked, uint16_t zone, uint32_t server)
{
	write_head(w, asked, 0, (const uint8_t[3]){ 0, 1, 2 });
	write_servers(w, zone, server);
}

static void
prime(struct writer *w, const struct asked *asked)
{
	write_head(w, asked, DNS_AA, (const uint8_t[3]){ 1, 0, 2 });
	write_servers(w, ROOT, PACKETS_ROOT);
}

static void
answer(struct writer *w, const struct asked *asked)
{
	const struct edns edns = { .present = true, .udp_bytes = 1232 };

	write_head(w, asked, DNS_AA, (const uint8_t[3]){ 1, 0, 1 });
	writer_u16(w, POINTER | MESSAGE_HEADER_BYTES);
	write_fixed(w, TYPE_A, 4);
	writer_u32(w, FIRST_ADDRESS + asked->numbers[0]);
	edns_write(w, &edns, RCODE_NOERROR);
}

/* Nothing of this type. */
static void
deny(struct writer *w, const struct asked *asked, uint16_t zone)
{
	const struct edns edns = { .present = true, .udp_bytes = 1232 };

	write_head(w, asked, DNS_AA, (const uint8_t[3]){ 0, 1, 1 });
	writer_u16(w, POINTER | zone);
	write_fixed(w, TYPE_SOA, 24);
	writer_u16(w, POINTER | zone);
	writer_u16(w, POINTER | zone);
	for (unsigned i = 0; i < 5; i++)
		writer_u32(w, TTL_S);
	edns_write(w, &edns, RCODE_NOERROR);
}

static void
say(struct writer *w, const struct asked *asked)
{
	const unsigned count = asked->label_count, tld = count - 1, zone = count - 2;

	if (count == 0)
		prime(w, asked);
	else if (asked->flow.source == PACKETS_ROOT)
		refer(w, asked, asked->labels[tld],
		      TLD_SERVERS + asked->numbers[tld] % PACKETS_TLDS);
	else if (count == 1)
		deny(w, asked, asked->labels[tld]);
	else if (asked->flow.source < HOSTERS)
		refer(w, asked, asked->labels[zone],
		      HOSTERS + asked->numbers[zone] % PACKETS_HOSTERS);
	else if (count == LABELS_MAX && asked->qtype == TYPE_A)
		answer(w, asked);
	else
		deny(w, asked, asked->labels[zone]);
}

size_t
packets_reply(uint8_t reply[PACKETS_BYTES_MAX], const uint8_t *query, size_t size)
{
	struct writer w = writer_over(reply + HEADERS_BYTES, PACKETS_BYTES_MAX - HEADERS_BYTES);
	struct asked asked;

	if (!read_query(&asked, query, size))
		return 0;
	say(&w, &asked);
	if (w.err != 0)
		return 0;
	write_headers(reply, &asked.flow, w.pos);
	return HEADERS_BYTES + w.pos;
}
