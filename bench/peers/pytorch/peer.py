"""The networks of hypnos in PyTorch, timed on request.

This is the program that a good user of PyTorch writes: nn.Conv2d for a
convolution, unfold and one einsum for a locally connected layer, the default
layout, batch norm, AdamW. Commands come on standard input and answers leave on
standard output, one line each: see ../peers.go.
"""
import json
import re
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


class Local(nn.Module):
    """A layer whose locations have weights of their own, L O (C·K·K)."""

    def __init__(self, channels, filters, kernel, stride, padding, size):
        super().__init__()
        self.channels, self.size = channels, size
        self.kernel, self.stride, self.padding = kernel, stride, padding
        self.out = (size + 2 * padding - kernel) // stride + 1
        deviation = (2 / (filters * kernel**2)) ** 0.5
        self.weight = nn.Parameter(deviation * torch.randn(self.out**2, filters, channels * kernel**2))

    def forward(self, x):
        patches = F.unfold(x, self.kernel, padding=self.padding, stride=self.stride)  # N C·K·K L
        y = torch.einsum("nkl,lok->nol", patches, self.weight)
        return y.reshape(len(x), -1, self.out, self.out)

    @torch.no_grad()
    def share(self):
        """Set the weights of every pool, locations equal modulo K, to their mean."""
        w = self.weight.view(self.out, self.out, *self.weight.shape[1:])
        for i in range(min(self.kernel, self.out)):
            for j in range(min(self.kernel, self.out)):
                w[i :: self.kernel, j :: self.kernel] = w[i :: self.kernel, j :: self.kernel].mean((0, 1), keepdim=True)


    @torch.no_grad()
    def sleep(self, iterations, patterns=128, rate=0.1, gamma=1e-5):
        """Hebbian sleep: neurons of a pool learn from how they differ from its mean."""
        kernel, start = self.kernel, self.weight.clone()
        inside = torch.zeros(self.out, self.out, dtype=torch.bool)  # sees no padding
        steps = [i for i in range(self.out) if 0 <= i * self.stride - self.padding <= self.size - kernel]
        inside[steps[0] : steps[-1] + 1, steps[0] : steps[-1] + 1] = True
        for _ in range(iterations):
            tile = torch.randn(patterns, self.channels, kernel, kernel)
            times = -(-self.size // kernel)
            x = tile.repeat(1, 1, times, times)[:, :, : self.size, : self.size]
            patches = F.unfold(x, kernel, padding=self.padding, stride=self.stride)  # N C·K·K L
            z = torch.einsum("nkl,lok->nol", patches, self.weight).view(patterns, -1, self.out, self.out)
            for i in range(kernel):
                for j in range(kernel):
                    pool = torch.zeros_like(inside)
                    pool[i::kernel, j::kernel] = True
                    pool &= inside
                    z[:, :, pool] -= z[:, :, pool].mean(2, keepdim=True)
            z[:, :, ~inside] = 0  # alone, a neuron differs from nothing
            change = torch.einsum("nol,nkl->lok", z.flatten(2), patches) / patterns
            self.weight -= rate * (change + gamma * (self.weight - start))


def layer(variant, channels, filters, kernel, stride, size):
    padding = (kernel - 1) // 2
    if variant == "lc":
        return Local(channels, filters, kernel, stride, padding, size)
    return nn.Conv2d(channels, filters, kernel, stride, padding, bias=False)


class Block(nn.Module):
    """Two 3x3 layers and a shortcut around them (He et al. 2015, option B)."""

    def __init__(self, variant, channels, filters, stride, size):
        super().__init__()
        self.conv1 = layer(variant, channels, filters, 3, stride, size)
        self.bn1 = nn.BatchNorm2d(filters)
        self.conv2 = layer(variant, filters, filters, 3, 1, size // stride)
        self.bn2 = nn.BatchNorm2d(filters)
        self.downsample = None
        if stride != 1:
            self.downsample = nn.Sequential(layer(variant, channels, filters, 1, stride, size), nn.BatchNorm2d(filters))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + shortcut)


class ResNet(nn.Module):
    """A ResNet for CIFAR, of so many blocks a stage (He et al. 2015, section 4.2)."""

    def __init__(self, variant, blocks, width, size, classes=10):
        super().__init__()
        self.conv1 = layer(variant, 3, width, 3, 1, size)
        self.bn1 = nn.BatchNorm2d(width)
        channels = width
        for stage in range(3):
            row = []
            for block in range(blocks):
                stride = 2 if stage > 0 and block == 0 else 1
                row.append(Block(variant, channels, width << stage, stride, size))
                channels, size = width << stage, size // stride
            self.add_module(f"layer{stage + 1}", nn.Sequential(*row))
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


class RecurrentArea(nn.Module):
    """An area of CORnet-R or -RT: a new state from its input and its state."""

    def __init__(self, channels, filters, kernel, stride):
        super().__init__()
        self.see = nn.Conv2d(channels, filters, kernel, stride, kernel // 2)
        self.norm_seen = nn.GroupNorm(32, filters)
        self.conv = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.norm = nn.GroupNorm(32, filters)

    def forward(self, x, state):
        """x is what the area sees or, while it has seen nothing, the size of its output."""
        if isinstance(x, torch.Size):
            x = torch.zeros(x)
        else:
            x = F.relu(self.norm_seen(self.see(x)))
        return F.relu(self.norm(self.conv(x if state is None else x + state)))


class CORnetR(nn.Module):
    """CORnet-R, or -RT where all areas take a step at once (Kubilius et al. 2018)."""

    def __init__(self, together, width, size, classes=1000, times=5):
        super().__init__()
        self.together, self.times, self.sizes = together, times, []
        areas, channels = [], 3
        for i in range(4):
            kernel, stride = (7, 4) if i == 0 else (3, 2)
            areas.append(RecurrentArea(channels, width << i, kernel, stride))
            channels, size = width << i, (size - 1) // stride + 1
            self.sizes.append((channels, size, size))
        self.areas = nn.ModuleList(areas)
        self.fc = nn.Linear(channels, classes)

    def forward(self, image):
        states = [None] * 4
        for t in range(self.times):
            before = list(states) if self.together else states
            for i, area in enumerate(self.areas):
                x = image if i == 0 else before[i - 1]
                if i > 0 and t == 0:
                    x = torch.Size((len(image), *self.sizes[i]))
                states[i] = area(x, states[i])
        return self.fc(states[3].mean((2, 3)))


class PassingArea(nn.Module):
    """An area of CORnet-S: several passes through one bottleneck with a shortcut."""

    def __init__(self, channels, filters, times):
        super().__init__()
        self.see = nn.Conv2d(channels, filters, 1, bias=False)
        self.skip = nn.Sequential(nn.Conv2d(filters, filters, 1, 2, bias=False), nn.BatchNorm2d(filters))
        self.weights = nn.ModuleList(
            [
                nn.Conv2d(filters, 4 * filters, 1, bias=False),
                nn.Conv2d(4 * filters, 4 * filters, 3, 1, 1, bias=False),
                nn.Conv2d(4 * filters, filters, 1, bias=False),
            ]
        )
        self.norms = nn.ModuleList(nn.ModuleList(nn.BatchNorm2d(n) for n in (4 * filters, 4 * filters, filters)) for _ in range(times))

    def forward(self, x):
        narrow, middle, wide = self.weights
        x = self.see(x)
        for t, (norm1, norm2, norm3) in enumerate(self.norms):
            shortcut, stride = (self.skip(x), 2) if t == 0 else (x, 1)
            y = F.relu(norm1(narrow(x)))
            y = F.relu(norm2(F.conv2d(y, middle.weight, stride=stride, padding=1)))
            x = F.relu(norm3(wide(y)) + shortcut)
        return x


class CORnetS(nn.Module):
    """CORnet-S (Kubilius et al. 2019)."""

    def __init__(self, width, classes=1000):
        super().__init__()
        self.v1 = nn.Sequential(
            nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
            nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
        )  # fmt: skip
        self.rest = nn.Sequential(*(PassingArea(width << i, width << (i + 1), times) for i, times in enumerate((2, 4, 2))))
        self.fc = nn.Linear(width << 3, classes)

    def forward(self, x):
        return self.fc(self.rest(self.v1(x)).mean((2, 3)))


def network(name, variant, width):
    """The network of that name and the side of its images, as published."""
    if re.fullmatch(r"resnet\d+", name) and int(name[6:]) % 6 == 2 and name not in ("resnet50",):
        return ResNet(variant, int(name[6:]) // 6, width, 32), 32
    if variant != "conv":
        raise ValueError(f"{name} is there as a convolutional network alone")
    if name in ("resnet18", "resnet34", "resnet50"):
        if width != 64:
            raise ValueError(f"torchvision's {name} has width 64, not {width}")
        import torchvision  # only these networks need it

        return getattr(torchvision.models, name)(), 224
    if name in ("cornet-r", "cornet-rt"):
        return CORnetR(name == "cornet-rt", width, 224), 224
    if name == "cornet-s":
        return CORnetS(width), 224
    raise ValueError(f"there is no {name} here")


class Work:
    """One network at one task: train, evaluate, share or sleep."""

    def __init__(self, task, model, batch, size):
        self.model = model
        self.iterations, batch = (batch, 1) if task == "sleep" else (0, batch)
        self.images = torch.randn(batch, 3, size, size)
        self.labels = torch.randint(10, (batch,))  # classes that all networks have
        self.step = {"train": self.train, "evaluate": self.evaluate, "share": self.share, "sleep": self.sleep}[task]
        if task == "train":
            self.optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2)
        model.train(task == "train")

    def train(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(self.model(self.images), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    @torch.inference_mode()
    def evaluate(self):
        return self.model(self.images)

    def share(self):
        for module in self.model.modules():
            if isinstance(module, Local):
                module.share()

    def sleep(self):
        for module in self.model.modules():
            if isinstance(module, Local):
                module.sleep(self.iterations)


class Peer:
    def hello(self, threads, model, width):
        torch.set_num_threads(int(threads))
        torch.manual_seed(1)
        self.name, self.width = model, int(width)
        self.now = None
        return {"name": f"PyTorch {torch.__version__}", "threads": torch.get_num_threads()}

    def measure(self, task, variant, batch, steps):
        if self.now != (task, variant, batch):
            self.now = self.work = None  # frees the previous network
            model, size = network(self.name, variant, self.width)
            self.work = Work(task, model, int(batch), size)
            self.parameters = sum(p.numel() for p in model.parameters())
            self.work.step()  # not measured: buffers are made here
            self.now = task, variant, batch
        seconds = []
        for _ in range(int(steps)):
            start = time.perf_counter()
            self.work.step()
            seconds.append(time.perf_counter() - start)
        return {"seconds": seconds, "parameters": self.parameters, "peak_bytes": peak_bytes()}

    def losses(self, variant, steps, file):
        """The losses of a ResNet's AdamW steps from the values and the batch of a safetensors file."""
        tensors = read(file)
        model = ResNet(variant, int(self.name[6:]) // 6, self.width, tensors["x"].shape[3])
        model.load_state_dict(
            {
                name: tensors.get(f"init.{name}", tensors.get(f"init.{name}s")).reshape(value.shape)
                for name, value in model.state_dict().items()
                if not name.endswith("num_batches_tracked")
            },
            strict=False,
        )
        work = Work("train", model, 1, tensors["x"].shape[3])
        work.images, work.labels = tensors["x"], tensors["labels"]
        for group in work.optimizer.param_groups:
            group["lr"], group["weight_decay"] = 1e-2, 1e-4
        return {"losses": [work.train() for _ in range(int(steps))]}


def read(file):
    """The tensors of a safetensors file."""
    types = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64}
    with open(file, "rb") as f:
        header = json.loads(f.read(int.from_bytes(f.read(8), "little")))
        content = bytearray(f.read())
    tensors = {}
    for name, t in header.items():
        if name != "__metadata__":
            begin, end = t["data_offsets"]
            tensors[name] = torch.frombuffer(content[begin:end], dtype=types[t["dtype"]]).reshape(t["shape"])
    return tensors


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
            if command in ("train", "evaluate", "share", "sleep"):
                answer = peer.measure(command, *arguments)
            else:
                answer = {"hello": peer.hello, "losses": peer.losses}[command](*arguments)
        except Exception as error:  # told, so that the rest of the run can go on
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
