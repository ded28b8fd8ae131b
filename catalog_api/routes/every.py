"""All routers; where two could match one address, the first in these lists answers."""

from catalog_api.routes import (
    admin,
    attachments,
    attachments_below,
    auth,
    copies,
    credentials,
    datablocks,
    datablocks_below,
    dataset_forms,
    datasets,
    datasets_public,
    datasets_v3,
    files,
    files_below,
    files_flat,
    health,
    history,
    identities,
    instruments,
    jobs,
    jobs_v3,
    lifecycle,
    logbooks,
    metadata_keys,
    oidc,
    policies,
    proposals,
    proposals_v4,
    published_data,
    published_data_v3,
    publishing,
    samples,
    users,
)

DATASETS_V4 = (
    dataset_forms.public,
    metadata_keys.public,
    datasets_public.public,
    dataset_forms.current,
    metadata_keys.current,
    datasets.current,
)
DATASETS_V3 = (dataset_forms.old, metadata_keys.old, datasets_v3.old)
ACCOUNTS = (auth.routes, oidc.routes, credentials.routes, users.routes, identities.routes)
COLLECTIONS = (samples.routes, instruments.routes, logbooks.below_datasets)
"""The same in both dialects."""

COLLECTIONS_V4 = (
    publishing.routes,
    proposals_v4.public,
    proposals_v4.current,
    policies.current,
    published_data.current,
)
COLLECTIONS_V3 = (proposals.old, policies.old, published_data_v3.old, history.routes, logbooks.routes)
BOTH = (lifecycle.routes, files.routes, files_below.routes, datablocks.routes, datablocks_below.routes)
V4 = (
    *DATASETS_V4,
    *COLLECTIONS,
    *COLLECTIONS_V4,
    copies.current,
    *BOTH,
    lifecycle.current,
    jobs.current,
    attachments.current,
    files_below.current,
    datablocks_below.current,
    files_flat.public,
    files_flat.current,
)
V3 = (
    health.routes,
    admin.routes,
    *ACCOUNTS,
    *DATASETS_V3,
    *COLLECTIONS,
    *COLLECTIONS_V3,
    *BOTH,
    jobs_v3.old,
    *attachments_below.old,
    files_below.old,
    datablocks_below.old,
    files_flat.old,
)
