#include "stack/ndp.h"

#include "stack/ether_wire.h"
#include "stack/ndp_wire.h"
#include "stack/neigh.h"
#include "stack/stack_priv.h"

const struct ip_addr ndp_all_nodes = { { 0xff, 0x02, [15] = 1 }, ADDR_IPV6 };
const struct ip_addr ndp_all_routers = { { 0xff, 0x02, [15] = 2 }, ADDR_IPV6 };

static const struct ip_addr nobody = { .family = ADDR_IPV6 };

/* ---- out --------------------------------------------------------------------------------------- */

void
ndp__send(struct stack *stack, unsigned ifindex, const struct ip_addr *source, const struct ip_addr *destination,
          const struct ndp_message *message)
{
	struct ip_send send = {
		.source = *source,
		.destination = *destination,
		.hop = {
			.kind = addr_is_multicast(destination) ? ROUTE_MULTICAST : ROUTE_UNICAST,
			.ifindex = ifindex,
			.next_hop = *destination,
		},
		.hop_limit = NDP_HOP_LIMIT,
	};
	const struct icmp_message icmp = {
		.type = message->type,
		.rest = message->rest,
		.body = message->body,
		.body_bytes = message->body_bytes,
	};
	icmp__send(stack, &send, &icmp);
}

void
ndp_solicit(struct stack *stack, unsigned ifindex, const struct ip_addr *target, const struct mac_addr *known)
{
	const struct route_hop hop = { .kind = ROUTE_UNICAST, .ifindex = ifindex, .next_hop = *target };
	const struct ip_addr destination = known != NULL ? *target : addr_solicited_node(target);
	uint8_t body[NDP_BODY_BYTES_MAX];
	struct writer w = writer_over(body, sizeof body);
	struct ip_addr source;

	if (source_select(stack, target, &hop, &source) != 0)
		return; /* from nobody it would be a question about a duplicate */
	ndp_target_write(&w, target);
	ndp_mac_write(&w, NDP_OPTION_SOURCE_MAC, &stack->ifs[ifindex].mac);
	ndp__send(stack, ifindex, &source, &destination,
	          &(struct ndp_message){ .type = NDP_NEIGHBOUR_SOLICIT, .body = body, .body_bytes = w.pos });
}

static void
advert_send(struct stack *stack, unsigned ifindex, const struct ip_addr *target, const struct ip_addr *destination,
            uint32_t flags)
{
	uint8_t body[NDP_BODY_BYTES_MAX];
	struct writer w = writer_over(body, sizeof body);

	ndp_target_write(&w, target);
	ndp_mac_write(&w, NDP_OPTION_TARGET_MAC, &stack->ifs[ifindex].mac);
	ndp__send(stack, ifindex, target, destination,
	          &(struct ndp_message){ NDP_NEIGHBOUR_ADVERT, flags, body, w.pos });
}

/* ---- duplicate address detection --------------------------------------------------------------- */

void
ndp_dad_start(struct stack *stack, struct ifaddr *entry)
{
	entry->probe_count = 0;
	wheel_arm(&stack->wheel, &entry->timer, stack->now_us + rng_below(stack->rng, NDP_DAD_DELAY_MAX_US));
}

void
ndp_dad_timeout(struct stack *stack, struct ifaddr *entry)
{
	uint8_t body[NDP_BODY_BYTES_MAX];
	struct writer w = writer_over(body, sizeof body);
	const struct ip_addr target = entry->addr.addr, group = addr_solicited_node(&target);

	if (entry->probe_count == NDP_DAD_TRANSMITS) {
		ifaddr_ready(stack, entry);
		advert_send(stack, entry->ifindex, &target, &ndp_all_nodes, NDP_ADVERT_OVERRIDE);
		return;
	}
	entry->probe_count++;
	rng_bytes(stack->rng, entry->nonce, sizeof entry->nonce);
	wheel_arm(&stack->wheel, &entry->timer, stack->now_us + NDP_DAD_WAIT_US);
	ndp_target_write(&w, &target);
	ndp_nonce_write(&w, entry->nonce);
	ndp__send(stack, entry->ifindex, &nobody, &group,
	          &(struct ndp_message){ .type = NDP_NEIGHBOUR_SOLICIT, .body = body, .body_bytes = w.pos });
}

/* Somebody else asks whether he may have an address of ours (RFC 4862, section 5.4.3). */
static void
dad_solicit_receive(struct stack *stack, struct ifaddr *entry, const struct ndp_neighbour *solicit)
{
	const bool is_tentative = (entry->addr.flags & STACK_ADDR_TENTATIVE) != 0;

	if (!is_tentative) {
		advert_send(stack, entry->ifindex, &entry->addr.addr, &ndp_all_nodes, NDP_ADVERT_OVERRIDE);
		return;
	}
	const bool is_looped = solicit->options.has_nonce && entry->probe_count != 0 &&
	                       memcmp(solicit->options.nonce, entry->nonce, sizeof entry->nonce) == 0;
	if (is_looped)
		stack__drop(stack, DROP_NDP_IGNORED);
	else
		ifaddr_conflict(stack, entry);
}

/* ---- in ---------------------------------------------------------------------------------------- */

/* RFC 4861, section 7.1.1, what the header and the options have to fit. */
static bool
solicit_is_valid(const struct ip_packet *packet, const struct ndp_neighbour *solicit)
{
	if (addr_is_multicast(&solicit->target))
		return false;
	if (!addr_is_unspecified(&packet->source))
		return true;
	const struct ip_addr group = addr_solicited_node(&solicit->target);
	return addr_equal(&packet->destination, &group) && !solicit->options.has_source_mac;
}

static void
solicit_receive(struct stack *stack, const struct ip_packet *packet, const struct ndp_neighbour *solicit)
{
	struct ifaddr *entry = ifaddr_find(stack, packet->ifindex, &solicit->target);

	if (entry == NULL) {
		stack__drop(stack, DROP_NDP_IGNORED);
		return;
	}
	if (addr_is_unspecified(&packet->source)) {
		dad_solicit_receive(stack, entry, solicit);
		return;
	}
	if ((entry->addr.flags & STACK_ADDR_TENTATIVE) != 0) {
		stack__drop(stack, DROP_NDP_IGNORED); /* RFC 4862, section 5.4.3: not ours to answer for */
		return;
	}
	if (solicit->options.has_source_mac)
		neigh_hear_source(stack, packet->ifindex, &packet->source, &solicit->options.source_mac, true);
	advert_send(stack, packet->ifindex, &solicit->target, &packet->source,
	            NDP_ADVERT_SOLICITED | NDP_ADVERT_OVERRIDE);
}

static bool
advert_is_valid(const struct ip_packet *packet, const struct ndp_neighbour *advert, uint32_t flags)
{
	const bool is_answer = (flags & NDP_ADVERT_SOLICITED) != 0;
	return !addr_is_multicast(&advert->target) && !(is_answer && packet->kind == ROUTE_MULTICAST);
}

static void
advert_receive(struct stack *stack, const struct ip_packet *packet, const struct ndp_neighbour *advert,
               uint32_t flags)
{
	struct ifaddr *entry = ifaddr_find(stack, packet->ifindex, &advert->target);

	if (entry != NULL && (entry->addr.flags & STACK_ADDR_TENTATIVE) != 0) {
		ifaddr_conflict(stack, entry);
		return;
	}
	if (entry != NULL) { /* RFC 4862, section 5.4.4: an error of another's; only counted */
		stack__drop(stack, DROP_ADDR_CONFLICT);
		return;
	}
	const struct neigh_advert news = {
		.mac = advert->options.has_target_mac ? &advert->options.target_mac : NULL,
		.is_solicited = (flags & NDP_ADVERT_SOLICITED) != 0,
		.is_override = (flags & NDP_ADVERT_OVERRIDE) != 0,
		.is_router = (flags & NDP_ADVERT_ROUTER) != 0,
	};
	neigh_hear_advert(stack, packet->ifindex, &advert->target, &news);
}

/* A station's own address must be one: what claims a group's would send our packets to many. */
static bool
macs_are_valid(const struct ndp_options *options)
{
	return (!options->has_source_mac || mac_is_station(&options->source_mac)) &&
	       (!options->has_target_mac || mac_is_station(&options->target_mac));
}

static enum drop
neighbour_receive(struct stack *stack, const struct ip_packet *packet, uint8_t type, uint32_t rest, struct cursor *c)
{
	struct ndp_neighbour neighbour;

	if (ndp_neighbour_read(c, &neighbour) != 0 || !macs_are_valid(&neighbour.options))
		return DROP_NDP_MALFORMED;
	if (type == NDP_NEIGHBOUR_SOLICIT) {
		if (!solicit_is_valid(packet, &neighbour))
			return DROP_NDP_MALFORMED;
		solicit_receive(stack, packet, &neighbour);
		return DROP_REASON_COUNT;
	}
	if (!advert_is_valid(packet, &neighbour, rest))
		return DROP_NDP_MALFORMED;
	advert_receive(stack, packet, &neighbour, rest);
	return DROP_REASON_COUNT;
}

static enum drop
router_advert_receive(struct stack *stack, const struct ip_packet *packet, uint32_t rest, struct cursor *c)
{
	struct ndp_router_advert advert;

	if (ndp_router_advert_read(c, rest, &advert) != 0 || !macs_are_valid(&advert.options))
		return DROP_NDP_MALFORMED;
	if (!addr_is_link_local(&packet->source))
		return DROP_NDP_MALFORMED; /* RFC 4861, section 6.1.2 */
	router_hear(stack, packet, &advert);
	return DROP_REASON_COUNT;
}

static enum drop
redirect_receive(struct stack *stack, const struct ip_packet *packet, struct cursor *c)
{
	struct ndp_redirect redirect;

	if (ndp_redirect_read(c, &redirect) != 0 || !macs_are_valid(&redirect.options))
		return DROP_NDP_MALFORMED;
	const bool is_target = addr_is_link_local(&redirect.target) ||
	                       addr_equal(&redirect.target, &redirect.destination);
	if (!addr_is_link_local(&packet->source) || addr_is_multicast(&redirect.destination) || !is_target)
		return DROP_NDP_MALFORMED; /* RFC 4861, section 8.1 */
	router_redirect(stack, packet, &redirect);
	return DROP_REASON_COUNT;
}

static enum drop
message_receive(struct stack *stack, const struct ip_packet *packet, struct cursor *c)
{
	const uint8_t type = cursor_u8(c), code = cursor_u8(c);

	cursor_skip(c, 2); /* the checksum */
	const uint32_t rest = cursor_u32(c);
	if (c->err != 0 || code != 0)
		return DROP_NDP_MALFORMED;
	switch (type) {
	case NDP_NEIGHBOUR_SOLICIT:
	case NDP_NEIGHBOUR_ADVERT: return neighbour_receive(stack, packet, type, rest, c);
	case NDP_ROUTER_ADVERT:    return router_advert_receive(stack, packet, rest, c);
	case NDP_REDIRECT:         return redirect_receive(stack, packet, c);
	}
	return DROP_NDP_IGNORED; /* solicitations of routers are for routers */
}

void
ndp_receive(struct stack *stack, const struct ip_packet *packet)
{
	struct cursor c = cursor_over(packet->payload, packet->payload_bytes);

	if (stack->ifs[packet->ifindex].kind != STACK_IF_ETHER) {
		stack__drop(stack, DROP_NDP_IGNORED);
		return;
	}
	if (packet->hop_limit != NDP_HOP_LIMIT) {
		stack__drop(stack, DROP_NDP_HOP_LIMIT);
		return;
	}
	enum drop drop = message_receive(stack, packet, &c);
	if (drop != DROP_REASON_COUNT)
		stack__drop(stack, drop);
}
