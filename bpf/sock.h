/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What is known of a socket beside its own struct. */
#pragma once

#include "kernel.h"

/* As in /proc/PID/fd; 0 where no process holds it any more. */
static __always_inline __u64 inode_of(struct sock *sk)
{
	struct socket *socket = sk->sk_socket;
	struct socket_alloc *alloc;

	if (!socket)
		return 0;
	alloc = (void *)socket - bpf_core_field_offset(struct socket_alloc, socket);
	return BPF_CORE_READ(alloc, vfs_inode.i_ino);
}
