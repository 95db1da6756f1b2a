#!/usr/bin/env bash
# Compiles every *.bpf.c, here and in the tests' objects folders, to the object beside it. Needs the pinned clang,
# llvm-strip and libbpf's headers (Debian: clang-19 llvm-19 libbpf-dev linux-libc-dev). The objects are committed; CI
# rebuilds them and compares.
#   bpf/build.sh           rebuild in place
#   bpf/build.sh --check   rebuild aside and fail where a committed object differs
set -euo pipefail
cd "$(dirname "$0")/.."
clang=${CLANG:-clang-19}
strip=${LLVM_STRIP:-llvm-strip-19}
check=${1:-}
aside=$(mktemp -d)
trap 'rm -rf "$aside"' EXIT
# Relative paths only, each source from its own folder, and that called ".": the object names its sources.
for source in bpf/*.bpf.c tests/*/objects/*.bpf.c tests/*/objects/*/*.bpf.c; do
	[ -e "$source" ] || continue
	folder=$(dirname "$source")
	object=$(basename "${source%.c}").o
	(
		cd "$folder"
		"$clang" -O2 -g -fdebug-compilation-dir=. -target bpf -mcpu=v3 -fms-extensions -Wno-microsoft-anon-tag -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-declarations \
			-I"/usr/include/$(uname -m)-linux-gnu" -c "$(basename "$source")" -o "$aside/$object"
	)
	"$strip" -g "$aside/$object"
	if [ "$check" != --check ]; then
		cp "$aside/$object" "$folder/$object"
	elif ! cmp "$folder/$object" "$aside/$object"; then
		echo "$folder/$object is not what $source compiles to: run bpf/build.sh and commit the object." >&2
		exit 1
	fi
done
