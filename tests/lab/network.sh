# network.sh - the hosts, links and routes of the lab. Read by anchor.sh.
#
#	lan ---+                                   +--- roots      13 root servers, real addresses
#	       | switch --- home --- isp --- core1-+--- registry   servers of com, net, org, example
#	guest -+             (NAT44)           |
#	                                     core2-+--- alpha      hosting, IPv4 and IPv6
#	                                           +--- beta       hosting, IPv4 and IPv6
#	                                           +--- gamma      hosting, IPv6 only
#	                                           +--- quirks     servers with habits
#	                                           +--- hostile    whatever tests/lab/attacks has it say
#	                                           +--- fw --- front --- web1, web2   the web site
#
# Addresses come from the blocks kept for closed test networks (RFC 2544: 198.18.0.0/15; RFC 5180:
# 2001:2::/48), so nothing here can be mistaken for the real Internet; the root servers' alone are
# real. Place number N has 198.18.N.0/24 and 2001:2:0:N::/64; link number N has 198.18.0.4N/30 and
# 2001:2:0:f000+N::/64. The LAN is 192.168.1.0/24 behind NAT, and 2001:2:0:100::/64.
# Place 7 is a black hole; at place 8 a router says that nobody is there.

on() {
	node=$1
	shift
	nsenter --net="/run/netns/$node" "$@"
}

# node NAME...: hosts with loopback. Addresses are ours alone: duplicate detection would cost seconds.
node() {
	for name; do
		ip netns add "$name"
		on "$name" sh -c '
			echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
			echo 0 >/proc/sys/net/ipv6/conf/default/accept_ra
			ip link set lo up'
	done
}

router() {
	node "$@"
	for name; do
		on "$name" sh -c '
			echo 1 >/proc/sys/net/ipv4/ip_forward
			echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	done
}

cable() {
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3"
	on "$1" ip link set "$2" up
	on "$3" ip link set "$4" up
}

# link N A B: a numbered line between two hosts; each calls its end by the other's name.
link() {
	cable "$2" "$3" "$3" "$2"
	on "$2" ip address add "198.18.0.$((4 * $1 + 1))/30" dev "$3"
	on "$3" ip address add "198.18.0.$((4 * $1 + 2))/30" dev "$2"
	v6=2001:2:0:f$(printf %03x "$1")
	on "$2" ip address add "$v6::1/64" dev "$3"
	on "$3" ip address add "$v6::2/64" dev "$2"
}

# link_address N END: of END 1 or 2, v4 then v6.
link_address() {
	echo "198.18.0.$((4 * $1 + $2)) 2001:2:0:f$(printf %03x "$1")::$2"
}

# route A N END PREFIX...: A reaches PREFIX through end END of link N.
route() {
	from=$1
	via=$(link_address "$2" "$3")
	shift 3
	for prefix; do
		case $prefix in
		*:*) on "$from" ip route add "$prefix" via "${via#* }" ;;
		*) on "$from" ip route add "$prefix" via "${via% *}" ;;
		esac
	done
}

# place NAME N LINK UP: a leaf of the net on link LINK below router UP, owner of block N.
place() {
	node "$1"
	link "$3" "$4" "$1"
	route "$1" "$3" 1 default ::/0
	route "$4" "$3" 2 "198.18.$2.0/24" "2001:2:0:$2::/64"
}

# has NAME ADDRESS...: addresses that servers on the host answer at.
has() {
	name=$1
	shift
	for address; do
		on "$name" ip address add "$address" dev lo
	done
}

build_home() {
	node lan guest switch
	router home
	on switch ip link add bridge type bridge
	on switch ip link set bridge up
	for host in lan guest home; do
		cable "$host" eth0 switch "$host"
		on switch ip link set "$host" master bridge
	done
	on home ip address add 192.168.1.1/24 dev eth0
	on home ip address add 2001:2:0:100::1/64 dev eth0
	home_host lan 10
	home_host guest 11
}

home_host() {
	on "$1" ip address add "192.168.1.$2/24" dev eth0
	on "$1" ip address add "2001:2:0:100::$2/64" dev eth0
	on "$1" ip route add default via 192.168.1.1
	on "$1" ip route add default via 2001:2:0:100::1
}

# The home router: NAT for IPv4, nothing unasked from outside, and counters of what the tests look
# for: questions that leave, and signs that a kernel disowned one of Cairn's flows.
home_rules() {
	on home nft -f - <<-'RULES'
		table inet home {
			counter questions { }
			counter port_unreachable { }
			counter resets { }
			chain watch {
				type filter hook prerouting priority mangle
				iifname eth0 udp dport 53 counter name questions
				iifname eth0 tcp dport 53 tcp flags & (syn | ack) == syn counter name questions
				iifname eth0 icmp type destination-unreachable icmp code 3 counter name port_unreachable
				iifname eth0 icmpv6 type destination-unreachable icmpv6 code 4 counter name port_unreachable
				iifname eth0 tcp sport != 53 tcp flags & rst == rst counter name resets
			}
			chain forward {
				type filter hook forward priority filter
				policy drop
				ct state established,related accept
				iifname eth0 accept
			}
			chain nat {
				type nat hook postrouting priority srcnat
				oifname isp ip saddr 192.168.1.0/24 masquerade
			}
		}
	RULES
}

build_backbone() {
	router isp core1 core2
	link 1 isp home
	route home 1 1 default ::/0
	route isp 1 2 2001:2:0:100::/64
	link 2 core1 isp
	route isp 2 1 default ::/0
	link 3 core1 core2
	route core1 2 2 198.18.0.4/30 2001:2:0:f001::/64 2001:2:0:100::/64
	route core1 3 2 198.18.0.0/15 2001:2::/48
	route core2 3 1 default ::/0
	route core2 3 1 198.18.0.0/24 198.18.1.0/24
	route core2 3 1 2001:2:0:f000::/52 2001:2:0:1::/64 2001:2:0:100::/64
	on core2 ip route add unreachable 198.18.0.0/15
	on core2 ip route add unreachable 2001:2::/48
	on core2 ip route add blackhole 198.18.7.0/24
	on core2 ip route add blackhole 2001:2:0:7::/64
}

build_roots() {
	node roots
	link 4 core1 roots
	route roots 4 1 default ::/0
	for address in $(root_addresses); do
		has roots "$address"
		route core1 4 2 "$address"
	done
}

root_addresses() {
	awk '$3 == "A" || $3 == "AAAA" { print $4 }' "$here/../../conf/root.hints"
}

build_providers() {
	place registry 1 5 core1
	has registry 198.18.1.1 198.18.1.2 2001:2:0:1::1 2001:2:0:1::2
	has registry 198.18.1.11 198.18.1.12 2001:2:0:1::11 2001:2:0:1::12
	place alpha 2 6 core2
	has alpha 198.18.2.1 198.18.2.2 198.18.2.4 2001:2:0:2::1 2001:2:0:2::2
	place beta 3 7 core2
	has beta 198.18.3.1 198.18.3.2 2001:2:0:3::1 2001:2:0:3::2
	place gamma 4 8 core2
	has gamma 2001:2:0:4::1 2001:2:0:4::2
	place quirks 5 9 core2
	for i in 1 2 3 4; do
		has quirks "198.18.5.$i" "2001:2:0:5::$i"
	done
	place hostile 9 12 core2
	for i in 1 2 3; do
		has hostile "198.18.9.$i" "2001:2:0:9::$i"
	done
}

# The habits of the servers at `quirks`, made in front of an ordinary one: 1 takes questions over TCP
# only, 2 does not hear a question with anything in its additional section (EDNS), 3 and 4 lose a
# quarter of all questions.
quirks_rules() {
	on quirks nft -f - <<-'RULES'
		table inet quirks {
			chain input {
				type filter hook input priority filter
				ip daddr 198.18.5.1 udp dport 53 drop
				ip6 daddr 2001:2:0:5::1 udp dport 53 drop
				ip daddr 198.18.5.2 udp dport 53 @th,144,16 != 0 drop
				ip6 daddr 2001:2:0:5::2 udp dport 53 @th,144,16 != 0 drop
				ip daddr { 198.18.5.3, 198.18.5.4 } udp dport 53 numgen random mod 4 == 0 drop
				ip6 daddr { 2001:2:0:5::3, 2001:2:0:5::4 } udp dport 53 numgen random mod 4 == 0 drop
			}
		}
	RULES
}

# The data centre: firewall, then a front that balances load and caches, then the servers proper.
build_data_centre() {
	router fw
	link 10 core2 fw
	route fw 10 1 default ::/0
	route core2 10 2 198.18.6.0/24 2001:2:0:6::/64
	place front 6 11 fw
	has front 198.18.6.80 2001:2:0:6::80
	for i in 1 2; do
		node "web$i"
		cable front "web$i" "web$i" front
		on front ip address add "10.0.$i.1/30" dev "web$i"
		on "web$i" ip address add "10.0.$i.2/30" dev front
	done
	on fw nft -f - <<-'RULES'
		table inet fw {
			chain forward {
				type filter hook forward priority filter
				policy drop
				ct state established,related accept
				iifname core2 tcp dport { 80, 443 } accept
				icmp type echo-request accept
				icmpv6 type echo-request accept
				iifname front accept
			}
		}
	RULES
}

# What CAIRN_LAB_MORE adds has its own of these two.
network_more() { :; }

network_build() {
	build_home
	build_backbone
	home_rules
	build_roots
	build_providers
	quirks_rules
	build_data_centre
	network_more
}
