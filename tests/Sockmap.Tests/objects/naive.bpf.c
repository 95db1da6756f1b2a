/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The counter-example: what the demos on the web do. Both ends go into a SOCKHASH, every message is redirected to the
 * other end's key, and a miss is ignored (and so goes over TCP, to be overtaken by the next message that hits).
 */
#include "../../../bpf/kernel.h"
#include "../../../bpf/bypass.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 65536);
	__type(key, struct entry_key);
	__type(value, __u64);
} sockhash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} redirected SEC(".maps");

static __always_inline void write_ipv4(__u8 to[16], __u32 address)
{
	__u32 *words = (__u32 *)to;

	words[2] = bpf_htonl(0xffff);
	words[3] = address;
}

SEC("sockops")
int naive_take_in(struct bpf_sock_ops *ops)
{
	struct entry_key key = {};

	if (ops->op != BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB && ops->op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB)
		return 1;
	if (ops->family != AF_INET)
		return 1;
	write_ipv4(key.local_address, ops->local_ip4);
	write_ipv4(key.remote_address, ops->remote_ip4);
	key.local_port = ops->local_port;
	key.remote_port = bpf_ntohl(ops->remote_port);
	bpf_sock_hash_update(ops, &sockhash, &key, BPF_ANY);
	return 1;
}

SEC("sk_msg")
int naive_redirect(struct sk_msg_md *msg)
{
	struct entry_key peer = {};
	__u32 zero = 0;
	__u64 *count;

	if (msg->family != AF_INET)
		return SK_PASS;
	write_ipv4(peer.local_address, msg->remote_ip4);
	write_ipv4(peer.remote_address, msg->local_ip4);
	peer.local_port = bpf_ntohl(msg->remote_port);
	peer.remote_port = msg->local_port;
	if (bpf_msg_redirect_hash(msg, &sockhash, &peer, BPF_F_INGRESS) == SK_PASS) {
		count = bpf_map_lookup_elem(&redirected, &zero);
		if (count)
			__sync_fetch_and_add(count, 1);
	}
	return SK_PASS;
}
