"""The longest TTL that a record may have in an answer: what its zone gives it (RFC 1035, section 3.2.1), and a cap."""
import dns.rdatatype

CAP_S = 86400           # cache-max-ttl
NEGATIVE_CAP_S = 3600   # cache-max-negative-ttl
HABITS_TTL_S = 600      # habits.py, which has no zone file


def too_long(answer, zones):
    """Records of an answer that outlive what was published: lines that say so."""
    lines = []
    is_absence = not answer.answer or any(rrset.rdtype == dns.rdatatype.SOA for rrset in answer.authority)
    for rrset in answer.answer:
        lines += told(rrset, bound(rrset, zones))
    for rrset in answer.authority if is_absence else []:
        if rrset.rdtype == dns.rdatatype.SOA:
            lines += told(rrset, min(NEGATIVE_CAP_S, rrset[0].minimum, bound(rrset, zones)))
    return lines


def told(rrset, bound_s):
    return [f"{rrset.name} {dns.rdatatype.to_text(rrset.rdtype)}: {rrset.ttl} > {bound_s}"] if rrset.ttl > bound_s else []


def bound(rrset, zones):
    kind = rrset.covers if rrset.rdtype == dns.rdatatype.RRSIG else rrset.rdtype
    above = [zone for origin, zone in zones.items() if rrset.name.is_subdomain(origin)]
    bounds = [zone[rrset.name][kind] for zone in above if kind in zone.get(rrset.name, {})]
    if not bounds:  # a wildcard's, or an alias that a DNAME has made
        kinds = {kind, dns.rdatatype.DNAME} if kind == dns.rdatatype.CNAME else {kind}
        bounds = [ttl_s for zone in above for sets in zone.values() for each, ttl_s in sets.items() if each in kinds]
    return min(CAP_S, max(bounds, default=HABITS_TTL_S))
