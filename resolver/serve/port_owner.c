#include "resolver/serve/port_owner.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KERNEL_TCP_LISTEN 0x0au
#define LINES_MAX        65536u /* of /proc/net/udp */
#define PROCESSES_MAX    65536u
#define DESCRIPTORS_MAX  65536u /* of one process */

/* The address column: 32-bit words in the machine's own order, in hexadecimal. */
static struct ip_addr
addr_from_hex(const char *hex)
{
	uint8_t octets[16] = { 0 };
	size_t words = strlen(hex) / 8;
	for (size_t i = 0; i < words && i < 4; i++) {
		unsigned word = 0;
		(void)sscanf(hex + 8 * i, "%8x", &word);
		memcpy(octets + 4 * i, &word, sizeof word);
	}
	return words == 1 ? addr_ipv4(octets) : addr_ipv6(octets);
}

/* Ours of no family at all collides with wildcards only. */
static bool
addrs_collide(const struct ip_addr *ours, const struct ip_addr *theirs)
{
	if (addr_equal(ours, theirs) || addr_is_unspecified(theirs))
		return true;
	return ours->family != ADDR_NONE && addr_is_unspecified(ours);
}

/* The inode of a socket in this table that stands in the way; 0: none. */
static unsigned long
find_inode(const char *table, const struct ip_addr *addr, uint16_t port, bool is_tcp)
{
	char line[512], hex[33];
	unsigned long inode, found = 0;
	unsigned local_port, state;
	FILE *file = fopen(table, "re");
	if (file == NULL)
		return 0;
	for (unsigned i = 0; i < LINES_MAX && found == 0 && fgets(line, sizeof line, file) != NULL;
	     i++) {
		if (sscanf(line, " %*u: %32[0-9A-F]:%x %*s %x %*s %*s %*s %*u %*u %lu", hex,
			   &local_port, &state, &inode) != 4)
			continue;
		if (local_port != port || (is_tcp && state != KERNEL_TCP_LISTEN))
			continue;
		struct ip_addr theirs = addr_from_hex(hex);
		if (addrs_collide(addr, &theirs))
			found = inode;
	}
	(void)fclose(file);
	return found;
}

/* Whether one of the process's descriptors is that socket. */
static bool
process_has(const char *pid, const char *socket)
{
	char path[64], target[64];
	(void)snprintf(path, sizeof path, "/proc/%.16s/fd", pid);
	DIR *directory = opendir(path);
	if (directory == NULL)
		return false;
	bool found = false;
	const struct dirent *entry;
	for (unsigned i = 0; i < DESCRIPTORS_MAX && !found && (entry = readdir(directory)) != NULL;
	     i++) {
		ssize_t size =
			readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1);
		if (size <= 0)
			continue;
		target[size] = '\0';
		found = strcmp(target, socket) == 0;
	}
	(void)closedir(directory);
	return found;
}

static void
process_name(const char *pid, char *name, size_t name_bytes)
{
	char path[64];
	(void)snprintf(path, sizeof path, "/proc/%.16s/comm", pid);
	FILE *file = fopen(path, "re");
	(void)snprintf(name, name_bytes, "a program");
	if (file == NULL)
		return;
	if (fgets(name, (int)name_bytes, file) != NULL)
		name[strcspn(name, "\n")] = '\0';
	(void)fclose(file);
}

static bool
find_process(unsigned long inode, char *text, size_t text_bytes)
{
	char socket[48], name[32];
	(void)snprintf(socket, sizeof socket, "socket:[%lu]", inode);
	DIR *processes = opendir("/proc");
	if (processes == NULL)
		return false;
	bool found = false;
	const struct dirent *entry;
	for (unsigned i = 0; i < PROCESSES_MAX && !found && (entry = readdir(processes)) != NULL;
	     i++) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !process_has(entry->d_name, socket))
			continue;
		process_name(entry->d_name, name, sizeof name);
		(void)snprintf(text, text_bytes, "%s (process %.16s)", name, entry->d_name);
		found = true;
	}
	(void)closedir(processes);
	return found;
}

const char *
port_owner_text(const struct ip_addr *addr, uint16_t port, bool is_tcp, char *text,
		size_t text_bytes)
{
	bool is_ipv4 = addr->family == ADDR_IPV4;
	unsigned long inode = find_inode(is_tcp ? (is_ipv4 ? "/proc/net/tcp" : "/proc/net/tcp6")
						: (is_ipv4 ? "/proc/net/udp" : "/proc/net/udp6"),
					 addr, port, is_tcp);
	/* A dual-stack socket on :: is in the way of IPv4 too. */
	if (inode == 0 && is_ipv4)
		inode = find_inode(is_tcp ? "/proc/net/tcp6" : "/proc/net/udp6",
				   &(struct ip_addr){ .family = ADDR_NONE }, port, is_tcp);
	if (inode == 0 || !find_process(inode, text, text_bytes))
		(void)snprintf(text, text_bytes, "another program");
	return text;
}
