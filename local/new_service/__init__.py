"""`make new-service NAME=wishes`: a service that runs, with its route, its registry entry and its tests."""
