"""Speed, memory and exactness of a whole Souk, measured beside design's targets: `make bench`."""
