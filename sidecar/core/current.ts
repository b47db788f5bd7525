/** The configuration in force. Read it once per request and keep to that: the next read may see another. */
export interface Current<Runtime> {
  runtime(): Runtime;
}
