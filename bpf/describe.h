/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* A socket as listings show it. */
#pragma once

#include "kernel.h"
#include "sockets.h"

/*
 * A psock points back to its socket, which works on every kernel; the flag in sk_user_data that says the same
 * (SK_USER_DATA_PSOCK) came with 6.0 only.
 */
static __always_inline __u64 owned_psock(struct sock *sk)
{
	__u64 data = (__u64)sk->sk_user_data, psock = data & ~SK_USER_DATA_FLAGS;
	struct sock *owner = NULL;

	if (!psock || !(data & SK_USER_DATA_NOCOPY))
		return 0;
	bpf_core_read(&owner, sizeof(owner), &((struct sk_psock *)psock)->sk);
	return owner == sk ? psock : 0;
}

static __always_inline __u64 cgroup_of(struct sock *sk)
{
	struct sock_cgroup_data___tagged *tagged;
	__u64 value;

	if (!bpf_core_field_exists(struct sock, sk_cgrp_data))
		return 0;
	if (bpf_core_field_exists(struct sock_cgroup_data, cgroup))
		return BPF_CORE_READ(sk, sk_cgrp_data.cgroup, kn, id);
	tagged = (void *)sk + bpf_core_field_offset(struct sock, sk_cgrp_data);
	value = BPF_CORE_READ(tagged, val);
	return value & 1 ? 0 : BPF_CORE_READ((struct cgroup *)(value & ~3ULL), kn, id);
}

static __always_inline void read_addresses(struct sock *sk, struct socket_row *row)
{
	struct sock_common *common = &sk->__sk_common;

	if (row->family == AF_INET) {
		row->local_address[2] = row->remote_address[2] = bpf_htonl(0xffff);
		row->local_address[3] = common->skc_rcv_saddr;
		row->remote_address[3] = common->skc_daddr;
	} else if (row->family == AF_INET6 && bpf_core_field_exists(struct sock_common, skc_v6_daddr)) {
		for (int i = 0; i < 4; i++) {
			row->local_address[i] = common->skc_v6_rcv_saddr.in6_u.u6_addr32[i];
			row->remote_address[i] = common->skc_v6_daddr.in6_u.u6_addr32[i];
		}
	} else {
		return;
	}
	row->local_port = common->skc_num;
	row->remote_port = bpf_ntohs(common->skc_dport);
	row->flags |= SOCKET_ADDRESSES;
}

static __always_inline void describe(struct sock *sk, struct socket_row *row)
{
	struct net *net = sk->__sk_common.skc_net.net;
	struct tcp_sock *tp;

	/* Gives a socket that has none yet its cookie, as ss(8) does: without one it could not be told from a later one. */
	row->cookie = bpf_get_socket_cookie(sk);
	row->cgroup_id = cgroup_of(sk);
	row->netns_cookie = net->net_cookie;
	row->netns_inode = net->ns.inum;
	row->uid = sk->sk_uid.val;
	row->family = sk->__sk_common.skc_family;
	row->type = sk->sk_type;
	row->protocol = sk->sk_protocol;
	row->state = sk->__sk_common.skc_state;
	read_addresses(sk, row);
	if (owned_psock(sk))
		row->flags |= SOCKET_PSOCK;
	tp = bpf_skc_to_tcp_sock(sk);
	if (tp && tp->inet_conn.icsk_ulp_ops)
		row->flags |= SOCKET_ULP;
}
