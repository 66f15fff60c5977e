#include "resolver/wire/rdata.h"

#include "resolver/wire/rdata_types.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* clang-format off */
#define KEY_FIELDS    { FIELD_U16, FIELD_U8, FIELD_ALGORITHM, FIELD_REST_BASE64_MAYBE }
#define DNSKEY_FIELDS { FIELD_U16, FIELD_U8, FIELD_ALGORITHM, FIELD_REST_BASE64 }
#define DS_FIELDS     { FIELD_U16, FIELD_ALGORITHM, FIELD_U8, FIELD_REST_HEX }
#define SIG_FIELDS                                                                                  \
	{ FIELD_TYPE, FIELD_ALGORITHM, FIELD_U8,   FIELD_U32,        FIELD_TIME,                    \
	  FIELD_TIME, FIELD_U16,       FIELD_NAME, FIELD_REST_BASE64 }
#define TLSA_FIELDS   { FIELD_U8, FIELD_U8, FIELD_U8, FIELD_REST_HEX }
#define SVCB_FIELDS   { FIELD_U16, FIELD_NAME, FIELD_SVCPARAMS }

static const struct rdata_type low_types[] = {
	[1]   = { "A",          RDATA_IN, { FIELD_IPV4 } },
	[2]   = { "NS",         RDATA_COMPRESS | RDATA_FOLD, { FIELD_NAME } },
	[3]   = { "MD",         RDATA_COMPRESS | RDATA_FOLD, { FIELD_NAME } },
	[4]   = { "MF",         RDATA_COMPRESS | RDATA_FOLD, { FIELD_NAME } },
	[5]   = { "CNAME",      RDATA_COMPRESS | RDATA_FOLD, { FIELD_NAME } },
	[6]   = { "SOA",        RDATA_COMPRESS | RDATA_FOLD,
	          { FIELD_NAME, FIELD_NAME, FIELD_U32, FIELD_PERIOD, FIELD_PERIOD, FIELD_PERIOD, FIELD_PERIOD } },
	[7]   = { "MB",         RDATA_COMPRESS | RDATA_FOLD, { FIELD_NAME } },
	[8]   = { "MG",         RDATA_COMPRESS | RDATA_FOLD, { FIELD_NAME } },
	[9]   = { "MR",         RDATA_COMPRESS | RDATA_FOLD, { FIELD_NAME } },
	[10]  = { "NULL",       0, { FIELD_OPAQUE } },
	[11]  = { "WKS",        RDATA_IN, { FIELD_IPV4, FIELD_WKS } },
	[12]  = { "PTR",        RDATA_COMPRESS | RDATA_FOLD, { FIELD_NAME } },
	[13]  = { "HINFO",      0, { FIELD_STRING, FIELD_STRING } },
	[14]  = { "MINFO",      RDATA_COMPRESS | RDATA_FOLD, { FIELD_NAME, FIELD_NAME } },
	[15]  = { "MX",         RDATA_COMPRESS | RDATA_FOLD, { FIELD_U16, FIELD_NAME } },
	[16]  = { "TXT",        0, { FIELD_STRINGS } },
	[17]  = { "RP",         RDATA_FOLD, { FIELD_NAME, FIELD_NAME } },
	[18]  = { "AFSDB",      RDATA_FOLD, { FIELD_U16, FIELD_NAME } },
	[19]  = { "X25",        0, { FIELD_STRING } },
	[20]  = { "ISDN",       0, { FIELD_STRING, FIELD_STRING_MAYBE } },
	[21]  = { "RT",         RDATA_FOLD, { FIELD_U16, FIELD_NAME } },
	[22]  = { "NSAP",       RDATA_IN, { FIELD_NSAP } },
	[23]  = { "NSAP-PTR",   RDATA_IN, { FIELD_NAME } },
	[24]  = { "SIG",        RDATA_FOLD, SIG_FIELDS },
	[25]  = { "KEY",        0, KEY_FIELDS },
	[26]  = { "PX",         RDATA_IN | RDATA_FOLD, { FIELD_U16, FIELD_NAME, FIELD_NAME } },
	[27]  = { "GPOS",       0, { FIELD_STRING, FIELD_STRING, FIELD_STRING } },
	[28]  = { "AAAA",       RDATA_IN, { FIELD_IPV6 } },
	[29]  = { "LOC",        0, { FIELD_LOC } },
	[30]  = { "NXT",        RDATA_FOLD, { FIELD_NAME, FIELD_BITMAP_NXT } },
	[31]  = { "EID",        RDATA_IN, { FIELD_REST_HEX } },
	[32]  = { "NIMLOC",     RDATA_IN, { FIELD_REST_HEX } },
	[33]  = { "SRV",        RDATA_IN | RDATA_FOLD, { FIELD_U16, FIELD_U16, FIELD_U16, FIELD_NAME } },
	[34]  = { "ATMA",       RDATA_IN, { FIELD_ATMA } },
	[35]  = { "NAPTR",      RDATA_FOLD,
	          { FIELD_U16, FIELD_U16, FIELD_STRING, FIELD_STRING, FIELD_STRING, FIELD_NAME } },
	[36]  = { "KX",         RDATA_IN | RDATA_FOLD, { FIELD_U16, FIELD_NAME } },
	[37]  = { "CERT",       0, { FIELD_CERT_TYPE, FIELD_U16, FIELD_ALGORITHM, FIELD_REST_BASE64 } },
	[38]  = { "A6",         RDATA_IN | RDATA_FOLD, { FIELD_A6_SUFFIX, FIELD_A6_NAME } },
	[39]  = { "DNAME",      RDATA_FOLD, { FIELD_NAME } },
	[40]  = { "SINK",       0, { FIELD_U8, FIELD_U8, FIELD_U8, FIELD_REST_BASE64_MAYBE } },
	[41]  = { "OPT",        0, { FIELD_OPTIONS } },
	[42]  = { "APL",        RDATA_IN, { FIELD_APL } },
	[43]  = { "DS",         0, DS_FIELDS },
	[44]  = { "SSHFP",      0, { FIELD_U8, FIELD_U8, FIELD_REST_HEX } },
	[45]  = { "IPSECKEY",   0, { FIELD_U8, FIELD_U8, FIELD_U8, FIELD_GATEWAY,
	                               FIELD_REST_BASE64_MAYBE } },
	[46]  = { "RRSIG",      RDATA_FOLD, SIG_FIELDS },
	[47]  = { "NSEC",       0, { FIELD_NAME, FIELD_BITMAP } },
	[48]  = { "DNSKEY",     0, DNSKEY_FIELDS },
	[49]  = { "DHCID",      RDATA_IN, { FIELD_REST_BASE64 } },
	[50]  = { "NSEC3",      0, { FIELD_U8, FIELD_U8, FIELD_U16, FIELD_HEX8, FIELD_BASE32_8, FIELD_BITMAP } },
	[51]  = { "NSEC3PARAM", 0, { FIELD_U8, FIELD_U8, FIELD_U16, FIELD_HEX8 } },
	[52]  = { "TLSA",       0, TLSA_FIELDS },
	[53]  = { "SMIMEA",     0, TLSA_FIELDS },
	[55]  = { "HIP",        0, { FIELD_HIP, FIELD_NAMES } },
	[56]  = { "NINFO",      0, { FIELD_STRINGS } },
	[57]  = { "RKEY",       0, KEY_FIELDS },
	[58]  = { "TALINK",     0, { FIELD_NAME, FIELD_NAME } },
	[59]  = { "CDS",        0, DS_FIELDS },
	[60]  = { "CDNSKEY",    0, DNSKEY_FIELDS },
	[61]  = { "OPENPGPKEY", 0, { FIELD_REST_BASE64 } },
	[62]  = { "CSYNC",      0, { FIELD_U32, FIELD_U16, FIELD_BITMAP } },
	[63]  = { "ZONEMD",     0, { FIELD_U32, FIELD_U8, FIELD_U8, FIELD_REST_HEX } },
	[64]  = { "SVCB",       RDATA_IN, SVCB_FIELDS },
	[65]  = { "HTTPS",      RDATA_IN, SVCB_FIELDS },
	[66]  = { "DSYNC",      0, { FIELD_TYPE, FIELD_SCHEME, FIELD_U16, FIELD_NAME } },
	[67]  = { "HHIT",       0, { FIELD_REST_BASE64 } },
	[68]  = { "BRID",       0, { FIELD_REST_BASE64 } },
	[99]  = { "SPF",        0, { FIELD_STRINGS } },
	[100] = { "UINFO",      0, { FIELD_OPAQUE } },
	[101] = { "UID",        0, { FIELD_OPAQUE } },
	[102] = { "GID",        0, { FIELD_OPAQUE } },
	[103] = { "UNSPEC",     0, { FIELD_OPAQUE } },
	[104] = { "NID",        0, { FIELD_U16, FIELD_NODE } },
	[105] = { "L32",        0, { FIELD_U16, FIELD_IPV4 } },
	[106] = { "L64",        0, { FIELD_U16, FIELD_NODE } },
	[107] = { "LP",         0, { FIELD_U16, FIELD_NAME } },
	[108] = { "EUI48",      0, { FIELD_EUI48 } },
	[109] = { "EUI64",      0, { FIELD_EUI64 } },
	[128] = { "NXNAME",     0, { FIELD_OPAQUE } },
	[249] = { "TKEY",       0, { FIELD_NAME, FIELD_TIME, FIELD_TIME, FIELD_U16, FIELD_U16, FIELD_BASE64_16,
	                             FIELD_BASE64_16 } },
	[250] = { "TSIG",       0, { FIELD_NAME, FIELD_TIME48, FIELD_U16, FIELD_BASE64_16, FIELD_U16, FIELD_U16,
	                             FIELD_BASE64_16 } },
	[251] = { "IXFR",       0, { FIELD_OPAQUE } },
	[252] = { "AXFR",       0, { FIELD_OPAQUE } },
	[253] = { "MAILB",      0, { FIELD_OPAQUE } },
	[254] = { "MAILA",      0, { FIELD_OPAQUE } },
	[255] = { "ANY",        0, { FIELD_OPAQUE } },
	[256] = { "URI",        0, { FIELD_U16, FIELD_U16, FIELD_REST_TEXT } },
	[257] = { "CAA",        0, { FIELD_U8, FIELD_TAG, FIELD_REST_TEXT } },
	[258] = { "AVC",        0, { FIELD_STRINGS } },
	[259] = { "DOA",        0, { FIELD_U32, FIELD_U32, FIELD_U8, FIELD_STRING, FIELD_REST_DATA } },
	[260] = { "AMTRELAY",   0, { FIELD_U8, FIELD_RELAY } },
	[261] = { "RESINFO",    0, { FIELD_STRINGS } },
	[262] = { "WALLET",     0, { FIELD_STRINGS } },
	[263] = { "CLA",        0, { FIELD_STRINGS } },
	[264] = { "IPN",        0, { FIELD_U64 } },
};
/* clang-format on */

#define HIGH_TYPES_FIRST 32768u
static const struct rdata_type high_types[] = {
	{ "TA", 0, DS_FIELDS },
	{ "DLV", 0, DS_FIELDS },
};

static const struct rdata_type opaque_type = { NULL, 0, { FIELD_OPAQUE } };

static const struct rdata_type *
find_type(uint16_t type)
{
	const struct rdata_type *found = &opaque_type;
	if (type < COUNT(low_types))
		found = &low_types[type];
	else if (type >= HIGH_TYPES_FIRST && type - HIGH_TYPES_FIRST < COUNT(high_types))
		found = &high_types[type - HIGH_TYPES_FIRST];
	return found->mnemonic != NULL ? found : &opaque_type;
}

const struct rdata_type *
rdata_type_of(uint16_t type, uint16_t class)
{
	const struct rdata_type *found = find_type(type);
	/* NONE and ANY stand for the zone's class in updates (RFC 2136, section 2.5). */
	bool is_in = class == CLASS_IN || class == CLASS_NONE || class == CLASS_ANY;
	return (found->flags & RDATA_IN) == 0 || is_in ? found : &opaque_type;
}

const char *
rdata_mnemonic(uint16_t type)
{
	return find_type(type)->mnemonic;
}

bool
rdata_type_next(uint16_t *type)
{
	const unsigned high_end = HIGH_TYPES_FIRST + COUNT(high_types);
	for (unsigned next = *type + 1u; next < high_end; next++) {
		if (next >= COUNT(low_types) && next < HIGH_TYPES_FIRST)
			next = HIGH_TYPES_FIRST;
		if (rdata_mnemonic((uint16_t)next) == NULL)
			continue;
		*type = (uint16_t)next;
		return true;
	}
	return false;
}

bool
type_is_meta(uint16_t type)
{
	return type == 0 || type == TYPE_OPT || (type >= 128 && type <= 255);
}
