/* proxy_redirect, its maps defined in the new style. */
#define NEW_STYLE
#include "proxy_redirect.bpf.c"
