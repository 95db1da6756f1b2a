/* pair24_sockops, its maps defined in the new style. */
#define NEW_STYLE
#include "pair24_sockops.bpf.c"
