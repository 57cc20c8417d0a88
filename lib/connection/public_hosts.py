"""Hosts that a stranger named: only https, and only public addresses.

Somebody who enters their own account chooses where this server connects to. A name is checked when
it is entered, and again for every request, because it may resolve differently later:
`public_clients` connects to the address that was checked.

Left out: networks with their own NAT64 prefix, and ISATAP. No timeout here covers the system's
resolver.

    HostRefused          carries the host, and why the app may not connect to it

Source: https://www.iana.org/assignments/iana-ipv6-special-registry and its IPv4 counterpart
"""

import re
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Network, ip_address, ip_network

HTTPS_PORT = 443
HIGHEST_PORT = 65535
LONGEST_NAME = 253

# Only ASCII, because other letters, such as fullwidth ones, are mapped to something else later.
# A top-level domain of letters alone excludes every way to write an IP address.
PLAIN_URL = re.compile(
    r"""https://
        (?P<host> ( (?!xn--) [a-z0-9] ([a-z0-9-]{0,61} [a-z0-9])? \. )+ [a-z]{2,63} )
        (:(?P<port> [0-9]{1,5} ))?
    """,
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)

# What `is_global` accepts in some or all supported versions of Python.
NOT_PUBLIC = [
    ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's own services, reached from every machine there
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata service is here
        "192.88.99.0/24",  # relays of 6to4
        "::/3",  # outside of 2000::/3: loopback, IPv4-mapped, IPv4-compatible, local NAT64
        "4000::/2",  # outside of 2000::/3
        "8000::/1",  # outside of 2000::/3: unique, link- and site-local, multicast
        "2001::/23",  # protocol assignments: Teredo, which hides an IPv4 address, and others
        "2002::/16",  # 6to4, which hides an IPv4 address
        "3fff::/20",  # documentation
    )
]
# The only wrapping of IPv4 in use: how networks without IPv4 reach it.
NAT64 = IPv6Network("64:ff9b::/96")


class HostRefused(Exception):
    """The app may not connect to `host`, and `reason` says why.

    The host is empty if showing it might show a password.
    """

    def __init__(self, host: str, reason: str) -> None:
        self.host = host
        self.reason = reason
        super().__init__(f"{host or 'The address'} is refused: {reason}")


def is_public(address: str) -> bool:
    """Whether an IP address is on the open internet. Raises `ValueError` for other text.

    >>> [is_public(address) for address in ("93.184.216.34", "10.0.0.1", "64:ff9b::10.0.0.1")]
    [True, False, False]
    """
    ip = ip_address(address)
    if ip in NAT64:
        ip = IPv4Address(int(ip) % 2**32)
    is_special = ip.is_multicast or any(ip in network for network in NOT_PUBLIC)
    return ip.is_global and not is_special


def public_address(host: str, port: int = HTTPS_PORT) -> str:
    """The IP address to connect to: the one that the system prefers.

    Raises `HostRefused` if not all of them are public, and `OSError` if the name does not resolve.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # an empty or overlong label, which cannot be encoded
        raise HostRefused(host, "it is not a host name") from error
    addresses = [str(address) for *_, (address, *_) in found]
    if not all(is_public(address) for address in addresses):
        raise HostRefused(host, "its address is not public")
    return addresses[0]


def check_public_url(url: str, allowed_suffixes: Sequence[str] = ()) -> None:
    """Raises `HostRefused` unless the URL is `https://`, an allowed name, and perhaps a port.

    With suffixes the name must be one of them or end in a dot and one of them.
    """
    match = PLAIN_URL.fullmatch(url)
    port = int(match["port"] or HTTPS_PORT) if match else 0
    if match is None or len(match["host"]) > LONGEST_NAME or not 0 < port <= HIGHEST_PORT:
        raise HostRefused("", "it must be https and a host, like https://collector.example.com")
    host = match["host"].lower()
    is_within = any(f".{host}".endswith(f".{suffix}") for suffix in allowed_suffixes)
    if allowed_suffixes and not is_within:
        raise HostRefused(host, f"its name must end in {' or '.join(allowed_suffixes)}")
    address_to_connect_to("https", host, port)


def address_to_connect_to(scheme: str, host: str, port: int | None) -> str:
    """The IP address for a request. Raises `HostRefused`, also if the name does not resolve."""
    if scheme != "https":
        raise HostRefused(host, "only https is allowed")
    try:
        return public_address(host, port or HTTPS_PORT)
    except OSError as error:
        raise HostRefused(host, "its name does not resolve") from error
