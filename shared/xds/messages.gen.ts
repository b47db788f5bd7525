// Made from proto/ by `npm run generate`. Do not edit.

/** aya.v1.ErrorRateBreaker.Per */
export type ErrorRateBreakerPer =
  | 'SERVICE'
  | 'ENDPOINT';

/** aya.v1.FaultRule.At */
export type FaultRuleAt =
  | 'ATTEMPT'
  | 'REQUEST';

/** aya.v1.FaultRule.Connection.Failure */
export type FaultRuleConnectionFailure =
  | 'UNSPECIFIED'
  | 'CONNECT_FAILURE'
  | 'POOL_EXHAUSTION'
  | 'BLACK_HOLE'
  | 'RESET_BEFORE_HEAD'
  | 'RESET_MID_HEAD'
  | 'RESET_MID_BODY';

/** envoy.config.accesslog.v3.ComparisonFilter.Op */
export type ComparisonFilterOp =
  | 'EQ'
  | 'GE'
  | 'LE';

/** envoy.config.cluster.v3.Cluster.DiscoveryType */
export type ClusterDiscoveryType =
  | 'STATIC'
  | 'STRICT_DNS'
  | 'LOGICAL_DNS'
  | 'EDS'
  | 'ORIGINAL_DST';

/** envoy.config.cluster.v3.Cluster.DnsLookupFamily */
export type ClusterDnsLookupFamily =
  | 'AUTO'
  | 'V4_ONLY'
  | 'V6_ONLY'
  | 'V4_PREFERRED'
  | 'ALL';

/** envoy.config.cluster.v3.Cluster.LbPolicy */
export type ClusterLbPolicy =
  | 'ROUND_ROBIN'
  | 'LEAST_REQUEST'
  | 'RING_HASH'
  | 'RANDOM'
  | 'MAGLEV'
  | 'CLUSTER_PROVIDED'
  | 'LOAD_BALANCING_POLICY_CONFIG';

/** envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetFallbackPolicy */
export type ClusterLbSubsetConfigLbSubsetFallbackPolicy =
  | 'NO_FALLBACK'
  | 'ANY_ENDPOINT'
  | 'DEFAULT_SUBSET';

/** envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetSelector.LbSubsetSelectorFallbackPolicy */
export type ClusterLbSubsetConfigLbSubsetSelectorLbSubsetSelectorFallbackPolicy =
  | 'NOT_DEFINED'
  | 'NO_FALLBACK'
  | 'ANY_ENDPOINT'
  | 'DEFAULT_SUBSET'
  | 'KEYS_SUBSET';

/** envoy.config.cluster.v3.Cluster.RingHashLbConfig.HashFunction */
export type ClusterRingHashLbConfigHashFunction =
  | 'XX_HASH'
  | 'MURMUR_HASH_2';

/** envoy.config.core.v3.ApiConfigSource.ApiType */
export type ApiConfigSourceApiType =
  | 'DEPRECATED_AND_UNAVAILABLE_DO_NOT_USE'
  | 'REST'
  | 'GRPC'
  | 'DELTA_GRPC'
  | 'AGGREGATED_GRPC'
  | 'AGGREGATED_DELTA_GRPC';

/** envoy.config.core.v3.ApiVersion */
export type ApiVersion =
  | 'AUTO'
  | 'V2'
  | 'V3';

/** envoy.config.core.v3.HeaderValueOption.HeaderAppendAction */
export type HeaderValueOptionHeaderAppendAction =
  | 'APPEND_IF_EXISTS_OR_ADD'
  | 'ADD_IF_ABSENT'
  | 'OVERWRITE_IF_EXISTS_OR_ADD'
  | 'OVERWRITE_IF_EXISTS';

/** envoy.config.core.v3.HealthStatus */
export type HealthStatus =
  | 'UNKNOWN'
  | 'HEALTHY'
  | 'UNHEALTHY'
  | 'DRAINING'
  | 'TIMEOUT'
  | 'DEGRADED';

/** envoy.config.core.v3.RequestMethod */
export type RequestMethod =
  | 'METHOD_UNSPECIFIED'
  | 'GET'
  | 'HEAD'
  | 'POST'
  | 'PUT'
  | 'DELETE'
  | 'CONNECT'
  | 'OPTIONS'
  | 'TRACE'
  | 'PATCH';

/** envoy.config.core.v3.RoutingPriority */
export type RoutingPriority =
  | 'DEFAULT'
  | 'HIGH';

/** envoy.config.core.v3.SocketAddress.Protocol */
export type SocketAddressProtocol =
  | 'TCP'
  | 'UDP';

/** envoy.config.core.v3.TrafficDirection */
export type TrafficDirection =
  | 'UNSPECIFIED'
  | 'INBOUND'
  | 'OUTBOUND';

/** envoy.config.route.v3.RedirectAction.RedirectResponseCode */
export type RedirectActionRedirectResponseCode =
  | 'MOVED_PERMANENTLY'
  | 'FOUND'
  | 'SEE_OTHER'
  | 'TEMPORARY_REDIRECT'
  | 'PERMANENT_REDIRECT';

/** envoy.config.route.v3.RetryPolicy.ResetHeaderFormat */
export type RetryPolicyResetHeaderFormat =
  | 'SECONDS'
  | 'UNIX_TIMESTAMP';

/** envoy.config.route.v3.RouteAction.ClusterNotFoundResponseCode */
export type RouteActionClusterNotFoundResponseCode =
  | 'SERVICE_UNAVAILABLE'
  | 'NOT_FOUND'
  | 'INTERNAL_SERVER_ERROR';

/** envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.CodecType */
export type HttpConnectionManagerCodecType =
  | 'AUTO'
  | 'HTTP1'
  | 'HTTP2'
  | 'HTTP3';

/** envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.PathWithEscapedSlashesAction */
export type HttpConnectionManagerPathWithEscapedSlashesAction =
  | 'IMPLEMENTATION_SPECIFIC_DEFAULT'
  | 'KEEP_UNCHANGED'
  | 'REJECT_REQUEST'
  | 'UNESCAPE_AND_REDIRECT'
  | 'UNESCAPE_AND_FORWARD';

/** envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest.SelectionMethod */
export type LeastRequestSelectionMethod =
  | 'N_CHOICES'
  | 'FULL_SCAN';

/** envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash.HashFunction */
export type RingHashHashFunction =
  | 'DEFAULT_HASH'
  | 'XX_HASH'
  | 'MURMUR_HASH_2';

/** envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher.SanType */
export type SubjectAltNameMatcherSanType =
  | 'SAN_TYPE_UNSPECIFIED'
  | 'EMAIL'
  | 'DNS'
  | 'URI'
  | 'IP_ADDRESS'
  | 'OTHER_NAME';

/** envoy.extensions.transport_sockets.tls.v3.TlsParameters.TlsProtocol */
export type TlsParametersTlsProtocol =
  | 'TLS_AUTO'
  | 'TLSv1_0'
  | 'TLSv1_1'
  | 'TLSv1_2'
  | 'TLSv1_3';

/** envoy.type.v3.CodecClientType */
export type CodecClientType =
  | 'HTTP1'
  | 'HTTP2'
  | 'HTTP3';

/** envoy.type.v3.FractionalPercent.DenominatorType */
export type FractionalPercentDenominatorType =
  | 'HUNDRED'
  | 'TEN_THOUSAND'
  | 'MILLION';

/** envoy.type.v3.StatusCode */
export type StatusCode =
  | 'Empty'
  | 'Continue'
  | 'OK'
  | 'Created'
  | 'Accepted'
  | 'NonAuthoritativeInformation'
  | 'NoContent'
  | 'ResetContent'
  | 'PartialContent'
  | 'MultiStatus'
  | 'AlreadyReported'
  | 'IMUsed'
  | 'MultipleChoices'
  | 'MovedPermanently'
  | 'Found'
  | 'SeeOther'
  | 'NotModified'
  | 'UseProxy'
  | 'TemporaryRedirect'
  | 'PermanentRedirect'
  | 'BadRequest'
  | 'Unauthorized'
  | 'PaymentRequired'
  | 'Forbidden'
  | 'NotFound'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'ProxyAuthenticationRequired'
  | 'RequestTimeout'
  | 'Conflict'
  | 'Gone'
  | 'LengthRequired'
  | 'PreconditionFailed'
  | 'PayloadTooLarge'
  | 'URITooLong'
  | 'UnsupportedMediaType'
  | 'RangeNotSatisfiable'
  | 'ExpectationFailed'
  | 'MisdirectedRequest'
  | 'UnprocessableEntity'
  | 'Locked'
  | 'FailedDependency'
  | 'UpgradeRequired'
  | 'PreconditionRequired'
  | 'TooManyRequests'
  | 'RequestHeaderFieldsTooLarge'
  | 'InternalServerError'
  | 'NotImplemented'
  | 'BadGateway'
  | 'ServiceUnavailable'
  | 'GatewayTimeout'
  | 'HTTPVersionNotSupported'
  | 'VariantAlsoNegotiates'
  | 'InsufficientStorage'
  | 'LoopDetected'
  | 'NotExtended'
  | 'NetworkAuthenticationRequired';

/** google.protobuf.NullValue */
export type NullValue =
  | 'NULL_VALUE';

/** grpc.health.v1.HealthCheckResponse.ServingStatus */
export type HealthCheckResponseServingStatus =
  | 'UNKNOWN'
  | 'SERVING'
  | 'NOT_SERVING'
  | 'SERVICE_UNKNOWN';

/** aya.v1.ClusterOptions */
export interface ClusterOptions {
  retry_budget?: RetryBudget;
  error_rate?: ErrorRateBreaker;
  max_requests_per_endpoint?: UInt32Value;
}

/** aya.v1.CommandHealthCheck */
export interface CommandHealthCheck {
  command: string[];
}

/** aya.v1.EndpointHealth */
export interface EndpointHealth {
  cluster?: string;
  address?: string;
  ejected?: boolean;
  reason?: string;
  failed_check?: boolean;
  breaker?: string;
}

/** aya.v1.ErrorRateBreaker */
export interface ErrorRateBreaker {
  threshold?: number;
  window?: Duration;
  min_requests?: UInt32Value;
  open_for?: Duration;
  max_open_for?: Duration;
  probes?: UInt32Value;
  per?: ErrorRateBreakerPer;
}

/** aya.v1.FaultAssignment */
export interface FaultAssignment {
  rules: FaultRule[];
}

/** aya.v1.FaultRule */
export interface FaultRule {
  policy?: string;
  match: RouteMatch[];
  delay?: FaultRuleDelay;
  abort?: FaultRuleAbort;
  at?: FaultRuleAt;
  max_active?: UInt32Value;
  connection?: FaultRuleConnection;
  response?: FaultRuleResponse;
  seed?: UInt32Value;
  exempt_from_ejection?: boolean;
}

/** aya.v1.FaultRule.Abort */
export interface FaultRuleAbort {
  percentage?: FractionalPercent;
  http_status?: number;
  grpc_status?: UInt32Value;
}

/** aya.v1.FaultRule.Connection */
export interface FaultRuleConnection {
  percentage?: FractionalPercent;
  failure?: FaultRuleConnectionFailure;
  after_bytes?: number;
}

/** aya.v1.FaultRule.Delay */
export interface FaultRuleDelay {
  percentage?: FractionalPercent;
  fixed?: Duration;
  uniform?: FaultRuleDelayUniform;
  normal?: FaultRuleDelayNormal;
  pareto?: FaultRuleDelayPareto;
  percentiles?: FaultRuleDelayPercentiles;
}

/** aya.v1.FaultRule.Delay.Normal */
export interface FaultRuleDelayNormal {
  mean?: Duration;
  deviation?: Duration;
}

/** aya.v1.FaultRule.Delay.Pareto */
export interface FaultRuleDelayPareto {
  min?: Duration;
  shape?: number;
}

/** aya.v1.FaultRule.Delay.Percentiles */
export interface FaultRuleDelayPercentiles {
  p50?: Duration;
  p95?: Duration;
  p99?: Duration;
}

/** aya.v1.FaultRule.Delay.Uniform */
export interface FaultRuleDelayUniform {
  min?: Duration;
  max?: Duration;
}

/** aya.v1.FaultRule.Response */
export interface FaultRuleResponse {
  percentage?: FractionalPercent;
  bytes_per_second?: number;
  slice?: FaultRuleResponseSlice;
  slow_close?: Duration;
  truncate_after?: UInt32Value;
  corrupt_every?: number;
  set_headers: HeaderValue[];
  remove_headers: string[];
  drop_trailers?: boolean;
}

/** aya.v1.FaultRule.Response.Slice */
export interface FaultRuleResponseSlice {
  bytes?: number;
  pause?: Duration;
}

/** aya.v1.Hedge */
export interface Hedge {
  delay?: Duration;
}

/** aya.v1.LeastBandwidth */
export interface LeastBandwidth {
  decay?: Duration;
  slow_start_config?: SlowStartConfig;
}

/** aya.v1.LeastResponseTime */
export interface LeastResponseTime {
  decay?: Duration;
  default_latency?: Duration;
  failure_latency?: Duration;
  slow_start_config?: SlowStartConfig;
}

/** aya.v1.PeakEwma */
export interface PeakEwma {
  decay?: Duration;
  default_latency?: Duration;
  failure_latency?: Duration;
  slow_start_config?: SlowStartConfig;
}

/** aya.v1.Prequal */
export interface Prequal {
  probes_per_request?: DoubleValue;
  pool_size?: UInt32Value;
  max_age?: Duration;
  hot_quantile?: DoubleValue;
}

/** aya.v1.RegisterRequest */
export interface RegisterRequest {
  workload?: Workload;
  withdraw?: boolean;
  health: EndpointHealth[];
  node_id?: string;
}

/** aya.v1.RegisterResponse */
export interface RegisterResponse {
  lease?: string;
  grace?: Duration;
  observed_address?: string;
  error?: string;
}

/** aya.v1.RetryBudget */
export interface RetryBudget {
  percent?: number;
  min_per_second?: number;
  interval?: Duration;
}

/** aya.v1.RetryOptions */
export interface RetryOptions {
  non_idempotent?: boolean;
}

/** aya.v1.RouteOptions */
export interface RouteOptions {
  retry?: RetryOptions;
  hedge?: Hedge;
  session_cookie?: SessionCookie;
  source_affinity?: SourceAffinity;
}

/** aya.v1.SessionCookie */
export interface SessionCookie {
  name?: string;
  ttl?: Duration;
  path?: string;
  strict?: boolean;
}

/** aya.v1.SourceAffinity */
export interface SourceAffinity {
  ttl?: Duration;
}

/** aya.v1.Workload */
export interface Workload {
  node_id?: string;
  namespace?: string;
  service?: string;
  address?: string;
  ports: WorkloadPort[];
  locality?: Locality;
  labels: Record<string, string>;
  weight?: UInt32Value;
}

/** aya.v1.WorkloadPort */
export interface WorkloadPort {
  name?: string;
  port?: number;
  service_port?: number;
  app_protocol?: string;
}

/** envoy.config.accesslog.v3.AccessLog */
export interface AccessLog {
  name?: string;
  filter?: AccessLogFilter;
  typed_config?: Any;
}

/** envoy.config.accesslog.v3.AccessLogFilter */
export interface AccessLogFilter {
  status_code_filter?: StatusCodeFilter;
  not_health_check_filter?: NotHealthCheckFilter;
  and_filter?: AndFilter;
  or_filter?: OrFilter;
  response_flag_filter?: ResponseFlagFilter;
}

/** envoy.config.accesslog.v3.AndFilter */
export interface AndFilter {
  filters: AccessLogFilter[];
}

/** envoy.config.accesslog.v3.ComparisonFilter */
export interface ComparisonFilter {
  op?: ComparisonFilterOp;
  value?: RuntimeUInt32;
}

/** envoy.config.accesslog.v3.NotHealthCheckFilter */
export type NotHealthCheckFilter = Record<never, never>;

/** envoy.config.accesslog.v3.OrFilter */
export interface OrFilter {
  filters: AccessLogFilter[];
}

/** envoy.config.accesslog.v3.ResponseFlagFilter */
export interface ResponseFlagFilter {
  flags: string[];
}

/** envoy.config.accesslog.v3.StatusCodeFilter */
export interface StatusCodeFilter {
  comparison?: ComparisonFilter;
}

/** envoy.config.bootstrap.v3.Admin */
export interface Admin {
  address?: Address;
  access_log: AccessLog[];
}

/** envoy.config.bootstrap.v3.Bootstrap */
export interface Bootstrap {
  node?: Node;
  static_resources?: BootstrapStaticResources;
  dynamic_resources?: BootstrapDynamicResources;
  cluster_manager?: ClusterManager;
  admin?: Admin;
}

/** envoy.config.bootstrap.v3.Bootstrap.DynamicResources */
export interface BootstrapDynamicResources {
  lds_config?: ConfigSource;
  cds_config?: ConfigSource;
  ads_config?: ApiConfigSource;
}

/** envoy.config.bootstrap.v3.Bootstrap.StaticResources */
export interface BootstrapStaticResources {
  listeners: Listener[];
  clusters: Cluster[];
  secrets: Secret[];
}

/** envoy.config.bootstrap.v3.ClusterManager */
export interface ClusterManager {
  local_cluster_name?: string;
}

/** envoy.config.cluster.v3.CircuitBreakers */
export interface CircuitBreakers {
  thresholds: CircuitBreakersThresholds[];
  per_host_thresholds: CircuitBreakersThresholds[];
}

/** envoy.config.cluster.v3.CircuitBreakers.Thresholds */
export interface CircuitBreakersThresholds {
  priority?: RoutingPriority;
  max_connections?: UInt32Value;
  max_pending_requests?: UInt32Value;
  max_requests?: UInt32Value;
  max_retries?: UInt32Value;
  track_remaining?: boolean;
  retry_budget?: CircuitBreakersThresholdsRetryBudget;
}

/** envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget */
export interface CircuitBreakersThresholdsRetryBudget {
  budget_percent?: Percent;
  min_retry_concurrency?: UInt32Value;
}

/** envoy.config.cluster.v3.Cluster */
export interface Cluster {
  name?: string;
  type?: ClusterDiscoveryType;
  eds_cluster_config?: ClusterEdsClusterConfig;
  connect_timeout?: Duration;
  per_connection_buffer_limit_bytes?: UInt32Value;
  lb_policy?: ClusterLbPolicy;
  health_checks: HealthCheck[];
  circuit_breakers?: CircuitBreakers;
  dns_refresh_rate?: Duration;
  dns_lookup_family?: ClusterDnsLookupFamily;
  outlier_detection?: OutlierDetection;
  lb_subset_config?: ClusterLbSubsetConfig;
  ring_hash_lb_config?: ClusterRingHashLbConfig;
  transport_socket?: TransportSocket;
  metadata?: Metadata;
  common_lb_config?: ClusterCommonLbConfig;
  upstream_connection_options?: UpstreamConnectionOptions;
  load_assignment?: ClusterLoadAssignment;
  typed_extension_protocol_options: Record<string, Any>;
  least_request_lb_config?: ClusterLeastRequestLbConfig;
  respect_dns_ttl?: boolean;
  load_balancing_policy?: LoadBalancingPolicy;
  lrs_server?: ConfigSource;
  maglev_lb_config?: ClusterMaglevLbConfig;
  round_robin_lb_config?: ClusterRoundRobinLbConfig;
}

/** envoy.config.cluster.v3.Cluster.CommonLbConfig */
export interface ClusterCommonLbConfig {
  healthy_panic_threshold?: Percent;
  zone_aware_lb_config?: ClusterCommonLbConfigZoneAwareLbConfig;
  locality_weighted_lb_config?: ClusterCommonLbConfigLocalityWeightedLbConfig;
  consistent_hashing_lb_config?: ClusterCommonLbConfigConsistentHashingLbConfig;
}

/** envoy.config.cluster.v3.Cluster.CommonLbConfig.ConsistentHashingLbConfig */
export interface ClusterCommonLbConfigConsistentHashingLbConfig {
  use_hostname_for_hashing?: boolean;
  hash_balance_factor?: UInt32Value;
}

/** envoy.config.cluster.v3.Cluster.CommonLbConfig.LocalityWeightedLbConfig */
export type ClusterCommonLbConfigLocalityWeightedLbConfig = Record<never, never>;

/** envoy.config.cluster.v3.Cluster.CommonLbConfig.ZoneAwareLbConfig */
export interface ClusterCommonLbConfigZoneAwareLbConfig {
  routing_enabled?: Percent;
  min_cluster_size?: UInt64Value;
  fail_traffic_on_panic?: boolean;
}

/** envoy.config.cluster.v3.Cluster.EdsClusterConfig */
export interface ClusterEdsClusterConfig {
  eds_config?: ConfigSource;
  service_name?: string;
}

/** envoy.config.cluster.v3.Cluster.LbSubsetConfig */
export interface ClusterLbSubsetConfig {
  fallback_policy?: ClusterLbSubsetConfigLbSubsetFallbackPolicy;
  default_subset?: Struct;
  subset_selectors: ClusterLbSubsetConfigLbSubsetSelector[];
  panic_mode_any?: boolean;
  list_as_any?: boolean;
}

/** envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetSelector */
export interface ClusterLbSubsetConfigLbSubsetSelector {
  keys: string[];
  fallback_policy?: ClusterLbSubsetConfigLbSubsetSelectorLbSubsetSelectorFallbackPolicy;
  fallback_keys_subset: string[];
}

/** envoy.config.cluster.v3.Cluster.LeastRequestLbConfig */
export interface ClusterLeastRequestLbConfig {
  choice_count?: UInt32Value;
  active_request_bias?: RuntimeDouble;
  slow_start_config?: ClusterSlowStartConfig;
}

/** envoy.config.cluster.v3.Cluster.MaglevLbConfig */
export interface ClusterMaglevLbConfig {
  table_size?: UInt64Value;
}

/** envoy.config.cluster.v3.Cluster.RingHashLbConfig */
export interface ClusterRingHashLbConfig {
  minimum_ring_size?: UInt64Value;
  hash_function?: ClusterRingHashLbConfigHashFunction;
  maximum_ring_size?: UInt64Value;
}

/** envoy.config.cluster.v3.Cluster.RoundRobinLbConfig */
export interface ClusterRoundRobinLbConfig {
  slow_start_config?: ClusterSlowStartConfig;
}

/** envoy.config.cluster.v3.Cluster.SlowStartConfig */
export interface ClusterSlowStartConfig {
  slow_start_window?: Duration;
  aggression?: RuntimeDouble;
  min_weight_percent?: Percent;
}

/** envoy.config.cluster.v3.LoadBalancingPolicy */
export interface LoadBalancingPolicy {
  policies: LoadBalancingPolicyPolicy[];
}

/** envoy.config.cluster.v3.LoadBalancingPolicy.Policy */
export interface LoadBalancingPolicyPolicy {
  typed_extension_config?: TypedExtensionConfig;
}

/** envoy.config.cluster.v3.OutlierDetection */
export interface OutlierDetection {
  consecutive_5xx?: UInt32Value;
  interval?: Duration;
  base_ejection_time?: Duration;
  max_ejection_percent?: UInt32Value;
  enforcing_consecutive_5xx?: UInt32Value;
  enforcing_success_rate?: UInt32Value;
  success_rate_minimum_hosts?: UInt32Value;
  success_rate_request_volume?: UInt32Value;
  success_rate_stdev_factor?: UInt32Value;
  consecutive_gateway_failure?: UInt32Value;
  enforcing_consecutive_gateway_failure?: UInt32Value;
  split_external_local_origin_errors?: boolean;
  consecutive_local_origin_failure?: UInt32Value;
  enforcing_consecutive_local_origin_failure?: UInt32Value;
  enforcing_local_origin_success_rate?: UInt32Value;
  failure_percentage_threshold?: UInt32Value;
  enforcing_failure_percentage?: UInt32Value;
  enforcing_failure_percentage_local_origin?: UInt32Value;
  failure_percentage_minimum_hosts?: UInt32Value;
  failure_percentage_request_volume?: UInt32Value;
  max_ejection_time?: Duration;
  max_ejection_time_jitter?: Duration;
  successful_active_health_check_uneject_host?: BoolValue;
  always_eject_one_host?: BoolValue;
}

/** envoy.config.cluster.v3.UpstreamConnectionOptions */
export interface UpstreamConnectionOptions {
  tcp_keepalive?: TcpKeepalive;
}

/** envoy.config.core.v3.Address */
export interface Address {
  socket_address?: SocketAddress;
}

/** envoy.config.core.v3.AggregatedConfigSource */
export type AggregatedConfigSource = Record<never, never>;

/** envoy.config.core.v3.ApiConfigSource */
export interface ApiConfigSource {
  api_type?: ApiConfigSourceApiType;
  grpc_services: GrpcService[];
  set_node_on_first_message_only?: boolean;
  transport_api_version?: ApiVersion;
}

/** envoy.config.core.v3.ConfigSource */
export interface ConfigSource {
  ads?: AggregatedConfigSource;
  initial_fetch_timeout?: Duration;
  self?: SelfConfigSource;
  resource_api_version?: ApiVersion;
}

/** envoy.config.core.v3.ControlPlane */
export interface ControlPlane {
  identifier?: string;
}

/** envoy.config.core.v3.DataSource */
export interface DataSource {
  filename?: string;
  inline_bytes?: Buffer;
  inline_string?: string;
  environment_variable?: string;
}

/** envoy.config.core.v3.GrpcService */
export interface GrpcService {
  envoy_grpc?: GrpcServiceEnvoyGrpc;
  timeout?: Duration;
}

/** envoy.config.core.v3.GrpcService.EnvoyGrpc */
export interface GrpcServiceEnvoyGrpc {
  cluster_name?: string;
  authority?: string;
}

/** envoy.config.core.v3.HeaderValue */
export interface HeaderValue {
  key?: string;
  value?: string;
}

/** envoy.config.core.v3.HeaderValueOption */
export interface HeaderValueOption {
  header?: HeaderValue;
  append_action?: HeaderValueOptionHeaderAppendAction;
  keep_empty_value?: boolean;
}

/** envoy.config.core.v3.HealthCheck */
export interface HealthCheck {
  timeout?: Duration;
  interval?: Duration;
  interval_jitter?: Duration;
  unhealthy_threshold?: UInt32Value;
  healthy_threshold?: UInt32Value;
  reuse_connection?: BoolValue;
  http_health_check?: HealthCheckHttpHealthCheck;
  tcp_health_check?: HealthCheckTcpHealthCheck;
  grpc_health_check?: HealthCheckGrpcHealthCheck;
  no_traffic_interval?: Duration;
  custom_health_check?: HealthCheckCustomHealthCheck;
  unhealthy_interval?: Duration;
  unhealthy_edge_interval?: Duration;
  healthy_edge_interval?: Duration;
  interval_jitter_percent?: number;
  always_log_health_check_failures?: boolean;
  initial_jitter?: Duration;
  no_traffic_healthy_interval?: Duration;
  always_log_health_check_success?: boolean;
}

/** envoy.config.core.v3.HealthCheck.CustomHealthCheck */
export interface HealthCheckCustomHealthCheck {
  name?: string;
  typed_config?: Any;
}

/** envoy.config.core.v3.HealthCheck.GrpcHealthCheck */
export interface HealthCheckGrpcHealthCheck {
  service_name?: string;
  authority?: string;
  initial_metadata: HeaderValueOption[];
}

/** envoy.config.core.v3.HealthCheck.HttpHealthCheck */
export interface HealthCheckHttpHealthCheck {
  host?: string;
  path?: string;
  receive: HealthCheckPayload[];
  request_headers_to_add: HeaderValueOption[];
  request_headers_to_remove: string[];
  expected_statuses: Int64Range[];
  codec_client_type?: CodecClientType;
  retriable_statuses: Int64Range[];
  method?: RequestMethod;
  response_buffer_size?: UInt64Value;
}

/** envoy.config.core.v3.HealthCheck.Payload */
export interface HealthCheckPayload {
  text?: string;
  binary?: Buffer;
}

/** envoy.config.core.v3.HealthCheck.TcpHealthCheck */
export interface HealthCheckTcpHealthCheck {
  send?: HealthCheckPayload;
  receive: HealthCheckPayload[];
}

/** envoy.config.core.v3.Http1ProtocolOptions */
export interface Http1ProtocolOptions {
  allow_absolute_url?: BoolValue;
  accept_http_10?: boolean;
}

/** envoy.config.core.v3.Http2ProtocolOptions */
export interface Http2ProtocolOptions {
  hpack_table_size?: UInt32Value;
  max_concurrent_streams?: UInt32Value;
  initial_stream_window_size?: UInt32Value;
  initial_connection_window_size?: UInt32Value;
  allow_connect?: boolean;
  connection_keepalive?: KeepaliveSettings;
}

/** envoy.config.core.v3.HttpProtocolOptions */
export interface HttpProtocolOptions {
  idle_timeout?: Duration;
  max_headers_count?: UInt32Value;
  max_connection_duration?: Duration;
  max_requests_per_connection?: UInt32Value;
}

/** envoy.config.core.v3.KeepaliveSettings */
export interface KeepaliveSettings {
  interval?: Duration;
  timeout?: Duration;
  connection_idle_interval?: Duration;
}

/** envoy.config.core.v3.Locality */
export interface Locality {
  region?: string;
  zone?: string;
  sub_zone?: string;
}

/** envoy.config.core.v3.Metadata */
export interface Metadata {
  filter_metadata: Record<string, Struct>;
  typed_filter_metadata: Record<string, Any>;
}

/** envoy.config.core.v3.Node */
export interface Node {
  id?: string;
  cluster?: string;
  metadata?: Struct;
  locality?: Locality;
  user_agent_name?: string;
  user_agent_version?: string;
  client_features: string[];
}

/** envoy.config.core.v3.RuntimeDouble */
export interface RuntimeDouble {
  default_value?: number;
  runtime_key?: string;
}

/** envoy.config.core.v3.RuntimeFeatureFlag */
export interface RuntimeFeatureFlag {
  default_value?: BoolValue;
  runtime_key?: string;
}

/** envoy.config.core.v3.RuntimeFractionalPercent */
export interface RuntimeFractionalPercent {
  default_value?: FractionalPercent;
  runtime_key?: string;
}

/** envoy.config.core.v3.RuntimePercent */
export interface RuntimePercent {
  default_value?: Percent;
  runtime_key?: string;
}

/** envoy.config.core.v3.RuntimeUInt32 */
export interface RuntimeUInt32 {
  default_value?: number;
  runtime_key?: string;
}

/** envoy.config.core.v3.SelfConfigSource */
export type SelfConfigSource = Record<never, never>;

/** envoy.config.core.v3.SocketAddress */
export interface SocketAddress {
  protocol?: SocketAddressProtocol;
  address?: string;
  port_value?: number;
}

/** envoy.config.core.v3.SubstitutionFormatString */
export interface SubstitutionFormatString {
  text_format?: string;
  json_format?: Struct;
  omit_empty_values?: boolean;
  text_format_source?: DataSource;
}

/** envoy.config.core.v3.TcpKeepalive */
export interface TcpKeepalive {
  keepalive_probes?: UInt32Value;
  keepalive_time?: UInt32Value;
  keepalive_interval?: UInt32Value;
}

/** envoy.config.core.v3.TransportSocket */
export interface TransportSocket {
  name?: string;
  typed_config?: Any;
}

/** envoy.config.core.v3.TypedExtensionConfig */
export interface TypedExtensionConfig {
  name?: string;
  typed_config?: Any;
}

/** envoy.config.endpoint.v3.ClusterLoadAssignment */
export interface ClusterLoadAssignment {
  cluster_name?: string;
  endpoints: LocalityLbEndpoints[];
  policy?: ClusterLoadAssignmentPolicy;
}

/** envoy.config.endpoint.v3.ClusterLoadAssignment.Policy */
export interface ClusterLoadAssignmentPolicy {
  drop_overloads: ClusterLoadAssignmentPolicyDropOverload[];
  overprovisioning_factor?: UInt32Value;
}

/** envoy.config.endpoint.v3.ClusterLoadAssignment.Policy.DropOverload */
export interface ClusterLoadAssignmentPolicyDropOverload {
  category?: string;
  drop_percentage?: FractionalPercent;
}

/** envoy.config.endpoint.v3.ClusterStats */
export interface ClusterStats {
  cluster_name?: string;
  upstream_locality_stats: UpstreamLocalityStats[];
  total_dropped_requests?: number;
  load_report_interval?: Duration;
  dropped_requests: ClusterStatsDroppedRequests[];
  cluster_service_name?: string;
}

/** envoy.config.endpoint.v3.ClusterStats.DroppedRequests */
export interface ClusterStatsDroppedRequests {
  category?: string;
  dropped_count?: number;
}

/** envoy.config.endpoint.v3.Endpoint */
export interface Endpoint {
  address?: Address;
  health_check_config?: EndpointHealthCheckConfig;
  hostname?: string;
}

/** envoy.config.endpoint.v3.Endpoint.HealthCheckConfig */
export interface EndpointHealthCheckConfig {
  port_value?: number;
  hostname?: string;
  disable_active_health_check?: boolean;
}

/** envoy.config.endpoint.v3.EndpointLoadMetricStats */
export interface EndpointLoadMetricStats {
  metric_name?: string;
  num_requests_finished_with_metric?: number;
  total_metric_value?: number;
}

/** envoy.config.endpoint.v3.LbEndpoint */
export interface LbEndpoint {
  endpoint?: Endpoint;
  health_status?: HealthStatus;
  metadata?: Metadata;
  load_balancing_weight?: UInt32Value;
}

/** envoy.config.endpoint.v3.LocalityLbEndpoints */
export interface LocalityLbEndpoints {
  locality?: Locality;
  lb_endpoints: LbEndpoint[];
  load_balancing_weight?: UInt32Value;
  priority?: number;
}

/** envoy.config.endpoint.v3.UpstreamLocalityStats */
export interface UpstreamLocalityStats {
  locality?: Locality;
  total_successful_requests?: number;
  total_requests_in_progress?: number;
  total_error_requests?: number;
  load_metric_stats: EndpointLoadMetricStats[];
  priority?: number;
  total_issued_requests?: number;
}

/** envoy.config.listener.v3.ApiListener */
export interface ApiListener {
  api_listener?: Any;
}

/** envoy.config.listener.v3.Filter */
export interface Filter {
  name?: string;
  typed_config?: Any;
}

/** envoy.config.listener.v3.FilterChain */
export interface FilterChain {
  filter_chain_match?: FilterChainMatch;
  filters: Filter[];
  transport_socket?: TransportSocket;
  name?: string;
  transport_socket_connect_timeout?: Duration;
}

/** envoy.config.listener.v3.FilterChainMatch */
export interface FilterChainMatch {
  destination_port?: UInt32Value;
  transport_protocol?: string;
  application_protocols: string[];
  server_names: string[];
}

/** envoy.config.listener.v3.Listener */
export interface Listener {
  name?: string;
  address?: Address;
  filter_chains: FilterChain[];
  per_connection_buffer_limit_bytes?: UInt32Value;
  metadata?: Metadata;
  listener_filters: ListenerFilter[];
  listener_filters_timeout?: Duration;
  traffic_direction?: TrafficDirection;
  continue_on_listener_filters_timeout?: boolean;
  api_listener?: ApiListener;
  default_filter_chain?: FilterChain;
  enable_reuse_port?: BoolValue;
}

/** envoy.config.listener.v3.ListenerFilter */
export interface ListenerFilter {
  name?: string;
  typed_config?: Any;
}

/** envoy.config.route.v3.DirectResponseAction */
export interface DirectResponseAction {
  status?: number;
  body?: DataSource;
}

/** envoy.config.route.v3.FilterConfig */
export interface FilterConfig {
  config?: Any;
  disabled?: boolean;
}

/** envoy.config.route.v3.HeaderMatcher */
export interface HeaderMatcher {
  name?: string;
  exact_match?: string;
  range_match?: Int64Range;
  present_match?: boolean;
  invert_match?: boolean;
  prefix_match?: string;
  suffix_match?: string;
  safe_regex_match?: RegexMatcher;
  contains_match?: string;
  string_match?: StringMatcher;
  treat_missing_header_as_empty?: boolean;
}

/** envoy.config.route.v3.HedgePolicy */
export interface HedgePolicy {
  initial_requests?: UInt32Value;
  additional_request_chance?: FractionalPercent;
  hedge_on_per_try_timeout?: boolean;
}

/** envoy.config.route.v3.NonForwardingAction */
export type NonForwardingAction = Record<never, never>;

/** envoy.config.route.v3.QueryParameterMatcher */
export interface QueryParameterMatcher {
  name?: string;
  string_match?: StringMatcher;
  present_match?: boolean;
}

/** envoy.config.route.v3.RedirectAction */
export interface RedirectAction {
  host_redirect?: string;
  path_redirect?: string;
  response_code?: RedirectActionRedirectResponseCode;
  https_redirect?: boolean;
  prefix_rewrite?: string;
  strip_query?: boolean;
  scheme_redirect?: string;
  port_redirect?: number;
}

/** envoy.config.route.v3.RetryPolicy */
export interface RetryPolicy {
  retry_on?: string;
  num_retries?: UInt32Value;
  per_try_timeout?: Duration;
  retry_host_predicate: RetryPolicyRetryHostPredicate[];
  host_selection_retry_max_attempts?: number;
  retriable_status_codes: number[];
  retry_back_off?: RetryPolicyRetryBackOff;
  retriable_headers: HeaderMatcher[];
  rate_limited_retry_back_off?: RetryPolicyRateLimitedRetryBackOff;
  per_try_idle_timeout?: Duration;
}

/** envoy.config.route.v3.RetryPolicy.RateLimitedRetryBackOff */
export interface RetryPolicyRateLimitedRetryBackOff {
  reset_headers: RetryPolicyResetHeader[];
  max_interval?: Duration;
}

/** envoy.config.route.v3.RetryPolicy.ResetHeader */
export interface RetryPolicyResetHeader {
  name?: string;
  format?: RetryPolicyResetHeaderFormat;
}

/** envoy.config.route.v3.RetryPolicy.RetryBackOff */
export interface RetryPolicyRetryBackOff {
  base_interval?: Duration;
  max_interval?: Duration;
}

/** envoy.config.route.v3.RetryPolicy.RetryHostPredicate */
export interface RetryPolicyRetryHostPredicate {
  name?: string;
  typed_config?: Any;
}

/** envoy.config.route.v3.Route */
export interface Route {
  match?: RouteMatch;
  route?: RouteAction;
  redirect?: RedirectAction;
  metadata?: Metadata;
  direct_response?: DirectResponseAction;
  request_headers_to_add: HeaderValueOption[];
  response_headers_to_add: HeaderValueOption[];
  response_headers_to_remove: string[];
  request_headers_to_remove: string[];
  typed_per_filter_config: Record<string, Any>;
  name?: string;
  per_request_buffer_limit_bytes?: UInt32Value;
  non_forwarding_action?: NonForwardingAction;
  stat_prefix?: string;
}

/** envoy.config.route.v3.RouteAction */
export interface RouteAction {
  cluster?: string;
  cluster_header?: string;
  weighted_clusters?: WeightedCluster;
  metadata_match?: Metadata;
  prefix_rewrite?: string;
  host_rewrite_literal?: string;
  auto_host_rewrite?: BoolValue;
  timeout?: Duration;
  retry_policy?: RetryPolicy;
  priority?: RoutingPriority;
  hash_policy: RouteActionHashPolicy[];
  cluster_not_found_response_code?: RouteActionClusterNotFoundResponseCode;
  idle_timeout?: Duration;
  upgrade_configs: RouteActionUpgradeConfig[];
  hedge_policy?: HedgePolicy;
  host_rewrite_header?: string;
  request_mirror_policies: RouteActionRequestMirrorPolicy[];
  regex_rewrite?: RegexMatchAndSubstitute;
  max_stream_duration?: RouteActionMaxStreamDuration;
}

/** envoy.config.route.v3.RouteAction.HashPolicy */
export interface RouteActionHashPolicy {
  header?: RouteActionHashPolicyHeader;
  cookie?: RouteActionHashPolicyCookie;
  connection_properties?: RouteActionHashPolicyConnectionProperties;
  terminal?: boolean;
  query_parameter?: RouteActionHashPolicyQueryParameter;
}

/** envoy.config.route.v3.RouteAction.HashPolicy.ConnectionProperties */
export interface RouteActionHashPolicyConnectionProperties {
  source_ip?: boolean;
}

/** envoy.config.route.v3.RouteAction.HashPolicy.Cookie */
export interface RouteActionHashPolicyCookie {
  name?: string;
  ttl?: Duration;
  path?: string;
}

/** envoy.config.route.v3.RouteAction.HashPolicy.Header */
export interface RouteActionHashPolicyHeader {
  header_name?: string;
}

/** envoy.config.route.v3.RouteAction.HashPolicy.QueryParameter */
export interface RouteActionHashPolicyQueryParameter {
  name?: string;
}

/** envoy.config.route.v3.RouteAction.MaxStreamDuration */
export interface RouteActionMaxStreamDuration {
  max_stream_duration?: Duration;
  grpc_timeout_header_max?: Duration;
}

/** envoy.config.route.v3.RouteAction.RequestMirrorPolicy */
export interface RouteActionRequestMirrorPolicy {
  cluster?: string;
  runtime_fraction?: RuntimeFractionalPercent;
}

/** envoy.config.route.v3.RouteAction.UpgradeConfig */
export interface RouteActionUpgradeConfig {
  upgrade_type?: string;
  enabled?: BoolValue;
  connect_config?: RouteActionUpgradeConfigConnectConfig;
}

/** envoy.config.route.v3.RouteAction.UpgradeConfig.ConnectConfig */
export interface RouteActionUpgradeConfigConnectConfig {
  allow_post?: boolean;
}

/** envoy.config.route.v3.RouteConfiguration */
export interface RouteConfiguration {
  name?: string;
  virtual_hosts: VirtualHost[];
  response_headers_to_add: HeaderValueOption[];
  response_headers_to_remove: string[];
  request_headers_to_add: HeaderValueOption[];
  validate_clusters?: BoolValue;
  request_headers_to_remove: string[];
  vhds?: Vhds;
  most_specific_header_mutations_wins?: boolean;
  max_direct_response_body_size_bytes?: UInt32Value;
  ignore_port_in_host_matching?: boolean;
  typed_per_filter_config: Record<string, Any>;
  metadata?: Metadata;
}

/** envoy.config.route.v3.RouteMatch */
export interface RouteMatch {
  prefix?: string;
  path?: string;
  case_sensitive?: BoolValue;
  headers: HeaderMatcher[];
  query_parameters: QueryParameterMatcher[];
  runtime_fraction?: RuntimeFractionalPercent;
  safe_regex?: RegexMatcher;
  connect_matcher?: RouteMatchConnectMatcher;
  path_separated_prefix?: string;
}

/** envoy.config.route.v3.RouteMatch.ConnectMatcher */
export type RouteMatchConnectMatcher = Record<never, never>;

/** envoy.config.route.v3.Vhds */
export interface Vhds {
  config_source?: ConfigSource;
}

/** envoy.config.route.v3.VirtualHost */
export interface VirtualHost {
  name?: string;
  domains: string[];
  routes: Route[];
  request_headers_to_add: HeaderValueOption[];
  response_headers_to_add: HeaderValueOption[];
  response_headers_to_remove: string[];
  request_headers_to_remove: string[];
  include_request_attempt_count?: boolean;
  typed_per_filter_config: Record<string, Any>;
  retry_policy?: RetryPolicy;
  hedge_policy?: HedgePolicy;
  per_request_buffer_limit_bytes?: UInt32Value;
  metadata?: Metadata;
}

/** envoy.config.route.v3.WeightedCluster */
export interface WeightedCluster {
  clusters: WeightedClusterClusterWeight[];
  total_weight?: UInt32Value;
}

/** envoy.config.route.v3.WeightedCluster.ClusterWeight */
export interface WeightedClusterClusterWeight {
  name?: string;
  weight?: UInt32Value;
  metadata_match?: Metadata;
  request_headers_to_add: HeaderValueOption[];
  response_headers_to_add: HeaderValueOption[];
  response_headers_to_remove: string[];
  request_headers_to_remove: string[];
  typed_per_filter_config: Record<string, Any>;
}

/** envoy.extensions.access_loggers.file.v3.FileAccessLog */
export interface FileAccessLog {
  path?: string;
  format?: string;
  log_format?: SubstitutionFormatString;
}

/** envoy.extensions.access_loggers.stream.v3.StderrAccessLog */
export interface StderrAccessLog {
  log_format?: SubstitutionFormatString;
}

/** envoy.extensions.access_loggers.stream.v3.StdoutAccessLog */
export interface StdoutAccessLog {
  log_format?: SubstitutionFormatString;
}

/** envoy.extensions.filters.common.fault.v3.FaultDelay */
export interface FaultDelay {
  fixed_delay?: Duration;
  percentage?: FractionalPercent;
  header_delay?: FaultDelayHeaderDelay;
}

/** envoy.extensions.filters.common.fault.v3.FaultDelay.HeaderDelay */
export type FaultDelayHeaderDelay = Record<never, never>;

/** envoy.extensions.filters.common.fault.v3.FaultRateLimit */
export interface FaultRateLimit {
  fixed_limit?: FaultRateLimitFixedLimit;
  percentage?: FractionalPercent;
  header_limit?: FaultRateLimitHeaderLimit;
}

/** envoy.extensions.filters.common.fault.v3.FaultRateLimit.FixedLimit */
export interface FaultRateLimitFixedLimit {
  limit_kbps?: number;
}

/** envoy.extensions.filters.common.fault.v3.FaultRateLimit.HeaderLimit */
export type FaultRateLimitHeaderLimit = Record<never, never>;

/** envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency */
export interface AdaptiveConcurrency {
  gradient_controller_config?: GradientControllerConfig;
  enabled?: RuntimeFeatureFlag;
  concurrency_limit_exceeded_status?: HttpStatus;
}

/** envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig */
export interface GradientControllerConfig {
  sample_aggregate_percentile?: Percent;
  concurrency_limit_params?: GradientControllerConfigConcurrencyLimitCalculationParams;
  min_rtt_calc_params?: GradientControllerConfigMinimumRTTCalculationParams;
}

/** envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig.ConcurrencyLimitCalculationParams */
export interface GradientControllerConfigConcurrencyLimitCalculationParams {
  max_concurrency_limit?: UInt32Value;
  concurrency_update_interval?: Duration;
}

/** envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig.MinimumRTTCalculationParams */
export interface GradientControllerConfigMinimumRTTCalculationParams {
  interval?: Duration;
  request_count?: UInt32Value;
  jitter?: Percent;
  min_concurrency?: UInt32Value;
  buffer?: Percent;
}

/** envoy.extensions.filters.http.admission_control.v3.AdmissionControl */
export interface AdmissionControl {
  enabled?: RuntimeFeatureFlag;
  success_criteria?: AdmissionControlSuccessCriteria;
  sampling_window?: Duration;
  aggression?: RuntimeDouble;
  sr_threshold?: RuntimePercent;
  rps_threshold?: RuntimeUInt32;
  max_rejection_probability?: RuntimePercent;
}

/** envoy.extensions.filters.http.admission_control.v3.AdmissionControl.SuccessCriteria */
export interface AdmissionControlSuccessCriteria {
  http_criteria?: AdmissionControlSuccessCriteriaHttpCriteria;
  grpc_criteria?: AdmissionControlSuccessCriteriaGrpcCriteria;
}

/** envoy.extensions.filters.http.admission_control.v3.AdmissionControl.SuccessCriteria.GrpcCriteria */
export interface AdmissionControlSuccessCriteriaGrpcCriteria {
  grpc_success_status: number[];
}

/** envoy.extensions.filters.http.admission_control.v3.AdmissionControl.SuccessCriteria.HttpCriteria */
export interface AdmissionControlSuccessCriteriaHttpCriteria {
  http_success_status: Int32Range[];
}

/** envoy.extensions.filters.http.buffer.v3.Buffer */
export interface BufferBuffer {
  max_request_bytes?: UInt32Value;
}

/** envoy.extensions.filters.http.buffer.v3.BufferPerRoute */
export interface BufferPerRoute {
  disabled?: boolean;
  buffer?: BufferBuffer;
}

/** envoy.extensions.filters.http.fault.v3.FaultAbort */
export interface FaultAbort {
  http_status?: number;
  percentage?: FractionalPercent;
  header_abort?: FaultAbortHeaderAbort;
  grpc_status?: number;
}

/** envoy.extensions.filters.http.fault.v3.FaultAbort.HeaderAbort */
export type FaultAbortHeaderAbort = Record<never, never>;

/** envoy.extensions.filters.http.fault.v3.HTTPFault */
export interface HTTPFault {
  delay?: FaultDelay;
  abort?: FaultAbort;
  upstream_cluster?: string;
  headers: HeaderMatcher[];
  max_active_faults?: UInt32Value;
  response_rate_limit?: FaultRateLimit;
}

/** envoy.extensions.filters.http.grpc_web.v3.GrpcWeb */
export type GrpcWeb = Record<never, never>;

/** envoy.extensions.filters.http.router.v3.Router */
export type Router = Record<never, never>;

/** envoy.extensions.filters.listener.http_inspector.v3.HttpInspector */
export type HttpInspector = Record<never, never>;

/** envoy.extensions.filters.listener.original_dst.v3.OriginalDst */
export type OriginalDst = Record<never, never>;

/** envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector */
export type TlsInspector = Record<never, never>;

/** envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager */
export interface HttpConnectionManager {
  codec_type?: HttpConnectionManagerCodecType;
  stat_prefix?: string;
  rds?: Rds;
  route_config?: RouteConfiguration;
  http_filters: HttpFilter[];
  http_protocol_options?: Http1ProtocolOptions;
  http2_protocol_options?: Http2ProtocolOptions;
  server_name?: string;
  drain_timeout?: Duration;
  access_log: AccessLog[];
  use_remote_address?: BoolValue;
  generate_request_id?: BoolValue;
  xff_num_trusted_hops?: number;
  via?: string;
  upgrade_configs: HttpConnectionManagerUpgradeConfig[];
  stream_idle_timeout?: Duration;
  request_timeout?: Duration;
  max_request_headers_kb?: UInt32Value;
  normalize_path?: BoolValue;
  preserve_external_request_id?: boolean;
  merge_slashes?: boolean;
  common_http_protocol_options?: HttpProtocolOptions;
  strip_matching_host_port?: boolean;
  request_headers_timeout?: Duration;
  strip_any_host_port?: boolean;
  path_with_escaped_slashes_action?: HttpConnectionManagerPathWithEscapedSlashesAction;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.UpgradeConfig */
export interface HttpConnectionManagerUpgradeConfig {
  upgrade_type?: string;
  enabled?: BoolValue;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter */
export interface HttpFilter {
  name?: string;
  typed_config?: Any;
  is_optional?: boolean;
  disabled?: boolean;
}

/** envoy.extensions.filters.network.http_connection_manager.v3.Rds */
export interface Rds {
  config_source?: ConfigSource;
  route_config_name?: string;
}

/** envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy */
export interface TcpProxy {
  stat_prefix?: string;
  cluster?: string;
  access_log: AccessLog[];
  max_connect_attempts?: UInt32Value;
  idle_timeout?: Duration;
  weighted_clusters?: TcpProxyWeightedCluster;
}

/** envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster */
export interface TcpProxyWeightedCluster {
  clusters: TcpProxyWeightedClusterClusterWeight[];
}

/** envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster.ClusterWeight */
export interface TcpProxyWeightedClusterClusterWeight {
  name?: string;
  weight?: number;
}

/** envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin */
export interface ClientSideWeightedRoundRobin {
  enable_oob_load_report?: BoolValue;
  oob_reporting_period?: Duration;
  blackout_period?: Duration;
  weight_expiration_period?: Duration;
  weight_update_period?: Duration;
  error_utilization_penalty?: FloatValue;
}

/** envoy.extensions.load_balancing_policies.common.v3.ConsistentHashingLbConfig */
export interface ConsistentHashingLbConfig {
  use_hostname_for_hashing?: boolean;
  hash_balance_factor?: UInt32Value;
}

/** envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig */
export interface LocalityLbConfig {
  zone_aware_lb_config?: LocalityLbConfigZoneAwareLbConfig;
  locality_weighted_lb_config?: LocalityLbConfigLocalityWeightedLbConfig;
}

/** envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.LocalityWeightedLbConfig */
export type LocalityLbConfigLocalityWeightedLbConfig = Record<never, never>;

/** envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.ZoneAwareLbConfig */
export interface LocalityLbConfigZoneAwareLbConfig {
  routing_enabled?: Percent;
  min_cluster_size?: UInt64Value;
  fail_traffic_on_panic?: boolean;
}

/** envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig */
export interface SlowStartConfig {
  slow_start_window?: Duration;
  aggression?: RuntimeDouble;
  min_weight_percent?: Percent;
}

/** envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest */
export interface LeastRequest {
  choice_count?: UInt32Value;
  active_request_bias?: RuntimeDouble;
  slow_start_config?: SlowStartConfig;
  locality_lb_config?: LocalityLbConfig;
  selection_method?: LeastRequestSelectionMethod;
}

/** envoy.extensions.load_balancing_policies.maglev.v3.Maglev */
export interface Maglev {
  table_size?: UInt64Value;
  consistent_hashing_lb_config?: ConsistentHashingLbConfig;
  locality_weighted_lb_config?: LocalityLbConfigLocalityWeightedLbConfig;
}

/** envoy.extensions.load_balancing_policies.random.v3.Random */
export interface Random {
  locality_lb_config?: LocalityLbConfig;
}

/** envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash */
export interface RingHash {
  hash_function?: RingHashHashFunction;
  minimum_ring_size?: UInt64Value;
  maximum_ring_size?: UInt64Value;
  consistent_hashing_lb_config?: ConsistentHashingLbConfig;
  locality_weighted_lb_config?: LocalityLbConfigLocalityWeightedLbConfig;
}

/** envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin */
export interface RoundRobin {
  slow_start_config?: SlowStartConfig;
  locality_lb_config?: LocalityLbConfig;
}

/** envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality */
export interface WrrLocality {
  endpoint_picking_policy?: LoadBalancingPolicy;
}

/** envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate */
export type PreviousHostsPredicate = Record<never, never>;

/** envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer */
export type RawBuffer = Record<never, never>;

/** envoy.extensions.transport_sockets.tls.v3.CertificateProviderPluginInstance */
export interface CertificateProviderPluginInstance {
  instance_name?: string;
  certificate_name?: string;
}

/** envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext */
export interface CertificateValidationContext {
  trusted_ca?: DataSource;
  match_subject_alt_names: StringMatcher[];
  ca_certificate_provider_instance?: CertificateProviderPluginInstance;
  match_typed_subject_alt_names: SubjectAltNameMatcher[];
}

/** envoy.extensions.transport_sockets.tls.v3.CommonTlsContext */
export interface CommonTlsContext {
  tls_params?: TlsParameters;
  tls_certificates: TlsCertificate[];
  validation_context?: CertificateValidationContext;
  alpn_protocols: string[];
  tls_certificate_sds_secret_configs: SdsSecretConfig[];
  validation_context_sds_secret_config?: SdsSecretConfig;
  combined_validation_context?: CommonTlsContextCombinedCertificateValidationContext;
  tls_certificate_provider_instance?: CertificateProviderPluginInstance;
}

/** envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CombinedCertificateValidationContext */
export interface CommonTlsContextCombinedCertificateValidationContext {
  default_validation_context?: CertificateValidationContext;
  validation_context_sds_secret_config?: SdsSecretConfig;
}

/** envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext */
export interface DownstreamTlsContext {
  common_tls_context?: CommonTlsContext;
  require_client_certificate?: BoolValue;
}

/** envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig */
export interface SdsSecretConfig {
  name?: string;
  sds_config?: ConfigSource;
}

/** envoy.extensions.transport_sockets.tls.v3.Secret */
export interface Secret {
  name?: string;
  tls_certificate?: TlsCertificate;
  validation_context?: CertificateValidationContext;
}

/** envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher */
export interface SubjectAltNameMatcher {
  san_type?: SubjectAltNameMatcherSanType;
  matcher?: StringMatcher;
}

/** envoy.extensions.transport_sockets.tls.v3.TlsCertificate */
export interface TlsCertificate {
  certificate_chain?: DataSource;
  private_key?: DataSource;
}

/** envoy.extensions.transport_sockets.tls.v3.TlsParameters */
export interface TlsParameters {
  tls_minimum_protocol_version?: TlsParametersTlsProtocol;
  tls_maximum_protocol_version?: TlsParametersTlsProtocol;
}

/** envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext */
export interface UpstreamTlsContext {
  common_tls_context?: CommonTlsContext;
  sni?: string;
  max_session_keys?: UInt32Value;
}

/** envoy.extensions.upstreams.http.v3.HttpProtocolOptions */
export interface HttpHttpProtocolOptions {
  common_http_protocol_options?: HttpProtocolOptions;
  explicit_http_config?: HttpProtocolOptionsExplicitHttpConfig;
  use_downstream_protocol_config?: HttpProtocolOptionsUseDownstreamHttpConfig;
  auto_config?: HttpProtocolOptionsAutoHttpConfig;
}

/** envoy.extensions.upstreams.http.v3.HttpProtocolOptions.AutoHttpConfig */
export interface HttpProtocolOptionsAutoHttpConfig {
  http_protocol_options?: Http1ProtocolOptions;
  http2_protocol_options?: Http2ProtocolOptions;
}

/** envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig */
export interface HttpProtocolOptionsExplicitHttpConfig {
  http_protocol_options?: Http1ProtocolOptions;
  http2_protocol_options?: Http2ProtocolOptions;
}

/** envoy.extensions.upstreams.http.v3.HttpProtocolOptions.UseDownstreamHttpConfig */
export interface HttpProtocolOptionsUseDownstreamHttpConfig {
  http_protocol_options?: Http1ProtocolOptions;
  http2_protocol_options?: Http2ProtocolOptions;
}

/** envoy.service.discovery.v3.DeltaDiscoveryRequest */
export interface DeltaDiscoveryRequest {
  node?: Node;
  type_url?: string;
  resource_names_subscribe: string[];
  resource_names_unsubscribe: string[];
  initial_resource_versions: Record<string, string>;
  response_nonce?: string;
  error_detail?: Status;
}

/** envoy.service.discovery.v3.DeltaDiscoveryResponse */
export interface DeltaDiscoveryResponse {
  system_version_info?: string;
  resources: Resource[];
  type_url?: string;
  nonce?: string;
  removed_resources: string[];
  control_plane?: ControlPlane;
}

/** envoy.service.discovery.v3.DiscoveryRequest */
export interface DiscoveryRequest {
  version_info?: string;
  node?: Node;
  resource_names: string[];
  type_url?: string;
  response_nonce?: string;
  error_detail?: Status;
}

/** envoy.service.discovery.v3.DiscoveryResponse */
export interface DiscoveryResponse {
  version_info?: string;
  resources: Any[];
  type_url?: string;
  nonce?: string;
  control_plane?: ControlPlane;
}

/** envoy.service.discovery.v3.Resource */
export interface Resource {
  version?: string;
  resource?: Any;
  name?: string;
  aliases: string[];
  ttl?: Duration;
}

/** envoy.service.load_stats.v3.LoadStatsRequest */
export interface LoadStatsRequest {
  node?: Node;
  cluster_stats: ClusterStats[];
}

/** envoy.service.load_stats.v3.LoadStatsResponse */
export interface LoadStatsResponse {
  clusters: string[];
  load_reporting_interval?: Duration;
  send_all_clusters?: boolean;
}

/** envoy.type.matcher.v3.RegexMatchAndSubstitute */
export interface RegexMatchAndSubstitute {
  pattern?: RegexMatcher;
  substitution?: string;
}

/** envoy.type.matcher.v3.RegexMatcher */
export interface RegexMatcher {
  regex?: string;
}

/** envoy.type.matcher.v3.StringMatcher */
export interface StringMatcher {
  exact?: string;
  prefix?: string;
  suffix?: string;
  safe_regex?: RegexMatcher;
  ignore_case?: boolean;
  contains?: string;
}

/** envoy.type.v3.FractionalPercent */
export interface FractionalPercent {
  numerator?: number;
  denominator?: FractionalPercentDenominatorType;
}

/** envoy.type.v3.HttpStatus */
export interface HttpStatus {
  code?: StatusCode;
}

/** envoy.type.v3.Int32Range */
export interface Int32Range {
  start?: number;
  end?: number;
}

/** envoy.type.v3.Int64Range */
export interface Int64Range {
  start?: number;
  end?: number;
}

/** envoy.type.v3.Percent */
export interface Percent {
  value?: number;
}

/** google.protobuf.Any */
export interface Any {
  type_url: string;
  value: Buffer;
}

/** google.protobuf.BoolValue */
export interface BoolValue {
  value: boolean;
}

/** google.protobuf.BytesValue */
export interface BytesValue {
  value: Buffer;
}

/** google.protobuf.DoubleValue */
export interface DoubleValue {
  value: number;
}

/** google.protobuf.Duration */
export interface Duration {
  seconds: number;
  nanos: number;
}

/** google.protobuf.FloatValue */
export interface FloatValue {
  value: number;
}

/** google.protobuf.Int32Value */
export interface Int32Value {
  value: number;
}

/** google.protobuf.Int64Value */
export interface Int64Value {
  value: number;
}

/** google.protobuf.ListValue */
export interface ListValue {
  values: Value[];
}

/** google.protobuf.StringValue */
export interface StringValue {
  value: string;
}

/** google.protobuf.Struct */
export interface Struct {
  fields: Record<string, Value>;
}

/** google.protobuf.UInt32Value */
export interface UInt32Value {
  value: number;
}

/** google.protobuf.UInt64Value */
export interface UInt64Value {
  value: number;
}

/** google.protobuf.Value */
export interface Value {
  null_value?: NullValue;
  number_value?: number;
  string_value?: string;
  bool_value?: boolean;
  struct_value?: Struct;
  list_value?: ListValue;
}

/** google.rpc.Status */
export interface Status {
  code?: number;
  message?: string;
  details: Any[];
}

/** grpc.health.v1.HealthCheckRequest */
export interface HealthCheckRequest {
  service?: string;
}

/** grpc.health.v1.HealthCheckResponse */
export interface HealthCheckResponse {
  status?: HealthCheckResponseServingStatus;
}

/** xds.data.orca.v3.OrcaLoadReport */
export interface OrcaLoadReport {
  cpu_utilization?: number;
  mem_utilization?: number;
  rps?: number;
  request_cost: Record<string, number>;
  utilization: Record<string, number>;
  rps_fractional?: number;
  eps?: number;
  named_metrics: Record<string, number>;
  application_utilization?: number;
}

/** xds.service.orca.v3.OrcaLoadReportRequest */
export interface OrcaLoadReportRequest {
  report_interval?: Duration;
  request_cost_names: string[];
}

/** Every message by its full name. */
export interface Messages {
  'aya.v1.ClusterOptions': ClusterOptions;
  'aya.v1.CommandHealthCheck': CommandHealthCheck;
  'aya.v1.EndpointHealth': EndpointHealth;
  'aya.v1.ErrorRateBreaker': ErrorRateBreaker;
  'aya.v1.FaultAssignment': FaultAssignment;
  'aya.v1.FaultRule': FaultRule;
  'aya.v1.FaultRule.Abort': FaultRuleAbort;
  'aya.v1.FaultRule.Connection': FaultRuleConnection;
  'aya.v1.FaultRule.Delay': FaultRuleDelay;
  'aya.v1.FaultRule.Delay.Normal': FaultRuleDelayNormal;
  'aya.v1.FaultRule.Delay.Pareto': FaultRuleDelayPareto;
  'aya.v1.FaultRule.Delay.Percentiles': FaultRuleDelayPercentiles;
  'aya.v1.FaultRule.Delay.Uniform': FaultRuleDelayUniform;
  'aya.v1.FaultRule.Response': FaultRuleResponse;
  'aya.v1.FaultRule.Response.Slice': FaultRuleResponseSlice;
  'aya.v1.Hedge': Hedge;
  'aya.v1.LeastBandwidth': LeastBandwidth;
  'aya.v1.LeastResponseTime': LeastResponseTime;
  'aya.v1.PeakEwma': PeakEwma;
  'aya.v1.Prequal': Prequal;
  'aya.v1.RegisterRequest': RegisterRequest;
  'aya.v1.RegisterResponse': RegisterResponse;
  'aya.v1.RetryBudget': RetryBudget;
  'aya.v1.RetryOptions': RetryOptions;
  'aya.v1.RouteOptions': RouteOptions;
  'aya.v1.SessionCookie': SessionCookie;
  'aya.v1.SourceAffinity': SourceAffinity;
  'aya.v1.Workload': Workload;
  'aya.v1.WorkloadPort': WorkloadPort;
  'envoy.config.accesslog.v3.AccessLog': AccessLog;
  'envoy.config.accesslog.v3.AccessLogFilter': AccessLogFilter;
  'envoy.config.accesslog.v3.AndFilter': AndFilter;
  'envoy.config.accesslog.v3.ComparisonFilter': ComparisonFilter;
  'envoy.config.accesslog.v3.NotHealthCheckFilter': NotHealthCheckFilter;
  'envoy.config.accesslog.v3.OrFilter': OrFilter;
  'envoy.config.accesslog.v3.ResponseFlagFilter': ResponseFlagFilter;
  'envoy.config.accesslog.v3.StatusCodeFilter': StatusCodeFilter;
  'envoy.config.bootstrap.v3.Admin': Admin;
  'envoy.config.bootstrap.v3.Bootstrap': Bootstrap;
  'envoy.config.bootstrap.v3.Bootstrap.DynamicResources': BootstrapDynamicResources;
  'envoy.config.bootstrap.v3.Bootstrap.StaticResources': BootstrapStaticResources;
  'envoy.config.bootstrap.v3.ClusterManager': ClusterManager;
  'envoy.config.cluster.v3.CircuitBreakers': CircuitBreakers;
  'envoy.config.cluster.v3.CircuitBreakers.Thresholds': CircuitBreakersThresholds;
  'envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget': CircuitBreakersThresholdsRetryBudget;
  'envoy.config.cluster.v3.Cluster': Cluster;
  'envoy.config.cluster.v3.Cluster.CommonLbConfig': ClusterCommonLbConfig;
  'envoy.config.cluster.v3.Cluster.CommonLbConfig.ConsistentHashingLbConfig': ClusterCommonLbConfigConsistentHashingLbConfig;
  'envoy.config.cluster.v3.Cluster.CommonLbConfig.LocalityWeightedLbConfig': ClusterCommonLbConfigLocalityWeightedLbConfig;
  'envoy.config.cluster.v3.Cluster.CommonLbConfig.ZoneAwareLbConfig': ClusterCommonLbConfigZoneAwareLbConfig;
  'envoy.config.cluster.v3.Cluster.EdsClusterConfig': ClusterEdsClusterConfig;
  'envoy.config.cluster.v3.Cluster.LbSubsetConfig': ClusterLbSubsetConfig;
  'envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetSelector': ClusterLbSubsetConfigLbSubsetSelector;
  'envoy.config.cluster.v3.Cluster.LeastRequestLbConfig': ClusterLeastRequestLbConfig;
  'envoy.config.cluster.v3.Cluster.MaglevLbConfig': ClusterMaglevLbConfig;
  'envoy.config.cluster.v3.Cluster.RingHashLbConfig': ClusterRingHashLbConfig;
  'envoy.config.cluster.v3.Cluster.RoundRobinLbConfig': ClusterRoundRobinLbConfig;
  'envoy.config.cluster.v3.Cluster.SlowStartConfig': ClusterSlowStartConfig;
  'envoy.config.cluster.v3.LoadBalancingPolicy': LoadBalancingPolicy;
  'envoy.config.cluster.v3.LoadBalancingPolicy.Policy': LoadBalancingPolicyPolicy;
  'envoy.config.cluster.v3.OutlierDetection': OutlierDetection;
  'envoy.config.cluster.v3.UpstreamConnectionOptions': UpstreamConnectionOptions;
  'envoy.config.core.v3.Address': Address;
  'envoy.config.core.v3.AggregatedConfigSource': AggregatedConfigSource;
  'envoy.config.core.v3.ApiConfigSource': ApiConfigSource;
  'envoy.config.core.v3.ConfigSource': ConfigSource;
  'envoy.config.core.v3.ControlPlane': ControlPlane;
  'envoy.config.core.v3.DataSource': DataSource;
  'envoy.config.core.v3.GrpcService': GrpcService;
  'envoy.config.core.v3.GrpcService.EnvoyGrpc': GrpcServiceEnvoyGrpc;
  'envoy.config.core.v3.HeaderValue': HeaderValue;
  'envoy.config.core.v3.HeaderValueOption': HeaderValueOption;
  'envoy.config.core.v3.HealthCheck': HealthCheck;
  'envoy.config.core.v3.HealthCheck.CustomHealthCheck': HealthCheckCustomHealthCheck;
  'envoy.config.core.v3.HealthCheck.GrpcHealthCheck': HealthCheckGrpcHealthCheck;
  'envoy.config.core.v3.HealthCheck.HttpHealthCheck': HealthCheckHttpHealthCheck;
  'envoy.config.core.v3.HealthCheck.Payload': HealthCheckPayload;
  'envoy.config.core.v3.HealthCheck.TcpHealthCheck': HealthCheckTcpHealthCheck;
  'envoy.config.core.v3.Http1ProtocolOptions': Http1ProtocolOptions;
  'envoy.config.core.v3.Http2ProtocolOptions': Http2ProtocolOptions;
  'envoy.config.core.v3.HttpProtocolOptions': HttpProtocolOptions;
  'envoy.config.core.v3.KeepaliveSettings': KeepaliveSettings;
  'envoy.config.core.v3.Locality': Locality;
  'envoy.config.core.v3.Metadata': Metadata;
  'envoy.config.core.v3.Node': Node;
  'envoy.config.core.v3.RuntimeDouble': RuntimeDouble;
  'envoy.config.core.v3.RuntimeFeatureFlag': RuntimeFeatureFlag;
  'envoy.config.core.v3.RuntimeFractionalPercent': RuntimeFractionalPercent;
  'envoy.config.core.v3.RuntimePercent': RuntimePercent;
  'envoy.config.core.v3.RuntimeUInt32': RuntimeUInt32;
  'envoy.config.core.v3.SelfConfigSource': SelfConfigSource;
  'envoy.config.core.v3.SocketAddress': SocketAddress;
  'envoy.config.core.v3.SubstitutionFormatString': SubstitutionFormatString;
  'envoy.config.core.v3.TcpKeepalive': TcpKeepalive;
  'envoy.config.core.v3.TransportSocket': TransportSocket;
  'envoy.config.core.v3.TypedExtensionConfig': TypedExtensionConfig;
  'envoy.config.endpoint.v3.ClusterLoadAssignment': ClusterLoadAssignment;
  'envoy.config.endpoint.v3.ClusterLoadAssignment.Policy': ClusterLoadAssignmentPolicy;
  'envoy.config.endpoint.v3.ClusterLoadAssignment.Policy.DropOverload': ClusterLoadAssignmentPolicyDropOverload;
  'envoy.config.endpoint.v3.ClusterStats': ClusterStats;
  'envoy.config.endpoint.v3.ClusterStats.DroppedRequests': ClusterStatsDroppedRequests;
  'envoy.config.endpoint.v3.Endpoint': Endpoint;
  'envoy.config.endpoint.v3.Endpoint.HealthCheckConfig': EndpointHealthCheckConfig;
  'envoy.config.endpoint.v3.EndpointLoadMetricStats': EndpointLoadMetricStats;
  'envoy.config.endpoint.v3.LbEndpoint': LbEndpoint;
  'envoy.config.endpoint.v3.LocalityLbEndpoints': LocalityLbEndpoints;
  'envoy.config.endpoint.v3.UpstreamLocalityStats': UpstreamLocalityStats;
  'envoy.config.listener.v3.ApiListener': ApiListener;
  'envoy.config.listener.v3.Filter': Filter;
  'envoy.config.listener.v3.FilterChain': FilterChain;
  'envoy.config.listener.v3.FilterChainMatch': FilterChainMatch;
  'envoy.config.listener.v3.Listener': Listener;
  'envoy.config.listener.v3.ListenerFilter': ListenerFilter;
  'envoy.config.route.v3.DirectResponseAction': DirectResponseAction;
  'envoy.config.route.v3.FilterConfig': FilterConfig;
  'envoy.config.route.v3.HeaderMatcher': HeaderMatcher;
  'envoy.config.route.v3.HedgePolicy': HedgePolicy;
  'envoy.config.route.v3.NonForwardingAction': NonForwardingAction;
  'envoy.config.route.v3.QueryParameterMatcher': QueryParameterMatcher;
  'envoy.config.route.v3.RedirectAction': RedirectAction;
  'envoy.config.route.v3.RetryPolicy': RetryPolicy;
  'envoy.config.route.v3.RetryPolicy.RateLimitedRetryBackOff': RetryPolicyRateLimitedRetryBackOff;
  'envoy.config.route.v3.RetryPolicy.ResetHeader': RetryPolicyResetHeader;
  'envoy.config.route.v3.RetryPolicy.RetryBackOff': RetryPolicyRetryBackOff;
  'envoy.config.route.v3.RetryPolicy.RetryHostPredicate': RetryPolicyRetryHostPredicate;
  'envoy.config.route.v3.Route': Route;
  'envoy.config.route.v3.RouteAction': RouteAction;
  'envoy.config.route.v3.RouteAction.HashPolicy': RouteActionHashPolicy;
  'envoy.config.route.v3.RouteAction.HashPolicy.ConnectionProperties': RouteActionHashPolicyConnectionProperties;
  'envoy.config.route.v3.RouteAction.HashPolicy.Cookie': RouteActionHashPolicyCookie;
  'envoy.config.route.v3.RouteAction.HashPolicy.Header': RouteActionHashPolicyHeader;
  'envoy.config.route.v3.RouteAction.HashPolicy.QueryParameter': RouteActionHashPolicyQueryParameter;
  'envoy.config.route.v3.RouteAction.MaxStreamDuration': RouteActionMaxStreamDuration;
  'envoy.config.route.v3.RouteAction.RequestMirrorPolicy': RouteActionRequestMirrorPolicy;
  'envoy.config.route.v3.RouteAction.UpgradeConfig': RouteActionUpgradeConfig;
  'envoy.config.route.v3.RouteAction.UpgradeConfig.ConnectConfig': RouteActionUpgradeConfigConnectConfig;
  'envoy.config.route.v3.RouteConfiguration': RouteConfiguration;
  'envoy.config.route.v3.RouteMatch': RouteMatch;
  'envoy.config.route.v3.RouteMatch.ConnectMatcher': RouteMatchConnectMatcher;
  'envoy.config.route.v3.Vhds': Vhds;
  'envoy.config.route.v3.VirtualHost': VirtualHost;
  'envoy.config.route.v3.WeightedCluster': WeightedCluster;
  'envoy.config.route.v3.WeightedCluster.ClusterWeight': WeightedClusterClusterWeight;
  'envoy.extensions.access_loggers.file.v3.FileAccessLog': FileAccessLog;
  'envoy.extensions.access_loggers.stream.v3.StderrAccessLog': StderrAccessLog;
  'envoy.extensions.access_loggers.stream.v3.StdoutAccessLog': StdoutAccessLog;
  'envoy.extensions.filters.common.fault.v3.FaultDelay': FaultDelay;
  'envoy.extensions.filters.common.fault.v3.FaultDelay.HeaderDelay': FaultDelayHeaderDelay;
  'envoy.extensions.filters.common.fault.v3.FaultRateLimit': FaultRateLimit;
  'envoy.extensions.filters.common.fault.v3.FaultRateLimit.FixedLimit': FaultRateLimitFixedLimit;
  'envoy.extensions.filters.common.fault.v3.FaultRateLimit.HeaderLimit': FaultRateLimitHeaderLimit;
  'envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency': AdaptiveConcurrency;
  'envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig': GradientControllerConfig;
  'envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig.ConcurrencyLimitCalculationParams': GradientControllerConfigConcurrencyLimitCalculationParams;
  'envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig.MinimumRTTCalculationParams': GradientControllerConfigMinimumRTTCalculationParams;
  'envoy.extensions.filters.http.admission_control.v3.AdmissionControl': AdmissionControl;
  'envoy.extensions.filters.http.admission_control.v3.AdmissionControl.SuccessCriteria': AdmissionControlSuccessCriteria;
  'envoy.extensions.filters.http.admission_control.v3.AdmissionControl.SuccessCriteria.GrpcCriteria': AdmissionControlSuccessCriteriaGrpcCriteria;
  'envoy.extensions.filters.http.admission_control.v3.AdmissionControl.SuccessCriteria.HttpCriteria': AdmissionControlSuccessCriteriaHttpCriteria;
  'envoy.extensions.filters.http.buffer.v3.Buffer': BufferBuffer;
  'envoy.extensions.filters.http.buffer.v3.BufferPerRoute': BufferPerRoute;
  'envoy.extensions.filters.http.fault.v3.FaultAbort': FaultAbort;
  'envoy.extensions.filters.http.fault.v3.FaultAbort.HeaderAbort': FaultAbortHeaderAbort;
  'envoy.extensions.filters.http.fault.v3.HTTPFault': HTTPFault;
  'envoy.extensions.filters.http.grpc_web.v3.GrpcWeb': GrpcWeb;
  'envoy.extensions.filters.http.router.v3.Router': Router;
  'envoy.extensions.filters.listener.http_inspector.v3.HttpInspector': HttpInspector;
  'envoy.extensions.filters.listener.original_dst.v3.OriginalDst': OriginalDst;
  'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector': TlsInspector;
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager': HttpConnectionManager;
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.UpgradeConfig': HttpConnectionManagerUpgradeConfig;
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter': HttpFilter;
  'envoy.extensions.filters.network.http_connection_manager.v3.Rds': Rds;
  'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy': TcpProxy;
  'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster': TcpProxyWeightedCluster;
  'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster.ClusterWeight': TcpProxyWeightedClusterClusterWeight;
  'envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin': ClientSideWeightedRoundRobin;
  'envoy.extensions.load_balancing_policies.common.v3.ConsistentHashingLbConfig': ConsistentHashingLbConfig;
  'envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig': LocalityLbConfig;
  'envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.LocalityWeightedLbConfig': LocalityLbConfigLocalityWeightedLbConfig;
  'envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.ZoneAwareLbConfig': LocalityLbConfigZoneAwareLbConfig;
  'envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig': SlowStartConfig;
  'envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest': LeastRequest;
  'envoy.extensions.load_balancing_policies.maglev.v3.Maglev': Maglev;
  'envoy.extensions.load_balancing_policies.random.v3.Random': Random;
  'envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash': RingHash;
  'envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin': RoundRobin;
  'envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality': WrrLocality;
  'envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate': PreviousHostsPredicate;
  'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer': RawBuffer;
  'envoy.extensions.transport_sockets.tls.v3.CertificateProviderPluginInstance': CertificateProviderPluginInstance;
  'envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext': CertificateValidationContext;
  'envoy.extensions.transport_sockets.tls.v3.CommonTlsContext': CommonTlsContext;
  'envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CombinedCertificateValidationContext': CommonTlsContextCombinedCertificateValidationContext;
  'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext': DownstreamTlsContext;
  'envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig': SdsSecretConfig;
  'envoy.extensions.transport_sockets.tls.v3.Secret': Secret;
  'envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher': SubjectAltNameMatcher;
  'envoy.extensions.transport_sockets.tls.v3.TlsCertificate': TlsCertificate;
  'envoy.extensions.transport_sockets.tls.v3.TlsParameters': TlsParameters;
  'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext': UpstreamTlsContext;
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': HttpHttpProtocolOptions;
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions.AutoHttpConfig': HttpProtocolOptionsAutoHttpConfig;
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig': HttpProtocolOptionsExplicitHttpConfig;
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions.UseDownstreamHttpConfig': HttpProtocolOptionsUseDownstreamHttpConfig;
  'envoy.service.discovery.v3.DeltaDiscoveryRequest': DeltaDiscoveryRequest;
  'envoy.service.discovery.v3.DeltaDiscoveryResponse': DeltaDiscoveryResponse;
  'envoy.service.discovery.v3.DiscoveryRequest': DiscoveryRequest;
  'envoy.service.discovery.v3.DiscoveryResponse': DiscoveryResponse;
  'envoy.service.discovery.v3.Resource': Resource;
  'envoy.service.load_stats.v3.LoadStatsRequest': LoadStatsRequest;
  'envoy.service.load_stats.v3.LoadStatsResponse': LoadStatsResponse;
  'envoy.type.matcher.v3.RegexMatchAndSubstitute': RegexMatchAndSubstitute;
  'envoy.type.matcher.v3.RegexMatcher': RegexMatcher;
  'envoy.type.matcher.v3.StringMatcher': StringMatcher;
  'envoy.type.v3.FractionalPercent': FractionalPercent;
  'envoy.type.v3.HttpStatus': HttpStatus;
  'envoy.type.v3.Int32Range': Int32Range;
  'envoy.type.v3.Int64Range': Int64Range;
  'envoy.type.v3.Percent': Percent;
  'google.protobuf.Any': Any;
  'google.protobuf.BoolValue': BoolValue;
  'google.protobuf.BytesValue': BytesValue;
  'google.protobuf.DoubleValue': DoubleValue;
  'google.protobuf.Duration': Duration;
  'google.protobuf.FloatValue': FloatValue;
  'google.protobuf.Int32Value': Int32Value;
  'google.protobuf.Int64Value': Int64Value;
  'google.protobuf.ListValue': ListValue;
  'google.protobuf.StringValue': StringValue;
  'google.protobuf.Struct': Struct;
  'google.protobuf.UInt32Value': UInt32Value;
  'google.protobuf.UInt64Value': UInt64Value;
  'google.protobuf.Value': Value;
  'google.rpc.Status': Status;
  'grpc.health.v1.HealthCheckRequest': HealthCheckRequest;
  'grpc.health.v1.HealthCheckResponse': HealthCheckResponse;
  'xds.data.orca.v3.OrcaLoadReport': OrcaLoadReport;
  'xds.service.orca.v3.OrcaLoadReportRequest': OrcaLoadReportRequest;
}
