/* What is in the module nf_conntrack and not in the kernel itself: kfuncs, a function to trace, types. */
#include "bpf.h"
char LICENSE[] SEC("license") = "GPL";
volatile __u64 out[8];
/* Of these only the names' kinds matter: a struct that is only declared is of another kind than one that is defined. */
struct __sk_buff { __u32 len; };
struct nf_conn { unsigned long status; };
struct tcp_sock { __u32 write_seq; };
struct xdp_md { __u32 data; };
struct bpf_sock_tuple { __u32 saddr, daddr; __u16 sport, dport; };
struct bpf_ct_opts { __s32 netns_id; __s32 error; __u8 l4proto; __u8 dir; __u8 reserved[2]; };
struct nf_conntrack_net { __u32 users6; } __core;
struct no_type_of_any_module { int value; } __core;
extern struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *, struct bpf_sock_tuple *, __u32, struct bpf_ct_opts *, __u32) __ksym;
extern void bpf_ct_release(struct nf_conn *) __ksym;
extern struct nf_conn *bpf_xdp_ct_lookup(struct xdp_md *, struct bpf_sock_tuple *, __u32, struct bpf_ct_opts *, __u32) __ksym __weak;
extern int bpf_kfunc_of_no_module(void *) __ksym __weak;
extern int bpf_kfunc_of_no_module_at_all(void *) __ksym;
extern __u32 tcp_slow_start(struct tcp_sock *, __u32) __ksym __weak;
/* The error that the lookup reports, without its sign: no such connection is ENOENT. */
SEC("tc") int looks_up(struct __sk_buff *skb)
{
	struct bpf_sock_tuple tuple = {0x0100007f, 0x0100007f, 1, 2};
	struct bpf_ct_opts opts = {.netns_id = -1, .l4proto = 6};
	struct nf_conn *found = bpf_skb_ct_lookup(skb, &tuple, sizeof tuple, &opts, sizeof opts);
	if (found) {
		bpf_ct_release(found);
		return 0;
	}
	return -opts.error;
}
SEC("?tc") int asks_kernel(struct __sk_buff *skb) { return tcp_slow_start ? 1 : 0; }
SEC("?tc") int asks_module(struct __sk_buff *skb) { return (bpf_xdp_ct_lookup ? 1 : 0) + (bpf_kfunc_of_no_module ? 2 : 0); }
SEC("?tc") int needs_none(struct __sk_buff *skb) { return bpf_kfunc_of_no_module_at_all(skb); }
SEC("tc") int types(struct __sk_buff *skb)
{
	out[0] = bpf_core_type_exists(struct nf_conntrack_net);
	out[1] = bpf_core_type_size(struct nf_conntrack_net);
	out[2] = bpf_core_field_offset(struct nf_conntrack_net, users6);
	out[3] = bpf_core_type_exists(struct no_type_of_any_module);
	out[4] = bpf_core_type_id_kernel(struct nf_conntrack_net);
	return 0;
}
SEC("fentry/bpf_skb_ct_lookup") int seen(void *ctx) { out[5]++; return 0; }
SEC("fentry/nf_conntrack:bpf_skb_ct_lookup") int seen_in_module(void *ctx) { out[6]++; return 0; }
SEC("?fentry/nf_defrag_ipv4:bpf_skb_ct_lookup") int in_another_module(void *ctx) { return 0; }
SEC("?fentry/vmlinux:bpf_skb_ct_lookup") int in_the_kernel(void *ctx) { return 0; }
