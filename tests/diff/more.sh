# more.sh - what the situations add to the lab: two places with name servers, and who serves which zone. Read by the
# lab's anchor.sh; families.py has put the zones, their lists, and this file together.

network_more() {
	place odd 10 13 core2
	has odd 198.18.10.1 198.18.10.2 198.18.10.3 198.18.10.20
	has odd 2001:2:0:10::1 2001:2:0:10::3 2001:2:0:10::20
	place habits 11 14 core2
	has habits $(cat "$CAIRN_LAB_MORE/habits")
}

servers_more() {
	knot_serve odd odd-tld "198.18.10.20 2001:2:0:10::20" odd
	nsd_serve odd "198.18.10.1 198.18.10.2 2001:2:0:10::1" $(cat "$CAIRN_LAB_MORE/ns1")
	knot_serve odd odd-3 "198.18.10.3 2001:2:0:10::3" $(cat "$CAIRN_LAB_MORE/ns3")
	start habits habits /usr/bin/python3 "$CAIRN_LAB_MORE/habits.py" $(cat "$CAIRN_LAB_MORE/habits")
	expect_answers 198.18.11.1
}
