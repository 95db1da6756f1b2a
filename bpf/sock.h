/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What is known of a socket beside its own struct. Its address may be stale, see PEEK. */
#pragma once

#include "kernel.h"
#include "psock.h"

/* As in /proc/PID/fd; 0 where no process holds it any more. */
static __always_inline __u64 inode_at(__u64 sock, const bool exact)
{
	__u64 socket = (__u64)PEEK(exact, struct sock, sock, sk_socket);

	if (!socket)
		return 0;
	return PEEK(exact, struct socket_alloc, socket - bpf_core_field_offset(struct socket_alloc, socket), vfs_inode.i_ino);
}

static __always_inline __u64 cgroup_at(__u64 sock, const bool exact)
{
	__u64 cgroup = (__u64)PEEK(exact, struct sock, sock, sk_cgrp_data.cgroup);
	__u64 node = (__u64)PEEK(exact, struct cgroup, cgroup, kn);

	return PEEK(exact, struct kernfs_node, node, id);
}
