/* Hands each message to the socket at the other end, which the other object has put into the map. */
#include "pair24.h"
SOCKET_MAP(sock_ops_map, struct pair24);
SEC("sk_msg") int tcpip_bypass_by_pair24(struct message *msg) {
	struct pair24 key = {};
	FILL_PAIR24(&key, msg->remote_ip4, msg->local_ip4, FAR_PORT(msg), NEAR_PORT(msg));
	bpf_msg_redirect_hash(msg, &sock_ops_map, &key, TO_RECEIVER);
	return PASS;
}
