// What a .proto file would say of shop.v1.Stock, for both ends. JSON takes the place of protobuf.
const write = (message) => Buffer.from(JSON.stringify(message));
const read = (bytes) => JSON.parse(bytes.toString());

export const Stock = {
  Check: {
    path: '/shop.v1.Stock/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: write,
    requestDeserialize: read,
    responseSerialize: write,
    responseDeserialize: read,
  },
};
