/*
 * bad_line.h - the option `faults`: what a line is to do to packets, in words (stack/link/fault_model.h).
 *
 *     loss=10%,dup=1%,reorder=2%,corrupt=0.5%,burst=4,delay=20ms,jitter=5ms,rate=10mbit,size=1280,seed=7
 *
 * Percentages, times in us, ms or s, rates in bit, kbit, mbit or gbit a second, sizes in octets.
 * Both directions get the same.  Only for tests, so the words are few and each may stand once.
 */
#ifndef CAIRN_STACK_LINK_BAD_LINE_H
#define CAIRN_STACK_LINK_BAD_LINE_H

#include "stack/link/faults.h"

/* 0, or ERR_MALFORMED and in *why the word that is wrong: it points into text. */
int bad_line_from_text(struct faults_config *config, const char *text, const char **why);

#endif
