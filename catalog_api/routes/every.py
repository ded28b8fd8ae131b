"""All routers; where two could match one address, the first in these lists answers."""

from catalog_api.routes import (
    admin,
    attachments,
    auth,
    credentials,
    datablocks,
    datasets,
    files,
    health,
    identities,
    jobs,
    lifecycle,
    oidc,
    users,
)

ACCOUNTS = (auth.routes, oidc.routes, credentials.routes, users.routes, identities.routes)
BOTH = (lifecycle.routes, files.routes, datablocks.routes)
V4 = (datasets.current, *BOTH, jobs.current, attachments.current)
V3 = (
    health.routes,
    admin.routes,
    *ACCOUNTS,
    datasets.old,
    *BOTH,
    jobs.old,
    attachments.old,
)
