/* A program that the verifier refuses after some steps. */
#include "bpf.h"
char LICENSE[] SEC("license") = "GPL";
struct context { __u32 op, other[20]; };
SEC("sockops") int reads_far(struct context *ctx) {
	volatile int sum = 0;
	for (int i = 0; i < 4; i++)
		sum += ctx->op;
	return sum + *(volatile __u32 *)((char *)ctx + 4000);
}
