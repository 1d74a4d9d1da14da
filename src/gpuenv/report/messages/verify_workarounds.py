"""The sentences that say what a program can do where a capability does not work."""
# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBERS: Final[Mapping[str, Message]] = {
    "workaround-forbid-tf32": Message(
        en="{capability}: keep float32 exact: torch.backends.cuda.matmul.allow_tf32 = False",
        zh="{capability}：保持完整 float32 精度：torch.backends.cuda.matmul.allow_tf32 = False",
    ),
    "workaround-compute-in-float32": Message(
        en="{capability}: compute in float32: is_half=False, torch_dtype=torch.float32, or --no-half",
        zh="{capability}：改用 float32 计算：is_half=False、torch_dtype=torch.float32 或 --no-half",
    ),
    "workaround-compute-in-float16": Message(
        en="{capability}: load models with torch_dtype=torch.float16 (or float32) instead of bfloat16",
        zh="{capability}：以 torch_dtype=torch.float16（或 float32）加载模型，不用 bfloat16",
    ),
    "workaround-compute-without-float8": Message(
        en="{capability}: take the bfloat16 or float16 weights of the model, not the float8 ones",
        zh="{capability}：使用模型的 bfloat16 或 float16 权重，不用 float8 权重",
    ),
}

_KERNELS: Final[Mapping[str, Message]] = {
    "workaround-switch-cudnn-off": Message(
        en="{capability}: convolve without cuDNN: torch.backends.cudnn.enabled = False",
        zh="{capability}：不经 cuDNN 做卷积：torch.backends.cudnn.enabled = False",
    ),
    "workaround-transform-on-cpu": Message(
        en="{capability}: transform on the CPU and carry the result back: torch.fft.rfft(x.cpu()).to(x.device)",
        zh="{capability}：在 CPU 上做变换再传回：torch.fft.rfft(x.cpu()).to(x.device)",
    ),
    "workaround-avoid-complex-kernels": Message(
        en="{capability}: write abs() of complex numbers as torch.view_as_real(x).pow(2).sum(-1).sqrt(), or compute"
        " spectrograms on the CPU; no environment variable mends NVRTC",
        zh="{capability}：将复数的 abs() 写成 torch.view_as_real(x).pow(2).sum(-1).sqrt()，或在 CPU 上计算频谱；"
        "没有任何环境变量能修复 NVRTC",
    ),
    "workaround-solve-on-cpu": Message(
        en="{capability}: solve on the CPU and carry the result back: torch.linalg.solve(a.cpu(), b.cpu())",
        zh="{capability}：在 CPU 上求解再传回：torch.linalg.solve(a.cpu(), b.cpu())",
    ),
    "workaround-multiply-densely": Message(
        en="{capability}: multiply with the dense matrix: x.to_dense() @ y",
        zh="{capability}：改用稠密矩阵相乘：x.to_dense() @ y",
    ),
    "workaround-switch-efficient-attention-off": Message(
        en="{capability}: torch.backends.cuda.enable_mem_efficient_sdp(False)",
        zh="{capability}：torch.backends.cuda.enable_mem_efficient_sdp(False)",
    ),
    "workaround-switch-flash-attention-off": Message(
        en="{capability}: torch.backends.cuda.enable_flash_sdp(False), or attn_implementation='sdpa'",
        zh="{capability}：torch.backends.cuda.enable_flash_sdp(False)，或 attn_implementation='sdpa'",
    ),
    "workaround-switch-cudnn-attention-off": Message(
        en="{capability}: torch.backends.cuda.enable_cudnn_sdp(False)",
        zh="{capability}：torch.backends.cuda.enable_cudnn_sdp(False)",
    ),
    "workaround-suppress-on-cpu": Message(
        en="{capability}: torchvision.ops.nms(boxes.cpu(), scores.cpu(), threshold)",
        zh="{capability}：torchvision.ops.nms(boxes.cpu(), scores.cpu(), threshold)",
    ),
    "workaround-switch-compile-off": Message(
        en="{capability}: torch.compile(..., disable=True)", zh="{capability}：torch.compile(..., disable=True)"
    ),
    "workaround-resample-on-cpu": Message(
        en="{capability}: torchaudio.functional.resample(sound.cpu(), ...)",
        zh="{capability}：torchaudio.functional.resample(sound.cpu(), ...)",
    ),
}

_SEVERAL_GPUS: Final[Mapping[str, Message]] = {
    "workaround-use-one-gpu": Message(
        en="{capability}: let the program see one GPU only",
        zh="{capability}：让程序只看到一块显卡",
        hints=("gpuenv run --gpu 0 -- python",),
    ),
    "workaround-use-gloo": Message(
        en="{capability}: torch.distributed.init_process_group(backend='gloo')",
        zh="{capability}：torch.distributed.init_process_group(backend='gloo')",
    ),
}

_LIBRARIES: Final[Mapping[str, Message]] = {
    "workaround-preload-libraries": Message(
        en="{capability}: call onnxruntime.preload_dlls() before the first session, or start the program with gpuenv"
        " run, which shows where the libraries are",
        zh="{capability}：在创建第一个会话前调用 onnxruntime.preload_dlls()，或用 gpuenv run 启动程序以指明库的位置",
        hints=("gpuenv run -- python",),
    ),
    "workaround-import-torch-first": Message(
        en="{capability}: import torch before the first session: it loads the CUDA libraries that are looked for",
        zh="{capability}：在创建第一个会话前先 import torch，它会加载 ONNX Runtime 所需的 CUDA 库",
    ),
    "workaround-choose-cpu-provider": Message(
        en="{capability}: ask for the CPU openly: providers=['CPUExecutionProvider']",
        zh="{capability}：明确使用 CPU：providers=['CPUExecutionProvider']",
    ),
    "workaround-load-unquantised": Message(
        en="{capability}: load the model without load_in_4bit and load_in_8bit",
        zh="{capability}：加载模型时不使用 load_in_4bit 和 load_in_8bit",
    ),
    "workaround-use-torch-attention": Message(
        en="{capability}: attend with torch's own kernels: attn_implementation='sdpa', or switch {capability} off",
        zh="{capability}：改用 torch 自带的注意力：attn_implementation='sdpa'，或关闭 {capability}",
    ),
    "workaround-use-numpy": Message(en="{capability}: compute with numpy", zh="{capability}：改用 numpy 计算"),
    "workaround-choose-jax-cpu": Message(
        en="{capability}: jax.config.update('jax_platforms', 'cpu')",
        zh="{capability}：jax.config.update('jax_platforms', 'cpu')",
    ),
    "workaround-hide-tensorflow-gpus": Message(
        en="{capability}: tf.config.set_visible_devices([], 'GPU')",
        zh="{capability}：tf.config.set_visible_devices([], 'GPU')",
    ),
    "workaround-choose-ctranslate2-cpu": Message(
        en="{capability}: device='cpu', compute_type='int8'", zh="{capability}：device='cpu'，compute_type='int8'"
    ),
}

WORKAROUNDS: Final[Mapping[str, Message]] = {**_NUMBERS, **_KERNELS, **_SEVERAL_GPUS, **_LIBRARIES}
