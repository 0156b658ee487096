"""Writes types.pth and types_stream.pth: a checkpoint with a tensor of every
type and of every order of values, in both formats of PyTorch.

Run with Debian's python3-torch (1.13): python3 types.py
"""
import collections

import torch

types = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]
x = (torch.arange(24, dtype=torch.float64) - 2) / 4
state = collections.OrderedDict()
for t in types:
    scale = 1 if "float" in t else 4
    state["module." + t] = (scale * x).to(getattr(torch, t))
x = x.float().reshape(2, 3, 4)
state["module.transposed"] = x.permute(2, 0, 1)
state["module.part"] = x[1:, ::2, 1:3]
state["module.parameter"] = torch.nn.Parameter(x)
state["module.scalar"] = x[1, 1, 1]
state["module.none"] = x[:, :0]
state["module.note"] = "not a tensor"
state._metadata = collections.OrderedDict({"": {"version": 1}})

optimiser = torch.optim.Adam([torch.nn.Parameter(x.clone())])
optimiser.param_groups[0]["params"][0].sum().backward()
optimiser.step()
checkpoint = {"epoch": 90, "best": 0.5, "state_dict": state, "optimizer": optimiser.state_dict(), "done": True, "rest": None}
torch.save(checkpoint, "types.pth")
torch.save(checkpoint, "types_stream.pth", _use_new_zipfile_serialization=False)
