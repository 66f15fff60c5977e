/*
 * storm.h - a stack under whatever traffic a string of octets describes: for the fuzzer and for seeded storms.
 *
 * The octets are read as a script: packets of both families built to get deep (right addresses, lengths and
 * checksums unless the script damages them), fragments, extension headers, ICMP errors that quote what the stack
 * has sent, ARP, NDP, DHCP; calls of programs; changes of addresses, routes and interfaces; and time.  Any
 * octets are a script, so a generator needs no grammar.
 *
 * After each step everything is taken out of the stack and looked at: frames that fit their links and
 * are well-formed, datagrams of open flows, counters within their limits.  A violation aborts.
 */
#ifndef CAIRN_TESTS_STACK_STORM_H
#define CAIRN_TESTS_STACK_STORM_H

#include <stddef.h>
#include <stdint.h>

#define STORM_STEPS_MAX 400u

struct storm_counts {
	uint64_t steps, packets, frames, datagrams, errors, echoes;
	uint64_t drops[96]; /* by enum drop */
};

/* Runs a script on a new stack; adds to *counts, which may be NULL. */
void storm_run(const uint8_t *script, size_t size, struct storm_counts *counts);

#endif
