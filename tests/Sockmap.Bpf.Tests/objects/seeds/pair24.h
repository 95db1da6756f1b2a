/* A key of 24 bytes for IPv4 pairs: addresses as they are on the wire, each port in the low half of its number. */
#pragma once
#include "seeds.h"
struct pair24 {
	__u32 local_address, remote_address;
	__u8 family, spare[3];
	__u32 unused;
	__u32 local_port, remote_port;
};
#define FILL_PAIR24(key, local, remote, near, far) \
	do { (key)->local_address = local; (key)->remote_address = remote; (key)->family = IPV4; \
	     (key)->local_port = near; (key)->remote_port = far; } while (0)
/* local_port comes as the machine writes numbers, remote_port as the wire does, in the upper half. */
#define NEAR_PORT(ctx) (swap((ctx)->local_port) >> 16)
#define FAR_PORT(ctx) ((ctx)->remote_port >> 16)
