/* BTF of every kind that an object can hold, for the older spellings. */
#include "bpf.h"
char LICENSE[] SEC("license") = "GPL";
enum big { BIG = 0x123456789aULL } b;
enum negative { MINUS = -1 } n;
float f;
double __attribute__((btf_type_tag("user"))) *tagged;
struct fwd;
struct s { struct fwd *p; int x : 3; int y : 5; } __attribute__((btf_decl_tag("here"))) s;
union u { int a; const char *volatile b; int *restrict c; } u;
__noinline int global_function(int a) { volatile int r = a; return r; }
SEC("socket") int p(void *ctx) { b = BIG; n = MINUS; u.a = s.x; return global_function(u.a) + (tagged != 0); }
