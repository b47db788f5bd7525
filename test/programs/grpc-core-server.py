"""gRPC's interop service by the C core, as test/support/grpc-test-service.ts has it by grpc-js: plain bytes as messages. Prints its
port."""
import json
import threading
from concurrent import futures

import grpc


def unary(request, context):
    metadata = dict(context.invocation_metadata())
    if "x-initial" in metadata:
        context.send_initial_metadata((("x-initial", metadata["x-initial"]),))
    if "x-trailing-bin" in metadata:
        context.set_trailing_metadata((("x-trailing-bin", metadata["x-trailing-bin"]),))
    return request


def client_stream(requests, context):
    return str(sum(len(each) for each in requests)).encode()


def server_stream(request, context):
    for size in json.loads(request):
        yield b"x" * size


def duplex(requests, context):
    yield from requests


def fail(request, context):
    code = next(each for each in grpc.StatusCode if each.value[0] == request[0])
    context.abort(code, request[1:].decode())


def sleep(request, context):
    threading.Event().wait(3)
    return request


services = grpc.method_handlers_generic_handler(
    "test.Interop",
    {
        "Unary": grpc.unary_unary_rpc_method_handler(unary),
        "ClientStream": grpc.stream_unary_rpc_method_handler(client_stream),
        "ServerStream": grpc.unary_stream_rpc_method_handler(server_stream),
        "Duplex": grpc.stream_stream_rpc_method_handler(duplex),
        "Fail": grpc.unary_unary_rpc_method_handler(fail),
        "Sleep": grpc.unary_unary_rpc_method_handler(sleep),
    },
)
server = grpc.server(futures.ThreadPoolExecutor(16))
server.add_generic_rpc_handlers((services,))
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
server.wait_for_termination()
