/*
 * player.h - plays a scenario over Cairn's own clients, engine and caches, at virtual time.
 *
 * Nothing is sent: what the engine wants to ask lies in a list of pending queries until the scenario answers, and
 * time moves only when a step says so.  The rounds are those of Unbound's testbound (README.md).
 *
 * Ownership: player_play makes and frees everything.
 * Bounds:    PLAYER_ROUNDS_MAX, PLAYER_QUERIES_MAX pending queries, PLAYER_ANSWERS_MAX answers not looked at.
 */
#ifndef CAIRN_TESTS_REPLAY_PLAYER_H
#define CAIRN_TESTS_REPLAY_PLAYER_H

#include "tests/replay/script.h"

#define PLAYER_ROUNDS_MAX  5000u
#define PLAYER_QUERIES_MAX 4096u
#define PLAYER_ANSWERS_MAX 64u
#define PLAYER_WHY_BYTES   600u

/* True when every step went as the scenario says; else the reason. */
bool player_play(const struct script *script, const char *directory, bool is_verbose, char why[PLAYER_WHY_BYTES]);

/* fake-sha1: the seam of the runner's cryptography (fake_crypto.c). */
void fake_crypto_set(bool fake_sha1);

#endif
