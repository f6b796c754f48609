"""NetBox as the store of rooms, lines, links, nodes and hosts; the only owner of pynetbox."""
