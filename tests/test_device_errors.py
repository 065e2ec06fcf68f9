"""What TensorFlow raises on a GPU ends with exit code 3 or 6, as TensorFlow words it."""

import pytest
import tensorflow as tf

from textclf.cli.group import _explain
from textclf.errors import ConfigError, ResourceError, device_error, is_out_of_memory
from textclf.training.memory import memory_errors_reported

UNIMPLEMENTED, INVALID = tf.errors.UnimplementedError, tf.errors.InvalidArgumentError
INTERNAL, EXHAUSTED = tf.errors.InternalError, tf.errors.ResourceExhaustedError
UNKNOWN, PRECONDITION = tf.errors.UnknownError, tf.errors.FailedPreconditionError
NODE = "\n\t [[node gradient_tape/x]] [Op:__inference_train_step_19847]"
# Of the issues of TensorFlow, XLA and JAX, and of textclf's own first runs on a GPU.
CANNOT = [
    (UNIMPLEMENTED, "A deterministic GPU implementation of DepthwiseConvBackpropFilter is not cur"
     "rently available."),
    (UNIMPLEMENTED, "Deterministic GPU implementation of unsorted segment reduction op not availab"
     "le."),
    (UNIMPLEMENTED, "Determinism is not yet supported in GPU implementation of Scatter ops with re"
     "f inputs. Consider using resource variables instead if you want to run Scatter when op dete"
     "rminism is enabled."),
    (INVALID, "Trying to access resource Variable/25 (defined @ block_trainer.py:228) located in d"
     "evice /job:localhost/replica:0/task:0/device:CPU:0 from device /job:localhost/replica:0/tas"
     "k:0/device:GPU:0"),
    (INVALID, "Detected unsupported operations when trying to compile graph __inference_f_12[_XlaM"
     "ustCompile=true] on XLA_GPU_JIT: CudnnRNN (No registered 'CudnnRNN' OpKernel for XLA_GPU_JI"
     "T devices compatible with node {{node CudnnRNN}})"),
    (UNIMPLEMENTED, "The Conv2D op currently only supports the NHWC tensor format on the CPU."),
]  # fmt: skip
LACKS = [
    (INTERNAL, "libdevice not found at ./libdevice.10.bc [Op:__inference__jit_fn_54]"),
    (INTERNAL, "Couldn't get ptxas version : FAILED_PRECONDITION: Couldn't get ptxas/nvlink versio"
     "n string: INTERNAL: Couldn't invoke ptxas --version"),
    (INTERNAL, "No PTX compilation provider is available. Neither ptxas/nvlink nor nvjtlink is ava"
     "ilable."),
    (UNIMPLEMENTED, "DNN library is not found. [Op:Conv2D]"),
    (UNKNOWN, "Failed to get convolution algorithm. This is probably because cuDNN failed to initia"
     "lize, so try looking to see if a warning log message was printed above."),
    (PRECONDITION, "Could not create cudnn handle: CUDNN_STATUS_NOT_INITIALIZED"),
    (INTERNAL, "failed to create cublas handle: CUBLAS_STATUS_NOT_INITIALIZED"),
    (INTERNAL, "CUDA runtime implicit initialization on GPU:0 failed. Status: CUDA_ERROR_LAUNCH_FAI"
     "LED: unspecified launch failure"),
]  # fmt: skip
FULL = [
    (EXHAUSTED, "OOM when allocating tensor with shape[1,416,416,3] and type float on /job:localhos"
     "t/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc [Op:Mul]"),
    (EXHAUSTED, "Out of memory while trying to allocate 68852648264 bytes."),
    (INTERNAL, "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 16777716 bytes."),
    (INTERNAL, "Failed to load in-memory CUBIN: CUDA_ERROR_OUT_OF_MEMORY: out of memory"),
    (UNKNOWN, "CUDNN_STATUS_ALLOC_FAILED in tensorflow/stream_executor/cuda/cuda_dnn.cc(1908)"),
    (INTERNAL, "failed to create cublas handle: CUBLAS_STATUS_ALLOC_FAILED"),
]  # fmt: skip


def raised(kind: type[Exception], text: str) -> Exception:
    return kind(None, None, f"Graph execution error:\n\n{text}{NODE}")


@pytest.mark.parametrize(("kind", "text"), CANNOT)
def test_what_a_device_cannot_do_is_the_configs_fault(kind: type[Exception], text: str) -> None:
    with pytest.raises(ConfigError) as caught, memory_errors_reported():
        raise raised(kind, text)
    assert caught.value.exit_code == 3
    (line,) = caught.value.messages
    assert "\n" not in line and "--device cpu" in line


@pytest.mark.parametrize(("kind", "text"), LACKS)
def test_what_a_machine_lacks_is_not(kind: type[Exception], text: str) -> None:
    with pytest.raises(ResourceError) as caught, memory_errors_reported():
        raise raised(kind, text)
    assert caught.value.exit_code == 6
    (line,) = caught.value.messages
    assert "\n" not in line and "textclf[gpu]" in line


@pytest.mark.parametrize(("kind", "text"), FULL)
def test_a_full_gpu_is_out_of_memory(kind: type[Exception], text: str) -> None:
    assert is_out_of_memory(raised(kind, text))
    with pytest.raises(ResourceError, match="out of memory"), memory_errors_reported():
        raise raised(kind, text)


@pytest.mark.parametrize(("kind", "text"), [*CANNOT, *LACKS, *FULL])
def test_wherever_it_is_raised_a_command_prints_no_traceback(
    kind: type[Exception], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _explain(raised(kind, text)).exit_code in (3, 6)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "error",
    [
        INVALID(None, None, "Incompatible shapes: [3] vs. [4]"),
        ValueError("cannot reshape: ptxas is only a word here"),
        RuntimeError("A deterministic GPU implementation of x"),
    ],
)
def test_other_errors_are_bugs(error: Exception) -> None:
    assert device_error(error) is None


def test_a_long_text_is_cut() -> None:
    text = "libdevice " + "x" * 10_000
    assert len(device_error(INTERNAL(None, None, text)).messages[0]) < 500
