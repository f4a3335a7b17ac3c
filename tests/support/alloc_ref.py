#!/usr/bin/env python3
"""Reference implementation of the allocation mathematics: slow, plain, integers only, all goods in cartons.
It is the other opinion that the C++ of services/allocation/domain/maths is compared with.

    python3 alloc_ref.py            checks itself: 20,000 random cases against the invariants
    python3 alloc_ref.py --answer   reads one JSON case a line on stdin, writes one JSON answer a line

Cases:
    {"f": "upper", "A": 300, "bp": 500, "small": false}                     -> 315
    {"f": "largest_remainder", "total": 10, "weights": [6, 6, 2]}           -> [4, 4, 2]
    {"f": "pacing", "U": 126, "weights": [1, 1, 1, 1], "sigma_bp": 1000}    -> [45, 76, 108, 126]
    {"f": "waterfill", "S": 100, "cap": [...], "w": [...], "key": [...], "delta": 1, "minone": false} -> [...]
Water-filling is answered by handing out carton after carton, which is its definition, when there are at
most 300 to hand out; by threshold search otherwise.
"""
import heapq
import json
import random
import sys
from fractions import Fraction
from math import lcm


# ---------- bands
def upper(A, bp, small=False):
    """Agreed total A, float in basis points -> monthly ceiling. Floor; a small shop gets at least +1."""
    inc = A * bp // 10000
    if small and A > 0 and bp > 0:
        inc = max(inc, 1)
    return A + inc


# ---------- largest remainder (Hamilton)
def largest_remainder(total, weights, key=None):
    W = sum(weights)
    n = len(weights)
    if W == 0:
        return [0] * n
    key = key or list(range(n))
    parts = [total * w // W for w in weights]
    rem = [(total * w) % W for w in weights]
    left = total - sum(parts)
    for i in sorted(range(n), key=lambda i: (-rem[i], key[i]))[:left]:
        parts[i] += 1
    return parts


def proportional(S, d, key=None):
    S = min(S, sum(d))
    return largest_remainder(S, d, key)


# ---------- weighted integer water-filling with caps
# Carton number x+1 of shop i has priority (2x+delta)/(2w_i); lowest first, ties by key.
# delta 0 = Adams (favours small weights), 1 = Webster (neutral), 2 = Jefferson (favours large weights).
# minone: everybody's first carton has priority 0 (nobody gets two before all demanders have one).
def _prio(x, w, delta, L, minone):  # priority * 2 * L, an integer; L = lcm of the weights
    return 0 if (minone and x == 0) else (2 * x + delta) * (L // w)


def waterfill_oracle(S, cap, w, key=None, delta=1, minone=False):
    """Unit by unit: the definition."""
    n = len(cap)
    key = key or list(range(n))
    x = [0] * n
    L = lcm(*[max(1, a) for a in w])
    h = [(_prio(0, w[i], delta, L, minone), key[i], i) for i in range(n) if cap[i] > 0 and w[i] > 0]
    heapq.heapify(h)
    while S > 0 and h:
        r, k, i = heapq.heappop(h)
        x[i] += 1
        S -= 1
        if x[i] < cap[i]:
            heapq.heappush(h, (_prio(x[i], w[i], delta, L, minone), k, i))
    return x


def waterfill(S, cap, w, key=None, delta=1, minone=False):
    """Threshold search, O(n log(cap*L))."""
    n = len(cap)
    key = key or list(range(n))
    L = lcm(*[max(1, a) for a in w])
    idx = [i for i in range(n) if cap[i] > 0 and w[i] > 0]
    if S >= sum(cap[i] for i in idx):
        return [cap[i] if w[i] > 0 else 0 for i in range(n)]

    def cnt(i, t):  # cartons of i with priority <= t
        if t < 0:
            return 0
        m = L // w[i]
        q = t // m
        c = (q - delta) // 2 + 1 if q >= delta else 0
        if minone and c < 1:
            c = 1
        return min(cap[i], c)

    lo, hi = -1, (2 * max((cap[i] for i in idx), default=0) + 3) * L
    while hi - lo > 1:  # largest t with total <= S
        mid = (lo + hi) // 2
        if sum(cnt(i, mid) for i in idx) <= S:
            lo = mid
        else:
            hi = mid
    x = [0] * n
    for i in idx:
        x[i] = cnt(i, lo)
    left = S - sum(x)
    tie = [i for i in idx if cnt(i, lo + 1) > x[i]]
    for i in sorted(tie, key=lambda i: key[i])[:left]:
        x[i] += 1
    return x


# ---------- pacing: cumulative ceiling after order occurrence t of n
def pacing(U, weights, sigma_bp=1000):
    total = sum(weights)
    out = []
    for t in range(1, len(weights) + 1):
        exact = U * (Fraction(sum(weights[:t]), total) + Fraction(sigma_bp, 10000))
        out.append(min(U, -(-exact.numerator // exact.denominator)) if t < len(weights) else U)
    return out


# ---------- rebalancing flagged agreements, sum unchanged, bounded change
def rebalance(A, target, flagged, delta_bp=3000):
    """A-floor(dA) <= A' <= A+floor(dA); sum over flagged unchanged; priority toward target weights."""
    idx = [i for i in range(len(A)) if flagged[i]]
    T = sum(A[i] for i in idx)
    out = list(A)
    lo = {i: A[i] - A[i] * delta_bp // 10000 for i in idx}
    hi = {i: A[i] + A[i] * delta_bp // 10000 for i in idx}
    cur = {i: lo[i] for i in idx}
    left = T - sum(cur.values())
    h = [(Fraction(cur[i] + 1, max(1, target[i])), i) for i in idx if cur[i] < hi[i]]
    heapq.heapify(h)
    while left > 0:
        r, i = heapq.heappop(h)
        cur[i] += 1
        left -= 1
        if cur[i] < hi[i]:
            heapq.heappush(h, (Fraction(cur[i] + 1, max(1, target[i])), i))
    for i in idx:
        out[i] = cur[i]
    return out


# ---------- answering
def answer(case):
    f = case["f"]
    if f == "upper":
        return upper(case["A"], case["bp"], case["small"])
    if f == "largest_remainder":
        return largest_remainder(case["total"], case["weights"])
    if f == "pacing":
        return pacing(case["U"], case["weights"], case["sigma_bp"])
    if f == "waterfill":
        by_definition = min(case["S"], sum(case["cap"])) <= 300
        rule = waterfill_oracle if by_definition else waterfill
        return rule(case["S"], case["cap"], case["w"], case["key"], case["delta"], case["minone"])
    raise ValueError("unknown function " + f)


def answer_stdin():
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line)), separators=(",", ":")))


# ---------- checking itself
def check_case(R):
    n = R.randint(1, 9)
    cap = [R.randint(0, 12) for _ in range(n)]
    w = [R.randint(1, 4) for _ in range(n)]
    if R.random() < .3:
        w = [1] * n
    S = R.randint(0, sum(cap) + 5)
    key = list(range(n))
    R.shuffle(key)
    dl = R.choice([0, 1, 2])
    mo = R.random() < .5
    kw = dict(delta=dl, minone=mo)
    L = lcm(*w)
    x = waterfill(S, cap, w, key, **kw)
    o = waterfill_oracle(S, cap, w, key, **kw)
    assert x == o, (S, cap, w, x, o, kw)
    assert sum(x) == min(S, sum(cap)) and all(0 <= a <= c for a, c in zip(x, cap))  # invariant 5
    y = waterfill(S + 1, cap, w, key, **kw)  # 7
    assert all(b >= a for a, b in zip(x, y)) and sum(y) - sum(x) in (0, 1)
    for i in range(n):  # 6
        for j in range(n):
            if x[i] < cap[i] and x[j] > 0:
                assert _prio(x[i], w[i], dl, L, mo) >= _prio(x[j] - 1, w[j], dl, L, mo)
            if w[i] == w[j] and cap[i] == cap[j]:
                assert abs(x[i] - x[j]) <= 1
            if cap[i] == cap[j] and w[i] > w[j]:
                assert x[i] >= x[j] - 1  # 14
    p = list(range(n))
    R.shuffle(p)  # 10
    shuffled = waterfill(S, [cap[i] for i in p], [w[i] for i in p], [key[i] for i in p], **kw)
    assert shuffled == [x[i] for i in p]
    i = R.randrange(n)
    lie = list(cap)
    lie[i] = R.randint(0, 20)  # 11
    z = waterfill(S, lie, w, key, **kw)
    assert min(z[i], cap[i]) <= x[i], "misreport gained usable cartons"
    rest = [j for j in range(n) if j != i]  # 8, 9
    if rest:
        of_rest = ([cap[j] for j in rest], [w[j] for j in rest], [key[j] for j in rest])
        assert waterfill(min(S, sum(cap)) - x[i], *of_rest, **kw) == [x[j] for j in rest]
        assert all(u >= x[j] for u, j in zip(waterfill(S, *of_rest, **kw), rest))
    dem = [j for j in range(n) if cap[j] > 0]  # 12
    if (mo or dl == 0 or len(set(w)) == 1) and S >= len(dem):
        assert all(x[j] >= 1 for j in dem)
    lv = R.randint(0, 5)
    exact = [min(c, lv * a) for c, a in zip(cap, w)]  # 13
    if not mo or lv > 0:
        assert waterfill(sum(exact), cap, w, key, **kw) == exact
    q = proportional(S, cap, key)
    assert sum(q) == min(S, sum(cap)) and all(0 <= a <= c for a, c in zip(q, cap))
    rewarded = min(proportional(S, lie, key)[i], cap[i]) > q[i]
    A = [R.randint(0, 200) for _ in range(n)]
    fl = [R.random() < .5 for _ in range(n)]
    B = rebalance(A, [R.randint(0, 250) for _ in range(n)], fl)  # 18
    assert sum(A) == sum(B) and all(B[j] == A[j] for j in range(n) if not fl[j])
    assert all(abs(B[j] - A[j]) <= A[j] * 3000 // 10000 for j in range(n))
    U = R.randint(0, 400)
    pc = pacing(U, [R.randint(1, 3) for _ in range(R.choice([1, 2, 4, 5]))])  # 17
    assert pc[-1] == U and all(a <= b for a, b in zip(pc, pc[1:])) and all(c <= U for c in pc)
    T = R.randint(0, 500)
    ww = [R.randint(0, 9) for _ in range(n)]
    lr = largest_remainder(T, ww)  # 26
    if sum(ww):
        assert sum(lr) == T and all(abs(a * sum(ww) - T * b) < sum(ww) for a, b in zip(lr, ww))
    return rewarded


def check_self(cases=20000):
    R = random.Random(7)
    rewarded = sum(check_case(R) for _ in range(cases))
    assert rewarded > 0
    assert largest_remainder(10, [6, 6, 2]) == [4, 4, 2] and largest_remainder(11, [6, 6, 2]) == [5, 5, 1]
    assert pacing(126, [1] * 4) == [45, 76, 108, 126] and pacing(126, [1] * 5) == [38, 63, 89, 114, 126]
    assert waterfill(100, [5, 10, 40, 80], [1] * 4) == [5, 10, 40, 45]
    print("ok", cases, "cases; the proportional rule rewarded a misreport in", rewarded, "of them, ours in 0")


if __name__ == "__main__":
    answer_stdin() if "--answer" in sys.argv[1:] else check_self()
