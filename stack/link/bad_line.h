/*
 * bad_line.h - the option `faults`: what a line is to do to packets, in words (stack/link/fault_model.h).
 *
 *     loss=10%,dup=1%,reorder=2%,corrupt=0.5%,burst=4,delay=20ms,jitter=5ms,rate=10mbit,size=1280,seed=7
 *
 * Percentages, times in us, ms or s, rates in bit, kbit, mbit or gbit a second, sizes in octets.
 * Both directions get the same.  Only for tests, so the words are few.
 */
#ifndef CAIRN_STACK_LINK_BAD_LINE_H
#define CAIRN_STACK_LINK_BAD_LINE_H

#include "stack/link/faults.h"

/* For who got it wrong: the words with what each takes. */
#define BAD_LINE_WORDS                                                                             \
	"loss dup reorder corrupt (0% to 100%), burst (0 to 1000000 packets), delay jitter (0s to 60s), " \
	"rate (0bit to 1000gbit a second), size (0 to 65535 octets), seed (0 to 10^15)"

/* 0, or ERR_MALFORMED and in *why the word that is wrong: it points into text. */
int bad_line_from_text(struct faults_config *config, const char *text, const char **why);

#endif
