// Sessions: what one producer of a writer has sent. It lands in order; a tail of it may never land.

#define KEY(f) (flight[f].n + 8 * (flight[f].height + 8 * (flight[f].prev + 8 * (flight[f].term + \
                8 * (flight[f].x + 8 * flight[f].takeover)))))

inline Move(to, from) {
  flight[to].n = flight[from].n; flight[to].takeover = flight[from].takeover;
  flight[to].term = flight[from].term; flight[to].height = flight[from].height;
  flight[to].prev = flight[from].prev; flight[to].x = flight[from].x
}

inline Clear(f) {
  flight[f].n = 0; flight[f].takeover = 0; flight[f].term = 0;
  flight[f].height = 0; flight[f].prev = 0; flight[f].x = 0
}

hidden Flight spare;

// Puts the late sessions in order, so that states that differ in their order alone are one state.
inline Sort() {
  i = 1;
  do
  :: i < LATE ->
     k = WRITERS + i;
     do
     :: k > WRITERS && KEY(k - 1) < KEY(k) ->
        spare.n = flight[k].n; spare.takeover = flight[k].takeover; spare.term = flight[k].term;
        spare.height = flight[k].height; spare.prev = flight[k].prev; spare.x = flight[k].x;
        Move(k, k - 1);
        flight[k - 1].n = spare.n; flight[k - 1].takeover = spare.takeover; flight[k - 1].term = spare.term;
        flight[k - 1].height = spare.height; flight[k - 1].prev = spare.prev; flight[k - 1].x = spare.x;
        k--
     :: else -> break
     od;
     i++
  :: else -> break
  od;
  skip                         // a d_step may not end in a loop
}

// The writer's session ends; what it has in flight may still land, any time and in any part.
inline Release(w) {
  if
  :: flight[w].n > 0 ->
     assert(flight[WRITERS + LATE - 1].n == 0);
     Move(WRITERS + LATE - 1, w);
     Sort()
  :: else -> skip
  fi;
  Clear(w);
  for (i : 1 .. N) {
    if
    :: record[i].mine == w + 1 -> record[i].mine = 0
    :: else -> skip
    fi
  }
  reader[w].phase = IDLE;
  reader[w].sent_x = 0
}
