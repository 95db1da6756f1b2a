/* Keys and values of every shape that BTF can tell of. */
#include "bpf.h"
char LICENSE[] SEC("license") = "GPL";

#define PERCPU_HASH 5
#define LPM_TRIE 11
#define BPF_F_NO_PREALLOC 1

enum state { IDLE, BUSY = 5, GONE = -1 };
enum wide { SMALL = 1, HUGE = 0x123456789aULL };
struct endpoint { __u8 address[4]; __u16 port; };
struct deep { struct { int x, y; } point; struct endpoint ends[2]; };
struct value {
	signed char tiny; short little; int number; long long large; _Bool flag;
	__u8 byte; __u16 half; __u32 word; __u64 longest;
	__int128 widest; unsigned __int128 mask;
	enum state state; enum wide wide;
	char name[16]; __u8 hash[20]; signed char offsets[3]; int matrix[2][3];
	void *pointer; struct value *next;
	unsigned int low : 3, middle : 7; int below : 5; enum state packed : 4; unsigned long long far : 40;
	union { __u32 ip4; __u8 octets[4]; };
	union { struct endpoint end; __u64 all; } choice;
	struct { int inner; };
	struct deep deep;
	const volatile __u16 constant;
	_Bool flags[2];
};
struct floats { float ratio; double exact; };
struct prefix { __u32 length; __u8 address[4]; };

struct { __uint(type, HASH); __uint(max_entries, 100); __type(key, struct endpoint); __type(value, struct value); } values SEC(".maps");
struct { __uint(type, PERCPU_HASH); __uint(max_entries, 100); __type(key, enum state); __type(value, struct endpoint); } percpu SEC(".maps");
struct { __uint(type, LPM_TRIE); __uint(max_entries, 10); __uint(map_flags, BPF_F_NO_PREALLOC); __type(key, struct prefix); __type(value, __u32); } trie SEC(".maps");
struct { __uint(type, ARRAY); __uint(max_entries, 3); __type(key, __u32); __type(value, struct deep); } array SEC(".maps");

struct { __uint(type, ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, struct floats); } floats SEC(".maps");

volatile __u32 answer = 42;
volatile char word[8] = "hello";
static volatile __u16 counter = 7;
SEC("socket") int program(void *ctx) { return answer + counter + word[0]; }
