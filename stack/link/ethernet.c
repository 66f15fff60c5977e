#include "stack/link/ethernet.h"

#include <stdlib.h>
#include <sys/random.h>

struct mac_addr
ethernet_mac_draw(void)
{
	struct mac_addr mac;

	if (getrandom(mac.octets, sizeof mac.octets, 0) != (ssize_t)sizeof mac.octets)
		abort(); /* six octets never come in part */
	mac.octets[0] = (uint8_t)((mac.octets[0] & 0xfc) | 0x02);
	return mac;
}
