/* A packed key of 44 bytes with room for IPv6; IPv4 stands in the first word of each address. */
#pragma once
#include "seeds.h"
struct pair44 {
	__u32 local_address[4], remote_address[4];
	__u8 family, spare;
	__u16 spare_too;
	__u32 local_port, remote_port;
} __attribute__((packed));
