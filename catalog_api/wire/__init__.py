"""What goes over the wire: SciCat's shapes, checked on the way in and written on the way out."""
