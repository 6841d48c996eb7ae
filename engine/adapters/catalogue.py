"""Every metric that there is: its kind, what it says, and how the numbers of several workers make one.

A counter or histogram counts on when the worker that counted is gone; a gauge is of living workers only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["counter", "gauge", "histogram"]

# Seconds: what a whole request takes, and what its first byte does.
WHOLE = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
FIRST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(frozen=True, slots=True)
class About:
    """`added`: the workers' values of a gauge are added up; else the greatest counts, as all say the same."""

    kind: Kind
    help: str
    added: bool = False
    buckets: tuple[float, ...] = WHOLE


def _counter(text: str) -> About:
    return About("counter", text)


def _gauge(text: str, *, added: bool = False) -> About:
    return About("gauge", text, added)


CATALOGUE: Mapping[str, About] = {
    # Requests
    "proxyctl_requests_total": _counter("Requests, by surface, alias, provider and status."),
    "proxyctl_request_duration_seconds": About("histogram", "From a request to the end of its answer."),
    "proxyctl_time_to_first_byte_seconds": About(
        "histogram", "From a request to the first byte of its streamed answer.", buckets=FIRST
    ),
    "proxyctl_requests_in_flight": _gauge("Requests that are being answered.", added=True),
    "proxyctl_rule_matches_total": _counter("What keyword rules replaced, by rule and side."),
    "proxyctl_refusals_total": _counter("Requests refused before they reached a model, by code and status."),
    "proxyctl_unsupported_parameters_total": _counter("Parameters of clients that a provider does not take."),
    # Attempts
    "proxyctl_attempts_total": _counter("Calls to providers, by alias and provider."),
    "proxyctl_failovers_total": _counter(
        "Attempts after a failed one, by the provider that failed and what was changed: "
        "nothing, credential, target, alias."
    ),
    "proxyctl_upstream_errors_total": _counter("Failed attempts, by provider, stage and class."),
    "proxyctl_breaker_opens_total": _counter("How often targets were left alone after failures."),
    "proxyctl_breaker_closes_total": _counter("How often a trial showed that a target works again."),
    "proxyctl_fetches_total": _counter(
        "URLs of clients that were fetched for a platform that takes only bytes."
    ),
    "proxyctl_cancels_total": _counter("Jobs of upstreams that were called off, by how that ended."),
    "proxyctl_mirror_total": _counter("Copies of requests that went to a mirror, by how they ended."),
    "proxyctl_mirror_seconds_total": _counter("How long mirrors took."),
    "proxyctl_retries_total": _counter("Repetitions on the same target, by provider."),
    "proxyctl_breaker_state": _gauge("Breakers that are not closed: 1 half open, 2 open."),
    "proxyctl_provider_well": _gauge("1, or 0 while the health checks of a provider fail."),
    "proxyctl_health_checks_total": _counter("Health checks, by provider and result."),
    "proxyctl_target_latency_seconds": _gauge("What is known of how fast a target answers."),
    "proxyctl_credential_uses_total": _counter("Attempts, by pool and credential."),
    "proxyctl_prompts_total": _counter("Prompts that were filled in, by name and version."),
    "proxyctl_token_requests_total": _counter("Tokens that were asked of token endpoints, by outcome."),
    # Limits
    "proxyctl_limit_refusals_total": _counter("Requests over a limit, by its scope, name and kind."),
    "proxyctl_limit_waits_total": _counter("Requests that waited for a place, by scope."),
    "proxyctl_counters_fallback": _gauge("1 while Redis is away and machines count for themselves."),
    # The ledger
    "proxyctl_ledger_pending_records": _gauge("Records on their way to the database."),
    "proxyctl_ledger_records_total": _counter("Records that reached the database."),
    "proxyctl_ledger_lost_records_total": _counter("Records that found no room in the spool."),
    "proxyctl_ledger_damaged_records_total": _counter("Records of the spool that could not be read."),
    # Use
    "proxyctl_tokens_total": _counter("Tokens, by surface, alias, provider and kind."),
    "proxyctl_cost_usd_total": _counter("Cost in US dollars, by surface, alias and provider."),
    "proxyctl_unpriced_requests_total": _counter("Requests with tokens whose price is not known."),
    "proxyctl_client_requests_total": _counter("Requests, by client and class of status."),
    "proxyctl_client_tokens_total": _counter("Tokens, by client and kind."),
    "proxyctl_client_cost_usd_total": _counter("Cost in US dollars, by client."),
    # What is served
    "proxyctl_config_reload_total": _counter("Reloads, by result."),
    "proxyctl_config_last_reload_successful": _gauge("1, or 0 while a file is rejected."),
    "proxyctl_config_loaded_timestamp_seconds": _gauge("When what is served was loaded."),
    "proxyctl_config_files": _gauge("Files of the site, by state."),
    # The process
    "proxyctl_build_info": _gauge("1; the version is a label."),
    "proxyctl_workers": _gauge("Workers that live."),
    "proxyctl_dropped_spans_total": _counter("Spans that the collector did not take."),
    "process_cpu_seconds_total": _gauge("User and system time of a worker."),
    "process_resident_memory_bytes": _gauge("Memory of a worker."),
    "process_open_fds": _gauge("Open files and connections of a worker."),
    "process_max_fds": _gauge("How many a worker may have open."),
    "process_start_time_seconds": _gauge("When a worker was started."),
}

# Counted by the system for each worker, so they end with it; a counter for whoever reads them.
OF_A_WORKER = {"process_cpu_seconds_total": "counter"}
