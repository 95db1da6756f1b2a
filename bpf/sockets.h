/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the programs that list sockets share with user space: src/Sockmap/Sockets/Layout repeats it, and the tests compare
 * the two.
 */
#pragma once

#include <linux/types.h>

#define TASK_COMM_LEN 16

enum holder_options {
	/* Sockets of other protocols than TCP too. */
	HOLDER_ANY_PROTOCOL = 1,
	/* Only sockets with a psock: those in a sockmap. */
	HOLDER_PSOCK_ONLY = 2,
};

enum socket_flags {
	SOCKET_PSOCK = 1,
	SOCKET_ULP = 2,
	SOCKET_ADDRESSES = 4,
};

/* Addresses are IPv6, IPv4 ones as ::ffff:a.b.c.d; ports are in host order. */
struct socket_row {
	__u64 cookie;
	__u64 inode;
	__u64 cgroup_id;
	__u64 netns_cookie;
	__u32 local_address[4];
	__u32 remote_address[4];
	__u32 netns_inode;
	__u32 uid;
	__u16 local_port;
	__u16 remote_port;
	__u16 family;
	__u16 type;
	__u16 protocol;
	__u8 state;
	__u8 flags;
	__u32 queued_bytes;
};

struct holder {
	__s32 pid;
	__u32 fd;
	char comm[TASK_COMM_LEN];
};

struct held_row {
	struct socket_row socket;
	struct holder holder;
};

struct brief_row {
	/* The socket's cookie (held_brief) or its inode's number (held_inode). */
	__u64 key;
	struct holder holder;
};
