/* proxy_sockops, its maps defined in the new style. */
#define NEW_STYLE
#include "proxy_sockops.bpf.c"
