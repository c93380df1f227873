"""The benchmark's model (bench.yaml) in numpy, as the peer of the Go engine: same equations, same laws, columns of a chunk of paths.

Reads one line of JSON from standard input:
  {"quarters": Q, "inputs": [{"name", "law": "fixed"|"normal"|"lognormal", "mu", "sigma"}...], "cholesky": [[...]...],
   "season_from": 0..3, "paths": N, "chunk": 2048, "seed": s, "given": false}
With "given": true, float64 normals follow, chunk by chunk: the uncertain inputs' (rows of chunk), then the shocks' (Q rows); the answer
is then the NPV of every path as float64 on standard output. Otherwise it draws its own and answers one line of JSON.
"""
import json
import math
import sys
import time

import numpy as np

LN2 = math.log(2.0)


class Model:
    def __init__(self, p):
        self.q = p["quarters"]
        self.inputs = p["inputs"]
        self.chol = np.array(p["cholesky"])
        self.season_from = p["season_from"]
        self.random = [i for i in self.inputs if i["law"] != "fixed"]
        known = {i["name"]: float(i["mu"]) for i in self.inputs if i["law"] == "fixed"}
        self.known = known
        shape = known["shape"]
        lam = 4 * known["life"] / math.gamma(1 + 1 / shape)
        age = np.arange(self.q)
        self.alive = np.exp(-((age / lam) ** shape))
        self.work = None
        s = [known["season_%d" % k] for k in (1, 2, 3, 4)]
        mean = sum(s) / 4
        self.season = [s[(self.season_from + t) % 4] / mean for t in range(self.q)]
        self.discount = [(1 + known["rate"]) ** (-t / 4) for t in range(self.q)]

    def npv(self, z, shocks):
        """NPV of a chunk: z is (inputs, n) independent normals, shocks (quarters, n)."""
        n = z.shape[1]
        quarters = self.q
        joint = self.chol @ z
        x = {}
        for row, i in zip(joint, self.random):
            row *= i["sigma"]
            row += i["mu"]
            if i["law"] == "lognormal":
                np.exp(row, out=row)
            x[i["name"]] = row
        k = self.known
        b = int(k["bundle"])
        if self.work is None or self.work[0].shape[1] != n:
            self.work = [np.empty((quarters, n)) for _ in range(7)]
        price, cars, fleet, users, paying, term, pack_of = self.work
        # lithium
        mu = np.log(x["li_mean"])
        decay = np.exp(x["li_kappa"] * -0.25)
        sd = x["li_sigma"] * np.sqrt(-np.expm1(x["li_kappa"] * -0.5) / (2 * x["li_kappa"]))
        li = np.full(n, math.log(k["li_start"]))
        noise, a = np.empty(n), np.empty(n)
        for t in range(quarters):
            li -= mu
            li *= decay
            li += mu
            np.multiply(shocks[t], sd, out=noise)
            li += noise
            np.exp(li, out=price[t])
        # cars
        up = np.exp(np.log1p(x["growth"]) / 4)
        volume = x["volume"].copy()
        for t in range(quarters):
            if t:
                volume *= up
            np.multiply(volume, self.season[t], out=cars[t])
        # fleet and users: the weight of an age is a number, or a row of the chunk
        np.multiply(cars, self.alive[0], out=fleet)
        for age in range(1, quarters):
            rows = quarters - age
            np.multiply(cars[:rows], self.alive[age], out=term[:rows])
            fleet[age:] += term[:rows]
        taken = np.multiply(cars, x["attach"], out=pack_of)
        users.fill(0)
        paying.fill(0)
        stay = x["renewal"].copy()
        keep = 1 - x["churn"]
        for age in range(quarters):
            rows = quarters - age
            if age < b:
                np.multiply(taken[:rows], self.alive[age], out=term[:rows])
                users[age:] += term[:rows]
            else:
                np.multiply(taken[:rows], stay * self.alive[age], out=term[:rows])
                paying[age:] += term[:rows]
                stay *= keep
        # what a quarter brings
        cheaper = np.exp(np.log1p(x["price_trend"]) / 4)
        leaner = np.exp(np.log1p(x["bom_trend"]) / 4)
        learnt = np.exp(np.log1p(-x["learning"]) * (math.log1p(k["market"]) / LN2 / 4))
        cell = x["cell"].copy()
        p, bom = x["price"].copy(), x["bom"].copy()
        other = x["assembly"] + x["logistics"] + x["warranty"]
        fixed = x["opex"] + x["rnd"]
        net = 3 * x["arpu"] * ((1 - k["partner"]) * (1 - k["payment"])) - 3 * x["infer"]
        infer, running = 3 * x["infer"], 3 * x["connectivity"]
        npv, profit = np.zeros(n), np.empty(n)
        for t in range(quarters):
            if t:
                p *= cheaper
                bom *= leaner
                cell *= learnt
            np.multiply(x["content"], price[t], out=a)
            a += cell
            a *= x["kwh"]
            np.subtract(p, bom, out=profit)
            profit -= other
            profit -= a
            profit *= cars[t]
            np.multiply(paying[t], net, out=a)
            profit += a
            np.multiply(users[t], infer, out=a)
            profit -= a
            np.multiply(fleet[t], running, out=a)
            profit -= a
            profit -= fixed
            profit *= self.discount[t]
            npv += profit
        return npv


def main():
    p = json.loads(sys.stdin.buffer.readline())
    m = Model(p)
    n, chunk, k = p["paths"], p["chunk"], len(m.random)
    out = np.empty(n)
    if p["given"]:
        for at in range(0, n, chunk):
            w = min(chunk, n - at)
            raw = np.frombuffer(sys.stdin.buffer.read(8 * w * (k + m.q)), dtype="<f8")
            if raw.size != w * (k + m.q):
                raise SystemExit("the normals end early")
            raw = raw.reshape(k + m.q, w)
            out[at : at + w] = m.npv(raw[:k], raw[k:])
        sys.stdout.buffer.write(out.astype("<f8").tobytes())
        return
    rng = np.random.default_rng(p["seed"])
    z, shocks = np.empty((k, chunk)), np.empty((m.q, chunk))  # once: fresh memory for each chunk would cost a fifth more
    began = None
    for at in range(-chunk, n - n % chunk, chunk):
        if at == 0:
            began = time.process_time()  # the first chunk warmed up
        rng.standard_normal(out=z)
        rng.standard_normal(out=shocks)
        npv = m.npv(z, shocks)
        if at >= 0:
            out[at : at + chunk] = npv
    n -= n % chunk
    out = out[:n]
    cpu = time.process_time() - began
    p5, p95 = np.quantile(out, [0.05, 0.95])
    print(json.dumps({"cpu": cpu, "paths": n, "mean": out.mean(), "sd": out.std(ddof=1), "p5": p5, "p95": p95,
                      "p": float((out > 0).mean()), "numpy": np.__version__, "python": sys.version.split()[0]}))


if __name__ == "__main__":
    main()
