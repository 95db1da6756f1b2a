/*
 * What the demos of this folder share: the contexts of sockops and sk_msg as far as they are used, and a map that is
 * defined in the style that the file asks for. The demos are the shapes that people load today, in our own words.
 */
#pragma once
#include "../bpf.h"

#define ESTABLISHED_ACTIVE 4
#define ESTABLISHED_PASSIVE 5
#define IPV4 2
#define IPV6 10
#define TO_RECEIVER 1
#define PASS 1
#define NEW_ONLY 1

/* struct bpf_sock_ops and struct sk_msg_md (include/uapi/linux/bpf.h). */
struct operations {
	__u32 op, arguments[4], family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port;
};
struct message {
	__u64 data, data_end;
	__u32 family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port, size;
};

#ifdef NEW_STYLE
#define SOCKET_MAP(name, key_type) struct { __uint(type, SOCKHASH); __uint(max_entries, 65535); __type(key, key_type); __type(value, int); } name SEC(".maps")
#else
struct map_numbers { __u32 type, key_size, value_size, max_entries, map_flags; };
#define SOCKET_MAP(name, key_type) struct map_numbers SEC("maps") name = { .type = SOCKHASH, .key_size = sizeof(key_type), .value_size = sizeof(int), .max_entries = 65535 }
#endif

static inline __u32 swap(__u32 n) { return __builtin_bswap32(n); }
char LICENSE[] SEC("license") = "GPL";
