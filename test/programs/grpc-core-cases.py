"""gRPC's interop cases by a client of the C core: `grpc-core-cases.py ADDRESS AUTHORITY`. Runs each once and prints one JSON line for
it: {"case": NAME} or {"case": NAME, "error": WHY}. The service is that of test/support/grpc-test-service.ts."""
import json
import queue
import sys
import traceback

import grpc

channel = grpc.insecure_channel(
    sys.argv[1], options=[("grpc.default_authority", sys.argv[2]), ("grpc.enable_http_proxy", 0)]
)
SIZES = [27182, 8, 1828, 45904]


def unary(name):
    return channel.unary_unary("/test.Interop/" + name)


def failure(call):
    try:
        call()
    except grpc.RpcError as error:
        return error
    raise AssertionError("it did not fail")


def equal(got, wanted):
    assert got == wanted, "%r and not %r" % (got, wanted)


def empty_unary():
    equal(unary("Unary")(b"", timeout=10), b"")


def large_unary():
    large = b"a" * 271828
    equal(unary("Unary")(large, timeout=10), large)


def client_streaming():
    call = channel.stream_unary("/test.Interop/ClientStream")
    equal(call(iter([b"\0" * size for size in SIZES]), timeout=10), b"74922")


def server_streaming():
    sizes = [31415, 9, 2653, 58979]
    call = channel.unary_stream("/test.Interop/ServerStream")
    equal([len(each) for each in call(json.dumps(sizes).encode(), timeout=10)], sizes)


class Pipe:
    """Requests that are put in one by one."""

    def __init__(self):
        self.queue = queue.Queue()

    def __iter__(self):
        return iter(self.queue.get, None)


def ping_pong():
    pipe = Pipe()
    responses = channel.stream_stream("/test.Interop/Duplex")(iter(pipe), timeout=10)
    for size in SIZES:
        pipe.queue.put(b"\0" * size)
        equal(len(next(responses)), size)
    pipe.queue.put(None)
    equal(list(responses), [])


def empty_stream():
    equal(list(channel.stream_stream("/test.Interop/Duplex")(iter([]), timeout=10)), [])


def cancel_after_begin():
    pipe = Pipe()
    call = channel.stream_unary("/test.Interop/ClientStream").future(iter(pipe))
    pipe.queue.put(b"x")
    try:
        call.result(timeout=0.2)
    except grpc.FutureTimeoutError:
        pass
    call.cancel()
    pipe.queue.put(None)
    equal(call.code(), grpc.StatusCode.CANCELLED)


def cancel_after_first_response():
    pipe = Pipe()
    call = channel.stream_stream("/test.Interop/Duplex")(iter(pipe), timeout=10)
    pipe.queue.put(b"x")
    equal(next(call), b"x")
    call.cancel()
    pipe.queue.put(None)
    equal(call.code(), grpc.StatusCode.CANCELLED)


def timeout_on_sleeping_server():
    equal(failure(lambda: unary("Sleep")(b"x", timeout=0.3)).code(), grpc.StatusCode.DEADLINE_EXCEEDED)


def status_with(text):
    error = failure(lambda: unary("Fail")(b"\x02" + text.encode(), timeout=10))
    equal((error.code(), error.details()), (grpc.StatusCode.UNKNOWN, text))


def status_code_and_message():
    status_with("test status message")


def special_status_message():
    status_with("\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n")


def unimplemented_method():
    equal(failure(lambda: unary("Unimplemented")(b"", timeout=10)).code(), grpc.StatusCode.UNIMPLEMENTED)


def custom_metadata():
    metadata = (("x-initial", "test_initial_metadata_value"), ("x-trailing-bin", b"\xab\xab\xab"))
    _, call = unary("Unary").with_call(b"x", metadata=metadata, timeout=10)
    equal(dict(call.initial_metadata()).get("x-initial"), "test_initial_metadata_value")
    equal(dict(call.trailing_metadata()).get("x-trailing-bin"), b"\xab\xab\xab")


for case in [
    empty_unary,
    large_unary,
    client_streaming,
    server_streaming,
    ping_pong,
    empty_stream,
    cancel_after_begin,
    cancel_after_first_response,
    timeout_on_sleeping_server,
    status_code_and_message,
    special_status_message,
    unimplemented_method,
    custom_metadata,
]:
    result = {"case": case.__name__}
    try:
        case()
    except Exception:
        result["error"] = traceback.format_exc(limit=-2)
    print(json.dumps(result), flush=True)
