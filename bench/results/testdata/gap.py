"""Writes gap.json: which images made-up networks are right about, and what numpy says
of the gap between them, by a bootstrap that draws images and seeds one by one.

    python3 gap.py > gap.json    # numpy 1.24, of Debian 12
"""

import base64
import json

import numpy as np

RESAMPLES = 200_000
random = np.random.default_rng(1)


def networks(abilities, seeds, images):
    """Returns, for each variant, seed and image, whether the network is right."""
    difficulty = random.normal(size=images)
    right = {}
    for name, ability in abilities.items():
        of_seed = 0.05 * random.normal(size=(seeds, 1))
        noise = 0.5 * random.normal(size=(seeds, images))
        right[name] = ability + of_seed + noise > difficulty
    return right


def interval(values):
    return [float(v) for v in np.quantile(values, [0.025, 0.975])]


def case(abilities, seeds, images):
    right = networks(abilities, seeds, images)
    top1 = {name: [] for name in right}
    for part in range(20):
        drawn = random.integers(images, size=(RESAMPLES // 20, images))
        of_seeds = random.integers(seeds, size=(RESAMPLES // 20, seeds))
        for name, r in right.items():
            by_seed = np.stack([r[s][drawn].mean(axis=1) for s in range(seeds)], axis=1)
            top1[name].append(np.take_along_axis(by_seed, of_seeds, axis=1).mean(axis=1))
    top1 = {name: np.concatenate(values) for name, values in top1.items()}
    mean = {name: r.mean() for name, r in right.items()}
    points = mean["conv"] - mean["lc"]
    result = {
        "right": {
            name: [
                {"images": images, "bits": base64.b64encode(np.packbits(r, bitorder="little")).decode()}
                for r in rows
            ]
            for name, rows in right.items()
        },
        "points": [points] + interval(top1["conv"] - top1["lc"]),
        "shares": {},
        "errors": {},
    }
    for name, rows in right.items():
        if name not in ("conv", "lc"):
            shares = (top1[name] - top1["lc"]) / (top1["conv"] - top1["lc"])
            result["shares"][name] = [(mean[name] - mean["lc"]) / points] + interval(shares)
        variance = rows.mean(axis=0).var(ddof=1) / images
        if seeds > 1:
            variance += rows.mean(axis=1).var(ddof=1) / seeds
        result["errors"][name] = float(np.sqrt(variance))
    return result


abilities = {"conv": 0.6, "lc": 0.1, "wins": 0.45, "loses": -0.2, "like lc": 0.1}
cases = [case(abilities, seeds, images) for seeds, images in ((1, 1200), (2, 600), (3, 400))]
print(json.dumps(cases, indent=1))
