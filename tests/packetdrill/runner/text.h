/*
 * text.h - packets and times in the words of scripts, for messages.
 */
#ifndef CAIRN_TESTS_PACKETDRILL_TEXT_H
#define CAIRN_TESTS_PACKETDRILL_TEXT_H

#include "tests/packetdrill/runner/script.h"

#define TEXT_PACKET_BYTES 512u

/* text has TEXT_PACKET_BYTES. */
const char *text_of_packet(const struct packet_spec *packet, char *text);

#endif
