"""Makes the ONNX model in `verify/payloads/onnxruntime_checks.py`: prints its bytes in base64.

Conv, Relu, MatMul, Add, Softmax and two Casts on inputs that the check draws at random; weights are inputs too, so that
the model is small. Written by hand after `onnx.proto` (ONNX IR version 7, opset 13), since `onnx` is no dependency.
"""

from __future__ import annotations

import base64
import sys

FLOAT, FLOAT16 = 1, 10
INPUTS = {"image": (1, 3, 8, 8), "kernels": (4, 3, 3, 3), "weights": (8, 5), "bias": (5,)}
OUTPUTS = {"answer": (1, 4, 8, 5)}


def varint(number: int) -> bytes:
    """Encode an unsigned number in base 128."""
    low = [number >> shift & 0x7F for shift in range(0, max(number.bit_length(), 1), 7)]
    return bytes([*(part | 0x80 for part in low[:-1]), low[-1]])


def integer(field: int, number: int) -> bytes:
    """Encode a field that is a number."""
    return varint(field << 3) + varint(number)


def message(field: int, content: bytes) -> bytes:
    """Encode a field that is a message, or bytes."""
    return varint(field << 3 | 2) + varint(len(content)) + content


def text(field: int, content: str) -> bytes:
    """Encode a field that is a string."""
    return message(field, content.encode())


def attribute(name: str, value: int | tuple[int, ...]) -> bytes:
    """Make an AttributeProto: INT (2) or INTS (7)."""
    if isinstance(value, int):
        return text(1, name) + integer(3, value) + integer(20, 2)
    return text(1, name) + b"".join(integer(8, number) for number in value) + integer(20, 7)


def node(kind: str, inputs: str, output: str, **attributes: int | tuple[int, ...]) -> bytes:
    """Make a NodeProto."""
    return (
        b"".join(text(1, name) for name in inputs.split())
        + text(2, output)
        + text(4, kind)
        + b"".join(message(5, attribute(name, value)) for name, value in attributes.items())
    )


def value_info(name: str, shape: tuple[int, ...]) -> bytes:
    """Make a ValueInfoProto of a float tensor."""
    dimensions = b"".join(message(1, integer(1, size)) for size in shape)
    return text(1, name) + message(2, message(1, integer(1, FLOAT) + message(2, dimensions)))


def model() -> bytes:
    """Make the ModelProto."""
    nodes = [
        node("Conv", "image kernels", "convolved", kernel_shape=(3, 3), pads=(1, 1, 1, 1)),
        node("Relu", "convolved", "rectified"),
        node("MatMul", "rectified weights", "product"),
        node("Add", "product bias", "sum"),
        node("Softmax", "sum", "shares", axis=3),
        node("Cast", "shares", "half", to=FLOAT16),
        node("Cast", "half", "answer", to=FLOAT),
    ]
    graph = b"".join(message(1, found) for found in nodes) + text(2, "gpuenv")
    graph += b"".join(message(11, value_info(name, shape)) for name, shape in INPUTS.items())
    graph += b"".join(message(12, value_info(name, shape)) for name, shape in OUTPUTS.items())
    return integer(1, 7) + text(2, "gpuenv") + message(7, graph) + message(8, text(1, "") + integer(2, 13))


if __name__ == "__main__":
    sys.stdout.write(base64.b64encode(model()).decode() + "\n")
