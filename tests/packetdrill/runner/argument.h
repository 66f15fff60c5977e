/*
 * argument.h - the arguments of a call, out of the expressions of a script.
 *
 * Arguments are counted from 0.  Errors: one that is missing or of another kind than the call takes
 * fails the script, in the name of the call.
 */
#ifndef CAIRN_TESTS_PACKETDRILL_ARGUMENT_H
#define CAIRN_TESTS_PACKETDRILL_ARGUMENT_H

#include <sys/socket.h>

#include "tests/packetdrill/runner/player.h"

#define CALL_DATA_BYTES_MAX (16u << 20) /* of one buffer */

/* A call under way. */
struct call {
	struct player *player;
	const struct event *event;
	const struct call_spec *spec;
	struct packetdrill_table *table;
	void *userdata;
};

_Noreturn void call_fail(const struct call *call, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

const struct expression *call_argument(const struct call *call, size_t i);
long long call_number(const struct call *call, size_t i);
/* The descriptor of the process that the script's number stands for. */
int call_fd(const struct call *call, size_t i);
/*
 * Zeros to send, or room to receive; NULL where the script says NULL.  Octets to send are always
 * zeros, and call_check_zeros fails the script when others are received.  To be freed.
 */
void *call_buffer(const struct call *call, size_t i, size_t size);
void call_check_zeros(const struct call *call, const uint8_t *bytes, long long size);
/* A socket address, `usual` where the script says `...`; returns its size. */
socklen_t call_name(const struct call *call, size_t i, const struct ip_addr *usual,
		    struct sockaddr_storage *storage);

bool expression_is_ellipsis(const struct expression *expression);
bool expression_is_null(const struct expression *expression);
/* The value of a field of a structure, or NULL. */
const struct expression *expression_field(const struct expression *structure, const char *name);

/* A descriptor of the process that is surely not open for a number that the script does not know. */
int player_fd(const struct player *player, long long fd);
/* A socket address as the script's kind of sockets has it; returns its size. */
socklen_t player_name(const struct player *player, const struct ip_addr *addr, uint16_t port,
		      struct sockaddr_storage *name);

#endif
