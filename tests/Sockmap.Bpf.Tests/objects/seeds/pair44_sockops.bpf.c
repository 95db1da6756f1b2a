/* Takes both ends of IPv4 connections into a SOCKHASH whose packed key has room for IPv6. */
#include "pair44.h"
SOCKET_MAP(sock_ops_map, struct pair44);
static __noinline void take_in_ipv4(struct operations *ops) {
	struct pair44 key = {};
	key.local_address[0] = ops->local_ip4;
	key.remote_address[0] = ops->remote_ip4;
	key.family = 1;
	key.local_port = swap(ops->local_port) >> 16;
	key.remote_port = ops->remote_port >> 16;
	bpf_sock_hash_update(ops, &sock_ops_map, &key, NEW_ONLY);
}
SEC("sockops") int bpf_sockmap(struct operations *ops) {
	switch (ops->op) {
	case ESTABLISHED_ACTIVE:
	case ESTABLISHED_PASSIVE:
		if (ops->family == IPV4)
			take_in_ipv4(ops);
	}
	return 0;
}
