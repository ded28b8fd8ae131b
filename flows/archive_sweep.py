"""Archive sweep: archive what is due, without anyone watching."""

from prefect import flow

from blocks.facility import Facility
from tasks import reporting, sweeping


@flow(flow_run_name="archive sweep of {facility}", persist_result=True)
def archive_sweep(facility: str = "default", most: int = 50) -> list[str]:
    """Start an archive run for every dataset that is complete and not archived; twice is once.

    Args:
        facility: Name of the Facility block.
        most: How many datasets to start at a time; the next sweep takes the rest.

    Returns:
        The ids of the flow runs.
    """
    due = sweeping.due_for_archiving(Facility.load(facility), most)
    runs = [sweeping.start("archive/dataset", dataset, {"pid": dataset.pid, "facility": facility}) for dataset in due]
    reporting.report_sweep(runs)
    return runs
