/* Functions in .text: global, static, hidden, a callback; two programs that use different ones. */
#include "bpf.h"
char LICENSE[] SEC("license") = "GPL";
__u64 total;
static __noinline int add(__u32 i, void *ctx) { total += i; return 0; }
__noinline int twice(__u32 n) { volatile int r = n; return r * 2; }
__hidden __noinline int thrice(__u32 n) { volatile int r = n; return r + twice(n); }
static __noinline __u64 unused_by_first(__u64 n) { volatile __u64 r = n; return r ^ 7; }
SEC("socket") int first(void *ctx) { bpf_loop(10, add, 0, 0); return thrice(total) + twice(3); }
SEC("socket") int second(void *ctx) { return unused_by_first(total); }
SEC("socket") int alone(void *ctx) { return 4; }
