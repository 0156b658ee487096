"""Writes beside.pth and beside_stream.pth: a state dict among objects of all kinds
that checkpoints hold besides, in both formats of PyTorch; and module.pth and
module_stream.pth: a module that was pickled whole.

Run with Debian's python3-torch (1.13): python3 -P beside.py
"""
import argparse
import collections
import datetime
import decimal
import enum
import functools
import pathlib
import warnings

import numpy
import torch

warnings.simplefilter("ignore")


class Config(dict):
    pass


class Meter:
    __slots__ = ("sum", "values")

    def __init__(self):
        self.sum, self.values = 1.5, [1, 2]


class Phase(enum.Enum):
    TRAIN = 1


x = torch.arange(6, dtype=torch.float32).reshape(2, 3)
state = collections.OrderedDict(w=x, repeated=x[:1, :1].expand(2, 2), alias=x, device=torch.device("cuda:0"), none=None, grown=torch.nn.Parameter(x.clone().requires_grad_()))
state._metadata = {"": {"version": 2}}
parameter = torch.nn.Parameter(x[1].clone())
parameter.mark = "of its own"
state["marked"] = parameter
config = Config(rate=0.1)
config.source = "file"
checkpoint = {
    "scalar": numpy.float64(2.5),
    "bool": numpy.bool_(True),
    "array": numpy.arange(4.0),
    "strings": numpy.array(["a", "bc"]),
    "objects": numpy.array([{}, None], dtype=object),
    "generator": torch.get_rng_state(),
    "args": argparse.Namespace(lr=0.1, path=pathlib.PosixPath("a/b"), device=torch.device("cpu"), dtype=torch.bfloat16),
    "counter": collections.Counter("abca"),
    "queue": collections.deque([1, 2], maxlen=3),
    "default": collections.defaultdict(list, a=[1]),
    "time": datetime.datetime(2020, 1, 2, 3, tzinfo=datetime.timezone.utc),
    "duration": datetime.timedelta(seconds=3),
    "decimal": decimal.Decimal("1.5"),
    "set": {1, "a", b"b", (1, 2)},
    "frozen": frozenset([b"b"]),
    "bytes": bytearray(b"abc"),
    "partial": functools.partial(int, base=2),
    "function": print,
    "class": Meter,
    "meter": Meter(),
    "phase": Phase.TRAIN,
    "config": config,
    "complex": 1j,
    "range": range(3),
    "slice": slice(1, 2),
    "size": torch.Size([1, 2]),
    "long": 1 << 100,
    7: "a number for a key",
    "large": "x" * 10000,
    "complex tensor": torch.ones(2, dtype=torch.complex64),
    "quantised": torch.quantize_per_tensor(x, 0.1, 0, torch.quint8),
    "sparse": x.to_sparse(),
    "meta": torch.empty(2, device="meta"),
    "nested": [{"deep": ({"state": state},)}],
    "optimiser": torch.optim.Adam([torch.nn.Parameter(x.clone())]).state_dict(),
}
checkpoint["self"] = checkpoint
torch.save(checkpoint, "beside.pth")
torch.save(checkpoint, "beside_stream.pth", _use_new_zipfile_serialization=False)

net = torch.nn.Sequential(collections.OrderedDict(conv=torch.nn.Conv2d(1, 2, 1), bn=torch.nn.BatchNorm2d(2), act=torch.nn.ReLU()))
with torch.no_grad():
    for i, p in enumerate(net.parameters()):
        p.copy_(torch.arange(p.numel()).reshape(p.shape) + 10 * i)
torch.serialization.get_source_lines_and_file = None  # the source of classes is not kept
torch.save(torch.nn.DataParallel(net), "module.pth")
torch.save(torch.nn.DataParallel(net), "module_stream.pth", _use_new_zipfile_serialization=False)
