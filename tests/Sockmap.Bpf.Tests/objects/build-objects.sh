#!/bin/sh
# Compiles the test objects. Needed only after a change of a .c file here: the .o files are committed.
set -eu
cd "$(dirname "$0")"
for source in *.bpf.c; do
	object="${source%.c}.o"
	clang-19 -g -O2 -target bpf -mcpu=v3 -fdebug-prefix-map="$PWD"=. -Wall -Wno-unused -c "$source" -o "$object"
	llvm-strip-19 -g "$object"
done
