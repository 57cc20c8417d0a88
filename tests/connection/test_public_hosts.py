"""Hosts that a stranger named: which addresses are public, and which names and URLs are refused.

No name is looked up for real.
"""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.connection.public_hosts import (
    HostRefused,
    check_public_url,
    is_public,
    public_address,
)
from tests.support.tls_hosts import (
    NAME,
    OTHER_NAME,
    PUBLIC,
    PUBLIC_IPV6,
    Resolver,
    resolver,  # noqa: F401 (a fixture)
)

NOT_A_PUBLIC_URL = (
    "The address is refused: it must be https and a host, like https://collector.example.com"
)

SPECIAL_ADDRESSES = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",  # shared by the customers of a provider
    "100.100.100.200",  # metadata at Alibaba
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",  # Azure's own services
    "169.254.169.254",  # metadata at most clouds
    "169.254.170.2",  # credentials of containers at Amazon
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.9",
    "192.0.0.192",  # metadata at Oracle
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::10.0.0.1",
    "100::1",
    "100:0:0:1::1",
    "2001::1",
    "2001:0:5ef5:79fd::f5ff:fffe",  # Teredo
    "2001:1::1",
    "2001:2::1",
    "2001:3::1",
    "2001:4:112::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",  # metadata at Amazon
    "fd20:ce::254",  # metadata at Google
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]

HOSTILE_URLS = [
    "",
    "https://",
    "https:///",
    NAME,
    f"//{NAME}",
    f"http://{NAME}",
    f"HTTP://{NAME}",
    f"ftp://{NAME}",
    f"httpss://{NAME}",
    f"https:{NAME}",
    f"https:/{NAME}",
    f"https:\\\\{NAME}",
    "file:///etc/passwd",
    # a user, or what another parser may take for one
    f"https://user:pw@{NAME}",
    f"https://user@{NAME}",
    f"https://@{NAME}",
    f"https://{NAME}@evil.example.net",
    f"https://{NAME}#@evil.example.net",
    f"https://{NAME}?@evil.example.net",
    f"https://{NAME}\\@evil.example.net",
    f"https://{NAME}:443@evil.example.net",
    f"https://{NAME},evil.example.net",
    f"https://{NAME};evil.example.net",
    # more than a host
    f"https://{NAME}/",
    f"https://{NAME}/path",
    f"https://{NAME}?query",
    f"https://{NAME}#fragment",
    f"https://{NAME}:",
    f"https://{NAME}:0",
    f"https://{NAME}:65536",
    f"https://{NAME}:000443",
    f"https://{NAME}:+443",
    f"https://{NAME}:https",
    f"https://{NAME}:443:443",
    f"https://{NAME}:４４３",
    # IP addresses in every notation, public ones too
    "https://127.0.0.1",
    "https://127.0.0.1.",
    "https://127.0.0.1:8501",
    "https://127.1",
    "https://127.0.1",
    "https://2130706433",
    "https://017700000001",
    "https://0177.0.0.1",
    "https://0x7f000001",
    "https://0x7f.1",
    "https://0x7f.0x0.0x0.0x1",
    "https://127.0.0.0x1",
    "https://00000177.0.0.1",
    "https://0",
    "https://0.0.0.0",
    "https://169.254.169.254",
    "https://2852039166",
    f"https://{PUBLIC}",
    "https://[::1]",
    "https://[::]",
    "https://[::ffff:127.0.0.1]",
    "https://[64:ff9b::127.0.0.1]",
    "https://[fd00:ec2::254]",
    "https://[fe80::1%25eth0]",
    f"https://[{PUBLIC_IPV6}]",
    "https://::1",
    # names that are none
    "https://localhost",
    "https://LOCALHOST",
    "https://localhost.",
    "https://metadata",
    f"https://{NAME}.",
    f"https://{NAME}..",
    f"https://.{NAME}",
    "https://collector..example.com",
    f"https://-{NAME}",
    "https://collector-.example.com",
    f"https://*.{NAME}",
    f"https://_dmarc.{NAME}",
    f"https://{'a' * 64}.example.com",
    f"https://{'a.' * 122}example.com",
    # characters that a later parser may drop, decode or take for others
    f" https://{NAME}",
    f"https://{NAME} ",
    f"https:// {NAME}",
    f"https://{NAME}\n",
    f"https://{NAME}\r\nHost: evil.example.net",
    f"https://\t{NAME}",
    "https://collector\x00.example.com",
    "https://collector\x7f.example.com",
    "https://collector%2eexample.com",
    f"https://{NAME}%00.evil.example.net",
    "https://%31%32%37.0.0.1",
    "https://ｃollector.example.com",
    "https://collector．example．com",
    "https://collector。example。com",
    "https://１２７.０.０.１",
    "https://①②⑦.⓪.⓪.①",
    "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "https://collector.exаmple.com",  # a Cyrillic letter
    "https://\u212aollector.example.com",  # the Kelvin sign, a "k" in lower case
    "https://collector.example.\u017fe",  # a long "s"
    "https://collector.example\u200b.com",
    "https://collector\u00ad.example.com",
    "https://xn--80ak6aa92e.example.com",
    "https://XN--80ak6aa92e.example.com",
]


def refusal_of(act: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(HostRefused) as caught:
        act()
    return caught.value.host, caught.value.reason


# One address


@pytest.mark.parametrize("address", SPECIAL_ADDRESSES)
def test_a_special_address_is_not_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", [PUBLIC, PUBLIC_IPV6, "1.1.1.1", "172.32.0.1", "2a00:1450::1", "64:ff9b::1.1.1.1"]
)
def test_an_address_on_the_internet_is_public(address: str):
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_behind_nat64_is_as_public_as_the_one_it_stands_for(ip: IPv4Address):
    assert is_public(f"64:ff9b::{ip}") == is_public(str(ip))


@given(
    st.ip_addresses(v=4),
    st.sampled_from(["::", "::ffff:", "::ffff:0:", "64:ff9b:1::", "fe80::5efe:", "2001::"]),
)
def test_another_wrapping_of_an_ipv4_address_is_never_public(ip: IPv4Address, prefix: str):
    assert not is_public(f"{prefix}{ip}")


@given(st.ip_addresses(v=6, network="2002::/16") | st.ip_addresses(v=6, network="2001::/32"))
def test_a_tunnel_is_never_public(ip: IPv6Address):
    assert not is_public(str(ip))


@given(st.ip_addresses())
def test_what_is_public_is_public_by_the_standard_library_too(ip: IPv4Address | IPv6Address):
    if is_public(str(ip)) and ip not in IPv6Network("64:ff9b::/96"):
        assert (ip.is_global, ip.is_private, ip.is_multicast, ip.is_reserved) == (
            (True, False, False, False)
        )


def test_a_name_is_no_address():
    with pytest.raises(ValueError, match="does not appear to be an IPv4 or IPv6 address"):
        is_public(NAME)


# One name


def test_the_address_of_a_name_is_the_first_that_the_system_gives(resolver: Resolver):
    resolver.answers[NAME] = [[PUBLIC_IPV6, PUBLIC]]
    assert public_address(NAME) == PUBLIC_IPV6


@pytest.mark.parametrize("address", [a for a in SPECIAL_ADDRESSES if "%" not in a])
def test_a_name_with_a_special_address_is_refused(address: str, resolver: Resolver):
    resolver.answers[NAME] = [[address]]
    assert refusal_of(lambda: public_address(NAME)) == (NAME, "its address is not public")


@pytest.mark.parametrize("addresses", [[PUBLIC, "10.0.0.1"], ["::1", PUBLIC]])
def test_a_name_is_refused_for_one_private_address_of_several(
    addresses: list[str], resolver: Resolver
):
    resolver.answers[NAME] = [addresses]
    assert refusal_of(lambda: public_address(NAME)) == (NAME, "its address is not public")


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "::1", "0"])
def test_a_notation_that_the_system_takes_for_loopback_is_refused(host: str, resolver: Resolver):
    assert refusal_of(lambda: public_address(host)) == (host, "its address is not public")


def test_a_name_that_does_not_resolve_raises_what_the_system_says(resolver: Resolver):
    with pytest.raises(socket.gaierror):
        public_address("nowhere.example.com")


@pytest.mark.parametrize("host", ["a" * 64 + ".example.com", "a..example.com"])
def test_a_name_that_cannot_be_looked_up_is_refused(host: str):
    assert refusal_of(lambda: public_address(host)) == (host, "it is not a host name")


# One URL


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_a_hostile_url_is_refused_without_looking_it_up(url: str, resolver: Resolver):
    with pytest.raises(HostRefused) as caught:
        check_public_url(url)
    assert (str(caught.value), resolver.lookups) == (NOT_A_PUBLIC_URL, [])


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (f"https://{NAME}", NAME),
        (f"https://{NAME}:8443", NAME),
        (f"https://{NAME}:65535", NAME),
        ("https://Collector.Example.COM", NAME),
        ("https://0-a.1.example.co.uk", "0-a.1.example.co.uk"),
        (f"https://{'a' * 63}.example.com", f"{'a' * 63}.example.com"),
    ],
)
def test_a_url_of_a_public_host_is_accepted(url: str, host: str, resolver: Resolver):
    resolver.answers[host] = [[PUBLIC]]
    check_public_url(url)
    assert resolver.lookups == [host]


@pytest.mark.parametrize("name", ["localhost.localdomain", "127.0.0.1.nip.io", "db.internal"])
def test_a_url_whose_name_leads_inside_is_refused(name: str, resolver: Resolver):
    resolver.answers[name] = [["127.0.0.1"]]
    refusal = refusal_of(lambda: check_public_url(f"https://{name}"))
    assert refusal == (name, "its address is not public")


def test_a_url_whose_name_does_not_resolve_is_refused(resolver: Resolver):
    refusal = refusal_of(lambda: check_public_url("https://nowhere.example.com"))
    assert refusal == ("nowhere.example.com", "its name does not resolve")


def test_a_refusal_does_not_repeat_a_password(resolver: Resolver):
    with pytest.raises(HostRefused) as caught:
        check_public_url("https://user:secret@collector.example.com")
    assert caught.value.host == ""
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["a.signals.example.com", "a.b.signals.example.com", OTHER_NAME])
def test_a_name_within_a_suffix_is_accepted(name: str, resolver: Resolver):
    resolver.answers[name] = [[PUBLIC]]
    check_public_url(f"https://{name}", ["other.example.net", OTHER_NAME])


@pytest.mark.parametrize(
    "name", ["evilsignals.example.com", "signals.example.com.evil.net", "example.com"]
)
def test_a_name_outside_of_every_suffix_is_refused(name: str, resolver: Resolver):
    refusal = refusal_of(lambda: check_public_url(f"https://{name}", [OTHER_NAME, "b.example.net"]))
    assert refusal == (name, "its name must end in signals.example.com or b.example.net")
    assert resolver.lookups == []
