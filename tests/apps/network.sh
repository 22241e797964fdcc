# The network: loopback ports, and whether something answers there.

# A port of 127.0.0.1 that is free now.
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# answers URL: whether a server gives an answer of HTTP there that is no error of its own.
answers() {
  python3 - "$1" <<'PYTHON'
import sys, urllib.request
urllib.request.urlopen(sys.argv[1], timeout=5)
PYTHON
}

# listens PORT: whether somebody listens there.
listens() {
  python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])), 2)' "$1"
}

# says URL TEXT: whether the answer there holds the text.
says() {
  python3 - "$1" "$2" <<'PYTHON'
import sys, urllib.request
sys.exit(sys.argv[2] not in urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())
PYTHON
}
