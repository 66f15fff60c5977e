#include "fetch/journey/steps_priv.h"

#include <stdio.h>
#include <string.h>

static const char *
title_of(enum lane_role role)
{
	switch (role) {
	case LANE_PROGRAM: return "cairn-fetch";
	case LANE_RESOLVER: return "resolver";
	case LANE_ROOT: return "root";
	case LANE_TLD: return "TLD";
	case LANE_AUTHORITY: return "authority";
	case LANE_GATEWAY: return "gateway";
	case LANE_PATH: return "path";
	case LANE_SERVER: break;
	case LANES_MAX: break;
	}
	return "server";
}

/* Whether one of the words of `detail` is `word`. */
static bool
has_word(const char *detail, const char *word)
{
	size_t bytes = strlen(word);
	for (const char *at = strstr(detail, word); at != NULL; at = strstr(at + 1, word))
		if ((at == detail || at[-1] == ' ') && (at[bytes] == ' ' || at[bytes] == '\0'))
			return true;
	return false;
}

static void
add_detail(struct lane *lane, const char *detail)
{
	size_t used = strlen(lane->detail);
	if (detail == NULL || detail[0] == '\0' || has_word(lane->detail, detail))
		return;
	if (used + strlen(detail) + 2 > sizeof lane->detail)
		return; /* what stands there is enough */
	(void)snprintf(lane->detail + used, sizeof lane->detail - used, "%s%s", used != 0 ? " " : "", detail);
}

uint8_t
steps__lane(struct ladder *ladder, enum lane_role role, const char *detail)
{
	struct lane *lane = &ladder->lanes[role];
	lane->is_used = true;
	lane->title = title_of(role);
	add_detail(lane, detail);
	return (uint8_t)role;
}

uint8_t
steps__zone_lane(struct ladder *ladder, const char *zone)
{
	const char *dot = strchr(zone, '.');
	if (strcmp(zone, ".") == 0)
		return steps__lane(ladder, LANE_ROOT, ".");
	return steps__lane(ladder, dot == NULL || dot[1] == '\0' ? LANE_TLD : LANE_AUTHORITY, zone);
}

/* The address in front of a port, without brackets. */
static void
address_of(const char *peer, char *addr, size_t addr_bytes)
{
	const char *colon = strrchr(peer, ':');
	size_t bytes = strlen(peer);

	if (peer[0] == '[' && strchr(peer, ']') != NULL) {
		peer++;
		bytes = (size_t)(strchr(peer, ']') - peer);
	} else if (colon != NULL && strchr(peer, ':') == colon) {
		bytes = (size_t)(colon - peer);
	}
	(void)snprintf(addr, addr_bytes, "%.*s", (int)bytes, peer);
}

int
steps__known_lane(const struct ladder *ladder, const char *addr)
{
	if (ladder->lanes[LANE_GATEWAY].is_used && has_word(ladder->lanes[LANE_GATEWAY].detail, addr))
		return LANE_GATEWAY;
	for (int lane = LANE_SERVER; lane < LANES_MAX; lane++)
		if (ladder->lanes[lane].is_used && strcmp(ladder->lanes[lane].peer, addr) == 0)
			return lane;
	return -1;
}

uint8_t
steps__peer_lane(struct ladder *ladder, const char *peer)
{
	char addr[sizeof ladder->lanes[0].peer];
	unsigned role = LANE_SERVER;

	address_of(peer, addr, sizeof addr);
	while (role < LANES_MAX - 1u && ladder->lanes[role].is_used && strcmp(ladder->lanes[role].peer, addr) != 0)
		role++;
	struct lane *lane = &ladder->lanes[role];
	bool is_other = lane->is_used && strcmp(lane->peer, addr) != 0;
	(void)steps__lane(ladder, (enum lane_role)role, peer);
	if (is_other)
		lane->title = "other servers";
	else
		(void)snprintf(lane->peer, sizeof lane->peer, "%s", addr);
	return (uint8_t)role;
}
