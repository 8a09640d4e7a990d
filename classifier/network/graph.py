"""The CPU graph, written by hand: packed weights -> ONNX, int8 with static scales. No torch.

Static scales make a score independent of its neighbours: every row's integers depend on that row alone.
Matrix products are written as QuantizeLinear -> DequantizeLinear -> MatMul, which OpenVINO and ONNX Runtime
both fuse into integer kernels.
Inputs: `ids` int64 (rows, length), `mask` float32 (rows, 1, 1, length): 0 for text, -10000 for padding.
Output: `states` float32 (rows, length, width).
"""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from classifier.network import packed

OPSET, IR = 21, 10
VERSION = 3
"""Raise it when the graph changes for the same weights: cached graphs carry it in their name."""


class Builder:
    """Collects nodes and constants; every method returns the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: Any) -> str:
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.asarray(value), name)
        return name

    def node(self, op: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def norm(self, x: str, tensors: dict[str, np.ndarray], name: str) -> str:
        weight = self.constant(f"{name}.weight", tensors[f"{name}.weight"].astype(np.float32))
        bias = self.constant(f"{name}.bias", tensors[f"{name}.bias"].astype(np.float32))
        return self.node("LayerNormalization", [x, weight, bias], f"{name}.y", axis=-1, epsilon=1e-12)

    def linear(
        self, x: str, tensors: dict[str, np.ndarray], name: str, exact: bool, beside: str | None = None
    ) -> str:
        """x @ weight.T + bias, through int8 unless `exact`. `beside`: the kept channels' share, already multiplied."""
        if exact:
            y = self.node(
                "MatMul", [x, self.constant(f"{name}.w", packed.whole(tensors, name).T.copy())], f"{name}.m"
            )
        else:
            if f"{name}.smooth" in tensors:
                factor = (1 / tensors[f"{name}.smooth"].astype(np.float32)).astype(np.float32)
                if beside is not None:
                    factor[tensors[f"{name}.keep"]] = 0  # their weights here are 0 too
                x = self.node("Mul", [x, self.constant(f"{name}.factor", factor)], f"{name}.smoothed")
            y = self.node("MatMul", [self.rounded(x, tensors, name), self.stored(tensors, name)], f"{name}.m")
            if beside is not None:
                y = self.node("Add", [y, beside], f"{name}.both")
        bias = self.constant(f"{name}.b", tensors[f"{name}.bias"].astype(np.float32))
        return self.node("Add", [y, bias], f"{name}.y")

    def rounded(self, x: str, tensors: dict[str, np.ndarray], name: str) -> str:
        """x on the product's 256 static steps."""
        step, zero = tensors[f"{name}.input"]
        at, zero_at = (
            self.constant(f"{name}.step", np.float32(step)),
            self.constant(f"{name}.zero", np.uint8(zero)),
        )
        x = self.node("QuantizeLinear", [x, at, zero_at], f"{name}.q")
        return self.node("DequantizeLinear", [x, at, zero_at], f"{name}.dq")

    def stored(self, tensors: dict[str, np.ndarray], name: str) -> str:
        """The int8 weight (in, out), with its scales."""
        weight, scale = tensors[f"{name}.weight"], tensors[f"{name}.scale"].astype(np.float32)
        inputs = [
            self.constant(f"{name}.w", weight.T.copy()),
            self.constant(f"{name}.s", scale),
            self.constant(f"{name}.z", np.zeros(len(scale), np.int8)),
        ]
        return self.node("DequantizeLinear", inputs, f"{name}.wd", axis=1)

    def kept(self, x: str, tensors: dict[str, np.ndarray], name: str) -> str | None:
        """What the feed-forward's kept channels (see packed.py) give, in float from its input on; None without any.

        A few columns of `up`, GELU, a few rows of `down`: so the wide state has one reader and stays in int8.
        """
        if f"{name}.down.keep" not in tensors:
            return None
        rows = tensors[f"{name}.down.keep"]
        few = packed.whole(tensors, f"{name}.up")[rows].T.copy()
        y = self.node("MatMul", [x, self.constant(f"{name}.few.w", few)], f"{name}.few.m")
        bias = self.constant(f"{name}.few.b", tensors[f"{name}.up.bias"][rows].astype(np.float32))
        y = self.node("Gelu", [self.node("Add", [y, bias], f"{name}.few.y")], f"{name}.few.gelu")
        back = self.constant(f"{name}.few.back", tensors[f"{name}.down.kept"].astype(np.float32).T.copy())
        return self.node("MatMul", [y, back], f"{name}.few")

    def plain(self, x: str, tensors: dict[str, np.ndarray], name: str) -> str:
        """x @ weight.T + bias in float32: small products (adapters)."""
        matrix = self.constant(f"{name}.w", tensors[f"{name}.weight"].astype(np.float32).T.copy())
        y = self.node("MatMul", [x, matrix], f"{name}.m")
        bias = self.constant(f"{name}.b", tensors[f"{name}.bias"].astype(np.float32))
        return self.node("Add", [y, bias], f"{name}.y")

    def attention(self, x: str, tensors: dict[str, np.ndarray], name: str, heads: int, exact: bool) -> str:
        width = tensors["token_type"].shape[0]
        apart = self.constant("apart", np.array([0, 0, heads, width // heads], np.int64))
        together = self.constant("together", np.array([0, 0, width], np.int64))
        turned = []
        for part in "qkv":
            y = self.linear(x, _third(tensors, name, part, heads, exact), f"{name}.{part}", exact)
            shaped = self.node("Reshape", [y, apart], f"{name}.{part}.r")
            turned.append(self.node("Transpose", [shaped], f"{name}.{part}.t", perm=[0, 2, 1, 3]))
        turned[1] = self.node("Transpose", [turned[1]], f"{name}.k.tt", perm=[0, 1, 3, 2])
        near = self.node("MatMul", turned[:2], f"{name}.near")
        near = self.node("Add", [near, "mask"], f"{name}.masked")
        share = self.node("Softmax", [near], f"{name}.share", axis=-1)
        mixed = self.node("MatMul", [share, turned[2]], f"{name}.mixed")
        mixed = self.node("Transpose", [mixed], f"{name}.back", perm=[0, 2, 1, 3])
        mixed = self.node("Reshape", [mixed, together], f"{name}.joined")
        plain = {key: value for key, value in tensors.items() if key != f"{name}.out.smooth"}  # it is in v
        return self.linear(mixed, tensors if exact else plain, f"{name}.out", exact)


def _third(
    tensors: dict[str, np.ndarray], name: str, part: str, heads: int, exact: bool
) -> dict[str, np.ndarray]:
    """The stored query, key or value product by itself.

    The query's has attention's scale in it, the value's what smoothes the product behind attention (a mean of values
    times a factor is the mean of the values times it): two passes over the states less.
    """
    out = {
        f"{name}.{part}.{kind}": tensors[f"{name}.qkv.{kind}"]
        for kind in ("input", "smooth")
        if f"{name}.qkv.{kind}" in tensors
    }
    factor: np.ndarray = np.ones(1, np.float32)
    if part == "q":
        factor = np.full(1, (len(tensors["token_type"]) // heads) ** -0.5, np.float32)
    elif part == "v" and not exact and f"{name}.out.smooth" in tensors:
        factor = 1 / tensors[f"{name}.out.smooth"].astype(np.float32)
    for kind in ("weight", "scale", "bias"):
        value = np.split(tensors[f"{name}.qkv.{kind}"], 3)["qkv".index(part)]
        out[f"{name}.{part}.{kind}"] = value if kind == "weight" else value.astype(np.float32) * factor
    return out


def build(tensors: dict[str, np.ndarray], config: dict[str, Any], *, exact: bool = False) -> onnx.ModelProto:
    """Return the ONNX model. `exact`: float32 products from the same weights (tests, accuracy cost)."""
    b = Builder()
    words = packed.unpack4(tensors["word.q4"], tensors["word.scale"], np.float32 if exact else np.float16)
    x = b.node("Gather", [b.constant("words", words), "ids"], "word")
    if not exact:
        x = b.node("Cast", [x], "word.f32", to=TensorProto.FLOAT)
    place = tensors["position.weight"].astype(np.float32) + tensors["token_type"].astype(np.float32)
    shape = b.node("Shape", ["ids"], "shape", start=1, end=2)
    starts = b.constant("starts", np.array([0], np.int64))
    near = b.node("Slice", [b.constant("places", place), starts, shape, starts], "place")
    x = b.norm(b.node("Add", [x, near], "embedded"), tensors, "norm")
    for i in range(config["encoder"]["num_hidden_layers"]):
        at = f"layers.{i}"
        mixed = b.attention(x, tensors, at, config["encoder"]["num_attention_heads"], exact)
        x = b.norm(b.node("Add", [mixed, x], f"{at}.sum1"), tensors, f"{at}.norm_attention")
        up = b.node("Gelu", [b.linear(x, tensors, f"{at}.up", exact)], f"{at}.gelu")
        beside = None if exact else b.kept(x, tensors, at)
        down = b.linear(up, tensors, f"{at}.down", exact, beside)
        if f"{at}.adapter.down.weight" in tensors:
            inner = b.node("Gelu", [b.plain(down, tensors, f"{at}.adapter.down")], f"{at}.adapter.gelu")
            down = b.node("Add", [down, b.plain(inner, tensors, f"{at}.adapter.up")], f"{at}.adapter")
        x = b.norm(b.node("Add", [down, x], f"{at}.sum2"), tensors, f"{at}.norm_out")
    b.node("Identity", [x], "states")
    graph = helper.make_graph(
        b.nodes,
        "newsquake-encoder",
        [
            helper.make_tensor_value_info("ids", TensorProto.INT64, ["rows", "length"]),
            helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["rows", 1, 1, "length"]),
        ],
        [helper.make_tensor_value_info("states", TensorProto.FLOAT, ["rows", "length", words.shape[1]])],
        list(b.constants.values()),
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
