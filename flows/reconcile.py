"""Reconcile: hold the catalog against what lies on the stores, and report what does not agree."""

from prefect import flow

from blocks.facility import Facility
from tasks import reconciling, reporting_copies
from tasks.findings import found_damage, start_repair_of
from tasks.outcomes import raise_gravest, settled
from tasks.reconciling import StoreReport


@flow(flow_run_name="reconcile {facility}", persist_result=True)
def reconcile(facility: str = "default", store: str = "", *, accept_losses: bool = False) -> list[StoreReport]:
    """Compare each store's list with the catalog, without reading what lies there; twice at once is harmless.

    A copy that is gone is lost, one of another size is damaged: both are told to the catalog, and a repair is started.
    Objects that nothing on record explains are listed and never touched. What dead writers left unfinished is discarded
    when it is a day old.

    Args:
        facility: Name of the Facility block.
        store: Only this store; empty means all.
        accept_losses: Believe a store that lacks very many copies; otherwise it is taken for one that is not mounted.

    Returns:
        What was found on each store that could be asked.
    """
    site = Facility.named(facility)
    names = reconciling.stores_to_compare(site, store)
    states = [reconciling.compare(site, name, accept_losses=accept_losses, return_state=True) for name in names]
    reports, failed = settled(states)
    findings = [finding for report in reports for finding in report.findings]
    reporting_copies.report_reconcile(facility, reports, [str(error) for error in failed])
    start_repair_of(findings)
    raise_gravest(failed)
    return found_damage(reports, findings)
