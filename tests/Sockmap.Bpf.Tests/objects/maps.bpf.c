/* Maps of many shapes, global data, programs in several sections. */
#include "bpf.h"
struct key { __u32 a; __u16 b, c; };
struct value { __u64 n; };
struct { __uint(type, SOCKHASH); __uint(max_entries, 100); __type(key, struct key); __type(value, __u64); } sockets SEC(".maps");
struct { __uint(type, HASH); __uint(max_entries, 7); __type(key, struct key); __type(value, struct value); __uint(map_flags, 1); __uint(pinning, 1); } counters SEC(".maps");
struct { __uint(type, RINGBUF); __uint(max_entries, 4096); } events SEC(".maps");
struct { __uint(type, PROG_ARRAY); __uint(max_entries, 2); __uint(key_size, 4); __uint(value_size, 4); } tails SEC(".maps");
struct { __uint(type, SK_STORAGE); __uint(map_flags, 1); __type(key, int); __type(value, struct value); } storage SEC(".maps");
static struct { __uint(type, ARRAY); __uint(max_entries, 3); __type(key, __u32); __type(value, __u64); } hidden_array SEC(".maps");
struct { __uint(type, BLOOM_FILTER); __uint(max_entries, 9); __type(value, __u64); __ulong(map_extra, 5); __uint(numa_node, 0); } bloom SEC(".maps");

const volatile __u32 config = 5;
const volatile struct { __u16 low; __u16 high; __u64 wide; } limits = { 1, 2, 3 };
__u64 started = 77;
static volatile __u32 local_one = 9;
__u32 zeroed[4];
const volatile __u8 custom[3] SEC(".rodata.custom") = { 1, 2, 3 };
char LICENSE[] SEC("license") = "GPL";

SEC("sk_msg") int message(void *ctx) {
	__u32 k = config;
	__u64 *v = bpf_map_lookup_elem(&hidden_array, &k);
	if (v) *v += limits.wide + started + local_one + zeroed[2] + custom[1];
	zeroed[2]++;
	local_one++;
	bpf_tail_call(ctx, &tails, 1);
	return 1;
}
SEC("?sk_skb/stream_verdict") int verdict(void *ctx) { return 1; }
SEC("iter/sockmap") int list(void *ctx) { return 0; }
SEC("cgroup/connect4") int connect4(void *ctx) { return 1; }
SEC("my_own_name") int other(void *ctx) { return 1; }
