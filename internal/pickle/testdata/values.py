"""Writes protocol0.pickle … protocol5.pickle: values of many kinds, and arrays of
numpy, in every protocol.

Run with Debian's python3-numpy (1.24): python3 values.py
"""
import collections
import pickle

import numpy

shared = ["a"]
values = [
    None, True, False, 0, -1, 255, 256, 65536, -(1 << 31), 1 << 31, (1 << 63) - 1, 1 << 63, -(1 << 63) - 1, 1.5, -0.25, float("inf"),
    "", "aé€😀\\u0041\n'", b"", b"a\x00\xff", bytearray(b"ab"), (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], {}, {"a": 1, 2: "b"},
    collections.OrderedDict(a=1), shared, shared, {3}, frozenset([4]), "long" * 100, b"long" * 100,
]
arrays = [
    numpy.arange(6, dtype="u1").reshape(2, 3), numpy.array([[1, -2]], dtype="<i8"), numpy.array([1, -2, 300], dtype=">i2"),
    numpy.array([1, 2, 3, 4], dtype="i4")[::2], numpy.arange(6, dtype="u1").reshape(2, 3).T, numpy.array([1.5], dtype="f4"), numpy.int64(7), numpy.zeros((0, 3), "u1"),
]
for protocol in range(6):
    with open(f"protocol{protocol}.pickle", "wb") as f:
        pickle.dump({"values": values, "arrays": arrays}, f, protocol)
