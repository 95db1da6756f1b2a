/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The other end of a connection, found in the SOCKHASH by its key. An iterator may not look into the map that it walks
 * (it could not give the socket's reference back), so the kernel's tables are read as they lie in memory. What they look
 * like is relocated when the object is loaded; where they look otherwise the other end is not told.
 */
#pragma once

#include "bypass.h"
#include "kernel.h"
#include "psock.h"

/* As many as nobody has seen in one bucket of a table with a bucket for each entry. */
#define MOST_CHAINED 16
#define NOT_SEARCHED (~0ULL)
#define MOST_STORAGES 8

static __always_inline __u32 rotate(__u32 value, __u32 bits)
{
	return (value << bits) | (value >> (32 - bits));
}

/* Bob Jenkins' lookup3 as jhash() of include/linux/jhash.h makes it of a key: what SOCKHASH chooses buckets by. */
static __always_inline __u32 hash_of(const struct entry_key *key)
{
	const __u32 *words = (const __u32 *)key;
	__u32 a, b, c;

	a = b = c = 0xdeadbeef + sizeof(*key);
	for (int i = 0; i < 9; i += 3) {
		a += words[i];
		b += words[i + 1];
		c += words[i + 2];
		a = (a - c) ^ rotate(c, 4);
		c += b;
		b = (b - a) ^ rotate(a, 6);
		a += c;
		c = (c - b) ^ rotate(b, 8);
		b += a;
		a = (a - c) ^ rotate(c, 16);
		c += b;
		b = (b - a) ^ rotate(a, 19);
		a += c;
		c = (c - b) ^ rotate(b, 4);
		b += a;
	}
	a += words[9];
	b += words[10];
	c += words[11];
	c = (c ^ b) - rotate(b, 14);
	a = (a ^ c) - rotate(c, 11);
	b = (b ^ a) - rotate(a, 25);
	c = (c ^ b) - rotate(b, 16);
	a = (a ^ c) - rotate(c, 4);
	b = (b ^ a) - rotate(a, 14);
	return (c ^ b) - rotate(b, 24);
}

static __always_inline bool is_same_key(const struct entry_key *a, const struct entry_key *b)
{
	const __u64 *left = (const __u64 *)a, *right = (const __u64 *)b;
	__u64 differences = 0;

	for (__u32 i = 0; i < sizeof(*a) / sizeof(*left); i++)
		differences |= left[i] ^ right[i];
	return !differences;
}

/* A word at an address that may be stale: any struct that begins with a pointer will do. */
static __always_inline __u64 peek_word(__u64 address, const bool exact)
{
	return (__u64)PEEK(exact, struct hlist_head, address, first);
}

static __always_inline bool has_key(__u64 element, const struct entry_key *key, const bool exact)
{
	__u64 address = element + bpf_core_field_offset(struct bpf_shtab_elem, key);
	const __u64 *words = (const __u64 *)key;
	__u64 differences = 0;
	struct entry_key found;

	if (!exact)
		return !bpf_probe_read_kernel(&found, sizeof(found), (void *)address) && is_same_key(&found, key);
	for (__u32 i = 0; i < sizeof(*key) / sizeof(*words); i++)
		differences |= peek_word(address + i * sizeof(*words), true) ^ words[i];
	return !differences;
}

static __always_inline bool can_search(void)
{
	return bpf_core_field_exists(struct bpf_shtab, buckets) && bpf_core_field_exists(struct bpf_shtab_elem, key) &&
	       bpf_core_field_exists(struct bpf_local_storage, cache) &&
	       bpf_core_field_exists(struct bpf_local_storage_map, cache_idx) &&
	       bpf_core_field_exists(struct bpf_local_storage_elem, sdata);
}

/* The struct sock that has this key, 0 where none has, or NOT_SEARCHED. */
static __always_inline __u64 find_socket(__u64 map, const struct entry_key *key, __u32 bucket, const bool exact)
{
	__u64 buckets = (__u64)PEEK(exact, struct bpf_shtab, map, buckets);
	__u64 item = peek_word(buckets + (__u64)bucket * bpf_core_type_size(struct bpf_shtab_bucket) +
				       bpf_core_field_offset(struct bpf_shtab_bucket, head), exact);

	for (int i = 0; i < MOST_CHAINED; i++) {
		__u64 element = item - bpf_core_field_offset(struct bpf_shtab_elem, node);

		if (!item)
			return 0;
		if (has_key(element, key, exact))
			return (__u64)PEEK(exact, struct bpf_shtab_elem, element, sk);
		item = (__u64)PEEK(exact, struct hlist_node, item, next);
	}
	return NOT_SEARCHED;
}

/* Where a socket's value in an SK_STORAGE lies, or 0. */
static __always_inline __u64 find_value(__u64 sock, void *map, const bool exact)
{
	const __u64 value = bpf_core_field_offset(struct bpf_local_storage_data, data);
	__u64 storage = (__u64)PEEK(exact, struct sock, sock, sk_bpf_storage), data, item;
	__u32 place = ((struct bpf_local_storage_map *)map)->cache_idx;

	if (!storage)
		return 0;
	data = peek_word(storage + bpf_core_field_offset(struct bpf_local_storage, cache) + place * sizeof(data), exact);
	if (data && (__u64)PEEK(exact, struct bpf_local_storage_data, data, smap) == (__u64)map)
		return data + value;
	item = (__u64)PEEK(exact, struct bpf_local_storage, storage, list.first);
	for (int i = 0; i < MOST_STORAGES && item; i++) {
		data = item - bpf_core_field_offset(struct bpf_local_storage_elem, snode) +
		       bpf_core_field_offset(struct bpf_local_storage_elem, sdata);
		if ((__u64)PEEK(exact, struct bpf_local_storage_data, data, smap) == (__u64)map)
			return data + value;
		item = (__u64)PEEK(exact, struct hlist_node, item, next);
	}
	return 0;
}
