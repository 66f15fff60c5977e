#include "stack/show.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "stack/tcp.h"

/* Text that grows in a buffer and stays terminated. */
struct line {
	char *text;
	size_t room, used;
};

static void __attribute__((format(printf, 2, 3)))
add(struct line *line, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int count = vsnprintf(line->text + line->used, line->room - line->used, format, arguments);
	va_end(arguments);
	if (count > 0)
		line->used += (size_t)count;
	if (line->used >= line->room)
		line->used = line->room - 1;
}

static void
add_addr(struct line *line, const char *before, const struct ip_addr *addr)
{
	char text[ADDR_TEXT_BYTES];
	add(line, "%s%s", before, addr_to_text(addr, text, sizeof text));
}

/* ---- addresses, routes, neighbours, path MTUs --------------------------------------------------- */

static void
show_addr(const struct stack *stack, const struct stack_addr_entry *entry, struct line *line)
{
	add(line, "address %s", stack_if_name(stack, entry->ifindex));
	add_addr(line, " ", &entry->addr.addr);
	add(line, "/%u %s", entry->addr.prefix_len, entry->origin);
	if ((entry->addr.flags & STACK_ADDR_TENTATIVE) != 0)
		add(line, " tentative");
	if ((entry->addr.flags & STACK_ADDR_DEPRECATED) != 0)
		add(line, " deprecated");
}

static void
show_route(const struct stack *stack, const struct stack_route_entry *entry, struct line *line)
{
	const struct stack_route *route = &entry->route;
	add(line, "route %s", entry->kind);
	add_addr(line, " ", &route->prefix);
	add(line, "/%u", route->prefix_len);
	if (route->gateway.family != ADDR_NONE)
		add_addr(line, " via ", &route->gateway);
	add(line, " dev %s", stack_if_name(stack, route->ifindex));
	if (route->source.family != ADDR_NONE)
		add_addr(line, " src ", &route->source);
	if (!entry->of_address)
		add(line, " metric %" PRIu32, route->metric);
}

static void
show_neigh(const struct stack *stack, const struct stack_neigh_entry *entry, struct line *line)
{
	const uint8_t *mac = entry->mac.octets;
	add(line, "neighbour");
	add_addr(line, " ", &entry->addr);
	add(line, " dev %s", stack_if_name(stack, entry->ifindex));
	if (entry->has_mac)
		add(line, " lladdr %02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	add(line, "%s%s %s", entry->is_router ? " router" : "", entry->is_gateway ? " gateway" : "", entry->state);
	if (entry->held_packets > 0)
		add(line, " held %u", entry->held_packets);
}

static void
show_pmtu(const struct stack_pmtu_entry *entry, struct line *line)
{
	add_addr(line, "path ", &entry->remote);
	add(line, " mtu %" PRIu32 " age %" PRIu64 "s%s", entry->mtu, entry->age_us / 1000000u,
	    entry->is_below_floor ? " below-floor" : "");
}

/* ---- connections --------------------------------------------------------------------------------- */

static void
add_end(struct line *line, const struct ip_addr *addr, uint16_t port)
{
	char text[ADDR_TEXT_BYTES];
	if (addr->family == ADDR_NONE)
		add(line, " *:%u", port);
	else
		add(line, addr->family == ADDR_IPV6 ? " [%s]:%u" : " %s:%u", addr_to_text(addr, text, sizeof text), port);
}

/* Milliseconds with as many thousandths as matter. */
static void
add_ms(struct line *line, const char *name, uint64_t us)
{
	add(line, " %s:%" PRIu64, name, us / 1000);
	if (us % 1000 != 0)
		add(line, ".%03u", (unsigned)(us % 1000));
}

static void
add_options(struct line *line, const struct tcp_conn_info *info)
{
	add(line, " %s", info->congestion != NULL ? info->congestion : "-");
	if (info->has_timestamps)
		add(line, " ts");
	if (info->has_sack)
		add(line, " sack");
	if (info->has_ecn)
		add(line, " ecn");
	if (info->has_wscale)
		add(line, " wscale:%u,%u", info->wscale_send, info->wscale_receive);
}

static void
add_flow(struct line *line, const struct tcp_conn_info *info)
{
	static const char *const recovery[] = { "open", "disorder", "cwr", "recovery", "loss" };
	add_ms(line, "rto", info->rto_us);
	add_ms(line, "rtt", info->srtt_us);
	add_ms(line, "rttvar", info->rttvar_us);
	if (info->backoff_count > 0)
		add(line, " backoff:%u", info->backoff_count);
	add(line, " mss:%" PRIu32 " rcvmss:%" PRIu32 " pmtu:%" PRIu32, info->mss_send, info->mss_receive, info->path_mtu);
	add(line, " cwnd:%" PRIu32, info->mss_send > 0 ? info->cwnd_bytes / info->mss_send : info->cwnd_bytes);
	if (info->mss_send > 0 && info->ssthresh_bytes / info->mss_send < INT16_MAX)
		add(line, " ssthresh:%" PRIu32, info->ssthresh_bytes / info->mss_send);
	add(line, " snd_wnd:%" PRIu32 " rcv_wnd:%" PRIu32, info->snd_wnd, info->rcv_wnd);
	if (info->recovery > 0 && info->recovery < sizeof recovery / sizeof *recovery)
		add(line, " %s", recovery[info->recovery]);
}

static void
add_counts(struct line *line, const struct tcp_conn_info *info)
{
	add(line, " bytes_sent:%" PRIu64 " bytes_acked:%" PRIu64 " bytes_received:%" PRIu64, info->bytes_sent,
	    info->bytes_acked, info->bytes_received);
	add(line, " segs_out:%" PRIu64 " segs_in:%" PRIu64, info->segments_out, info->segments_in);
	if (info->retransmits_total > 0)
		add(line, " retrans:%" PRIu32 "/%" PRIu64, info->retransmitted_segments, info->retransmits_total);
	if (info->unacked_segments > 0)
		add(line, " unacked:%" PRIu32, info->unacked_segments);
	if (info->sacked_segments > 0)
		add(line, " sacked:%" PRIu32, info->sacked_segments);
	if (info->lost_segments > 0)
		add(line, " lost:%" PRIu32, info->lost_segments);
	if (info->dsack_duplicates > 0)
		add(line, " dsack_dups:%" PRIu64, info->dsack_duplicates);
	if (info->out_of_order_bytes > 0)
		add(line, " ooo:%" PRIu32, info->out_of_order_bytes);
	if (info->not_sent_bytes > 0)
		add(line, " notsent:%" PRIu32, info->not_sent_bytes);
}

/* What a connection in one of the two short forms (a SYN that is kept, TIME-WAIT) does not have is not shown. */
static bool
has_control(const struct tcp_conn_info *info)
{
	return info->conn != 0 && info->state != TCP_STATE_LISTEN;
}

void
show_connection(const struct tcp_conn_info *info, char *text, size_t text_bytes)
{
	struct line line = { .text = text, .room = text_bytes };
	bool listens = info->state == TCP_STATE_LISTEN;

	assert(text_bytes > 0);
	add(&line, "tcp %s %" PRIu32 " %" PRIu32, tcp_state_name(info->state),
	    listens ? info->accept_queue : info->receive_queue_bytes, listens ? info->backlog : info->send_queue_bytes);
	add_end(&line, &info->local, info->local_port);
	add_end(&line, &info->remote, info->remote_port);
	if (info->is_detached)
		add(&line, " detached");
	if (!has_control(info))
		return;
	add(&line, "\n\t");
	add_options(&line, info);
	add_flow(&line, info);
	add_counts(&line, info);
}

/* ---- all of it ----------------------------------------------------------------------------------- */

/* The next entry of place's table; false when there is none. */
static bool
show_entry(const struct stack *stack, struct show_place *place, struct line *line)
{
	union {
		struct stack_addr_entry addr;
		struct stack_route_entry route;
		struct stack_neigh_entry neigh;
		struct stack_pmtu_entry pmtu;
		struct tcp_conn_info conn;
	} entry;

	switch (place->table) {
	case SHOW_ADDRS:
		if (!stack_addr_next(stack, &place->entry, &entry.addr))
			return false;
		show_addr(stack, &entry.addr, line);
		return true;
	case SHOW_ROUTES:
		if (!stack_route_next(stack, &place->entry, &entry.route))
			return false;
		show_route(stack, &entry.route, line);
		return true;
	case SHOW_NEIGHS:
		if (!stack_neigh_next(stack, &place->entry, &entry.neigh))
			return false;
		show_neigh(stack, &entry.neigh, line);
		return true;
	case SHOW_PMTUS:
		if (!stack_pmtu_next(stack, &place->entry, &entry.pmtu))
			return false;
		show_pmtu(&entry.pmtu, line);
		return true;
	case SHOW_CONNECTIONS:
		if (!tcp_info_next(stack, &place->entry, &entry.conn))
			return false;
		show_connection(&entry.conn, line->text, line->room);
		return true;
	case SHOW_END: break;
	}
	return false;
}

bool
show_next(const struct stack *stack, struct show_place *place, char *text, size_t text_bytes)
{
	assert(text_bytes > 0);
	for (; place->table != SHOW_END; *place = (struct show_place){ .table = place->table + 1 }) {
		struct line line = { .text = text, .room = text_bytes };
		if (show_entry(stack, place, &line))
			return true;
	}
	return false;
}
