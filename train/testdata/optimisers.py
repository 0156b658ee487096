"""Writes optimisers.json: what PyTorch's optimisers and schedules do.

Run with Debian's python3-torch (1.13): python3 optimisers.py > optimisers.json
"""
import json
import torch

# The network of optimisers_test.go: 4 values to 3 classes, one linear layer.
images = [[0.5, -1.0, 0.25, 2.0], [-1.5, 0.75, 1.0, -0.5]]
labels = [2, 0]
weight = [[0.1, -0.2, 0.3, -0.4], [0.5, -0.6, 0.7, -0.8], [0.9, -1.0, 1.1, -1.2]]
bias = [0.01, -0.02, 0.03]


def run(make, schedule=None, steps=12):
    w = torch.tensor(weight, requires_grad=True)
    b = torch.tensor(bias, requires_grad=True)
    optimiser = make([w, b])
    schedule = schedule(optimiser) if schedule else None
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(torch.tensor(images) @ w.T + b, torch.tensor(labels))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if schedule:
            schedule.step()
    return w.flatten().tolist() + b.tolist()


def rates(total):
    optimiser = torch.optim.AdamW([torch.zeros(1, requires_grad=True)], lr=1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.02, total_steps=total)
    values = []
    for step in range(total):
        group = optimiser.param_groups[0]
        values.append([group["lr"], group["betas"][0]])
        optimiser.step()
        if step < total - 1:
            schedule.step()
    return values


O = torch.optim
one = lambda o: O.lr_scheduler.OneCycleLR(o, 0.1, total_steps=13)
json.dump({
    "optimisers": {
        "sgd": run(lambda p: O.SGD(p, 0.1)),
        "sgd momentum": run(lambda p: O.SGD(p, 0.1, momentum=0.9, weight_decay=0.01)),
        "sgd nesterov": run(lambda p: O.SGD(p, 0.1, momentum=0.9, weight_decay=0.01, nesterov=True)),
        "adam": run(lambda p: O.Adam(p, 0.1, weight_decay=0.01)),
        "adam betas": run(lambda p: O.Adam(p, 0.1, betas=(0.8, 0.95), eps=0.1)),
        "adamw": run(lambda p: O.AdamW(p, 0.1, weight_decay=0.01)),
        "adamw one cycle": run(lambda p: O.AdamW(p, 0.1, weight_decay=0.01), one, 13),
        "sgd one cycle": run(lambda p: O.SGD(p, 0.1, momentum=0.9), one, 13),
    },
    "one cycle": {str(n): rates(n) for n in (10, 37)},
}, __import__("sys").stdout, indent=1)
