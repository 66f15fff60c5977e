/*
 * player_call.h - the calls of scripts that have a file of their own (player_option.c): options and readiness.
 *
 * Each makes the call, judges what it gives back through its arguments, and returns its result with errno set.
 */
#ifndef CAIRN_TESTS_PACKETDRILL_RUNNER_PLAYER_CALL_H
#define CAIRN_TESTS_PACKETDRILL_RUNNER_PLAYER_CALL_H

#include "tests/packetdrill/runner/argument.h"

long long call_setsockopt(const struct call *call);
long long call_getsockopt(const struct call *call);
long long call_fcntl(const struct call *call);
long long call_ioctl(const struct call *call);
long long call_poll(const struct call *call);
long long call_epoll_create(const struct call *call);
long long call_epoll_ctl(const struct call *call);
long long call_epoll_wait(const struct call *call);

/* player_call.c: what a call has opened is known by the script's number from now on. */
void player_remember_fd(const struct call *call, int live_fd);

#endif
