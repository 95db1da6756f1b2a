/* Less usual shapes: a static function beside its program, two static variables of one name, pointers in data. */
#include "bpf.h"
char LICENSE[] SEC("license") = "GPL";
static int one(void) { static volatile int count; return ++count; }
static int two(void) { static volatile int count = 10; return ++count; }
__attribute__((section("socket"))) static __noinline int beside(int n) { volatile int r = n; return r + 1; }
SEC("socket") int calls_beside(void *ctx) { return beside(one()) + two(); }
static const char *volatile names[] = { "first", "second" };
SEC("socket") int uses_pointers(void *ctx) { return names[1][0]; }
SEC("sk_skb") int no_target(void *ctx) { return 1; }
SEC("iter") int bare_iterator(void *ctx) { return 0; }
