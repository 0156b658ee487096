"""PLS and ridge regression in scikit-learn, timed on request.

This is the program that a good user of scikit-learn writes: features as networks
give them, in float32, an estimator, fit and predict. Commands come on standard
input and answers leave on standard output, one line each: see ../peers.go.
"""
import json
import sys
import time

import numpy as np
import sklearn
from sklearn.cross_decomposition import PLSRegression
from sklearn.linear_model import Ridge
from threadpoolctl import threadpool_limits

STIMULI, NEUROIDS, THINGS = 640, 50, 20


class Noise:
    """Numbers of -1/2 to 1/2, always the same: splitmix64 (Steele et al. 2014)."""

    def __init__(self):
        self.drawn = 0

    def draw(self, n):
        z = np.arange(self.drawn + 1, self.drawn + n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        self.drawn += n
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return ((z ^ (z >> np.uint64(31))) >> np.uint64(40)) / 2**24 - 0.5


class Fit:
    """A regression of made-up responses on made-up features: see ../../speed/fits.go."""

    def __init__(self, regression, units):
        self.estimator = {"pls": lambda: PLSRegression(n_components=25, scale=False), "ridge": lambda: Ridge(alpha=1)}[regression]
        noise = Noise()
        in_features = noise.draw(THINGS * units).reshape(THINGS, units)
        in_responses = noise.draw(THINGS * NEUROIDS).reshape(THINGS, NEUROIDS)
        tested = np.arange(STIMULI) % 10 == 9
        # Each part is filled in place, so that fits and not this take most memory.
        self.x = {test: np.empty((np.count_nonzero(tested == test), units), np.float32) for test in (False, True)}
        self.y = {test: np.empty((len(self.x[test]), NEUROIDS)) for test in (False, True)}
        row = {False: 0, True: 0}
        for test in map(bool, tested):
            seen = noise.draw(THINGS) / np.sqrt(np.arange(1, THINGS + 1))
            self.x[test][row[test]] = seen @ in_features + noise.draw(units)
            self.y[test][row[test]] = seen @ in_responses + noise.draw(NEUROIDS)
            row[test] += 1

    def step(self, units=None):
        """The median over neuroids of Pearson's r, from so many of the units or all."""
        x = {test: part[:, :units] for test, part in self.x.items()}
        predicted = self.estimator().fit(x[False], self.y[False]).predict(x[True])
        return np.median([np.corrcoef(p, m)[0, 1] for p, m in zip(predicted.T, self.y[True].T)])


class Peer:
    def hello(self, threads, model, width):
        self.limits = threadpool_limits(int(threads))
        self.now = None
        return {"name": f"scikit-learn {sklearn.__version__}", "threads": int(threads)}

    def fit(self, regression, units, steps):
        if self.now != (regression, units):
            self.now = self.work = None  # frees the previous features
            self.work = Fit(regression, int(units))
            self.work.step(1000)  # not measured: threads start here; a whole fit may take minutes
            self.now = regression, units
        seconds = []
        for _ in range(int(steps)):
            start = time.perf_counter()
            score = self.work.step()
            seconds.append(time.perf_counter() - start)
        return {"seconds": seconds, "parameters": int(units) * NEUROIDS, "score": score, "peak_bytes": peak_bytes()}


def peak_bytes():
    """The most memory that this process has had resident, 0 where unknown."""
    try:
        with open("/proc/self/status") as status:
            return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return 0


def main():
    peer = Peer()
    for line in sys.stdin:
        command, *arguments = line.split()
        try:
            answer = {"hello": peer.hello, "fit": peer.fit}[command](*arguments)
        except Exception as error:  # told, so that the rest of the run can go on
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
