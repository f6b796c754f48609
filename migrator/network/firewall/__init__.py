"""The same firewall on IPv6: what nftables lets in on v4, by a map of addresses."""
