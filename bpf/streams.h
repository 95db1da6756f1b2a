/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Streams that TCP carries faster. A message that is redirected wakes its reader, costs an allocation, and holds the
 * reader's lock; TCP puts small messages that the reader cannot keep up with together, which is faster where sender and
 * reader share a CPU. So a stream of small messages whose sender is always ahead is tried over TCP for a moment, and
 * where that is faster its sender leaves the map, in which TCP costs more (up to 40 % for small messages).
 */
#pragma once

#include "bypass.h"
#include "kernel.h"

#define MILLISECOND 1000000ULL
#define STREAM_WINDOW (25 * MILLISECOND)
/* Slower than this a window's messages are not sent as fast as may be. */
#define LONGEST_WINDOW (4 * STREAM_WINDOW)
/* For what was redirected before a trial to be read. */
#define TRIAL_SETTLING (10 * MILLISECOND)
#define TRIAL_PAUSE (1000 * MILLISECOND)
#define MOST_TRIAL_PAUSES 6
/* Leaving is for good, and a window may be the scheduler's mood. */
#define ENOUGH_WINS 2
#define REPEAT_PAUSE (50 * MILLISECOND)
/* Larger messages, on the average, gain more by a redirect than TCP can make up for. */
#define SMALL_MESSAGE 32768
#define WINDOW_LOOK 256

static __always_inline void begin_window(struct entry_state *state, __u64 now, __u64 mark)
{
	state->window_began = now;
	state->window_mark = mark;
	state->window_bytes = 0;
	state->window_messages = 0;
	state->window_ahead = 0;
}

/* One more message; true at every so many, when it is time to look at the clock. */
static __always_inline bool add_to_window(struct entry_state *state, __u32 size, bool is_ahead)
{
	state->window_bytes += size;
	state->window_messages++;
	if (is_ahead)
		state->window_ahead++;
	return state->window_messages >= WINDOW_LOOK && !(state->window_messages & (WINDOW_LOOK - 1));
}

static __always_inline __u64 a_millisecond(__u64 bytes, __u64 elapsed)
{
	return bytes * 1000 / (elapsed / 1000);
}

/*
 * A redirected message was judged: is the stream that it is a part of to be tried over TCP?
 * queued: bytes that the peer has not read; ~0 where they are too many to count.
 */
static __noinline int is_trial_due(struct entry_state *state, __u64 queued)
{
	__u64 now = bpf_ktime_get_ns(), elapsed = now - state->window_began;
	__u64 read = state->window_bytes + state->window_mark - queued;
	bool is_stream;

	if (elapsed < STREAM_WINDOW)
		return false;
	is_stream = elapsed < LONGEST_WINDOW && (__u64)state->window_ahead * 8 >= (__u64)state->window_messages * 7 &&
		    state->window_bytes < (__u64)state->window_messages * SMALL_MESSAGE && now >= state->next_trial;
	if (is_stream)
		state->redirected_rate =
			a_millisecond((__s64)read > 0 && ~queued && ~state->window_mark ? read : state->window_bytes, elapsed);
	begin_window(state, now, queued);
	return is_stream;
}

/*
 * A message of a trial goes over TCP. How fast it takes them says little, as its buffers are large: what counts is what
 * the peer reads.
 */
static __noinline int follow_trial(struct entry_state *state, __u32 copied_seq)
{
	__u64 now = bpf_ktime_get_ns(), elapsed = now - state->window_began;
	__u32 read = copied_seq - (__u32)state->window_mark;
	__u32 pauses;

	if (!(state->flags & ENTRY_TRIAL_SETTLED)) {
		if (elapsed >= TRIAL_SETTLING) {
			state->flags |= ENTRY_TRIAL_SETTLED;
			begin_window(state, now, copied_seq);
		}
		return 0;
	}
	if (elapsed < STREAM_WINDOW)
		return 0;
	state->flags &= ~(ENTRY_TRIAL | ENTRY_TRIAL_SETTLED);
	if (elapsed < LONGEST_WINDOW && a_millisecond(read, elapsed) > state->redirected_rate) {
		state->wins++;
		if (state->wins == ENOUGH_WINS)
			state->flags |= ENTRY_BETTER_ON_TCP;
		state->next_trial = now + REPEAT_PAUSE;
	} else {
		pauses = state->trials < MOST_TRIAL_PAUSES ? state->trials : MOST_TRIAL_PAUSES;
		state->trials++;
		state->wins = 0;
		state->next_trial = now + (TRIAL_PAUSE << pauses);
	}
	begin_window(state, now, 0);
	return 0;
}
