#include "stack/dhcp.h"

#include <assert.h>

#include "stack/ether_wire.h"
#include "stack/stack_priv.h"

#define SECOND_US 1000000u

static const struct ip_addr nobody = { { 0, 0, 0, 0 }, ADDR_IPV4 };
static const struct ip_addr everybody = { { 255, 255, 255, 255 }, ADDR_IPV4 };

void
dhcp_init(struct dhcp_table *table)
{
	*table = (struct dhcp_table){ 0 };
	for (unsigned i = 0; i < STACK_IFS_MAX; i++)
		wheel_timer_init(&table->clients[i].timer, TIMER_DHCP);
}

static unsigned
ifindex_of(const struct stack *stack, const struct dhcp_client *client)
{
	return (unsigned)(client - stack->dhcp.clients);
}

bool
dhcp_runs_on(const struct stack *stack, unsigned ifindex)
{
	const struct iface *iface = &stack->ifs[ifindex];
	return iface->kind == STACK_IF_ETHER && (iface->flags & STACK_IF_DHCP) != 0;
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void
arm_after(struct stack *stack, struct dhcp_client *client, uint64_t delay_us)
{
	wheel_arm(&stack->wheel, &client->timer, stack->now_us + delay_us);
}

/* How long to wait for an answer to the nth attempt, counted from 0. */
static uint64_t
backoff_us(struct stack *stack, unsigned attempt)
{
	const uint64_t wait_us = attempt < 4 ? (uint64_t)DHCP_WAIT_US << attempt : DHCP_WAIT_US_MAX;
	return wait_us - DHCP_WAIT_SPREAD_US + rng_below(stack->rng, 2 * DHCP_WAIT_SPREAD_US + 1);
}

static void
arm_backoff(struct stack *stack, struct dhcp_client *client)
{
	arm_after(stack, client, backoff_us(stack, client->attempt_count));
	if (client->attempt_count < UINT8_MAX)
		client->attempt_count++;
}

/* Half of what is left until `end_us`, but a minute, and not beyond the end. */
static void
arm_half(struct stack *stack, struct dhcp_client *client, uint64_t end_us)
{
	const uint64_t left_us = end_us > stack->now_us ? end_us - stack->now_us : 0;
	const uint64_t half_us = left_us / 2 > DHCP_RENEW_US_MIN ? left_us / 2 : DHCP_RENEW_US_MIN;

	arm_after(stack, client, half_us < left_us ? half_us : left_us);
}

/* ---- sending --------------------------------------------------------------------------------- */

/* What all messages of the client have in common. */
static struct dhcp_message
message_begin(const struct stack *stack, const struct dhcp_client *client, enum dhcp_type type)
{
	const struct iface *iface = &stack->ifs[ifindex_of(stack, client)];
	struct dhcp_message message = {
		.type = type,
		.xid = client->xid,
		.chaddr = iface->mac,
		.secs = client->secs,
		.ciaddr = nobody,
		.size_max =
			(uint16_t)(iface->mtu < DHCP_DATAGRAM_BYTES_MAX ? iface->mtu
									: DHCP_DATAGRAM_BYTES_MAX),
	};
	dhcp_client_id_form(&message.client_id, &iface->mac);
	return message;
}

/* One that finds no room or route is lost, as others are on the way: the timer sends it again. */
static void
message_send(struct stack *stack, const struct dhcp_client *client,
	     const struct dhcp_message *message, const struct ip_addr *destination)
{
	uint8_t payload[DHCP_SENT_BYTES];
	struct writer w = writer_over(payload, sizeof payload);
	/* A server may read it from a packet socket, before any device has filled in a checksum. */
	struct ip_send send = { .source = message->ciaddr,
				.destination = *destination,
				.fills_checksum = true };

	dhcp_write(&w, message);
	assert(w.err == 0 && w.pos == sizeof payload);
	if (addr_is_broadcast(destination))
		send.hop = (struct route_hop){ .kind = ROUTE_BROADCAST,
					       .ifindex = ifindex_of(stack, client) };
	else if (ip_route(stack, &send) != 0)
		return;
	(void)udp__datagram_send(stack, &send, DHCP_CLIENT_PORT, DHCP_SERVER_PORT, payload, w.pos);
}

static uint16_t
elapsed_s(const struct stack *stack, const struct dhcp_client *client)
{
	const uint64_t elapsed = (stack->now_us - client->began_at_us) / SECOND_US;
	return elapsed < UINT16_MAX ? (uint16_t)elapsed : UINT16_MAX;
}

static void
exchange_begin(struct stack *stack, struct dhcp_client *client)
{
	client->xid = rng_u32(stack->rng);
	client->attempt_count = 0;
	client->secs = 0;
	client->began_at_us = client->asked_at_us = stack->now_us;
}

static void
discover_send(struct stack *stack, struct dhcp_client *client)
{
	client->secs = elapsed_s(stack, client);
	struct dhcp_message message = message_begin(stack, client, DHCP_DISCOVER);
	message.requested = client->lease.addr; /* what we had before, if any */
	message_send(stack, client, &message, &everybody);
	arm_backoff(stack, client);
}

/* RFC 2131, section 4.3.2, tells the four apart: selecting, init-reboot, renewing, rebinding. */
static void
request_send(struct stack *stack, struct dhcp_client *client)
{
	struct dhcp_message message = message_begin(stack, client, DHCP_REQUEST);

	message.requested = client->offered;
	message.server_id = client->server;
	message_send(stack, client, &message, &everybody);
	arm_backoff(stack, client);
}

static void
reboot_send(struct stack *stack, struct dhcp_client *client)
{
	client->secs = elapsed_s(stack, client);
	struct dhcp_message message = message_begin(stack, client, DHCP_REQUEST);
	message.requested = client->lease.addr;
	message_send(stack, client, &message, &everybody);
	arm_backoff(stack, client);
}

/* Each time under a new xid, so that the lease counts from the very request that was answered. */
static void
extend_send(struct stack *stack, struct dhcp_client *client, const struct ip_addr *destination)
{
	const uint64_t began_at_us = client->began_at_us;

	exchange_begin(stack, client);
	client->began_at_us = began_at_us;
	client->secs = elapsed_s(stack, client);
	struct dhcp_message message = message_begin(stack, client, DHCP_REQUEST);
	message.ciaddr = client->lease.addr;
	if (ifaddr_is_ours(stack, ifindex_of(stack, client), &client->lease.addr))
		message_send(stack, client, &message, destination);
}

/* RFC 2131, table 5: nothing but whose and which. */
static void
decline_send(struct stack *stack, struct dhcp_client *client)
{
	exchange_begin(stack, client);
	struct dhcp_message message = message_begin(stack, client, DHCP_DECLINE);
	message.requested = client->lease.addr;
	message.server_id = client->server;
	message_send(stack, client, &message, &everybody);
}

/* ---- the lease ------------------------------------------------------------------------------- */

static void
lease_withdraw(struct stack *stack, struct dhcp_client *client)
{
	if (client->is_in_force)
		dhcp_lease_withdraw(stack, ifindex_of(stack, client), &client->lease);
	client->is_in_force = false;
}

static void
lease_take(struct stack *stack, struct dhcp_client *client, const struct dhcp_lease *lease)
{
	if (client->is_in_force)
		dhcp_lease_renew(stack, ifindex_of(stack, client), &client->lease, lease);
	else
		dhcp_lease_enforce(stack, ifindex_of(stack, client), lease);
	client->lease = *lease;
	client->is_in_force = true;
}

static void
lease_forget(struct stack *stack, struct dhcp_client *client)
{
	lease_withdraw(stack, client);
	client->lease = (struct dhcp_lease){ 0 };
}

/* ---- what is due ----------------------------------------------------------------------------- */

/* From the beginning; what has failed before in a row is not tried at once. */
static enum dhcp_state
restart(struct stack *stack, struct dhcp_client *client)
{
	lease_withdraw(stack, client);
	arm_after(stack, client,
		  client->failure_count == 0 ? rng_below(stack->rng, DHCP_START_US_MAX)
					     : backoff_us(stack, client->failure_count - 1u));
	if (client->failure_count < UINT8_MAX)
		client->failure_count++;
	return DHCP_INIT;
}

static enum dhcp_state
discover(struct stack *stack, struct dhcp_client *client)
{
	exchange_begin(stack, client);
	client->offered = (struct ip_addr){ 0 };
	discover_send(stack, client);
	return DHCP_SELECTING;
}

/* The same xid and secs as in the DHCPDISCOVER (RFC 2131, section 3.1 (3)). */
static enum dhcp_state
request(struct stack *stack, struct dhcp_client *client)
{
	client->attempt_count = 0;
	client->asked_at_us = stack->now_us;
	request_send(stack, client);
	return DHCP_REQUESTING;
}

static enum dhcp_state
select_late(struct stack *stack, struct dhcp_client *client)
{
	if (client->offered.family != ADDR_NONE)
		return request(stack, client); /* nobody else has anything */
	discover_send(stack, client);
	return DHCP_SELECTING;
}

static enum dhcp_state
request_again(struct stack *stack, struct dhcp_client *client)
{
	if (client->attempt_count == DHCP_REQUESTS_MAX) {
		client->shunned = client->server;
		return restart(stack, client);
	}
	request_send(stack, client);
	return DHCP_REQUESTING;
}

static enum dhcp_state
reboot(struct stack *stack, struct dhcp_client *client)
{
	if (client->state == DHCP_INIT_REBOOT)
		exchange_begin(stack, client);
	if (client->attempt_count == DHCP_REBOOTS_MAX)
		return restart(stack, client);
	reboot_send(stack, client);
	return DHCP_REBOOTING;
}

/* RFC 2131, section 4.4.5: first whom we have it from, then everybody, then it is over. */
static enum dhcp_state
extend(struct stack *stack, struct dhcp_client *client)
{
	if (client->state == DHCP_BOUND)
		client->began_at_us = stack->now_us;
	if (stack->now_us < client->times.rebind_at_us) {
		extend_send(stack, client, &client->server);
		arm_half(stack, client, client->times.rebind_at_us);
		return DHCP_RENEWING;
	}
	if (stack->now_us < client->times.expires_at_us) {
		extend_send(stack, client, &everybody);
		arm_half(stack, client, client->times.expires_at_us);
		return DHCP_REBINDING;
	}
	return restart(stack, client);
}

static enum dhcp_state
step(struct stack *stack, struct dhcp_client *client)
{
	switch (client->state) {
	case DHCP_OFF: break;                           /* its timer is not armed */
	case DHCP_INIT: return discover(stack, client); /* waited long enough */
	case DHCP_SELECTING:
		return select_late(stack, client); /* no offer that was taken at once */
	case DHCP_REQUESTING: return request_again(stack, client); /* no answer */
	case DHCP_INIT_REBOOT:
	case DHCP_REBOOTING: return reboot(stack, client); /* the link is back; no answer */
	case DHCP_BOUND:
	case DHCP_RENEWING:
	case DHCP_REBINDING: return extend(stack, client); /* T1, T2, the end, or no answer */
	}
	return client->state;
}

void
dhcp_timeout(struct stack *stack, struct wheel_timer *timer)
{
	struct dhcp_client *client = TIMER_OWNER(timer, struct dhcp_client, timer);
	client->state = step(stack, client);
}

/* ---- what is heard --------------------------------------------------------------------------- */

bool
dhcp_is_expected(const struct stack *stack, const struct ip_packet *packet)
{
	if (packet->is_silent || packet->protocol != IP_PROTOCOL_UDP ||
	    !dhcp_runs_on(stack, packet->ifindex))
		return false;
	switch (stack->dhcp.clients[packet->ifindex].state) {
	case DHCP_SELECTING:
	case DHCP_REQUESTING:
	case DHCP_REBOOTING: return true;
	case DHCP_OFF:
	case DHCP_INIT:
	case DHCP_INIT_REBOOT:
	case DHCP_BOUND:
	case DHCP_RENEWING: /* the address is ours */
	case DHCP_REBINDING: break;
	}
	return false;
}

static bool
is_for(const struct stack *stack, const struct dhcp_client *client,
       const struct dhcp_message *reply)
{
	const struct iface *iface = &stack->ifs[ifindex_of(stack, client)];
	struct dhcp_client_id own;

	dhcp_client_id_form(&own, &iface->mac);
	return reply->xid == client->xid && mac_equal(&reply->chaddr, &iface->mac) &&
	       (reply->client_id.bytes == 0 ||
		dhcp_client_id_equal(&reply->client_id, &own)); /* RFC 6842 */
}

static enum dhcp_state
ignore(struct stack *stack, const struct dhcp_client *client, enum drop reason)
{
	stack__drop(stack, reason);
	return client->state;
}

static enum dhcp_state
offer_hear(struct stack *stack, struct dhcp_client *client, const struct dhcp_message *offer)
{
	struct dhcp_lease lease;

	if (dhcp_lease_read(&lease, offer) != 0 || offer->server_id.family == ADDR_NONE)
		return ignore(stack, client, DROP_DHCP_MALFORMED);
	const bool is_shunned = addr_equal(&offer->server_id, &client->shunned);
	if (offer->lease_s < DHCP_LEASE_S_MIN)
		return ignore(stack, client, DROP_DHCP_IGNORED);
	client->server = offer->server_id;
	client->offered = lease.addr;
	return is_shunned ? DHCP_SELECTING : request(stack, client);
}

static enum dhcp_state
ack_hear(struct stack *stack, struct dhcp_client *client, const struct dhcp_message *ack)
{
	struct dhcp_lease lease;

	if (dhcp_lease_read(&lease, ack) != 0 || ack->server_id.family == ADDR_NONE)
		return ignore(stack, client, DROP_DHCP_MALFORMED);
	if (ack->lease_s < DHCP_LEASE_S_MIN ||
	    (client->state == DHCP_REQUESTING && !addr_equal(&ack->server_id, &client->server)))
		return ignore(stack, client, DROP_DHCP_IGNORED);
	if (client->state == DHCP_RENEWING || client->state == DHCP_REBINDING)
		client->conflict_count = 0; /* it has been ours for a while */
	client->failure_count = 0;
	client->server = ack->server_id;
	client->shunned = (struct ip_addr){ 0 };
	dhcp_lease_times(&client->times, ack, client->asked_at_us, stack->rng);
	lease_take(stack, client, &lease);
	wheel_arm(&stack->wheel, &client->timer, client->times.renew_at_us);
	return DHCP_BOUND;
}

static enum dhcp_state
nak_hear(struct stack *stack, struct dhcp_client *client, const struct dhcp_message *nak)
{
	if (client->state == DHCP_REQUESTING) {
		if (!addr_equal(&nak->server_id, &client->server))
			return ignore(stack, client, DROP_DHCP_IGNORED);
		client->shunned = client->server;
	}
	lease_forget(stack, client);
	return restart(stack, client);
}

static enum dhcp_state
hear(struct stack *stack, struct dhcp_client *client, const struct dhcp_message *reply)
{
	switch (client->state) {
	case DHCP_SELECTING:
		if (reply->type == DHCP_OFFER)
			return offer_hear(stack, client, reply);
		break;
	case DHCP_REQUESTING:
	case DHCP_REBOOTING:
	case DHCP_RENEWING:
	case DHCP_REBINDING:
		if (reply->type == DHCP_ACK)
			return ack_hear(stack, client, reply);
		if (reply->type == DHCP_NAK)
			return nak_hear(stack, client, reply);
		break;
	case DHCP_OFF:
	case DHCP_INIT:
	case DHCP_INIT_REBOOT:
	case DHCP_BOUND: break; /* nothing was asked */
	}
	return ignore(stack, client, DROP_DHCP_IGNORED);
}

void
dhcp_receive(struct stack *stack, unsigned ifindex, const uint8_t *payload, size_t size)
{
	struct dhcp_client *client = &stack->dhcp.clients[ifindex];
	struct cursor c = cursor_over(payload, size);
	struct dhcp_message reply;

	if (dhcp_read(&c, &reply) != 0)
		stack__drop(stack, DROP_DHCP_MALFORMED);
	else if (!is_for(stack, client, &reply))
		stack__drop(stack, DROP_DHCP_IGNORED);
	else
		client->state = hear(stack, client, &reply);
}

/* ---- what else happens ----------------------------------------------------------------------- */

void
dhcp_conflict(struct stack *stack, unsigned ifindex, const struct ip_addr *addr)
{
	struct dhcp_client *client = &stack->dhcp.clients[ifindex];

	if (!client->is_in_force || !addr_equal(&client->lease.addr, addr))
		return;
	decline_send(stack, client);
	lease_forget(stack, client);
	client->shunned = client->server;
	if (client->conflict_count < DHCP_CONFLICTS_MAX)
		client->conflict_count++;
	arm_after(stack, client,
		  client->conflict_count < DHCP_CONFLICTS_MAX ? DHCP_DECLINED_US
							      : DHCP_CONFLICTED_US);
	client->state = DHCP_INIT;
}

void
dhcp_link_up(struct stack *stack, unsigned ifindex)
{
	struct dhcp_client *client = &stack->dhcp.clients[ifindex];
	const bool has_lease = client->lease.addr.family != ADDR_NONE;

	if (!dhcp_runs_on(stack, ifindex))
		return;
	client->failure_count = client->conflict_count = 0;
	client->shunned = (struct ip_addr){ 0 };
	client->state = has_lease && client->times.expires_at_us > stack->now_us ? DHCP_INIT_REBOOT
										 : DHCP_INIT;
	arm_after(stack, client, rng_below(stack->rng, DHCP_START_US_MAX));
}

void
dhcp_link_down(struct stack *stack, unsigned ifindex)
{
	struct dhcp_client *client = &stack->dhcp.clients[ifindex];

	wheel_disarm(&stack->wheel, &client->timer);
	lease_withdraw(stack, client);
	client->state = DHCP_OFF;
}
