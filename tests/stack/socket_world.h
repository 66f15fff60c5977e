/*
 * socket_world.h - two hosts on a line, whose sockets are in one table: for tests of the socket calls.
 *
 * sockets_begin and sockets_end are the fixture; the latter fails if anything is held once all is closed.
 */
#ifndef CAIRN_TESTS_STACK_SOCKET_WORLD_H
#define CAIRN_TESTS_STACK_SOCKET_WORLD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "stack/socket.h"
#include "tests/stack/host.h"

#define SOCKETS_MAX 16u

enum { V4, V6, FAMILIES };

extern struct host sockets_a, sockets_b;
extern struct socket_table *sockets;
extern const char *const sockets_us[FAMILIES], *const sockets_peers[FAMILIES]; /* addresses of a and b */

void sockets_begin(void);
void sockets_end(void);
/* Carries packets and news to and fro; an answer, and the answer to that, come with it. */
void sockets_carry(void);

/* An address of the domain AF_INET or AF_INET6, IPv4 in the latter mapped (RFC 4291, section 2.5.5.2); returns its size. */
socklen_t sockets_name(const char *text, uint16_t port, int domain, struct sockaddr_storage *name);
int sockets_open(struct host *host, int domain, int type, int protocol);
int sockets_bind(int fd, const char *text, uint16_t port, int domain);
int sockets_connect(int fd, const char *text, uint16_t port, int domain);
ssize_t sockets_send(int fd, const char *text);
ssize_t sockets_receive(int fd, char *text, size_t size, struct sockaddr_storage *from); /* from: may be NULL */

#endif
