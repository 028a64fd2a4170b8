/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How an IO thread parks, is woken and ends.
 *
 * The executor pushes jobs into the thread's inbox (an SPSC ring), commits, and wakes the thread. The
 * thread drains its inbox; finding nothing, it parks in its transport's poll. One atomic word says
 * whether it sleeps, and both sides only exchange it:
 *
 *   wake():  exchange woken; if the thread was asleep, write its eventfd
 *   park:    compare-and-swap awake -> asleep; if that fails somebody called: do not sleep.
 *            Else wait until the eventfd is readable; then exchange awake, and drain the eventfd
 *
 * Commit comes before wake(), so whoever the exchange orders second sees what the first did: the
 * thread finds the flag woken, or the executor finds it asleep. The same holds for `stop`, which
 * the executor sets before its last wake(); the thread ends only when it has seen stop and then
 * found its inbox empty. That the memory is ordered by the flag is checked with Relacy
 * (spsc_ring_relacy.cc); here memory is sequentially consistent and the protocol is what counts.
 *
 * Checked: no deadlock (a lost wakeup is one: the thread waits, the executor waits for it), the ring
 * of the inbox never overflows, and when both have ended every job was done.
 *
 * Each of these makes a variant that must be refuted:
 *   -DWAKE_BEFORE_COMMIT   the executor looks at the flag, then commits
 *   -DSLEEP_WITHOUT_SWAP   the thread stores asleep instead of swapping: a wakeup may be overwritten
 *   -DSTOP_AT_ONCE         the thread ends when it sees stop, without a last look at the inbox
 */

#ifndef JOBS
#define JOBS 4
#endif
#define CAPACITY 2

mtype = { awake, asleep, woken };

mtype flag = awake;
bool eventfd = false;
bool stop = false;
bool ended = false;
byte pushed = 0;     /* the executor's: pushed, maybe not yet published */
byte committed = 0;  /* the ring's tail */
byte done = 0;       /* the ring's head */

inline commit() { committed = pushed }

inline wake() {
    d_step { was = flag; flag = woken }
    if
    :: was == asleep -> eventfd = true
    :: else
    fi
}

inline publish_and_wake() {
#ifdef WAKE_BEFORE_COMMIT
    wake();
    commit()
#else
    commit();
    wake()
#endif
}

active proctype executor() {
    mtype was;
    do
    :: pushed < JOBS ->
        if
        :: pushed - done < CAPACITY -> pushed++
        :: else ->
            publish_and_wake();         /* full: the thread makes room */
            (pushed - done < CAPACITY)  /* the executor does other things until then */
        fi;
        if
        :: publish_and_wake()
        :: skip                         /* or pushes more before it commits */
        fi
    :: pushed == JOBS -> break
    od;
    publish_and_wake();
    stop = true;
    wake();
    ended;                              /* joins the thread */
    assert(done == JOBS)
}

active proctype io_thread() {
    bool stopping = false;
    mtype seen;
    do
    ::
        stopping = stop;
#ifdef STOP_AT_ONCE
        if
        :: stopping -> break
        :: else
        fi;
#endif
        do                              /* drain */
        :: done < committed -> assert(committed - done <= CAPACITY); done++
        :: else -> break
        od;
        if
        :: stopping -> break
        :: else
        fi;
        /* park, unless somebody called since the flag was last awake */
#ifdef SLEEP_WITHOUT_SWAP
        seen = awake;
        flag = asleep;
#else
        d_step {
            seen = flag;
            if
            :: seen == awake -> flag = asleep
            :: else
            fi
        };
#endif
        if
        :: seen == awake -> eventfd     /* waits until it is readable */
        :: else
        fi;
        flag = awake;
        eventfd = false
    od;
    ended = true
}
