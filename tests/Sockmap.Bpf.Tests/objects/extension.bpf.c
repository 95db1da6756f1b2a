/* A program with a function that another program takes the place of. */
#include "bpf.h"
char LICENSE[] SEC("license") = "GPL";
struct __sk_buff {
	__u32 len;
};
__noinline int inner(struct __sk_buff *skb) { volatile int result = 1; return result; }
SEC("tc") int outer(struct __sk_buff *skb) { return inner(skb); }
SEC("?freplace/inner") int replacing(struct __sk_buff *skb) { return 42; }
