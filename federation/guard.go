// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"context"
	"fmt"
	"net/netip"
	"syscall"

	"github.com/pleio-node/pleio-node/fault"
)

// guard decides at the moment of connecting which addresses may be reached, so that neither a redirect nor a name
// that resolves differently the second time gets around it.
type guard struct {
	anyPort bool // loopback development
	allowed []netip.Prefix
}

// controlContext is for net.Dialer: it sees the address that is really connected to.
func (g guard) controlContext(_ context.Context, network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("connect by %s: only TCP is allowed", network)
	}
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", address, err)
	}
	return g.check(at)
}

func (g guard) check(at netip.AddrPort) error {
	ip := at.Addr().Unmap()
	for _, prefix := range g.allowed {
		if prefix.Contains(ip) {
			return nil
		}
	}
	if !public(ip) {
		return fault.Say(fault.Forbidden, "The address %s is not public; an administrator can allow it in the setting network.allow_private.", ip)
	}
	if at.Port() != 443 && !g.anyPort {
		return fault.Say(fault.Forbidden, "Port %d is not reached; other servers answer on 443.", at.Port())
	}
	return nil
}

// notPublic are the special blocks inside what is otherwise global unicast (the IANA special-purpose registries), and the
// ranges by which an IPv4 address hides in an IPv6 one.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("10.0.0.0/8"),      // private
	netip.MustParsePrefix("100.64.0.0/10"),   // shared by carriers' NAT
	netip.MustParsePrefix("127.0.0.0/8"),     // loopback
	netip.MustParsePrefix("169.254.0.0/16"),  // link-local, metadata services
	netip.MustParsePrefix("172.16.0.0/12"),   // private
	netip.MustParsePrefix("192.0.0.0/24"),    // IETF protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays
	netip.MustParsePrefix("192.168.0.0/16"),  // private
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarking
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("224.0.0.0/4"),     // multicast
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, broadcast
	netip.MustParsePrefix("2001::/23"),       // IETF protocol assignments: Teredo, benchmarking, ORCHID
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // 6to4
	netip.MustParsePrefix("3fff::/20"),       // documentation
}

// globalUnicast is all of IPv6 that is given out. Loopback, unspecified, ULA, link-local, site-local, multicast, NAT64,
// IPv4-compatible, discard and SRv6 addresses lie outside.
var globalUnicast = netip.MustParsePrefix("2000::/3")

func public(ip netip.Addr) bool {
	ip = ip.Unmap()
	if ip.Zone() != "" || (!ip.Is4() && !globalUnicast.Contains(ip)) {
		return false
	}
	for _, prefix := range notPublic {
		if prefix.Contains(ip) {
			return false
		}
	}
	return true
}
