"""One question asked of one resolver, and what of the answer is compared."""
import socket
import time

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.opcode
import dns.query
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

WAIT_S = 10.0     # for cairnd, longer than it works on a question
PATIENCE_S = 4.0  # for the others, who are taken to fail then
AT_ONCE_S = 1.0   # for what needs no other server
PAYLOAD = 1232
# RFC 8482, section 4: what is given of all that there is, is free.
ANY_OF_ALL = (dns.rdatatype.ANY, dns.rdatatype.RRSIG)

# What is compared, in the order in which it is told.
FIELDS = ("rcode", "ad", "answer", "soa", "flags", "letters")


def message(question):
    query = dns.message.Message()
    query.flags = 0
    for flag, bit, when_absent in (("+norec", dns.flags.RD, True), ("+noad", dns.flags.AD, True), ("+cd", dns.flags.CD, False),
                                   ("+aa", dns.flags.AA, False), ("+ra", dns.flags.RA, False), ("+z", 0x40, False)):
        if question.has(flag) != when_absent:
            query.flags |= bit
    query.set_opcode(question.number("+opcode", dns.opcode.QUERY))
    query.question = [dns.rrset.RRset(question.name, question.rdclass, question.type)]
    if not question.has("+noedns"):
        flags = question.number("+ednsflags", 0) | (dns.flags.DO if question.has("+do") else 0)
        query.use_edns(question.number("+edns", 0), flags, question.number("+bufsize", PAYLOAD),
                       options=[dns.edns.GenericOption(code, octets) for code, octets in question.options()])
    return query


def wait_s(question, is_wanted):
    if question.number("+opcode", dns.opcode.QUERY) != dns.opcode.QUERY:
        return AT_ONCE_S
    return WAIT_S if is_wanted else PATIENCE_S


def by_udp(wire, address, within_s):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((address, 53))
        sock.send(wire)
        end = time.monotonic() + within_s
        while (left := end - time.monotonic()) > 0:
            sock.settimeout(left)
            reply = sock.recv(65535)
            if reply[:2] == wire[:2]:
                return reply
        raise TimeoutError


def by_tcp(wire, address, within_s):
    with socket.create_connection((address, 53), within_s) as sock:
        sock.sendall(len(wire).to_bytes(2, "big") + wire)
        with sock.makefile("rb") as stream:
            length = stream.read(2)
            reply = stream.read(int.from_bytes(length, "big"))
    if len(reply) < 12:
        raise EOFError
    return reply


def ask(question, address, is_wanted):
    """What is compared of the answer, by field; and the answer, or None.  One that is wanted is waited for longer."""
    wire = message(question).to_wire()
    within_s = wait_s(question, is_wanted)
    try:
        reply = (by_tcp if question.has("+tcp") else by_udp)(wire, address, within_s)
        if reply[2] & 2 and not question.has("+tcp") and not question.has("+ignore"):
            reply = by_tcp(wire, address, within_s)
    except (OSError, EOFError):
        return nothing("no answer"), None
    return look(question, wire, reply)


def nothing(rcode):
    return dict.fromkeys(FIELDS, "-") | {"rcode": rcode}


def look(question, wire, reply):
    if question.number("+opcode", 0) != 0 or len(reply) <= 12:
        return nothing(dns.rcode.to_text(reply[3] & 15)), None
    try:
        answer = dns.message.from_wire(reply, one_rr_per_rrset=True, ignore_trailing=True, raise_on_truncation=False)
    except dns.exception.DNSException as error:
        return nothing(f"malformed: {type(error).__name__}"), None
    is_failure = answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN, dns.rcode.YXDOMAIN)
    fields = {
        "rcode": dns.rcode.to_text(answer.rcode()),
        # With CD nobody has to validate, nor to forget what is known to be valid (RFC 6840, section 5.9).
        "ad": "-" if question.has("+cd") or is_failure else "yes" if answer.flags & dns.flags.AD else "no",
        "answer": "-" if is_failure else records(question, answer),
        "soa": "-" if is_failure else soa(question, answer),
        "flags": " ".join(dns.flags.to_text(answer.flags & ~dns.flags.AD).lower().split()[1:]),
        "letters": letters(answer, wire, reply) if question.has("+case") else "-",
    }
    return fields, answer


def records(question, answer):
    if question.type in ANY_OF_ALL:
        return "some" if answer.answer else "none"
    return frozenset(record(rrset) for rrset in answer.answer)


def record(rrset):
    """In one form, whatever the letters of names (RFC 4034, section 6.2)."""
    plain = canonical(rrset[0]).to_text() if len(rrset) else ""
    return f"{rrset.name.canonicalize().to_text()} {dns.rdatatype.to_text(rrset.rdtype)} {plain}"


def canonical(rdata):
    octets = rdata.to_digestable()
    return dns.rdata.from_wire(rdata.rdclass, rdata.rdtype, octets, 0, len(octets))


def soa(question, answer):
    """Whether an absence comes with the record that tells its time (RFC 2308, section 5)."""
    if any(question.type in (rrset.rdtype, dns.rdatatype.ANY) for rrset in answer.answer):
        return "-"
    return "yes" if any(rrset.rdtype == dns.rdatatype.SOA for rrset in answer.authority) else "no"


def letters(answer, wire, reply):
    end = 12 + wire[12:].index(0) + 1
    echoed = "as asked" if reply[12:end] == wire[12:end] else "changed"
    return f"{echoed}; {' '.join(sorted({rrset.name.to_text() for rrset in answer.answer}))}"
