"""What a broker looks like from the domain's side: bytes, requests and replies, never a socket."""
