"""How flows meet the world: blocks and deployments of a site, drop watching, and the demonstration."""
