/* redir_bypass, its maps defined in the new style. */
#define NEW_STYLE
#include "redir_bypass.bpf.c"
