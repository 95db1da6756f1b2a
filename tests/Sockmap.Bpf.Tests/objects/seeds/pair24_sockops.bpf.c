/* Takes both ends of IPv4 connections into a SOCKHASH. */
#include "pair24.h"
SOCKET_MAP(sock_ops_map, struct pair24);
SEC("sockops") int take_in(struct operations *ops) {
	struct pair24 key = {};
	if (ops->family != IPV4 || (ops->op != ESTABLISHED_ACTIVE && ops->op != ESTABLISHED_PASSIVE))
		return 0;
	FILL_PAIR24(&key, ops->local_ip4, ops->remote_ip4, NEAR_PORT(ops), FAR_PORT(ops));
	bpf_sock_hash_update(ops, &sock_ops_map, &key, NEW_ONLY);
	return 0;
}
