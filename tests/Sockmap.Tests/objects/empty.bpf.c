/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Both ends go into a SOCKHASH, and every message over TCP: what being in a map costs, and a program that does nothing. */
#include "../../../bpf/kernel.h"
#include "../../../bpf/bypass.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, __u64);
} sockhash SEC(".maps");

SEC("sockops")
int empty_take_in(struct bpf_sock_ops *ops)
{
	__u64 key;

	if (ops->op != BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB && ops->op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB)
		return 1;
	key = bpf_get_socket_cookie(ops);
	bpf_sock_hash_update(ops, &sockhash, &key, BPF_ANY);
	return 1;
}

SEC("sk_msg")
int empty_verdict(struct sk_msg_md *msg)
{
	return SK_PASS;
}
