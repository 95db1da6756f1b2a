/* Every kind of CO-RE relocation. Each answer is stored in `out`, so that tests read it off the instructions. */
#include "bpf.h"
char LICENSE[] SEC("license") = "GPL";
volatile __u64 out[32];

struct list_head { struct list_head *next; } __core;
struct sock_common { unsigned short skc_family; volatile unsigned char skc_state; } __core;
struct sock { struct sock_common __sk_common; int sk_rcvlowat; } __core;
struct inet_connection_sock { void *icsk_ulp_ops; } __core;
struct tcp_sock { struct inet_connection_sock inet_conn; __u32 write_seq; __u32 copied_seq; } __core;
struct tcp_sock___old { __u32 no_such_field; } __core;
struct sk_buff___small { __u32 len; __u8 pkt_type : 3; __u8 ignore_df : 1; } __core;
struct task_struct { int pid; char comm[16]; } __core;
struct no_such_struct { int x; } __core;
enum bpf_map_type___mine { BPF_MAP_TYPE_SOCKHASH___mine = 3, BPF_MAP_TYPE_NEVER___mine = 4 };
enum never_enum { NEVER_VALUE = 1 };
union bpf_attr___mine { __u32 map_type; } __core;
typedef __u64 gfp_t___wrong;
struct in6_addr_like { int nothing; } __core;
struct hlist_node { struct hlist_node *next, **pprev; } __core;
struct hlist_head { struct hlist_node *first; } __core;
struct list_head___wrong { int next; } __core;

SEC("socket") int fields(void *ctx) {
	out[0] = bpf_core_field_offset(struct tcp_sock, write_seq);
	out[1] = bpf_core_field_size(struct task_struct, comm);
	out[2] = bpf_core_field_exists(struct tcp_sock, copied_seq);
	out[3] = bpf_core_field_exists(struct tcp_sock___old, no_such_field);
	out[4] = bpf_core_field_signed(struct task_struct, pid);
	out[5] = bpf_core_field_signed(struct tcp_sock, write_seq);
	out[6] = bpf_core_field_lshift(struct sk_buff___small, pkt_type);
	out[7] = bpf_core_field_rshift(struct sk_buff___small, pkt_type);
	out[8] = bpf_core_field_offset(struct sk_buff___small, pkt_type);
	out[9] = bpf_core_field_size(struct sk_buff___small, pkt_type);
	out[10] = bpf_core_field_offset(struct task_struct, comm[5]);
	out[11] = bpf_core_field_offset(struct sock, __sk_common.skc_state);
	return 0;
}
SEC("socket") int types(void *ctx) {
	out[0] = bpf_core_type_id_local(struct tcp_sock);
	out[1] = bpf_core_type_id_kernel(struct tcp_sock);
	out[2] = bpf_core_type_exists(struct tcp_sock);
	out[3] = bpf_core_type_exists(struct no_such_struct);
	out[4] = bpf_core_type_size(struct tcp_sock);
	out[5] = bpf_core_type_matches(struct hlist_head);
	out[6] = bpf_core_type_matches(struct list_head___wrong);
	out[7] = bpf_core_type_id_kernel(struct no_such_struct);
	return 0;
}
SEC("socket") int enums(void *ctx) {
	out[0] = bpf_core_enum_value_exists(enum bpf_map_type___mine, BPF_MAP_TYPE_SOCKHASH___mine);
	out[1] = bpf_core_enum_value_exists(enum bpf_map_type___mine, BPF_MAP_TYPE_NEVER___mine);
	out[2] = bpf_core_enum_value(enum bpf_map_type___mine, BPF_MAP_TYPE_SOCKHASH___mine);
	return 0;
}
SEC("socket") int missing(void *ctx) {
	struct tcp_sock___old *old = ctx;
	if (bpf_core_field_exists(struct tcp_sock___old, no_such_field))
		return old->no_such_field;
	if (bpf_core_enum_value_exists(enum never_enum, NEVER_VALUE))
		return bpf_core_enum_value(enum never_enum, NEVER_VALUE);
	return 0;
}
SEC("iter/sockmap") int access(__u64 *ctx) {
	struct tcp_sock *tp = (void *)ctx[0];
	struct sock *sk = (void *)tp;
	return tp->write_seq + tp->copied_seq + sk->sk_rcvlowat + sk->__sk_common.skc_family;
}
/* skc_family is 2 bytes in the kernel, here 8: the load is to become narrower. */
struct sock_common___wide { unsigned long long skc_family; } __core;
struct sock___wide { struct sock_common___wide __sk_common; } __core;
/* pid is a signed int: a load of another size would be wrong. */
struct task_struct___wide { long long pid; } __core;
SEC("socket") int widths(void *ctx) { struct sock___wide *sk = ctx; return sk->__sk_common.skc_family; }
SEC("socket") int unsafe_width(void *ctx) { struct task_struct___wide *t = ctx; return t->pid; }
