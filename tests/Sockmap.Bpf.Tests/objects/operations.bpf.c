/* A congestion control of the kernel's TCP: operations that a map implements. The kernel calls new_ssthresh when a
 * segment is lost, init when a socket takes this control. */
#include "bpf.h"
char LICENSE[] SEC("license") = "GPL";

struct sock;
struct tcp_congestion_ops {
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	void (*init)(struct sock *sk);
	__u32 (*undo_cwnd)(struct sock *sk);
	char name[16];
} __core;

__u64 sockets = 0;

SEC("struct_ops/ssthresh") __u32 threshold(__u64 *ctx) { return 2; }
SEC("struct_ops/cong_avoid") void avoids(__u64 *ctx) {}
SEC("struct_ops/init") void begins(__u64 *ctx) { __sync_fetch_and_add(&sockets, 1); }
SEC("struct_ops/undo_cwnd") __u32 undoes(__u64 *ctx) { return 10; }

SEC(".struct_ops.link") struct tcp_congestion_ops steady = {
	.ssthresh = (void *)threshold,
	.cong_avoid = (void *)avoids,
	.init = (void *)begins,
	.undo_cwnd = (void *)undoes,
	.name = "sm_steady",
};
