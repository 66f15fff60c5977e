/*
 * drop.h - why a packet died: one reason each, counted (stack_drops), never a log line.
 *
 * What a peer can cause is a value and not an error.  The texts finish the sentence
 * "dropped: ...", and the names (text in lower case, words joined by '_') are those of metrics.
 */
#ifndef CAIRN_STACK_DROP_H
#define CAIRN_STACK_DROP_H

/* One list, so that a reason, its name and its text cannot drift apart. */
#define DROP_REASONS(X)                                                                            \
	X(INTERFACE_DOWN, "interface_down", "the interface is down or unknown")                    \
	X(FRAME_SHORT, "frame_short", "the frame ends inside a header")                            \
	X(ETHER_NOT_OURS, "ether_not_ours", "the frame is for another station")                    \
	X(ETHER_VLAN, "ether_vlan", "the frame is of another VLAN")                                \
	X(ETHER_TYPE, "ether_type", "the frame carries an unknown protocol")                       \
	X(ARP_MALFORMED, "arp_malformed", "the ARP packet is malformed (RFC 826)")                 \
	X(ARP_IGNORED, "arp_ignored", "the ARP packet concerns nobody here")                       \
	X(NDP_MALFORMED, "ndp_malformed", "the NDP message is malformed (RFC 4861)")               \
	X(NDP_HOP_LIMIT, "ndp_hop_limit", "the NDP message came from beyond the link")             \
	X(NDP_IGNORED, "ndp_ignored", "the NDP message concerns nobody here")                      \
	X(NEIGH_FULL, "neigh_full", "the neighbour table is full")                                 \
	X(NEIGH_QUEUE_FULL, "neigh_queue_full", "too many packets wait for one neighbour")         \
	X(NEIGH_FAILED, "neigh_failed", "the neighbour does not answer")                           \
	X(DHCP_MALFORMED, "dhcp_malformed", "the DHCP message is malformed (RFC 2131)")            \
	X(DHCP_IGNORED, "dhcp_ignored", "the DHCP message is of no use here")                      \
	X(ADDR_CONFLICT, "addr_conflict", "another host claims our address (RFC 5227)")            \
	X(IP_VERSION, "ip_version", "the packet is neither IPv4 nor IPv6")                         \
	X(IP_TRUNCATED, "ip_truncated", "the packet is longer than its frame")                     \
	X(IP_SOURCE, "ip_source", "the source address cannot be one")                              \
	X(IP_NOT_OURS, "ip_not_ours", "the packet is for another host")                            \
	X(IP_PROTOCOL, "ip_protocol", "the protocol is not spoken here")                           \
	X(IPV4_HEADER, "ipv4_header", "the IPv4 header is malformed")                              \
	X(IPV4_CHECKSUM, "ipv4_checksum", "the IPv4 header checksum is wrong")                     \
	X(IPV4_OPTIONS, "ipv4_options", "the IPv4 options are malformed")                          \
	X(IPV4_SOURCE_ROUTE, "ipv4_source_route", "the packet is source-routed (RFC 7126)")        \
	X(IPV6_EXTENSIONS, "ipv6_extensions", "the IPv6 extension headers are malformed")          \
	X(IPV6_EXTENSIONS_LIMIT, "ipv6_extensions_limit", "too many IPv6 extension headers")       \
	X(IPV6_OPTION, "ipv6_option", "an unknown IPv6 option asks for it (RFC 8200)")             \
	X(IPV6_ROUTING, "ipv6_routing", "the routing header is not done here (RFC 5095)")          \
	X(IPV6_NO_NEXT, "ipv6_no_next", "there is no next header")                                 \
	X(FRAGMENT_REFUSED, "fragment_refused", "fragments are refused on this interface")         \
	X(FRAGMENT_MALFORMED, "fragment_malformed", "the fragment is malformed")                   \
	X(FRAGMENT_DUPLICATE, "fragment_duplicate", "the fragment had come before")                \
	X(FRAGMENT_OVERLAP, "fragment_overlap", "fragments overlap (RFC 5722)")                    \
	X(FRAGMENT_MEMORY, "fragment_memory", "a newer datagram took the memory")                  \
	X(FRAGMENT_TIMEOUT, "fragment_timeout", "fragments of the datagram stayed away")           \
	X(UDP_LENGTH, "udp_length", "the UDP length is wrong")                                     \
	X(UDP_CHECKSUM, "udp_checksum", "the UDP checksum is wrong")                               \
	X(UDP_NO_FLOW, "udp_no_flow", "nobody waits for the datagram")                             \
	X(TCP_NOT_UNICAST, "tcp_not_unicast", "the TCP segment was sent to a group")               \
	X(TCP_HEADER, "tcp_header", "the TCP header is malformed")                                 \
	X(TCP_CHECKSUM, "tcp_checksum", "the TCP checksum is wrong")                               \
	X(TCP_NO_CONNECTION, "tcp_no_connection", "there is no such TCP connection")               \
	X(TCP_SEQUENCE, "tcp_sequence", "the TCP segment is outside the window")                   \
	X(TCP_PAWS, "tcp_paws", "the TCP timestamp is older than one before (RFC 7323)")           \
	X(TCP_RESET_INEXACT, "tcp_reset_inexact", "the TCP reset ends nothing (RFC 5961)")         \
	X(TCP_SYN_INSIDE, "tcp_syn_inside", "a SYN within a TCP connection (RFC 5961)")            \
	X(TCP_NO_ACK, "tcp_no_ack", "the TCP segment acknowledges nothing")                        \
	X(TCP_ACK_OLD, "tcp_ack_old", "it acknowledges what is long over (RFC 5961)")              \
	X(TCP_ACK_UNSENT, "tcp_ack_unsent", "it acknowledges what was never sent")                 \
	X(TCP_WINDOW, "tcp_window", "TCP data beyond the window")                                  \
	X(TCP_AFTER_FIN, "tcp_after_fin", "TCP data after the end of the stream")                  \
	X(TCP_FIN_MOVED, "tcp_fin_moved", "a second FIN in another place")                         \
	X(TCP_CLOSED, "tcp_closed", "the program has closed the connection")                       \
	X(TCP_MEMORY, "tcp_memory", "no memory for the TCP data")                                  \
	X(TCP_HOLES, "tcp_holes", "too many holes in the TCP stream")                              \
	X(TCP_FULL, "tcp_full", "the table of TCP connections is full")                            \
	X(TCP_BACKLOG, "tcp_backlog", "the program accepts connections too slowly")                \
	X(TCP_SYN_COOKIE, "tcp_syn_cookie", "the SYN was answered with a cookie, not kept")        \
	X(TCP_COOKIE_SPENT, "tcp_cookie_spent", "late, of a connection that began by a cookie")    \
	X(TCP_TIME_WAIT_FULL, "tcp_time_wait_full", "a newer connection took the place")           \
	X(TCP_OVERTAKEN, "tcp_overtaken", "acknowledged or reset before it was sent")              \
	X(TCP_CHALLENGE_RATE, "tcp_challenge_rate", "no answer to it: the rate limit")             \
	X(ICMP_SHORT, "icmp_short", "the ICMP message is truncated")                               \
	X(ICMP_CHECKSUM, "icmp_checksum", "the ICMP checksum is wrong")                            \
	X(ICMP_TYPE, "icmp_type", "the ICMP message is of no use here")                            \
	X(ICMP_UNMATCHED, "icmp_unmatched", "the ICMP error quotes nothing that we sent")          \
	X(ICMP_STALE, "icmp_stale", "the ICMP error comes too late to be believed")                \
	X(ICMP_RATE, "icmp_rate", "an ICMP message not sent: the rate limit")                      \
	X(TRANSMIT_FULL, "transmit_full", "the transmit queue is full")                            \
	X(RECEIVE_FULL, "receive_full", "the program above does not keep up")                      \
	X(NO_ROUTE, "no_route", "no route for an answer")

#define DROP_NAME(reason, name, text) DROP_##reason,
enum drop { DROP_REASONS(DROP_NAME) DROP_REASON_COUNT };
#undef DROP_NAME

const char *drop_name(unsigned reason); /* "udp_checksum"; "?" beyond the last */
const char *drop_text(unsigned reason);

#endif
