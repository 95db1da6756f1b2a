/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Connections that the kernel's NAT leads to another socket of this host than the one that they were made to (nftables'
 * redirect and dnat): their ends' keys are not each other's mirror. What both ends have in common is where the SYN came
 * from and its sequence number, as a redirect changes its destination only. The listener's side notes them with the key
 * that the accepted socket will have; who connected finds it there and leaves its own key; who was accepted takes both out.
 */
#pragma once

#include "bypass.h"
#include "kernel.h"

struct nat_key {
	/* Of the end that connects, as entry_key has them. */
	__u8 address[16];
	__u32 port;
	/* Of its SYN. Ports are shared by connections to different ends; this tells them apart. */
	__u32 sequence;
	/* The network namespace's cookie; 0 where a pair may cross namespaces. */
	__u64 scope;
};

struct nat_pair {
	struct entry_key accepted;
	/* Its port is 0 until that end is in the map. */
	struct entry_key connected;
	/* Why that end stays out (enum bypass_counter), and the accepted one with it; 0 while nothing is decided, or it is in. */
	__u32 reason;
	__u32 reserved;
};

/* Handshakes under way. The oldest goes where there is no room: those that were never ended. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct nat_key);
	__type(value, struct nat_pair);
} nat SEC(".maps");

/* Of the SYN that made a request socket, which a program is given no pointer to. */
static __always_inline __u32 requested_sequence(struct bpf_sock_ops *ops)
{
	struct tcp_request_sock *request = 0;

	bpf_probe_read_kernel(&request, sizeof(request), (void *)ops + bpf_core_field_offset(struct bpf_sock_ops_kern, sk));
	return BPF_CORE_READ(request, rcv_isn);
}

/* Of the SYN that a socket sent, in any state: bytes_acked counts the SYN too. */
static __always_inline __u32 connecting_sequence(struct bpf_sock_ops *ops)
{
	return ops->snd_una - (__u32)ops->bytes_acked;
}

static __always_inline void mirror(struct entry_key *to, const struct entry_key *key)
{
	__builtin_memcpy(to->local_address, key->remote_address, sizeof(key->remote_address));
	__builtin_memcpy(to->remote_address, key->local_address, sizeof(key->local_address));
	to->local_port = key->remote_port;
	to->remote_port = key->local_port;
	to->scope = key->scope;
}

static __always_inline bool is_mirror(const struct entry_key *a, const struct entry_key *b)
{
	const __u64 *a_local = (const __u64 *)a->local_address, *a_remote = (const __u64 *)a->remote_address;
	const __u64 *b_local = (const __u64 *)b->local_address, *b_remote = (const __u64 *)b->remote_address;

	return a->local_port == b->remote_port && a->remote_port == b->local_port && a->scope == b->scope &&
	       a_local[0] == b_remote[0] && a_local[1] == b_remote[1] && a_remote[0] == b_local[0] &&
	       a_remote[1] == b_local[1];
}
