"""Compiles kernels with naga, the compiler of Firefox: python compile.py kernels.json

kernels.json: [{"label", "code"}]. Prints one line of JSON: how many compiled, how many of them only in part, and what
failed. Needs some Vulkan driver, one in software will do: nothing runs.
"""

import json
import re
import sys

import wgpu

# naga knows the subgroup functions, but not yet the line that enables them in WGSL.
SUBGROUPS = "enable subgroups;"


def device_of(adapter):
    """A device with what the kernels ask for and this adapter has."""
    features = [name for name in ("shader-f16", "subgroup") if name in adapter.features]
    return adapter.request_device_sync(required_features=features), features


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        kernels = json.load(file)
    adapters = [a for a in wgpu.gpu.enumerate_adapters_sync() if a.info["backend_type"] != "OpenGL"]
    if not adapters:
        sys.exit("wgpu found no Vulkan, Metal or D3D12 driver (on Debian: apt-get install mesa-vulkan-drivers).")
    # One with float16 where there is one.
    adapters.sort(key=lambda adapter: "shader-f16" not in adapter.features)
    device, features = device_of(adapters[0])
    failed, singles = [], 0
    for kernel in kernels:
        code = kernel["code"].replace(SUBGROUPS, "")
        if "enable f16;" in code and "shader-f16" not in features:
            # Without the feature naga refuses the type; everything else is still checked.
            code = re.sub(r"\bf16\b", "f32", code.replace("enable f16;", ""))
            singles += 1
        try:
            device.create_shader_module(label=kernel["label"], code=code)
        except wgpu.GPUError as error:
            failed.append({"label": kernel["label"], "message": str(error)})
    result = {
        "adapter": adapters[0].info["device"],
        "compiled": len(kernels) - len(failed),
        "float16_as_float32": singles,
        "failed": failed,
    }
    print(json.dumps(result))


main()
