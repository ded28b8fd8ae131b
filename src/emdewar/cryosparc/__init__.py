"""Reading what cryoSPARC leaves in a project folder, without a server and without ever writing there."""
