"""Archive sweep: archive what is due, without anyone watching."""

from prefect import flow

from blocks.facility import Facility
from tasks import reporting, starting, sweeping


@flow(flow_run_name="archive sweep of {facility}", persist_result=True)
def archive_sweep(facility: str = "default", most: int = 50) -> list[str]:
    """Start an archive run for every dataset that is complete or was left behind half-way; twice is once.

    Args:
        facility: Name of the Facility block.
        most: How many datasets to start at a time; the next sweep takes the rest.

    Returns:
        The ids of the flow runs.
    """
    site = Facility.named(facility)
    due = [*sweeping.due_for_archiving(site, most), *sweeping.left_behind(site, most)]
    runs = [starting.start_archive(dataset, facility) for dataset in due]
    reporting.report_sweep(runs)
    return runs
