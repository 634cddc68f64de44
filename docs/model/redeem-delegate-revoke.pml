/*
 * Redeeming, delegating and revoking at once, on a store whose transactions are atomic and whose
 * answers can be lost. README.md says what was modelled, how far, and what that shows.
 *
 * One tree: the root, lease 0, with a limit of uses and a budget; leases 1 and 2 are its children,
 * born while the rest goes on. Token t is one call below lease t. Everything below is dead once the
 * root's revocation has been answered (I9), no token succeeds twice (I7), and what is spent below
 * the root stays within its limits (I11).
 *
 * The protocol as it is is checked when nothing is defined. Each of these breaks it in one place:
 *   READ_THEN_WRITE   redeeming looks first and writes later
 *   COPIED_LIVENESS   liveness is written into descendants and asked of the leaf alone
 *   VERDICT_CACHE     a gateway remembers that the tree was live
 *   REDO_UNKNOWN      after a lost answer the redemption is made again, and "used" taken for "mine"
 *   EARLY_ANSWER      answers go out before the commit is on disk
 *   RELEASE_UNKNOWN   a call of unknown outcome gives its reservation back
 *   STALE_BY_ARRIVAL  knowledge counts as fresh from when it arrived, not from when it was signed
 */

#ifndef GATEWAYS
#define GATEWAYS 2
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif
#define LEASES 3
#define USES 2
#define BUDGET 1
#define CRASHES 1

/* What a row is: not there, written by a transaction that is not on disk yet, on disk. */
#define NONE 0
#define PENDING 1
#define DURABLE 2

byte spent[LEASES];    /* I7: the row of token t */
byte born[LEASES];     /* the row of lease t */
byte revoked;          /* the one row that revokes the root */
byte held;             /* budget of the root: reserved, and not given back */
byte used;             /* uses of the root */
bool dead[LEASES];     /* only with COPIED_LIVENESS */
byte epoch;            /* counts crashes: whoever waited across one has lost its answer */

/* What really happened, seen from nowhere. */
byte success[LEASES];
byte calls;
byte cost;
bool answered;         /* revoke has answered */

/* ---- the store -------------------------------------------------------------------------- */

#ifdef COPIED_LIVENESS
#define LIVE(t) (!dead[t])
#else
#define LIVE(t) (revoked == NONE)
#endif
#define ROOM (used < USES && held < BUDGET)

inline write_spent(t) {
  spent[t] = PENDING;
  used++;
  held++
}

/* The disk: everything pending becomes durable at once, or is gone with the process. */
proctype Disk() {
  byte crashes = 0;
  byte t;
end:
  do
  :: d_step {
       (revoked == PENDING || spent[0] == PENDING || spent[1] == PENDING || spent[2] == PENDING ||
        born[1] == PENDING || born[2] == PENDING) ->
       if :: revoked == PENDING -> revoked = DURABLE :: else fi;
       for (t : 0 .. LEASES - 1) {
         if :: spent[t] == PENDING -> spent[t] = DURABLE :: else fi;
         if :: born[t] == PENDING -> born[t] = DURABLE :: else fi
       };
       t = 0
     }
  :: d_step {
       crashes < CRASHES ->
       crashes++;
       epoch++;
       if :: revoked == PENDING -> revoked = NONE :: else fi;
       for (t : 0 .. LEASES - 1) {
         if :: spent[t] == PENDING -> spent[t] = NONE; used--; held-- :: else fi;
         if :: born[t] == PENDING -> born[t] = NONE :: else fi
       };
       t = 0
     }
  od
}

/* ---- a gateway -------------------------------------------------------------------------- */

/* The call goes to the upstream: from here on it has happened. */
inline forward(t, late) {
  atomic {
    success[t]++;
    calls++;
    assert(success[t] <= 1);   /* I7 */
    assert(!late);             /* I9 */
    assert(calls <= USES)      /* I11 */
  };
  if
  :: atomic { cost++; assert(cost <= BUDGET) }   /* I11: it cost, and we are told: it stays spent */
  :: atomic {                                    /* it cost, and the answer is lost */
       cost++;
       assert(cost <= BUDGET);
#ifdef RELEASE_UNKNOWN
       held--
#endif
     }
  :: held--                                      /* it came to nothing, and we are told */
  fi
}

proctype Gateway() {
  byte round = 0;
  byte t;
  byte mine;
  bool late;
  bool redone;
#ifdef VERDICT_CACHE
  bool cached = false;
#endif

  do
  :: round < ROUNDS ->
     round++;
     redone = false;
     /* A call arrives, with any of the tokens; the stages before the last can only deny. */
     atomic {
       if :: t = 0 :: t = 1 :: t = 2 fi;
       late = answered
     };
redeem:
     atomic {
       mine = epoch;
       if
#ifdef VERDICT_CACHE
       :: born[t] != NONE && (cached || LIVE(t)) && spent[t] == NONE && ROOM ->
          cached = true;
          write_spent(t)
#else
#ifdef READ_THEN_WRITE
       :: born[t] != NONE && LIVE(t) && spent[t] == NONE && ROOM -> skip
#else
       /* The redeeming statement: one atomic conditional write. */
       :: born[t] != NONE && LIVE(t) && spent[t] == NONE && ROOM -> write_spent(t)
#endif
#endif
       :: else ->
#ifdef REDO_UNKNOWN
          if
          :: redone && spent[t] != NONE -> goto admitted
          :: else -> skip
          fi;
#endif
          goto refused
       fi
     };
#ifdef READ_THEN_WRITE
     atomic { write_spent(t); mine = epoch };
#endif
#ifdef EARLY_ANSWER
     goto admitted;
#endif
     /* Nobody is answered before the commit is on disk; a crash takes the answer along. */
     if
     :: epoch == mine && spent[t] == DURABLE -> skip
     :: epoch != mine || spent[t] == DURABLE ->
#ifdef REDO_UNKNOWN
        if
        :: !redone -> redone = true; goto redeem
        :: else -> skip
        fi;
#endif
        goto refused                             /* state unknown: no */
     fi;
admitted:
     forward(t, late);
refused:
     atomic { late = false; redone = false; mine = 0; t = 0 }
  :: else -> break
  od
}

/* ---- who delegates, and who revokes ------------------------------------------------------ */

/* Redeems a delegation token: the child is born in the transaction that looked at its parent. */
proctype Delegate(byte child) {
  bool late;
  byte mine;
  late = answered;
#ifdef COPIED_LIVENESS
  if
  :: !dead[0] -> skip
  :: dead[0] -> goto done
  fi;
  atomic { born[child] = PENDING; mine = epoch };
#else
  atomic {
    mine = epoch;
    if
    :: LIVE(0) -> born[child] = PENDING
    :: else -> goto done
    fi
  };
#endif
  if
  :: epoch == mine && born[child] == DURABLE -> assert(!late)   /* I9 */
  :: epoch != mine || born[child] == DURABLE -> skip            /* a lost answer promises nothing */
  fi;
done:
  skip
}

proctype Revoker() {
  byte mine;
again:
#ifdef COPIED_LIVENESS
  atomic {
    dead[0] = true;
    if :: born[1] != NONE -> dead[1] = true :: else fi;
    if :: born[2] != NONE -> dead[2] = true :: else fi;
    answered = true
  }
#else
  atomic {
    if :: revoked == NONE -> revoked = PENDING :: else fi;
    mine = epoch
  };
#ifndef EARLY_ANSWER
  if
  :: epoch == mine && revoked == DURABLE -> skip
  :: epoch != mine -> goto again               /* revoking again changes nothing and is no error */
  fi;
#endif
  answered = true
#endif
}

#ifndef DETACHED
init {
  byte g;
  atomic {
    born[0] = DURABLE;
    run Disk();
    run Revoker();
    run Delegate(1);
    run Delegate(2);
    for (g : 1 .. GATEWAYS) { run Gateway() }
  }
}
#endif

/* ---- an enforcement point in detached mode ----------------------------------------------- */

#ifdef DETACHED
#define MAX_STALE 1
#define LAST 5
#define FRAMES 2

byte now;
byte answered_at;
chan feed = [FRAMES] of { bool, byte };   /* is it revoked; when that was signed */

proctype Clock() {
  do
  :: now < LAST -> now++
  :: else -> break
  od
}

/* Frames are signed with what is committed, and take as long as they like to arrive. */
proctype Feed() {
  byte sent = 0;
  do
  :: atomic { sent < LAST && len(feed) < FRAMES -> feed ! (revoked == DURABLE), now; sent++ }
  :: break
  od
}

/* The revocation is answered, and when. */
proctype Authority() {
  atomic { revoked = DURABLE; answered = true; answered_at = now }
}

/* Its own ledger, its own copy of what is revoked, and a bound on how old that may be. */
proctype Point() {
  bool known = false;      /* a frame has come */
  bool stopped = false;
  byte fresh_at = 0;
  bool state;
  byte signed_at;
  byte started;
  bool calling = false;
  do
  :: atomic {
       feed ? state, signed_at ->
       stopped = stopped || state;
       known = true;
#ifdef STALE_BY_ARRIVAL
       fresh_at = now
#else
       fresh_at = (signed_at > fresh_at -> signed_at : fresh_at)
#endif
     }
  :: !calling -> atomic { started = now; calling = true }
  :: calling ->
     atomic {
       if
       :: known && !stopped && now - fresh_at <= MAX_STALE && spent[0] == NONE ->
          spent[0] = DURABLE;
          success[0]++;
          assert(success[0] <= 1);                                    /* I7 */
          assert(!(answered && started > answered_at + MAX_STALE))     /* I9, within max_stale */
       :: else -> skip
       fi;
       calling = false;
       started = 0
     }
  :: now == LAST && !calling -> break
  od
}

init {
  atomic { run Clock(); run Feed(); run Authority(); run Point() }
}
#endif
