/* Programs that attach to functions and types of the kernel; what nobody can load yet. */
#include "bpf.h"
char LICENSE[] SEC("license") = "GPL";
SEC("fentry/tcp_sendmsg") int enters(void *ctx) { return 0; }
SEC("fexit/tcp_sendmsg") int leaves(void *ctx) { return 0; }
SEC("tp_btf/sched_switch") int traces(void *ctx) { return 0; }
SEC("?lsm/file_open") int guards(void *ctx) { return 0; }
SEC("?freplace/other") int replaces(void *ctx) { return 0; }
SEC("?struct_ops/init") int operates(void *ctx) { return 0; }
SEC("?fentry/no_such_function_here") int nowhere(void *ctx) { return 0; }
SEC("?old_name") int untyped(void *ctx) { return 1; }
