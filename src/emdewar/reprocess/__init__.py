"""Reprocessing: from cold raw data to a project that RELION or cryoSPARC can start on."""
