/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the policy's programs and user space (src/Sockmap/Policies/Layout) both know. A change here is a change there, and
 * a new POLICY_LAYOUT.
 */
#pragma once

#include <linux/types.h>

#define POLICY_LAYOUT 1

#define MOST_RULES 1024
#define RULE_WORDS (MOST_RULES / 64)
#define MOST_POLICIES 8

/*
 * The slots of a bypass's program array, where policies judge what it would redirect. Root calls the first; a gate calls
 * the gates behind it, then the verdict or, for what has to stay on TCP, the leaving one.
 */
#define SLOT_GATES 1
#define SLOT_VERDICT (SLOT_GATES + MOST_POLICIES)
#define SLOT_LEAVE (SLOT_VERDICT + 1)
#define SLOTS (SLOT_LEAVE + 1)

enum policy_direction {
	DIRECTION_EGRESS,
	DIRECTION_INGRESS,
	DIRECTIONS,
};

enum policy_action {
	ACTION_PASS,
	ACTION_DROP,
	ACTION_BYPASS,
	ACTION_NO_BYPASS,
	/* The policy has no say: it is disabled, or the socket is not in its cgroup. */
	ACTION_NONE,
};

struct policy_config {
	__u32 layout;
	/* Which of MOST_POLICIES it is: its gate's slot. */
	__u32 number;
	/* The cgroup whose sockets are judged, with those below; 0 for all. */
	__u64 cgroup_id;
	/* Nanoseconds since 1970 (UTC). */
	__u64 created_at;
};

/*
 * A set of rules is one trie. Under each kind of criterion and value it has the rules that the value satisfies, a bit a
 * rule, in their order: what lies in a wider network, or range, is there in the narrower one again.
 */
enum set_kind {
	/* struct set_head */
	KIND_HEAD,
	/* struct rule_head, and the text of the rule: data is its index and the piece, two bytes each, high byte first. */
	KIND_RULE,
	/* All rules of the direction. */
	KIND_ALL,
	KIND_REMOTE_ADDRESS,
	KIND_LOCAL_ADDRESS,
	KIND_REMOTE_PORT,
	KIND_LOCAL_PORT,
	KIND_UID,
	KIND_CGROUP,
};

#define SET_KIND_BITS 32

struct set_key {
	__u32 prefix_length;
	__u8 kind;
	__u8 direction;
	__u8 reserved[2];
	/* Addresses as the network writes them, IPv4 as ::ffff:a.b.c.d; numbers with the high byte first. */
	__u8 data[16];
};

struct set_value {
	__u64 word[RULE_WORDS];
};

struct direction_head {
	/* What is done when no rule matches. */
	__u32 action;
	/* Index of the counters of that. */
	__u32 counter;
	/* Bits 1 << set_kind: the criteria that some rule has. */
	__u32 criteria;
	/* How many rules there are. */
	__u32 rules;
};

struct set_head {
	struct direction_head direction[DIRECTIONS];
	__u32 disabled;
	/* Rules of both directions. */
	__u32 rules;
	/* The next rule's id. */
	__u32 next_id;
	__u32 reserved;
};

struct rule_head {
	__u32 id;
	__u32 action;
	/* Index of its counters. */
	__u32 counter;
	/* Bytes of the text, which begins behind this and goes on in the next pieces. */
	__u32 length;
	/* It asks who has the socket (user, cgroup), which nobody can tell of the other end. */
	__u32 personal;
	__u32 reserved;
};

/* Behind those of the rules: what no rule matched, and all that was dropped, by direction. */
#define COUNTER_DEFAULT MOST_RULES
#define COUNTER_DROPPED (COUNTER_DEFAULT + DIRECTIONS)
#define POLICY_COUNTERS (COUNTER_DROPPED + DIRECTIONS)

struct rule_counters {
	/* Messages to send, packets that bring data. */
	__u64 messages;
	__u64 bytes;
};

/* What was decided of a socket, in its SK_STORAGE: each in one word, as two CPUs may write it. */
enum decision {
	DECIDED_EGRESS,
	DECIDED_INGRESS,
	/* Whether what it sends has to stay on TCP for what the receiver's rules may say. */
	DECIDED_RECEIVER,
	DECISIONS,
};

struct policy_state {
	/* Low word of the generation, 24 bits of the counters' index, 8 bits of the action. */
	__u64 decided[DECISIONS];
	/* It is in `refused`. */
	__u64 refused;
};

/* The first generation: a state of zeros was decided in none. */
#define FIRST_GENERATION 2

/* Connections that were established, and whether they were taken in. */
enum enroll_counter {
	ENROLLED,
	/* In a sockmap already: a bypass's, where they are judged, or somebody else's. */
	ENROLLED_ELSEWHERE,
	ENROLL_FULL,
	ENROLL_REFUSED,
	ENROLL_COUNTERS,
};
