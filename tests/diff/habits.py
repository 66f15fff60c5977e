"""A name server with habits: each label below habits.odd is a zone whose answers are odd in one way.

	habits.py ADDRESS...    serves UDP and TCP on port 53 of each, in the foreground

Each habit has addresses of its own (addresses_of): what a resolver learns of one shall not be held against another.

Every zone has www (A, and `leaf.ent`), alias (CNAME www) and its apex; what a habit does to the answers stands in HABITS.
"""
import selectors
import socket
import socketserver
import sys
import threading
import time

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdatatype
import dns.rrset

ORIGIN = dns.name.from_text("habits.odd.")
TTL_S = 600


def records(owner, kind, *rdata, ttl_s=TTL_S):
    return dns.rrset.from_text(owner, ttl_s, "IN", kind, *rdata)


class Reply:
    """A truthful answer; habits change it."""

    def __init__(self, query, over_tcp):
        self.query, self.over_tcp = query, over_tcp
        self.message = dns.message.make_response(query, our_payload=1232)
        self.qname, self.qtype = query.question[0].name, dns.rdatatype.to_text(query.question[0].rdtype)
        self.zone = dns.name.Name(self.qname.labels[-len(ORIGIN) - 1:])
        self.server = server_of(self.zone.labels[0].decode("latin-1").lower())
        self.inside = self.qname.relativize(self.zone).to_text().lower()
        self.message.flags |= dns.flags.AA
        self.fill()

    def name(self, label):
        """Below the zone's apex, in the letters that it was asked in where it is the name asked for."""
        name = dns.name.from_text(label, self.zone)
        return self.qname if name == self.qname else name

    def soa(self, zone=None, minimum_s=60):
        return records(zone or self.zone, "SOA", f"{self.server} hostmaster.odd. 1 7200 3600 1209600 {minimum_s}")

    def fill(self):
        found = {("@", "SOA"): [self.soa()], ("@", "NS"): [records(self.zone, "NS", self.server)],
                 ("www", "A"): [self.www()], ("leaf.ent", "A"): [records(self.qname, "A", "192.0.2.2")]}
        if self.inside == "alias":
            self.message.answer = [records(self.qname, "CNAME", self.name("www").to_text())]
            self.message.answer += [self.www()] if self.qtype == "A" else []
        elif (self.inside, self.qtype) in found:
            self.message.answer = found[self.inside, self.qtype]
        else:
            self.message.authority = [self.soa()]
            if self.inside not in {"@", "www", "ent", "leaf.ent"}:
                self.message.set_rcode(dns.rcode.NXDOMAIN)

    def www(self, *addresses, ttl_s=TTL_S):
        return records(self.name("www"), "A", *(addresses or ("192.0.2.1",)), ttl_s=ttl_s)

    def bare(self, rcode=dns.rcode.NOERROR):
        """No records at all."""
        self.message.answer, self.message.authority = [], []
        self.message.set_rcode(rcode)

    def is_for(self, inside, *types):
        return self.inside == inside and self.qtype in types


# ---- habits: each takes a Reply and may change it; what it returns, if anything, is sent in its place ----------


NOTHING = b""


def no_aa(reply):
    reply.message.flags &= ~dns.flags.AA


def ra(reply):
    reply.message.flags |= dns.flags.RA


def no_aa_ra(reply):
    no_aa(reply)
    ra(reply)


def ad(reply):
    reply.message.flags |= dns.flags.AD


def z(reply):
    reply.message.flags |= 0x40


def no_soa(reply):
    reply.message.authority = []


def ns_for_soa(reply):
    if reply.message.authority:
        reply.message.authority = [records(reply.zone, "NS", reply.server)]


def soa_of_parent(reply):
    if reply.message.authority:
        reply.message.authority = [reply.soa(ORIGIN)]


def soa_of_child(reply):
    if reply.message.authority:
        reply.message.authority = [reply.soa(reply.qname)]


def soa_elsewhere(reply):
    if reply.message.authority:
        reply.message.authority = [reply.soa(dns.name.from_text("elsewhere.odd."))]


def soa_huge(reply):
    if reply.message.authority:
        reply.message.authority = [reply.soa(minimum_s=2**31 - 1)]


def edns_ignored(reply):
    reply.message.use_edns(False)


def edns_rcode(rcode):
    def habit(reply):
        if reply.query.edns >= 0:
            reply.bare(rcode)
            reply.message.use_edns(False)
    return habit


def edns_silent(reply):
    return NOTHING if reply.query.edns >= 0 else None


def edns_version_1(reply):
    reply.message.use_edns(1)


def edns_option(reply):
    reply.message.use_edns(0, options=[dns.edns.GenericOption(65001, b"unasked")])


def lower(reply):
    wire = bytearray(reply.message.to_wire())
    question = slice(12, 12 + len(reply.qname.to_wire()))
    wire[question] = bytes(wire[question]).lower()
    return bytes(wire)


def no_question(reply):
    reply.message.question = []


def tc_full(reply):
    if not reply.over_tcp:
        reply.message.flags |= dns.flags.TC


def tc_always(reply):
    reply.message.flags |= dns.flags.TC


def tc_no_tcp(reply):
    tc_full(reply)
    return NOTHING if reply.over_tcp else None


def tcp_silent(reply):
    return NOTHING if reply.over_tcp else None


def trailing(reply):
    return reply.message.to_wire() + b"trailing"


def twice(reply):
    reply.message.answer = reply.message.answer * 2


def ttls_differ(reply):
    if reply.qtype == "A" and reply.message.answer:
        reply.message.answer[-1:] = [reply.www("192.0.2.1"), reply.www("192.0.2.2", ttl_s=5)]


def backwards(reply):
    reply.message.answer.reverse()


def alias_alone(reply):
    if reply.inside == "alias":
        del reply.message.answer[1:]


def alias_and_data(reply):
    if reply.is_for("www", "A"):
        reply.message.answer.insert(0, records(reply.qname, "CNAME", "www.plain.odd."))


def aliases_two(reply):
    if reply.inside == "alias":
        reply.message.answer[:1] = [records(reply.qname, "CNAME", target) for target in ("www.plain.odd.", "mail.plain.odd.")]


def alias_round(reply):
    if reply.inside == "alias":
        reply.message.answer = [records(reply.qname, "CNAME", reply.qname.to_text())]


def alias_out(reply):
    """Its target is in another zone, whose data this server makes up."""
    if reply.inside == "alias":
        reply.message.answer = [records(reply.qname, "CNAME", "www.plain.odd."), records("www.plain.odd.", "A", "192.0.2.99")]


def alias_nxdomain(reply):
    """The rcode is that of the end of the chain, which is not in the answer."""
    if reply.inside == "alias":
        reply.message.answer = [records(reply.qname, "CNAME", reply.name("nothing").to_text())]
        reply.message.authority = [reply.soa()]
        reply.message.set_rcode(dns.rcode.NXDOMAIN)


def dname(reply, target="www.plain.odd.", with_alias=True):
    if reply.inside == "www.old" and reply.qtype != "DNAME":
        reply.message.answer = [records(reply.name("old"), "DNAME", "plain.odd.")]
        reply.message.answer += [records(reply.qname, "CNAME", target)] if with_alias else []
        reply.message.authority = []
        reply.message.set_rcode(dns.rcode.NOERROR)
    elif reply.inside == "old":
        reply.bare()
        reply.message.authority = [reply.soa()]


def dname_alone(reply):
    dname(reply, with_alias=False)


def dname_lies(reply):
    dname(reply, "mail.plain.odd.")


def stranger_in_answer(reply):
    if reply.message.answer:
        reply.message.answer.append(records("stranger.plain.odd.", "A", "192.0.2.66"))


def stranger_first(reply):
    if reply.message.answer:
        reply.message.answer.insert(0, records("stranger.plain.odd.", "A", "192.0.2.66"))


def stranger_in_additional(reply):
    reply.message.additional.append(records("www.plain.odd.", "A", "192.0.2.66"))


def answer_in_authority(reply):
    if reply.is_for("www", "A"):
        reply.message.authority, reply.message.answer = reply.message.answer, []


def other_type(reply):
    if reply.is_for("www", "A"):
        reply.message.answer = [records(reply.qname, "AAAA", "2001:db8::1")]


def nxdomain_with_data(reply):
    if reply.message.answer:
        reply.message.set_rcode(dns.rcode.NXDOMAIN)


def nxdomain_at_ent(reply):
    if reply.inside == "ent":
        reply.message.set_rcode(dns.rcode.NXDOMAIN)


def servfail_at_ent(reply):
    if reply.inside == "ent":
        reply.bare(dns.rcode.SERVFAIL)


def refuses_ns(reply):
    if reply.qtype == "NS":
        reply.bare(dns.rcode.REFUSED)


def aaaa(rcode):
    def habit(reply):
        if reply.qtype == "AAAA":
            reply.bare(rcode)
    return habit


def aaaa_silent(reply):
    return NOTHING if reply.qtype == "AAAA" else None


def every(rcode):
    def habit(reply):
        reply.bare(rcode)
    return habit


def refers_up(reply):
    reply.bare()
    no_aa(reply)
    reply.message.authority = [records(".", "NS", "a.root-servers.net.", "b.root-servers.net.")]


def refers_to_itself(reply):
    reply.bare()
    no_aa(reply)
    reply.message.authority = [records(reply.zone, "NS", reply.server)]


def refers_aside(reply):
    reply.bare()
    no_aa(reply)
    reply.message.authority = [records("plain.odd.", "NS", reply.server)]


def slow(_reply):
    time.sleep(0.3)


def unsure(reply):
    """The first datagram for a name is lost."""
    with asked_lock:
        first = not reply.over_tcp and (reply.qname, reply.qtype) not in asked
        asked.add((reply.qname, reply.qtype))
    return NOTHING if first else None


asked, asked_lock = set(), threading.Lock()

HABITS = {
    "none": lambda _reply: None,
    "no-aa": no_aa, "ra": ra, "no-aa-ra": no_aa_ra, "ad": ad, "z": z,
    "no-soa": no_soa, "ns-for-soa": ns_for_soa, "soa-of-parent": soa_of_parent, "soa-of-child": soa_of_child,
    "soa-elsewhere": soa_elsewhere, "soa-huge": soa_huge,
    "edns-ignored": edns_ignored, "edns-formerr": edns_rcode(dns.rcode.FORMERR), "edns-notimp": edns_rcode(dns.rcode.NOTIMP),
    "edns-servfail": edns_rcode(dns.rcode.SERVFAIL), "edns-refused": edns_rcode(dns.rcode.REFUSED), "edns-silent": edns_silent,
    "edns-version-1": edns_version_1, "edns-option": edns_option,
    "lower": lower, "no-question": no_question, "trailing": trailing,
    "tc-full": tc_full, "tc-always": tc_always, "tc-no-tcp": tc_no_tcp, "tcp-silent": tcp_silent,
    "twice": twice, "ttls-differ": ttls_differ, "backwards": backwards,
    "alias-alone": alias_alone, "alias-and-data": alias_and_data, "aliases-two": aliases_two, "alias-round": alias_round,
    "alias-out": alias_out, "alias-nxdomain": alias_nxdomain,
    "dname": dname, "dname-alone": dname_alone, "dname-lies": dname_lies,
    "stranger-in-answer": stranger_in_answer, "stranger-first": stranger_first,
    "stranger-in-additional": stranger_in_additional, "answer-in-authority": answer_in_authority, "other-type": other_type,
    "nxdomain-with-data": nxdomain_with_data, "nxdomain-at-ent": nxdomain_at_ent, "servfail-at-ent": servfail_at_ent,
    "refuses-ns": refuses_ns, "aaaa-nxdomain": aaaa(dns.rcode.NXDOMAIN), "aaaa-refused": aaaa(dns.rcode.REFUSED),
    "aaaa-servfail": aaaa(dns.rcode.SERVFAIL), "aaaa-notimp": aaaa(dns.rcode.NOTIMP), "aaaa-silent": aaaa_silent,
    "refused": every(dns.rcode.REFUSED), "servfail": every(dns.rcode.SERVFAIL), "formerr": every(dns.rcode.FORMERR),
    "notauth": every(dns.rcode.NOTAUTH), "rcode-15": every(dns.rcode.Rcode.make(15)), "noerror-nothing": every(dns.rcode.NOERROR),
    "refers-up": refers_up, "refers-to-itself": refers_to_itself, "refers-aside": refers_aside,
    "slow": slow, "unsure": unsure,
}
SPECIAL = {"dname": ["www.old A"], "dname-alone": ["www.old A"], "dname-lies": ["www.old A"],
           "nxdomain-at-ent": ["leaf.ent A", "ent A"], "servfail-at-ent": ["leaf.ent A"], "refuses-ns": ["leaf.ent A", "@ NS"],
           "aaaa-nxdomain": ["www AAAA", "www A"], "no-aa": ["@ NS", "@ SOA"]}
QUESTIONS = ["www A", "www AAAA", "nothing A", "alias A"]


def addresses_of(habit):
    number = list(HABITS).index(habit) + 1
    return f"198.18.11.{number}", f"2001:2:0:11::{number}"


def server_of(habit):
    return f"{habit}.habits.name.odd."


# ---- serving ---------------------------------------------------------------------------------------------------


def serve(wire, over_tcp):
    """The reply's octets; nothing for none."""
    query = dns.message.from_wire(wire)
    name = query.question[0].name
    if not name.is_subdomain(ORIGIN) or len(name) == len(ORIGIN) or query.opcode() != dns.opcode.QUERY:
        refusal = dns.message.make_response(query)
        refusal.set_rcode(dns.rcode.REFUSED)
        return refusal.to_wire()
    reply = Reply(query, over_tcp)
    habit = HABITS.get(name.labels[-len(ORIGIN) - 1].decode("latin-1").lower(), every(dns.rcode.REFUSED))
    wire = habit(reply)
    return reply.message.to_wire() if wire is None else wire


class Stream(socketserver.StreamRequestHandler):
    def handle(self):
        while length := self.rfile.read(2):
            reply = serve(self.rfile.read(int.from_bytes(length, "big")), True)
            if not reply:
                return
            self.wfile.write(len(reply).to_bytes(2, "big") + reply)


class Streams(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6  # and IPv4, mapped
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


def answer(sock, data, client):
    if reply := serve(data, False):
        sock.sendto(reply, client)


def serve_datagrams(addresses):
    """A socket for each address, so that a reply comes from where it was asked for."""
    with selectors.DefaultSelector() as selector:
        for address in addresses:
            sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind((address, 53))
            selector.register(sock, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                threading.Thread(target=answer, args=(key.fileobj, *key.fileobj.recvfrom(65535)), daemon=True).start()


def main(addresses):
    threading.Thread(target=Streams(("::", 53), Stream).serve_forever, daemon=True).start()
    serve_datagrams(addresses)


if __name__ == "__main__":
    main(sys.argv[1:])
