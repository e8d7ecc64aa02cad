"""Read unmasked websocket frames, as a client would; written apart from what is tested."""


def unframe(data: bytes) -> list[bytes]:
    """Return the payload of each binary frame; fail on anything else."""
    messages = []
    at = 0
    while at < len(data):
        assert data[at] == 0x82, f"byte {at} is {data[at]:#x}, not the start of a binary frame"
        length = data[at + 1]
        at += 2
        if length == 126:
            length = int.from_bytes(data[at : at + 2], "big")
            at += 2
        messages.append(data[at : at + length])
        at += length
    assert at == len(data), "the last frame is cut"
    return messages
