"""A simulated microscope: sessions as EPU and SerialEM write them, deterministic from a seed."""
