/* Looks for the other end first among those who accepted, then among those who connected. */
#include "pair24.h"
SOCKET_MAP(skops_map, struct pair24);
SOCKET_MAP(skops_proxy_map, struct pair24);
SEC("sk_msg") int bpf_tcpip_bypass(struct message *msg) {
	struct pair24 key = {};
	FILL_PAIR24(&key, msg->remote_ip4, msg->local_ip4, FAR_PORT(msg), NEAR_PORT(msg));
	if (bpf_msg_redirect_hash(msg, &skops_proxy_map, &key, TO_RECEIVER) != PASS)
		bpf_msg_redirect_hash(msg, &skops_map, &key, TO_RECEIVER);
	return PASS;
}
