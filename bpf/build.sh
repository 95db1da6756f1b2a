#!/usr/bin/env bash
# Compiles every bpf/*.bpf.c to the object beside it. Needs the pinned clang, llvm-strip and libbpf's headers
# (Debian: clang-19 llvm-19 libbpf-dev linux-libc-dev). The objects are committed; CI rebuilds them and compares.
#   bpf/build.sh           rebuild in place
#   bpf/build.sh --check   rebuild aside and fail where a committed object differs
set -euo pipefail
cd "$(dirname "$0")"
clang=${CLANG:-clang-19}
strip=${LLVM_STRIP:-llvm-strip-19}
out=.
if [ "${1:-}" = --check ]; then
	out=$(mktemp -d)
	trap 'rm -rf "$out"' EXIT
fi
for source in *.bpf.c; do
	object=${source%.c}.o
	"$clang" -O2 -g -target bpf -mcpu=v3 -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-declarations \
		-I"/usr/include/$(uname -m)-linux-gnu" -c "$source" -o "$out/$object"
	"$strip" -g "$out/$object"
	if [ "$out" != . ] && ! cmp "$object" "$out/$object"; then
		echo "bpf/$object is not what bpf/$source compiles to: run bpf/build.sh and commit the object." >&2
		exit 1
	fi
done
