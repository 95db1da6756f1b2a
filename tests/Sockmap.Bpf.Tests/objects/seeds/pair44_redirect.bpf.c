/* The sending half of the demo with the packed key. */
#include "pair44.h"
SOCKET_MAP(sock_ops_map, struct pair44);
SEC("sk_msg") int bpf_redir(struct message *msg) {
	struct pair44 key = {};
	key.local_address[0] = msg->remote_ip4;
	key.remote_address[0] = msg->local_ip4;
	key.family = 1;
	key.local_port = msg->remote_port >> 16;
	key.remote_port = swap(msg->local_port) >> 16;
	bpf_msg_redirect_hash(msg, &sock_ops_map, &key, TO_RECEIVER);
	return PASS;
}
