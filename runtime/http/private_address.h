// Addresses that lead to this machine or its network, not to the Internet.
#pragma once

struct sockaddr;

namespace chain::http {

/// Loopback, private, shared, link-local, multicast, reserved, and what is one of these within an address of
/// version 6 (RFC 6890). What is neither version 4 nor 6 is private too.
[[nodiscard]] bool is_private_address(const sockaddr& address);
/// As text: "192.0.2.7", "2001:db8::1". What is no address is private.
[[nodiscard]] bool is_private_address(const char* text);

}  // namespace chain::http
