"""A proxyless gRPC client of the C core: calls the target in its first argument again and again through xDS, and prints one
JSON line for each call: {"backend": "..."} or {"error": "..."}, with the milliseconds that it took."""
import json
import sys
import time

import grpc

channel = grpc.insecure_channel(sys.argv[1])
# Between calls the C core reads nothing from xDS unless somebody watches the channel.
channel.subscribe(lambda state: None, try_to_connect=True)
call = channel.unary_unary(
    "/test.Greeter/Hello", request_serializer=lambda each: each, response_deserializer=lambda each: each
)
while True:
    started = time.monotonic()
    try:
        result = {"backend": call(b"", timeout=3).decode()}
    except grpc.RpcError as error:
        result = {"error": "%s %s" % (error.code().name, error.details())}
    result["ms"] = round((time.monotonic() - started) * 1000)
    print(json.dumps(result), flush=True)
    time.sleep(0.01)
