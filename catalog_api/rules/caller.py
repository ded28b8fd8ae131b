"""Who asks, and what the site lets them do."""

from dataclasses import dataclass
from enum import Enum, auto

from catalog_api.accounts import Account
from catalog_api.settings import EVERYBODY, Settings


class Power(Enum):
    """What membership of a configured group allows."""

    ADMIN = auto()
    FLOW = auto()
    CREATE = auto()
    CREATE_WITH_PID = auto()
    CREATE_FOR_ANY = auto()
    LIFECYCLE = auto()
    DELETE = auto()
    PROPOSAL = auto()
    SAMPLE = auto()
    SAMPLE_ANY = auto()
    ATTACHMENT = auto()
    ATTACHMENT_ANY = auto()
    CREATE_JOB_ANY = auto()
    UPDATE_JOB_ANY = auto()
    DELETE_JOB = auto()
    POLICY = auto()
    HISTORY = auto()


@dataclass(frozen=True)
class Caller:
    """Who asks; without an account, anybody on the network."""

    account: Account | None
    groups: frozenset[str] = frozenset()
    powers: frozenset[Power] = frozenset()

    @property
    def name(self) -> str:
        """Give the name for the history."""
        return self.account.username if self.account else "anonymous"

    def can(self, *powers: Power) -> bool:
        """Tell whether the caller has at least one of some powers."""
        return not self.powers.isdisjoint(powers)


ANONYMOUS = Caller(None)


def caller_of(account: Account, settings: Settings) -> Caller:
    """Work out the powers of an account from the site's lists of groups."""
    lists = {
        Power.ADMIN: settings.admin_groups,
        Power.FLOW: settings.flow_groups,
        Power.CREATE: settings.create_dataset_groups,
        Power.CREATE_WITH_PID: settings.create_dataset_with_pid_groups,
        Power.CREATE_FOR_ANY: settings.create_dataset_privileged_groups,
        Power.LIFECYCLE: settings.update_dataset_lifecycle_groups,
        Power.DELETE: settings.delete_groups,
        Power.PROPOSAL: settings.proposal_groups,
        Power.SAMPLE: settings.sample_groups,
        Power.SAMPLE_ANY: settings.sample_privileged_groups,
        Power.ATTACHMENT: settings.attachment_groups,
        Power.ATTACHMENT_ANY: settings.attachment_privileged_groups,
        Power.CREATE_JOB_ANY: settings.create_job_privileged_groups,
        Power.UPDATE_JOB_ANY: settings.update_job_privileged_groups,
        Power.DELETE_JOB: settings.delete_job_groups,
        Power.POLICY: settings.policy_groups,
        Power.HISTORY: settings.history_groups,
    }
    member_of = account.groups | {EVERYBODY}
    powers = frozenset(power for power, groups in lists.items() if member_of & groups)
    return Caller(account, account.groups, powers)
