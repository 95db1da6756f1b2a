/* Programs as initial values of a map, to be refused. */
#include "bpf.h"
SEC("socket") int p(void *ctx) { return 0; }
struct { __uint(type, PROG_ARRAY); __uint(max_entries, 1); __uint(key_size, 4); int (*values[])(void *); } filled SEC(".maps") = { .values = { p } };
