/* Both programs in one object: a server at slot 0 of a sockmap and its client at slot 1. */
#include "seeds.h"
#ifdef NEW_STYLE
struct { __uint(type, SOCKMAP); __uint(max_entries, 2); __type(key, __u32); __type(value, __u64); } sock_map SEC(".maps");
#else
struct map_numbers SEC("maps") sock_map = { .type = SOCKMAP, .key_size = 4, .value_size = 8, .max_entries = 2 };
#endif
SEC("sockops") int sockops_prog(struct operations *ops) {
	__u32 slot = ops->op == ESTABLISHED_ACTIVE;
	if (ops->op == ESTABLISHED_ACTIVE || ops->op == ESTABLISHED_PASSIVE)
		bpf_sock_map_update(ops, &sock_map, &slot, 0);
	return PASS;
}
/* The port of a pair's server is the lower one here: the test picks it below those that the kernel hands out. */
SEC("sk_msg") int sk_msg_prog(struct message *msg) {
	__u32 to = msg->local_port < swap(msg->remote_port);
	return bpf_msg_redirect_map(msg, &sock_map, to, TO_RECEIVER);
}
