"""Which int8 instructions this processor has, which decides which runtime is fastest.

Without VNNI (AVX-512 or AVX) or AMX, OpenVINO's int8 products fall back to a kernel slower than its float32; ONNX
Runtime's AVX2 kernel is then twice as fast, at the processor's own limit (docs/model-log.md).
"""

from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
PRODUCTS = {"avx512_vnni", "avx_vnni", "amx_int8"}


def has_int8_products(cpuinfo: Path = CPUINFO) -> bool:
    """Whether the processor has fast int8 products; True where that cannot be determined."""
    try:
        text = cpuinfo.read_text("ascii", "replace")
    except OSError:
        return True
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return not flags or bool(PRODUCTS & set(flags.split()))
