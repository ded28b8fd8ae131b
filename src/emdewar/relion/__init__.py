"""Projects of RELION 3.0 to 5: their STAR files, pipelines and job folders. Nothing of a project is ever written."""
