"""All routers; where two could match one address, the first in these lists answers."""

from catalog_api.routes import attachments, auth, datablocks, datasets, files, health, jobs, lifecycle

BOTH = (lifecycle.routes, files.routes, datablocks.routes)
V4 = (datasets.current, *BOTH, jobs.current, attachments.current)
V3 = (health.routes, auth.routes, datasets.old, *BOTH, jobs.old, attachments.old)
