/*
 * limits.h - how much work validation may cause (KeyTrap, CVE-2023-50387; NSEC3, CVE-2023-50868).
 *
 * Per question, over all restarts and all tasks that work for it, like the purse of iterate/budget.h, of
 * which these are a part.
 */
#ifndef CAIRN_RESOLVER_VALIDATE_LIMITS_H
#define CAIRN_RESOLVER_VALIDATE_LIMITS_H

#define VALIDATE_SIGNATURES_MAX       32u  /* signatures checked for one question */
#define VALIDATE_SIGS_PER_RRSET_MAX   4u   /* RRSIGs of one set that are tried */
#define VALIDATE_KEYS_PER_TAG_MAX     2u   /* DNSKEYs with the key tag of one RRSIG that are tried */
#define VALIDATE_FAILURES_MAX         2u   /* signatures of one set that prove wrong; those out of date do not count */
#define VALIDATE_DS_MAX               8u   /* DS records of one zone that are looked at */
#define VALIDATE_KEYS_MAX             32u  /* DNSKEYs of one zone that are looked at */
#define VALIDATE_NSEC3_MAX            8u   /* NSEC3 records of one answer; with more it proves nothing */
#define VALIDATE_NSEC3_ITERATIONS_MAX 50u  /* RFC 9276, section 3.2: more is insecure; unless configured otherwise */
#define VALIDATE_NSEC3_HASHES_MAX     64u  /* names hashed for one question */
#define VALIDATE_SKEW_S               60u  /* clocks differ: RRSIG times count longer at both ends; unless configured otherwise */
#define VALIDATE_RSA_BITS_MAX         4096u
#define VALIDATE_RSA_BITS_MIN         512u  /* RFC 3110, RFC 5702; algorithm 10: 1024 */
#define VALIDATE_RSA_EXPONENT_BYTES_MAX 5u  /* 2^32 + 1 is in use; larger ones cost without end */

#endif
