/* Takes those who connect into one map and those who accept into another. */
#include "pair24.h"
SOCKET_MAP(skops_map, struct pair24);
SOCKET_MAP(skops_proxy_map, struct pair24);
SEC("sockops") int bpf_sockmap(struct operations *ops) {
	struct pair24 key = {};
	if (ops->family != IPV4)
		return 0;
	FILL_PAIR24(&key, ops->local_ip4, ops->remote_ip4, NEAR_PORT(ops), FAR_PORT(ops));
	if (ops->op == ESTABLISHED_ACTIVE)
		bpf_sock_hash_update(ops, &skops_map, &key, NEW_ONLY);
	else if (ops->op == ESTABLISHED_PASSIVE)
		bpf_sock_hash_update(ops, &skops_proxy_map, &key, NEW_ONLY);
	return 0;
}
